// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "role/power.h"

static int write_status(const char *port, int code, bool failed)
{
	char text[64];
	struct buf b = BUF(text);
	struct termios raw;
	int fd = open(port, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return fail("open", "%s", port);
	if (tcgetattr(fd, &raw) == 0) {
		raw.c_oflag &= ~(tcflag_t)OPOST;
		tcsetattr(fd, TCSANOW, &raw);
	}
	buf_fmt(&b, "initbox-status %s=%d\n", failed ? "failed" : "exit", code);
	if (write(fd, b.p, b.len) != (ssize_t)b.len)
		return fail("write", "%s", port);
	tcdrain(fd); // what is still in the line's buffer is lost with the power
	close(fd);
	return 0;
}

void power_report(const struct spec *s, int code, bool failed)
{
	if (s->status_port && write_status(s->status_port, code, failed) == 0) {
		tcdrain(STDOUT_FILENO);
		return;
	}
	if (s->status_port)
		log_err(&err_last);
	log_line(LOG_ERROR, "%s %d", failed ? "failed, exit status" : "exit status", code);
	tcdrain(STDERR_FILENO);
}

_Noreturn void power_off(void)
{
	pid_t pid;

	sync();
	// "reboot: Power down" is an emergency to the kernel; it would end up behind the program's last byte.
	if (file_write(AT_FDCWD, "/proc/sys/kernel/printk", "0"))
		log_err(&err_last);
	// In a child: PID 1 must not end, whatever reboot(2) does to its caller.
	pid = fork();
	if (pid <= 0) {
		reboot(RB_POWER_OFF);
		if (pid == 0)
			_exit(1);
	}
	waitpid(pid, NULL, 0);
	for (;;)
		pause();
}
