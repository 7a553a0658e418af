// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Clones the box's PID 1 into its namespaces and its cgroup (clone3(2); Linux 5.7 for CLONE_INTO_CGROUP), with the channel
// between both. Returns 0 in the box's PID 1, its pid in the launcher (box->pid is set), or -1 with err_last set.
pid_t namespaces_clone(struct box *box) must_check;

// Launcher's side: lets the box's PID 1 go on. Returns 0, or -1 with err_last set.
int gate_open(struct box *box) must_check;

// Box's side: waits for it. Returns 0; 1 when the launcher is gone and nobody is there to be told; -1 with err_last set.
int gate_wait(const struct box *box) must_check;
