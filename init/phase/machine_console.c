// SPDX-License-Identifier: MIT
// console = DEVICE: another terminal than the kernel's /dev/console, for initbox and for the box. It takes that name, too.
// Once modules are there: a virtio console has one. Source: console(4), kernel Documentation/admin-guide/serial-console.rst.
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "phase/late.h"
#include "phase/machine_console.h"
#include "phase/phase.h"

void machine_console_raw(void)
{
	struct termios t;

	if (tcgetattr(STDOUT_FILENO, &t))
		return;
	t.c_oflag &= ~(tcflag_t)OPOST;
	tcsetattr(STDOUT_FILENO, TCSANOW, &t);
}

static int console_up(struct box *box)
{
	const struct spec *s = box->spec;
	const char *device = s->console;
	int fd;

	if (!device || !strcmp(device, "/dev/console"))
		return 0;
	// Through its own name first: a mistake is then said on the old one.
	if (late_device(device))
		return -1;
	fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail("open", "%s", device);
	if (!isatty(fd))
		return fail("isatty", "%s", device);
	close(fd);
	if (mount(device, "/dev/console", NULL, MS_BIND, NULL))
		return fail("mount", "%s on /dev/console", device);
	fd = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail("open", "/dev/console");
	for (int i = 0; i < 3; i++)
		if (dup2(fd, i) < 0)
			return fail("dup2", "%s", device);
	close(fd);
	log_setup.elsewhere = true;
	if (s->stdin_from == STDIN_NULL && !s->hands_over)
		machine_console_raw();
	return 0;
}

static void console_explain(const struct box *box)
{
	const char *device = box->spec->console;

	if (device)
		explain("mount dup2", "mount --bind %s /dev/console; exec <%s >%s 2>&1", device, device, device);
}

const struct phase phase_machine_console = {"console", console_explain, console_up};
