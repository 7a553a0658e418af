// SPDX-License-Identifier: MIT
// The life of a box's PID 1 once the program runs: forwards signals to it and reaps, until it has ended.
#pragma once
#include <stdint.h>
#include <sys/types.h>

// Exit code for a status of waitpid(2): the program's, or 128+N.
int reap_code(int status);

// Waits until main has ended, with all signals in mask blocked. Returns main's exit code.
int reap_until(pid_t main, uint64_t mask);
