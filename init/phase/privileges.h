// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// The box's PID 1 keeps nothing but CAP_KILL once the program runs. Returns 0, or -1 with err_last set.
int privileges_drop_init(void) must_check;
