// SPDX-License-Identifier: MIT
// What is said about an end: one line that answers "why 137?".
#pragma once
#include "phase/phase.h"
#include "role/reap.h"

// Notes how many processes the kernel has killed for want of memory in this cgroup so far. Costs more than all the rest of a
// start, and so comes later; without it only a program that SIGKILL ended is asked about.
void post_mortem_begin(void);

// One line: how the program ended, after how long, how much memory it took, and whether memory was the reason.
void post_mortem(const char *program, const struct reap *r, uint64_t ms);

// The same for a box, said by its launcher: code is its exit code. Nothing when that is 0 and no process was killed for
// want of memory. In a machine, whose console is the program's, only the latter is worth a line.
void post_mortem_box(const struct box *box, const struct reap *r, int code);

// One line about an orphan that is about to be reaped: its pid, its name, its status (of waitpid(2)).
void post_mortem_orphan(int pid, int status);
