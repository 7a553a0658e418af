// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/sys.h"
#include "role/terminal.h"

bool terminal_find(struct terminal *t)
{
	pid_t foreground = -1;

	// tcgetpgrp(3) answers for the controlling terminal alone.
	for (t->fd = 0; t->fd < 3; t->fd++) {
		foreground = tcgetpgrp(t->fd);
		if (foreground >= 0)
			break;
	}
	if (t->fd == 3 && getpid() == 1) // a container's terminal is its standard input
		t->fd = -1;
	if (t->fd == 3) {
		t->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
		foreground = t->fd < 0 ? -1 : tcgetpgrp(t->fd);
	}
	t->given = foreground >= 0 && foreground == getpgrp();
	return t->given;
}

void terminal_give(struct terminal *t)
{
	if (t->fd < 0 || t->group <= 0 || tcgetpgrp(t->fd) != getpgrp())
		return;
	t->given = !tcsetpgrp(t->fd, t->group);
}

void terminal_take(struct terminal *t)
{
	if (t->given && tcgetpgrp(t->fd) == t->group)
		tcsetpgrp(t->fd, getpgrp());
	t->given = false;
}

bool terminal_stop_self(struct terminal *t)
{
	const uint64_t tstp = 1ull << (SIGTSTP - 1), cont = 1ull << (SIGCONT - 1);
	const struct timespec now = {0};
	struct kernel_sigaction by_default = {0}, old;

	if (t->fd < 0)
		return false;
	terminal_take(t);
	// The kernel's own rule says whether there is anybody who would let us go on: SIGTSTP stops no orphaned group. The
	// signal was blocked; what was ignored by our caller must not be ignored now.
	sys_rt_sigtimedwait(&cont, NULL, &now);
	sys_rt_sigaction(SIGTSTP, &by_default, &old);
	kill(0, SIGTSTP);
	sys_rt_sigprocmask(SIG_UNBLOCK, &tstp, NULL); // stops here
	sys_rt_sigprocmask(SIG_BLOCK, &tstp, NULL);
	sys_rt_sigaction(SIGTSTP, &old, NULL);
	return sys_rt_sigtimedwait(&cont, NULL, &now) == SIGCONT;
}
