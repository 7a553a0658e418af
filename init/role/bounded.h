// SPDX-License-Identifier: MIT
// Waits of a machine's PID 1 while it ends: each has a deadline, and what it watches (base/watch.h) is served meanwhile.
#pragma once
#include "spec/spec.h"

// Waits for the end of child pid; 0: until no child is left, or until somebody orders the end again (EINTR). Reaps all
// others. ms: how long. Returns 0 with *status of waitpid(2) (pid only), or -1 with errno set: ETIMEDOUT, ECHILD.
int bounded_wait(pid_t pid, uint64_t ms, int *status) must_check;

// Calls work(arg) in a child, for what may hang with a broken disk or host: work logs its own errors and returns 0 or -1.
// Returns what it returned; -1, after a line that names what, when it is not over after ms: it is left behind then.
int bounded_call(const char *what, uint64_t ms, int (*work)(void *arg), void *arg);
