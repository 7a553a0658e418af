// SPDX-License-Identifier: MIT
// The kernel's helper of a machine: it wants a module, and waits for the end of this process. Source: kernel/module/kmod.c.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/kmsg.h"
#include "base/log.h"
#include "phase/modload.h"
#include "role/modprobe.h"

static void open_console(void)
{
	int fd;

	do {
		fd = open("/dev/console", O_WRONLY | O_NOCTTY);
		if (fd < 0)
			fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	log_setup.kmsg = true;
}

// For the log alone: the kernel asks for much that no module serves, and whoever wonders why something is not there looks.
static void say_unknown(const char *name)
{
	char text[256];
	struct buf b = BUF(text);

	buf_fmt(&b, "initbox: modules: the kernel asks for %s: no module of this image serves it", name);
	kmsg_write(6, b.p, b.len);
}

int modprobe_main(const char *name)
{
	int found, ret;

	open_console();
	found = modload_open();
	if (found < 0) {
		strcpy(err_last.phase, "modules");
		log_err(&err_last);
	}
	ret = found > 0 ? modload_alias(name) : 1;
	if (ret > 0 && found >= 0)
		say_unknown(name);
	return ret ? 1 : 0;
}
