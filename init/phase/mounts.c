// SPDX-License-Identifier: MIT
// What is mounted inside the box's root once the host's tree is gone: /proc /sys /dev, what is hidden of them, volumes,
// and the few files that initbox writes. The targets of the kernel's file systems are opened with symbolic links refused,
// so that an image with /proc -> somewhere fails (CVE-2019-19921); the user's are resolved by base/path.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mnt.h"
#include "base/path.h"
#include "base/sys.h"
#include "phase/devices.h"
#include "phase/files.h"
#include "phase/volumes.h"
#include "phase/console.h"
#include "phase/host_devices.h"
#include "phase/sysctl.h"
#include "phase/taken.h"

#define SAFE (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static const struct mount_row {
	const char *fstype, *target, *data;
	unsigned long flags;
	unsigned mode; // of the target where it has to be made
	bool in_image; // the image has a say in what the target is; the others are in what was mounted before
} mount_rows[] = {
	{"proc", "/proc", NULL, SAFE, 0555, true},
	{"sysfs", "/sys", NULL, SAFE | MS_RDONLY, 0555, true},
	{"cgroup2", "/sys/fs/cgroup", NULL, SAFE | MS_RDONLY, 0, false},
	{"tmpfs", "/dev", "mode=0755,size=64k", MS_NOSUID | MS_NOEXEC, 0755, true},
	{"devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620", MS_NOSUID | MS_NOEXEC, 0755, false},
	{"tmpfs", "/dev/shm", "mode=1777,size=64m", SAFE, 01777, false},
	{"mqueue", "/dev/mqueue", NULL, SAFE, 01777, false},
};

static const struct node_row {
	const char *name;
	unsigned major, minor;
} node_rows[] = {
	{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};

static const struct link_row {
	const char *name, *to;
} link_rows[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
};

// What is hidden or made read-only in the two file systems that tell about, or change, the whole machine. The kernel alone
// makes their names, so that no path below them can be led astray; one that this kernel does not have needs nothing.
enum veil { MASK_FILE, MASK_DIR, READ_ONLY };

static const struct veil_row {
	enum veil veil;
	const char *path;
} veil_rows[] = {
	// clang-format off
	{MASK_DIR, "/proc/acpi"},	     {MASK_DIR, "/proc/asound"},
	{MASK_DIR, "/proc/scsi"},	     {MASK_DIR, "/sys/firmware"},
	{MASK_DIR, "/sys/devices/virtual/powercap"},
	{MASK_FILE, "/proc/interrupts"},     {MASK_FILE, "/proc/kcore"},
	{MASK_FILE, "/proc/keys"},	     {MASK_FILE, "/proc/latency_stats"},
	{MASK_FILE, "/proc/sched_debug"},    {MASK_FILE, "/proc/timer_list"},
	{MASK_FILE, "/proc/timer_stats"},    {READ_ONLY, "/proc/bus"},
	{READ_ONLY, "/proc/fs"},	     {READ_ONLY, "/proc/irq"},
	{READ_ONLY, "/proc/sys"},	     {READ_ONLY, "/proc/sysrq-trigger"},
	// clang-format on
};

static int mount_here(const struct box *box, const struct mount_row *row, const char *target, unsigned long flags)
{
	int ret = taken_attach(box, row->fstype, target);

	return ret == NOT_TAKEN ? mnt_mount(row->fstype, target, flags, row->data) : ret;
}

// Mounts on a directory of the image: opened with links refused, entered, and mounted on from there. Most images have it.
static int mount_in_image(const struct box *box, const struct mount_row *row, unsigned long flags)
{
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
	int target = sys_openat2(AT_FDCWD, row->target, &how), ret;

	if (target < 0 && errno == ENOENT) {
		if (mkdir(row->target, row->mode))
			return fail("mkdir", "%s", row->target);
		target = sys_openat2(AT_FDCWD, row->target, &how);
	}
	if (target < 0)
		return fail("openat2", "%s", row->target);
	ret = fchdir(target) ? fail("fchdir", "%s", row->target) : mount_here(box, row, ".", flags);
	close(target);
	return ret;
}

// In the first mount of a file system MS_RDONLY would be its superblock's, which the host may share: it is set on the mount.
static int mount_one(const struct box *box, const struct mount_row *row)
{
	unsigned long flags = row->flags & ~(unsigned long)MS_RDONLY;

	if (row->mode && !row->in_image && mkdir(row->target, row->mode) &&
	    errno != EEXIST) // the host's /dev has been copied
		return fail("mkdir", "%s", row->target);
	if (row->in_image ? mount_in_image(box, row, flags) : mount_here(box, row, row->target, flags))
		return -1;
	if ((row->flags & MS_RDONLY) && !box->spec->privileged &&
	    mount(NULL, row->target, NULL, MS_REMOUNT | MS_BIND | row->flags, NULL))
		return fail("mount", "%s read-only", row->target);
	return 0;
}

static int fill_dev(struct box *box)
{
	for (size_t i = 0; i < COUNT(node_rows); i++) {
		const struct node_row *n = &node_rows[i];
		char path[24];

		if (fmt(path, sizeof(path), "/dev/%s", n->name) ||
		    mknod(path, (box->userns ? S_IFREG : S_IFCHR) | 0666, makedev(n->major, n->minor)))
			return fail("mknod", "/dev/%s", n->name);
		if (box->userns && taken_attach(box, n->name, path))
			return -1;
	}
	for (size_t i = 0; i < COUNT(link_rows); i++) {
		char path[24];

		if (fmt(path, sizeof(path), "/dev/%s", link_rows[i].name) || symlink(link_rows[i].to, path))
			return fail("symlink", "/dev/%s", link_rows[i].name);
	}
	if (devices_make(box))
		return -1;
	if (box->console_fd >= 0) {
		if (mknod("/dev/console", S_IFREG | 0600, 0))
			return fail("mknod", "/dev/console");
		if (sys_move_mount(box->console_fd, "", AT_FDCWD, "/dev/console", MOVE_MOUNT_F_EMPTY_PATH))
			return fail("move_mount", "/dev/console");
		close(box->console_fd);
	}
	box->dev_fd = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return box->dev_fd < 0 ? fail("open", "/dev") : 0;
}

// What is not there in this kernel (ENOENT) needs no veil. *empty: the first directory behind the one empty tmpfs.
static int draw_veil(const struct veil_row *row, const char **empty)
{
	switch (row->veil) {
	case MASK_FILE:
		return mount("null", row->path, NULL, MS_BIND, NULL);
	case MASK_DIR:
		if (*empty)
			return mount(*empty, row->path, NULL, MS_BIND, NULL);
		if (mount("tmpfs", row->path, "tmpfs", SAFE | MS_RDONLY, "nr_blocks=1,nr_inodes=1,mode=0555"))
			return -1;
		*empty = row->path;
		return 0;
	case READ_ONLY:
		if (mount(row->path, row->path, NULL, MS_BIND | MS_REC, NULL))
			return -1;
		return mount(NULL, row->path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | SAFE, NULL);
	}
	return -1;
}

// How hot each processor is tells what others compute. A machine that counts it for none of them (a virtual one) ends this
// at the first.
static int veil_processors(const char *empty)
{
	char path[64];

	for (unsigned i = 0;; i++) {
		const char *one = empty;

		if (fmt(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/thermal_throttle", i))
			return fail("mount", "%s", path);
		if (draw_veil(&(struct veil_row){MASK_DIR, path}, &one) == 0)
			continue;
		if (errno != ENOENT)
			return fail("mount", "%s", path);
		path[strlen(path) - strlen("/thermal_throttle")] = '\0';
		if (i == 0 || access(path, F_OK))
			return 0;
	}
}

// The null that hides files is taken from the /dev that was filled here, which is entered: a volume over /dev may have a
// link of that name, to /proc/sys/kernel/core_pattern say (CVE-2025-31133).
static int draw_veils(const struct box *box)
{
	const char *empty = NULL;

	if (fchdir(box->dev_fd))
		return fail("fchdir", "/dev");
	for (size_t i = 0; i < COUNT(veil_rows); i++)
		if (draw_veil(&veil_rows[i], &empty) && errno != ENOENT)
			return fail("mount", "%s", veil_rows[i].path);
	if (veil_processors(empty))
		return -1;
	return chdir("/") ? fail("chdir", "/") : 0;
}

static int mounts_up(struct box *box)
{
	for (size_t i = 0; i < COUNT(mount_rows); i++) {
		if (mount_one(box, &mount_rows[i]))
			return -1;
		if (strcmp(mount_rows[i].target, "/dev")) // the last one that is entered
			continue;
		if (chdir("/"))
			return fail("chdir", "/");
		if (fill_dev(box) || host_devices_copy(box))
			return -1;
	}
	if ((box->spec->tty && console_make(box)) || sysctl_open(box))
		return -1;
	umask(022);
	// Before the volumes: /etc may be one of the host's. Volumes before the veils: behind those nobody sees /proc or /sys.
	if (files_write(box) || volumes_attach(box) || files_show(box) || (!box->spec->unmasked && draw_veils(box)))
		return -1;
	// Last: until here what is missing has been made in it.
	return box->spec->read_only && mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV, NULL)
		       ? fail("mount", "/ read-only")
		       : 0;
}

static void explain_mount(const struct mount_row *row, bool writable)
{
	explain(row->in_image ? "openat2 fchdir mount" : "mount", "mount -t %s -o nosuid,noexec%s%s%s%s %s %s",
		row->fstype, row->flags & MS_NODEV ? ",nodev" : "", row->flags & MS_RDONLY && !writable ? ",ro" : "",
		row->data ? "," : "", row->data ? row->data : "", row->fstype, row->target);
}

static void explain_veil(const struct veil_row *row)
{
	if (row->veil == MASK_FILE)
		explain("mount", "mount --bind /dev/null %s", row->path);
	else if (row->veil == MASK_DIR)
		explain("mount", "mount -t tmpfs -o ro,size=4k tmpfs %s", row->path);
	else
		explain("mount", "mount --bind -o ro %s %s", row->path, row->path);
}

static void mounts_explain(const struct box *box)
{
	for (size_t i = 0; i < COUNT(mount_rows); i++)
		explain_mount(&mount_rows[i], box->spec->privileged);
	for (size_t i = 0; !box->userns && i < COUNT(node_rows); i++)
		explain("mknod", "mknod -m 666 /dev/%s c %u %u", node_rows[i].name, node_rows[i].major,
			node_rows[i].minor);
	for (size_t i = 0; i < COUNT(link_rows); i++)
		explain("symlink", "ln -s %s /dev/%s", link_rows[i].to, link_rows[i].name);
	for (unsigned i = 0; i < box->spec->device_count; i++)
		explain("open_tree mknod", "cp -a %s /mnt%s", box->spec->device[i].source, box->spec->device[i].target);
	if (box->spec->tty)
		explain("open(/dev/pts/ptmx) TIOCGPTPEER mount", "mount --bind /dev/pts/0 /dev/console");
	for (size_t i = 0; i < COUNT(veil_rows) && !box->spec->unmasked; i++)
		explain_veil(&veil_rows[i]);
	if (box->spec->read_only)
		explain("mount", "mount -o remount,bind,ro /");
}

const struct phase phase_mounts = {"mounts", mounts_explain, mounts_up};
