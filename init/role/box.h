// SPDX-License-Identifier: MIT
#pragma once
#include <signal.h>

#include "phase/phase.h"

// The signals that box_block_signals blocks.
extern const uint64_t box_signals;

// What a machine's host wants to know beside the exit code.
struct box_end {
	bool failed; // the program never ran
	int signal;  // that ended the program; 0: it exited, or nobody knows (only with an order)
};

// Blocks the signals that a supervisor takes from a descriptor, and gives all signals their default disposition. Has to
// come first in main: what arrives earlier is lost. Returns 0, or -1 with err_last set.
int box_block_signals(void) must_check;

// Builds the box that spec describes, runs its program, and takes everything away again. As PID 1 of a machine it reaps
// whatever becomes its child meanwhile. Returns the exit code: the program's, 128+N, or 125 to 127 with the error printed.
// order: a machine's, as struct reap has it; NULL: each signal is for the box.
int box_run(const struct spec *spec, int (*order)(int sig, const siginfo_t *info, pid_t main), struct box_end *end);

// Moves the words of the command line to other memory and lets argv point there: the box's PID 1 wipes the place that
// /proc/1/cmdline shows, so that what was typed on the host (paths, values of -e) can't be read in the box.
// Returns 0, or -1 with err_last set.
int box_take_arguments(int argc, char **argv) must_check;
