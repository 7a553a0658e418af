// SPDX-License-Identifier: MIT
// boot-stamp - the rdinit= of every machine of make bench-boot: tells the clock, then becomes /init. With count=syscalls on the
// kernel's command line the kernel counts process 1's system calls from here on (boot-work tells how many).
#include <sys/mount.h>
#include <sys/stat.h>

#include "boot-mark.h"

static char buf[256 * 1024], line[64];

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), bad = fd < 0 || write(fd, text, strlen(text)) < 0;

	if (fd >= 0)
		close(fd);
	return bad;
}

static int count_syscalls(void)
{
	int bad;

	if (mkdir("/trace", 0700) || mount("tracefs", "/trace", "tracefs", 0, NULL))
		return 1;
	bad = put("/trace/set_event_pid", "1") || put("/trace/events/raw_syscalls/sys_enter/enable", "1");
	return umount("/trace") || rmdir("/trace") || bad;
}

int main(int argc, char **argv, char **envp)
{
	static char init[] = "/init";
	uint64_t idle, clock;
	int made;

	(void)argc;
	if (getenv("count") && count_syscalls())
		return 1;
	made = !mkdir("/proc", 0555);
	if (mount("proc", "/proc", "proc", 0, NULL))
		return 1;
	idle = mark_idle(buf, sizeof(buf));
	umount("/proc");
	if (made)
		rmdir("/proc");
	clock = mark_clock();
	snprintf(line, sizeof(line), "init %lu %lu\n", clock, idle);
	mark_say(line);
	argv[0] = init;
	execve(init, argv, envp);
	return 1;
}
