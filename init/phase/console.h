// SPDX-License-Identifier: MIT
// --tty: the program's terminal, which is of the box's own devpts. Its other end, where a person sits, is the launcher's
// (role/pty.h). The caller's own terminal never comes into the box. Source: pty(7), ioctl_tty(2), devpts in kernel
// Documentation/filesystems/devpts.rst.
#pragma once
#include "phase/phase.h"

// Box's side, once /dev/pts is mounted: makes the terminal, with the settings and the size of the caller's where there is
// one, shows it as /dev/console, and sends both ends through the channel. Returns 0, or -1 with err_last set.
int console_make(struct box *box) must_check;

// In the process that becomes the program: a session of its own, with the terminal as its controlling one and as its
// descriptors, from first on. Returns 0, or -1 with err_last set.
int console_take(const struct box *box, int first) must_check;

// Launcher's side: waits for the ends: fd[0] is the launcher's, fd[1] the program's. Returns 0, or -1 with err_last set; an
// error record that the box has sent instead is left in the channel.
int console_receive(const struct box *box, int fd[2]) must_check;

// Launcher's side: whether the program runs, as the channel has it. 0: not yet; -1: it never will.
int console_runs(const struct box *box) must_check;

// The size of the caller's terminal goes to the one that master is the other end of. Returns false when none of the
// descriptors 0 to 2 is a terminal.
bool console_set_size(int master);
