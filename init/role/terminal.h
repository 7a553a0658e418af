// SPDX-License-Identifier: MIT
// Whose the terminal is: job control between the shell that started an entry, the entry, and its program, which has a
// process group of its own. Source: setpgid(2), tcsetpgrp(3), glibc manual "Job Control", kernel drivers/tty/tty_jobctrl.c.
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct terminal {
	int fd;	     // the controlling terminal, -1: none
	bool given;  // the foreground was this process's, and is now the program's
	pid_t group; // the program's process group
};

// Finds the controlling terminal. Returns whether its foreground is this process's, and so may be given away.
bool terminal_find(struct terminal *t);

// Gives the foreground to the program's group, or takes it back, where it is ours.
void terminal_give(struct terminal *t);
void terminal_take(struct terminal *t);

// The program was stopped: stops this process group as well, so that the shell sees a stopped job. Returns true
// when it goes on again, or false when nobody would ever let it go on (an orphaned process group, PID 1): it did not stop.
bool terminal_stop_self(struct terminal *t);
