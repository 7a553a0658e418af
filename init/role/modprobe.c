// SPDX-License-Identifier: MIT
// The kernel's helper of a machine: it wants a module, and waits for the end of this process. Source: kernel/module/kmod.c.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "phase/modload.h"
#include "role/modprobe.h"

bool modprobe_is_asked(int argc, char **argv)
{
	return argc == 4 && !strcmp(argv[0], "/proc/1/exe") && !strcmp(argv[1], "-q") && !strcmp(argv[2], "--");
}

// It is started with no file open.
static void speak_to_the_log(void)
{
	int fd;

	do
		fd = open("/dev/kmsg", O_WRONLY);
	while (fd >= 0 && fd < STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

// For whoever wonders why something does not work; the kernel asks for much that no module serves. 6: KERN_INFO.
static void say_unknown(const char *name)
{
	char text[256];
	struct buf b = BUF(text);

	buf_fmt(&b, "<6>initbox: modules: the kernel asks for %s: no module of this image serves it\n", name);
	log_raw(text);
}

int modprobe_main(const char *name)
{
	int found;

	speak_to_the_log();
	found = modload_open();
	if (found > 0)
		found = modload_alias(name);
	if (found < 0) {
		strcpy(err_last.phase, "modules");
		log_err(&err_last);
	} else if (found == 0) {
		say_unknown(name);
	}
	return found > 0 ? 0 : 1;
}
