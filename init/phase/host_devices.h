// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// A privileged box has a node for each device that the host's /dev has; the current /dev is the box's, and new.
// Returns 0, or -1 with err_last set.
int host_devices_copy(struct box *box) must_check;
