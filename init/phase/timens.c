// SPDX-License-Identifier: MIT
// The box's clocks. Offsets can be written as long as no process is in the namespace: a new one is that of later children, and
// is entered when they are set. Done while /proc/self is still the caller's own to write (PR_SET_DUMPABLE, setresuid(2)).
// Source: time_namespaces(7); Linux 5.6.
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/timens.h"
#include "phase/trace.h"

static bool wanted(const struct spec *s)
{
	return s->time_offset.monotonic || s->time_offset.boottime;
}

static const char *sign(int64_t v)
{
	return v < 0 ? "-" : "";
}

static unsigned long size(int64_t v)
{
	return v < 0 ? 0 - (unsigned long)v : (unsigned long)v;
}

int timens_enter(const struct spec *s)
{
	const struct time_offset *o = &s->time_offset;
	char text[80];
	int fd, ret;

	if (!wanted(s))
		return 0;
	if (unshare(CLONE_NEWTIME))
		return fail("unshare", "time namespace");
	if (fmt(text, sizeof(text), "monotonic %s%lu 0\nboottime %s%lu 0\n", sign(o->monotonic), size(o->monotonic),
		sign(o->boottime), size(o->boottime)))
		return fail("write", "time-offset");
	if (file_write(AT_FDCWD, "/proc/self/timens_offsets", text))
		return -1;
	fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail("open", "time namespace");
	trace_shift(o->monotonic);
	ret = setns(fd, CLONE_NEWTIME) ? fail("setns", "time namespace") : 0;
	close(fd);
	return ret;
}

void timens_explain(const struct spec *s)
{
	const struct time_offset *o = &s->time_offset;

	if (wanted(s))
		explain("unshare(CLONE_NEWTIME) write setns", "unshare --time --monotonic %s%lu --boottime %s%lu",
			sign(o->monotonic), size(o->monotonic), sign(o->boottime), size(o->boottime));
}
