// SPDX-License-Identifier: MIT
// Waits for a child: forwards signals to it, and reaps whatever else becomes a child meanwhile. It is the life of a box's
// PID 1, of its launcher, and of a machine's PID 1.
#pragma once
#include <stdint.h>
#include <sys/types.h>

// Exit code for a status of waitpid(2): the program's, or 128+N.
int reap_code(int status);

// Waits until main has ended. mask: the signals that are blocked, and taken here. Returns main's exit code. Nothing wakes it
// but a signal.
int reap_until(pid_t main, uint64_t mask);
