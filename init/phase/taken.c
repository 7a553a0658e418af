// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mnt.h"
#include "base/sys.h"
#include "phase/taken.h"

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

enum { NOT_THERE = -2 }; // on the host, neither

static const struct row {
	const char *name, *host;
	bool is_new;   // a new mount first, the host's where that is refused
	unsigned more; // attributes of the host's
} rows[] = {
	{"proc", "/proc", true, 0},
	{"sysfs", "/sys", true, MOUNT_ATTR_RDONLY},
	{"cgroup2", "/sys/fs/cgroup", true, MOUNT_ATTR_RDONLY}, // on the host's /sys mount(2) would find one there and say EBUSY
	{"mqueue", "/dev/mqueue", true, 0},
	{"null", "/dev/null", false, 0},
	{"zero", "/dev/zero", false, 0},
	{"full", "/dev/full", false, 0},
	{"random", "/dev/random", false, 0},
	{"urandom", "/dev/urandom", false, 0},
	{"tty", "/dev/tty", false, 0},
};
_Static_assert(COUNT(rows) == TAKEN_COUNT, "a descriptor for each");

// The host's /proc in a pid namespace of the box's own would show other processes than there are. Its /sys shows the links of
// another network namespace, which nothing depends on.
static bool may_be_hosts(const struct spec *s, const struct row *r)
{
	return strcmp(r->name, "proc") || (s->join[JOIN_PID] && !strcmp(s->join[JOIN_PID], JOIN_HOST));
}

static int make(const char *fstype)
{
	const char *call = "fsconfig";
	int ctx = sys_fsopen(fstype, FSOPEN_CLOEXEC), fd;

	if (ctx < 0)
		return fail("fsopen", "%s", fstype);
	fd = sys_fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (fd == 0) {
		call = "fsmount";
		fd = sys_fsmount(ctx, FSMOUNT_CLOEXEC, SAFE);
	}
	if (fd < 0)
		fail(call, "%s", fstype);
	close(ctx);
	return fd;
}

static int take(const struct spec *s, const struct row *r)
{
	int fd;

	if (!r->is_new)
		return mnt_clone(r->host, false, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	fd = make(r->name);
	if (fd >= 0 || err_last.no != EPERM || !may_be_hosts(s, r))
		return fd;
	log_line(LOG_DETAIL, "%s: a new one is refused here: the host's is shown", r->host);
	fd = mnt_clone(r->host, true, SAFE | (s->privileged ? 0 : r->more));
	return fd < 0 && err_last.no == ENOENT ? NOT_THERE : fd;
}

int taken_take(struct box *box)
{
	if (!box->userns)
		return 0;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		box->taken_fd[i] = take(box->spec, &rows[i]);
		if (box->taken_fd[i] == -1)
			return -1;
	}
	return 0;
}

int taken_attach(const struct box *box, const char *name, const char *target)
{
	if (!box->userns)
		return NOT_TAKEN;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		if (strcmp(rows[i].name, name))
			continue;
		if (box->taken_fd[i] == NOT_THERE)
			return 0;
		if (sys_move_mount(box->taken_fd[i], "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH))
			return fail("move_mount", "%s on %s", name, target);
		close(box->taken_fd[i]);
		return 0;
	}
	return NOT_TAKEN;
}

void taken_explain(const struct box *box)
{
	for (unsigned i = 0; box->userns && i < COUNT(rows); i++)
		if (rows[i].is_new)
			explain("fsopen fsconfig fsmount", "mount -t %s %s /mnt%s", rows[i].name, rows[i].name,
				rows[i].host);
		else
			explain("open_tree", "mount --bind %s /mnt%s", rows[i].host, rows[i].host);
}
