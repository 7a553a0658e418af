// SPDX-License-Identifier: MIT
// The box's cgroup: initbox-NAME, made and limited before anything runs in it. A parent for all boxes would cost each start
// and end two more system calls of 70 us.
// Source: kernel Documentation/admin-guide/cgroup-v2.rst.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/cgroup.h"
#include "phase/cgroup_limits.h"
#include "phase/cgroup_place.h"

// Appends the first directory in dir to path. Returns 1, 0 when there is none, -1 with err_last set.
static int first_child(int dir, struct buf *path)
{
	const char *name;
	unsigned type;
	struct dir d;

	dir_begin(&d, dir);
	while ((name = dir_next(&d, &type))) {
		if (type != DT_DIR)
			continue;
		buf_fmt(path, "/%s", name);
		return path->cut ? fail_text("its name is too long", "%s", path->p) : 1;
	}
	return d.n < 0 ? fail("getdents64", "%s", path->p) : 0;
}

// Removes the cgroups that a box with the right to has made in its own, deepest first.
int cgroup_remove_below(const struct box *box)
{
	char text[4096];
	struct buf path = BUF(text);
	int found;

	do {
		path.p[0] = '\0';
		path.len = 0;
		buf_str(&path, box->cgroup);
		do {
			int dir = openat(box->cgroup_root_fd, path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			if (dir < 0)
				return fail("open", "%s", path.p);
			found = first_child(dir, &path);
			close(dir);
		} while (found > 0);
		if (found < 0)
			return -1;
		if (path.len > strlen(box->cgroup) && unlinkat(box->cgroup_root_fd, path.p, AT_REMOVEDIR))
			return fail("rmdir", "%s", path.p);
	} while (path.len > strlen(box->cgroup));
	return 0;
}

// Waits until nothing in the cgroup lives.
int cgroup_wait_empty(const struct box *box)
{
	int fd = openat(box->cgroup_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct pollfd p = {.fd = fd, .events = POLLPRI};
	bool empty = false;
	char text[128];

	if (fd < 0)
		return fail("open", "%s/cgroup.events", box->cgroup);
	for (int i = 0; i < 10 && !empty; i++) {
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n < 0) {
			fail("read", "%s/cgroup.events", box->cgroup);
			close(fd);
			return -1;
		}
		text[n] = '\0';
		empty = str_find(text, "populated 0") != NULL;
		if (!empty)
			poll(&p, 1, 500);
	}
	close(fd);
	return 0;
}

// Kills what is left in the cgroup (normally nothing: its PID 1 took all with it) and removes it as soon as it is empty.
static int remove_leaf(const struct box *box)
{
	if (unlinkat(box->cgroup_root_fd, box->cgroup, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (file_write(box->cgroup_fd, "cgroup.kill", "1") || cgroup_wait_empty(box) || cgroup_remove_below(box))
		return -1;
	return unlinkat(box->cgroup_root_fd, box->cgroup, AT_REMOVEDIR) ? fail("rmdir", "%s", box->cgroup) : 0;
}

static int cgroup_down(void *arg)
{
	struct box *box = arg;

	if (remove_leaf(box))
		return -1;
	close(box->cgroup_fd);
	box->cgroup_fd = -1;
	return 0;
}

// A launcher holds the lock of its box's cgroup. One that nobody holds was left by a launcher that was killed, and goes:
// it has old limits. Between open and flock its owner may have removed the one that we then hold.
static int make_leaf(struct box *box)
{
	struct stat mine, there;
	bool same;

	for (;;) {
		bool made = mkdirat(box->cgroup_root_fd, box->cgroup, 0755) == 0;

		if (!made && errno != EEXIST)
			return fail("mkdir", "%s", box->cgroup);
		box->cgroup_fd = openat(box->cgroup_root_fd, box->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (box->cgroup_fd < 0 && errno == ENOENT)
			continue;
		if (box->cgroup_fd < 0) {
			fail("open", "%s", box->cgroup);
			if (made)
				unlinkat(box->cgroup_root_fd, box->cgroup, AT_REMOVEDIR);
			return -1;
		}
		if (flock(box->cgroup_fd, LOCK_EX | LOCK_NB)) {
			if (errno == EWOULDBLOCK)
				return fail_text("a box of this name is running", "%s", box->spec->name);
			fail("flock", "%s", box->cgroup);
			if (made)
				unlinkat(box->cgroup_root_fd, box->cgroup, AT_REMOVEDIR);
			return -1;
		}
		same = !fstat(box->cgroup_fd, &mine) && !fstatat(box->cgroup_root_fd, box->cgroup, &there, 0) &&
		       mine.st_ino == there.st_ino;
		if (same && made)
			return 0;
		// Its processes may still be dying with the launcher that was killed a moment ago.
		if (same && remove_leaf(box))
			return -1;
		close(box->cgroup_fd);
		box->cgroup_fd = -1;
	}
}

static int name_first(const struct box *box, unsigned wanted)
{
	return cgroup_place_missing(box, cgroup_controllers[__builtin_ctz(wanted)]);
}

static int cgroup_up(struct box *box)
{
	unsigned wanted = cgroup_limits_wanted(box->spec);

	// Where nothing was asked for and nothing can be made the box runs in the launcher's cgroup.
	if (cgroup_place_top(box))
		return wanted || err_last.no != EACCES ? -1 : 0;
	if (box->cgroup_root_fd < 0)
		return wanted ? name_first(box, wanted) : 0;
	if (fmt(box->cgroup, sizeof(box->cgroup), "initbox-%s", box->spec->name))
		return fail("mkdir", "%s", box->spec->name);
	if (wanted && cgroup_place_limited(box, wanted))
		return -1;
	while (make_leaf(box)) {
		close(box->cgroup_fd); // one that could not be had is none to clone into
		box->cgroup_fd = -1;
		if (wanted || (err_last.no != EACCES && err_last.no != EPERM && err_last.no != EROFS))
			return -1;
		if (!cgroup_place_own(box))
			return 0;
	}
	return undo_push(&box->undo, cgroup_down, box, "cgroup") ? -1 : cgroup_limits_set(box->spec, box->cgroup_fd);
}

static void cgroup_explain(const struct box *box)
{
	unsigned wanted = cgroup_limits_wanted(box->spec);
	char dir[96];

	for (unsigned i = 0; i < CONTROLLERS; i++)
		if (wanted & 1u << i)
			explain("write", "echo +%s >/sys/fs/cgroup/cgroup.subtree_control", cgroup_controllers[i]);
	if (fmt(dir, sizeof(dir), "/sys/fs/cgroup/initbox-%s", box->spec->name))
		return;
	explain("mkdirat", "mkdir %s", dir);
	cgroup_limits_explain(box->spec, dir);
}

// What stands behind key at the start of a line of the box's cgroup's file, 0 when there is no such.
static uint64_t value_in(const struct box *box, const char *file, const char *key)
{
	char text[2048];
	size_t n = strlen(key);
	uint64_t v;

	if (box->cgroup_fd < 0 || file_read(box->cgroup_fd, file, text, sizeof(text)) < 0)
		return 0;
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (!strncmp(p, key, n) && !num_parse(p + n, strcspn(p + n, "\n"), 10, UINT64_MAX, &v))
			return v;
	return 0;
}

void cgroup_usage(const struct box *box, struct cgroup_usage *u)
{
	u->oom_kills = value_in(box, "memory.events", "oom_kill ");
	u->peak = value_in(box, "memory.peak", "");
	u->cpu_us = value_in(box, "cpu.stat", "usage_usec ");
}

const struct phase phase_cgroup = {"cgroup", cgroup_explain, cgroup_up};
