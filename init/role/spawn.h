// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Runs phases in a new process that shares this one's memory and ends in the program (clone(2): CLONE_VM, CLONE_VFORK).
// Returns its pid once the program runs, or -1 with err_last set; then the process has ended and is to be reaped.
pid_t spawn(struct box *box, const struct phase *const *phases) must_check;
