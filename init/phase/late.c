// SPDX-License-Identifier: MIT
#include <errno.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/uevent.h"
#include "phase/block.h"
#include "phase/late.h"
#include "phase/modules.h"

enum { WAIT_S = 10 };
_Static_assert((int)LATE_PATH == (int)BLOCK_PATH, "a block device is one of them");

// The kernel has made the node when it tells of the device.
static int wait_for(int events, const char *path)
{
	uint64_t until = sys_boottime_ns() + WAIT_S * 1000000000ull;
	struct uevent e;

	while (access(path, F_OK)) {
		switch (uevent_next(events, &e, until)) {
		case UEVENT_ONE:
			modules_event(&e);
			break;
		case UEVENT_LOST:
			modules_catch_up();
			break;
		case UEVENT_FAILED:
			return -1;
		case UEVENT_NONE:
			errno = ENOENT;
			fail("access", "%s", path);
			return fail_because("it has not come in %d s", (int)WAIT_S);
		}
	}
	return 0;
}

int late_device(const char *path)
{
	int events, ret;

	if (!access(path, F_OK))
		return 0;
	events = uevent_open();
	if (events < 0)
		return -1;
	modules_catch_up(); // what came before that socket heard of it
	ret = wait_for(events, path);
	close(events);
	return ret;
}

const char *late_source(const struct spec *s, const struct device_word *w, const char *said, char *path)
{
	if (w->kind < DEVICE_NAME)
		return said;
	return block_find(w, s->rootwait, path) ? NULL : path;
}
