// SPDX-License-Identifier: MIT
// boot-stamp - the rdinit= of every machine of make bench-boot: tells the clock, then becomes /init.
#include <sys/mount.h>
#include <sys/stat.h>

#include "boot-mark.h"

static char buf[256 * 1024], line[64];

int main(int argc, char **argv, char **envp)
{
	static char init[] = "/init";
	uint64_t idle, clock;
	int made;

	(void)argc;
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
