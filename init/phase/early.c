// SPDX-License-Identifier: MIT
// The machine's first steps: off the initramfs root, pseudo file systems, descriptors 0 to 2.
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mnt.h"
#include "base/sys.h"
#include "phase/phase.h"

static const struct early_row {
	const char *fstype, *target, *data;
	unsigned long flags;
} early_rows[] = {
	{"devtmpfs", "/dev", "mode=0755", MS_NOSUID},
	{"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"cgroup2", "/sys/fs/cgroup", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV},
};

// Before Linux 7.0 nothing can pivot_root(2) while the root is the initramfs's own mount: it has no parent. A bind of it
// on itself has one; boxes then pivot as everywhere. Done first, so that nothing has to be moved over.
static int leave_initramfs_root(void)
{
	int root = mnt_clone("/", false, 0);

	if (root < 0)
		return -1;
	if (sys_move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH))
		return fail("move_mount", "/");
	if (fchdir(root) || chroot("."))
		return fail("chroot", "/");
	close(root);
	return 0;
}

static int mount_early(const struct early_row *row)
{
	if (mkdir(row->target, 0755) && errno != EEXIST)
		return fail("mkdir", "%s", row->target);
	return mnt_mount(row->fstype, row->target, row->flags, row->data);
}

// The kernel leaves 0 to 2 closed when it found no console; the first file opened would become standard input.
static int open_standard_fds(void)
{
	int fd;

	// The kernel has opened the console on the initramfs, where nobody finds it by name any more (ttyname(3)).
	for (fd = 0; fd < 3; fd++)
		close(fd);
	do {
		fd = open("/dev/console", O_RDWR | O_NOCTTY);
		if (fd < 0)
			fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return fail("open", "/dev/console");
	} while (fd < 3);
	close(fd);
	return 0;
}

static int early_up(struct box *box)
{
	(void)box;
	if (leave_initramfs_root())
		return -1;
	for (size_t i = 0; i < COUNT(early_rows); i++)
		if (mount_early(&early_rows[i]))
			return -1;
	return open_standard_fds();
}

const struct phase phase_early = {"early", NULL, early_up};
