// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// In the box's PID 1, in its network namespace: gives the launcher a socket that hears of the routes there, so that it knows
// when there is a network. Nothing with another --network. Returns 0, or -1 with err_last set.
int slirp_give(const struct box *box) must_check;
