// SPDX-License-Identifier: MIT
// Namespaces of others that a box joins. They are opened before anything else is done: what a path names may change.
// Source: setns(2), namespaces(7).
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "phase/join.h"

static const struct kind {
	const char *name, *own, *option;
	int flag;
} kinds[JOIN_COUNT] = {
	[JOIN_PID] = {"pid", "/proc/self/ns/pid", "--pid", CLONE_NEWPID},
	[JOIN_IPC] = {"ipc", "/proc/self/ns/ipc", "--ipc", CLONE_NEWIPC},
	[JOIN_UTS] = {"uts", "/proc/self/ns/uts", "--uts", CLONE_NEWUTS},
	[JOIN_NET] = {"network", "/proc/self/ns/net", "--net", CLONE_NEWNET},
};

static LARGE_BSS int back[JOIN_COUNT];

// NULL: nothing is joined.
static const char *path_of(const struct spec *s, unsigned i)
{
	const char *path = i != JOIN_NET || s->network == NETWORK_PATH ? s->join[i] : NULL;

	return path && path[0] == '/' ? path : NULL;
}

// Not waiting for whoever might open the other end of a FIFO.
static int open_one(const char *path, const struct kind *k)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? fail("open", "%s namespace %s", k->name, path) : fd;
}

static int join_up(struct box *box)
{
	for (unsigned i = 0; i < JOIN_COUNT; i++) {
		const char *path = path_of(box->spec, i);

		box->join_fd[i] = -1;
		if (!path)
			continue;
		box->join_fd[i] = open_one(path, &kinds[i]);
		back[i] = box->join_fd[i] < 0 ? -1 : open_one(kinds[i].own, &kinds[i]);
		if (back[i] < 0)
			return -1;
	}
	return 0;
}

int join_enter(struct box *box)
{
	for (unsigned i = 0; i < JOIN_COUNT; i++) {
		if (box->join_fd[i] < 0 || setns(box->join_fd[i], kinds[i].flag) == 0)
			continue;
		fail("setns", "%s namespace %s", kinds[i].name, box->spec->join[i]);
		while (i < JOIN_COUNT) // nothing to come back from
			box->join_fd[i++] = -1;
		return -1;
	}
	return 0;
}

int join_leave(struct box *box)
{
	for (unsigned i = 0; i < JOIN_COUNT; i++)
		if (box->join_fd[i] >= 0 && setns(back[i], kinds[i].flag))
			return fail("setns", "%s namespace of the launcher", kinds[i].name);
	return 0;
}

static void join_explain(const struct box *box)
{
	for (unsigned i = 0; i < JOIN_COUNT; i++)
		if (path_of(box->spec, i))
			explain("open setns", "nsenter %s=%s", kinds[i].option, path_of(box->spec, i));
}

const struct phase phase_join = {"join", join_explain, join_up};
