// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Blocks the signals that a supervisor takes from a descriptor, and gives all signals their default disposition. Has to
// come first in main: what arrives earlier is lost. Returns 0, or -1 with err_last set.
int box_block_signals(void) must_check;

// Builds the box that spec describes, runs its program, and takes everything away again. As PID 1 of a machine it reaps
// whatever becomes its child meanwhile. Returns the exit code: the program's, 128+N, or 125 to 127 with the error printed;
// *failed tells whether the program never ran.
int box_run(const struct spec *spec, bool *failed);

// Moves the words of the command line to other memory and lets argv point there: the box's PID 1 wipes the place that
// /proc/1/cmdline shows, so that what was typed on the host (paths, values of -e) can't be read in the box.
// Returns 0, or -1 with err_last set.
int box_take_arguments(int argc, char **argv) must_check;
