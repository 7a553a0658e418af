// SPDX-License-Identifier: MIT
// The files that tell the box about names: resolv.conf, hosts, hostname. phase_names composes them on the host's side, where
// the host's own can be read; the box's PID 1 writes them.
#pragma once
#include "phase/phase.h"

// Before the volumes, with the box's root as current directory: writes them into its /etc, in the place of what the image has.
// Returns 0, or -1 with err_last set.
int files_write(const struct box *box) must_check;

// After the volumes: where one of those hides /etc the files are mounted in it, on what has to be there already: nothing is
// made in a directory of the host. One that was asked for and can't be shown is an error.
// Returns 0, or -1 with err_last set.
int files_show(const struct box *box) must_check;
