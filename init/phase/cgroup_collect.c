// SPDX-License-Identifier: MIT
// What launchers leave of cgroups that were killed: one that nobody holds the lock of, and in which nothing lives any more.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/sys.h"
#include "phase/cgroup.h"
#include "phase/cgroup_place.h"

// Those below are removed by cgroup_remove_below. What is in use by the living is left: EBUSY.
static int collect_one(struct box *box, const char *name, int (*said)(const char *name))
{
	int ret = 0;

	if (fmt(box->cgroup, sizeof(box->cgroup), "%s", name))
		return 0; // not one of initbox's
	box->cgroup_fd = openat(box->cgroup_root_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (box->cgroup_fd < 0)
		return errno == ENOENT ? 0 : fail("open", "%s", name);
	if (flock(box->cgroup_fd, LOCK_EX | LOCK_NB)) {
		ret = errno == EWOULDBLOCK ? 0 : fail("flock", "%s", name);
	} else if (unlinkat(box->cgroup_root_fd, name, AT_REMOVEDIR) == 0) {
		ret = said(name);
	} else if (!strcmp(name, cgroup_aside)) {
		ret = 0; // nobody holds its lock, and launchers may be in it
	} else if (cgroup_wait_empty(box) || cgroup_remove_below(box)) {
		ret = err_last.no == EBUSY ? 0 : -1;
	} else if (unlinkat(box->cgroup_root_fd, name, AT_REMOVEDIR)) {
		ret = errno == EBUSY || errno == ENOENT ? 0 : fail("rmdir", "%s", name);
	} else {
		ret = said(name);
	}
	close(box->cgroup_fd);
	box->cgroup_fd = -1;
	return ret;
}

static int collect_in(struct box *box, int (*said)(const char *name))
{
	_Alignas(8) char list[2048];
	int ret = 0;
	long n;

	while ((n = syscall(SYS_getdents64, box->cgroup_root_fd, list, sizeof(list))) > 0)
		for (long at = 0; at < n;) {
			const struct linux_dirent64 *d = (const void *)(list + at);

			at += d->d_reclen;
			if (d->d_type == DT_DIR && !strncmp(d->d_name, "initbox-", 8) && collect_one(box, d->d_name, said))
				ret = -1;
		}
	return n < 0 ? fail("getdents64", "cgroups") : ret;
}

int cgroup_collect(struct box *box, int (*said)(const char *name))
{
	if (cgroup_place_top(box))
		return -1;
	if (box->cgroup_root_fd < 0) // no v2 hierarchy
		return 0;
	if (collect_in(box, said))
		return -1;
	return cgroup_place_own(box) ? collect_in(box, said) : 0;
}
