// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/watch.h"

static struct watch *first;
static struct watch *cursor; // the next one to serve
static bool added; // what could be read before has sent no signal

// SIGIO stands for any number of descriptors, so it can't overflow, as a queue of real-time signals can.
static int want_signals(const struct watch *w)
{
	int flags = sys_fcntl(w->fd, F_GETFL, 0);

	if (flags < 0 || sys_fcntl(w->fd, F_SETOWN, getpid()) || sys_fcntl(w->fd, F_SETFL, flags | O_ASYNC))
		return fail("fcntl", "%s", w->what);
	if (sys_fcntl(w->fd, F_GETFL, 0) & O_ASYNC)
		return 0;
	errno = EOPNOTSUPP; // the kernel ignores the flag where a file has no such operation
	return fail("O_ASYNC", "%s", w->what);
}

int watch_add(struct watch *w)
{
	if (w->fd >= 0 && want_signals(w))
		return -1;
	added |= w->fd >= 0;
	for (const struct watch *known = first; known; known = known->next)
		if (known == w)
			return 0;
	w->next = first;
	first = w;
	return 0;
}

void watch_remove(struct watch *w)
{
	for (struct watch **p = &first; *p; p = &(*p)->next) {
		if (*p != w)
			continue;
		*p = w->next;
		if (cursor == w)
			cursor = w->next;
		w->at = 0;
		return;
	}
}

uint64_t watch_deadline(void)
{
	uint64_t at = added;

	for (const struct watch *w = first; w; w = w->next)
		if (w->at && (!at || w->at < at))
			at = w->at;
	return at;
}

static bool is_ready(const struct watch *w)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	return w->fd >= 0 && poll(&p, 1, 0) > 0;
}

void watch_serve(bool readable)
{
	uint64_t now = sys_now_ms();

	readable |= added;
	added = false;
	for (struct watch *w = first; w; w = cursor) {
		cursor = w->next; // what is added meanwhile stands before, and has its turn next time
		if (readable && is_ready(w))
			w->ready(w);
		if (w->at && w->at <= now) {
			w->at = 0;
			w->due(w);
		}
	}
}
