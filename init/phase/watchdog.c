// SPDX-License-Identifier: MIT
// A watchdog resets the machine when PID 1 does not feed it any more. It is fed wherever PID 1 waits (base/watch.h), at a third
// of its time, also while the machine ends. Source: kernel Documentation/watchdog/watchdog-api.rst.
#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/watch.h"
#include "phase/late.h"
#include "phase/watchdog.h"

static void feed(struct watch *w);

static struct watch dog = {.fd = -1, .what = "watchdog", .due = feed};
static struct {
	int fd;
	uint64_t every; // ms
} device = {.fd = -1};

static void feed(struct watch *w)
{
	if (ioctl(device.fd, (int)WDIOC_KEEPALIVE, 0) && write(device.fd, "", 1) != 1) {
		fail("WDIOC_KEEPALIVE", "watchdog");
		log_err(&err_last);
	}
	w->at = sys_now_ms() + device.every;
}

// What the device really does is read back. Returns seconds, or -1 with err_last set.
static int set_time(const char *path, unsigned wanted)
{
	int seconds = (int)wanted;

	if (wanted && ioctl(device.fd, (int)WDIOC_SETTIMEOUT, &seconds))
		return fail("WDIOC_SETTIMEOUT", "%s:%u", path, wanted);
	if (ioctl(device.fd, (int)WDIOC_GETTIMEOUT, &seconds) && !wanted)
		return fail("WDIOC_GETTIMEOUT", "%s", path);
	if (wanted && seconds != (int)wanted)
		log_line(LOG_NOTE, "watchdog: %s: it takes %d s for %u s", path, seconds, wanted);
	return seconds > 0 ? seconds : fail_text("has no time set", "%s", path);
}

void watchdog_close(void)
{
	if (device.fd < 0)
		return;
	watch_remove(&dog);
	// Without that byte, or where the kernel has nowayout, it bites after all.
	if (write(device.fd, "V", 1) != 1 || close(device.fd)) {
		fail("write", "watchdog");
		log_err(&err_last);
	}
	device.fd = -1;
}

static int watchdog_up(struct box *box)
{
	const struct watchdog_spec *s = &box->spec->watchdog;
	int seconds;

	if (!s->device)
		return 0;
	if (late_device(s->device))
		return -1;
	device.fd = open(s->device, O_WRONLY | O_CLOEXEC);
	if (device.fd < 0)
		return fail("open", "%s", s->device);
	seconds = set_time(s->device, s->seconds);
	if (seconds < 0)
		return -1;
	device.every = (uint64_t)seconds * 1000 / 3;
	feed(&dog);
	return watch_add(&dog);
}

static void watchdog_explain(const struct box *box)
{
	const struct watchdog_spec *s = &box->spec->watchdog;

	if (s->device && s->seconds)
		explain("WDIOC_SETTIMEOUT WDIOC_KEEPALIVE", "watchdog -T %u -t %u %s", s->seconds, s->seconds / 3,
			s->device);
	else if (s->device)
		explain("WDIOC_GETTIMEOUT WDIOC_KEEPALIVE", "watchdog %s", s->device);
}

const struct phase phase_watchdog = {"watchdog", watchdog_explain, watchdog_up};
