// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Under the lock, of a bridge (box->spec->bridge) that no living launcher uses: removes it where initbox has made it.
// Returns 1, 0 when there is none, or -1 with err_last set.
int link_forget_bridge(const struct box *box) must_check;

// The same for ip_forward where initbox has switched it on, when no launcher uses any bridge.
int link_forget_forwarding(const struct box *box) must_check;
