// SPDX-License-Identifier: MIT
// --tty, on the launcher's side: carries bytes between the caller's descriptors and the box's terminal, while it waits for
// signals. The caller's terminal is raw meanwhile, and is as it was at every end and whenever the launcher is stopped.
#pragma once
#include "phase/phase.h"
#include "role/reap.h"

// What has to hold before anything is built. Returns 0, or -1 with err_last set.
int pty_check(const struct spec *s) must_check;

// Takes the box's terminal and lets launcher wait by it. Does nothing without --tty. Returns 0, or -1 with err_last set.
int pty_begin(const struct box *box, struct reap *launcher) must_check;

// The box has ended: writes what the terminal still holds, unless a signal orders to stop, and gives the caller's back.
void pty_end(void);
