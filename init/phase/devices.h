// SPDX-License-Identifier: MIT
// --device: nodes for devices of the host in the box's /dev, and which of them the box may use.
#pragma once
#include "phase/phase.h"

// Takes the nodes while the host's tree can be seen. Returns 0, or -1 with err_last set.
int devices_take(struct box *box) must_check;

// Makes them in the box. Returns 0, or -1 with err_last set.
int devices_make(struct box *box) must_check;
