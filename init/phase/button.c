// SPDX-License-Identifier: MIT
// The power button: each input device that has the key KEY_POWER is listened to by PID 1, and a press is an order as any other
// (role/order.h). Source: kernel Documentation/input/input.rst, drivers/acpi/button.c; with modules button and evdev.
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/watch.h"
#include "phase/phase.h"

static void take_events(struct watch *w);

static struct watch buttons[4];
static unsigned count;
static int order; // the signal to PID 1

static void let_go(struct watch *w)
{
	watch_remove(w);
	close(w->fd);
	w->fd = -1;
}

static void take_events(struct watch *w)
{
	struct input_event event[16];
	ssize_t n;

	while ((n = read(w->fd, event, sizeof(event))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(event[0]); i++) {
			if (event[i].type != EV_KEY || event[i].code != KEY_POWER || event[i].value != 1)
				continue;
			log_line(LOG_NOTE, "%s: pressed", w->what);
			kill(getpid(), order);
		}
	if (n == 0 || errno != EAGAIN) // it was unplugged
		let_go(w);
}

// Whether fd is an input device with that key.
static bool has_power_key(int fd)
{
	unsigned char keys[KEY_MAX / 8 + 1] = {0};

	return ioctl(fd, (int)EVIOCGBIT(EV_KEY, sizeof(keys)), keys) >= 0 && keys[KEY_POWER / 8] & 1 << KEY_POWER % 8;
}

static int look_at(int dir, const char *name)
{
	struct watch *w = &buttons[count];
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || !has_power_key(fd)) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	*w = (struct watch){.fd = fd, .what = "power button", .ready = take_events};
	if (watch_add(w)) {
		close(fd);
		return -1;
	}
	count++;
	return 0;
}

static int button_up(struct box *box)
{
	static const int orders[] = {SIGUSR2, SIGTERM, SIGUSR1}; // of power-button, but for ignore
	_Alignas(8) char list[1024];
	int dir, ret = 0;
	long n;

	if (box->spec->hands_over || box->spec->power_button >= COUNT(orders))
		return 0;
	order = orders[box->spec->power_button];
	dir = open("/dev/input", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : fail("open", "/dev/input");
	while (!ret && (n = syscall(SYS_getdents64, dir, list, sizeof(list))) > 0)
		for (long at = 0; at < n && !ret && count < COUNT(buttons);) {
			const struct linux_dirent64 *d = (const struct linux_dirent64 *)(const void *)(list + at);

			at += d->d_reclen;
			if (!strncmp(d->d_name, "event", 5))
				ret = look_at(dir, d->d_name);
		}
	close(dir);
	return ret;
}

static void button_explain(const struct box *box)
{
	if (!box->spec->hands_over && box->spec->power_button < 3)
		explain("EVIOCGBIT O_ASYNC", "acpi_listen | grep -m 1 button/power && %s",
			(const char *const[]){"poweroff", "reboot", "halt"}[box->spec->power_button]);
}

const struct phase phase_button = {"power-button", button_explain, button_up};
