// SPDX-License-Identifier: MIT
// Tries to type into the terminal it has as its standard input, and to make it its own. Each way that is open is a line, and
// makes the end 1. Says whether it has a controlling terminal.
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif

static int ways;

static void way(const char *what, int open)
{
	if (!open)
		return;
	printf("open: %s\n", what);
	ways = 1;
}

static int call(int fd, unsigned long request, const void *arg)
{
	return syscall(SYS_ioctl, fd, request, arg) == 0;
}

int main(void)
{
	static const char *const names[] = {"/proc/self/fd/0", "/dev/console"};
	const unsigned long high = 1ul << 32;
	char paste[] = {3, 0};
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC), controlling = tty >= 0;

	way("no terminal at all", !isatty(0));
	way("TIOCSTI", call(0, TIOCSTI, "x"));
	way("TIOCSTI with high bits (CVE-2019-10063)", call(0, TIOCSTI | high, "x"));
	way("TIOCLINUX", call(0, TIOCLINUX, paste) || call(0, TIOCLINUX | high, paste));
	if (!controlling) {
		way("TIOCSCTTY by force", call(0, TIOCSCTTY, (void *)1));
		way("TIOCSPGRP", tcsetpgrp(0, getpid()) == 0);
		for (int i = 0; i < 2; i++)
			way(names[i], open(names[i], O_RDWR) >= 0 && (tty = open("/dev/tty", O_RDWR)) >= 0);
	}
	way("TIOCCONS", call(0, TIOCCONS, 0));
	printf("controlling: %s\n", controlling ? "yes" : "no");
	return ways;
}
