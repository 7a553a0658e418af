// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "role/box.h"
#include "role/order.h"
#include "role/reap.h"
#include "role/shell.h"

enum { HANG_UP_MS = 1000 };

static const char path[] = "/bin/sh";

// /dev/console never becomes a controlling terminal by open(2), but it can be made one (ioctl_tty(2)).
static int take_console(void)
{
	int fd;
	struct termios t;

	if (setsid() < 0)
		return fail("setsid", "%s", path);
	fd = open("/dev/console", O_RDWR | O_NOCTTY);
	if (fd < 0)
		return fail("open", "/dev/console");
	if (ioctl(fd, TIOCSCTTY, 1))
		log_line(LOG_NOTE, "%s: the console is no terminal: no job control", path);
	if (!tcgetattr(fd, &t)) {
		t.c_iflag |= ICRNL | IXON | BRKINT;
		t.c_oflag |= OPOST | ONLCR;
		t.c_lflag |= ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN;
		tcsetattr(fd, TCSANOW, &t);
	}
	for (int i = 0; i < 3; i++)
		if (dup2(fd, i) < 0)
			return fail("dup2", "/dev/console");
	return 0;
}

static _Noreturn void become_shell(void)
{
	static const char *const argv[] = {"sh", NULL};
	static const char *const env[] = {"PATH=/sbin:/usr/sbin:/bin:/usr/bin", "HOME=/", "TERM=linux", NULL};
	const uint64_t none = 0;

	if (!take_console()) {
		signal(SIGPIPE, SIG_DFL);
		sys_rt_sigprocmask(SIG_SETMASK, &none, NULL);
		execve(path, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
		fail("execve", "%s", path);
	}
	log_err(&err_last);
	_exit(EXIT_OWN_FAILURE);
}

void shell_run(void)
{
	struct reap r = {.mask = box_signals, .order = order_take};

	if (access(path, X_OK)) {
		log_line(LOG_ERROR, "on-error: no %s in the machine's image (mkinitramfs --file FILE:%s)", path, path);
		return;
	}
	log_line(LOG_NOTE, "on-error: %s on the console; when it ends (exit) the machine is switched off", path);
	order_setup(HANG_UP_MS, SIGHUP); // a shell that asks a person does not act on TERM
	r.main = sys_clone(SIGCHLD);
	if (r.main == 0)
		become_shell();
	if (r.main > 0) {
		reap_run(&r);
		return;
	}
	fail("fork", "%s", path);
	log_err(&err_last);
}
