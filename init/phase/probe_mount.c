// SPDX-License-Identifier: MIT
// Mounts, and the file systems that there are. What is mounted goes with the child's mount namespace.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <linux/loop.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mnt.h"
#include "base/sys.h"
#include "phase/probe.h"

// As phase root has it: a directory that is there everywhere, and that nobody misses in a namespace of one's own.
static const char place[] = "/proc";

static int make_private(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? fail("mount", "/ private") : 0;
}

static int try_mount(const struct probe *p, struct buf *note)
{
	(void)note;
	if (p->number && unshare((int)p->number))
		return fail("unshare", "%s", p->name);
	return make_private() ? -1 : mnt_mount(p->word, place, MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

// All on one tmpfs: a tree of the host may have mounts in it that a user namespace can't leave out.
static int try_overlay(const struct probe *p, struct buf *note)
{
	(void)note;
	if (make_private() || mnt_mount("tmpfs", place, MS_NOSUID | MS_NODEV, "mode=0755"))
		return -1;
	if (chdir(place) || mkdir("lower", 0755) || mkdir("upper", 0755) || mkdir("work", 0755))
		return fail("mkdir", "layers");
	return mnt_overlay(place, "lower", "upper", "work", p->number);
}

static int try_pivot_root(const struct probe *p, struct buf *note)
{
	(void)note;
	if (make_private() || mnt_mount("tmpfs", place, 0, "mode=0755"))
		return -1;
	if (chdir(place) || sys_pivot_root(".", "."))
		return fail("pivot_root", "%s", p->name);
	return 0;
}

static int try_new_calls(const struct probe *p, struct buf *note)
{
	int ctx = sys_fsopen("tmpfs", FSOPEN_CLOEXEC), fd;

	(void)note;
	if (ctx < 0)
		return fail("fsopen", "%s", p->name);
	if (sys_fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return fail("fsconfig", "%s", p->name);
	fd = sys_fsmount(ctx, FSMOUNT_CLOEXEC, 0);
	if (fd < 0)
		return fail("fsmount", "%s", p->name);
	return sys_move_mount(fd, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) ? fail("move_mount", "%s", p->name) : 0;
}

static int try_clone(const struct probe *p, struct buf *note)
{
	(void)note;
	return mnt_clone("/dev/null", false, p->number) < 0 ? -1 : 0;
}

// A process in a user namespace that has ids 1 and up; the namespace's descriptor, or -1 with err_last set.
static int make_ids(void)
{
	char path[40];
	pid_t pid = sys_clone(CLONE_NEWUSER | SIGCHLD);
	int fd = -1;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	if (pid < 0)
		return fail("clone", "user namespace");
	if (!fmt(path, sizeof(path), "/proc/%d/uid_map", (int)pid) && !file_write(AT_FDCWD, path, "0 100000 1") &&
	    !fmt(path, sizeof(path), "/proc/%d/gid_map", (int)pid) && !file_write(AT_FDCWD, path, "0 100000 1") &&
	    !fmt(path, sizeof(path), "/proc/%d/ns/user", (int)pid)) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fail("open", "%s", path);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

static int try_idmap(const struct probe *p, struct buf *note)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	int ids = make_ids(), fd;

	(void)note;
	if (ids < 0)
		return -1;
	fd = mnt_clone("/", false, 0);
	if (fd < 0)
		return -1;
	attr.userns_fd = (unsigned)ids;
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) ? fail("mount_setattr", "%s", p->name) : 0;
}

static int try_loop(const struct probe *p, struct buf *note)
{
	char device[24];
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), n;

	(void)p, (void)note;
	if (control < 0)
		return fail("open", "/dev/loop-control");
	n = ioctl(control, LOOP_CTL_GET_FREE);
	if (n < 0 || fmt(device, sizeof(device), "/dev/loop%d", n))
		return fail("LOOP_CTL_GET_FREE", "/dev/loop-control");
	return open(device, O_RDONLY | O_CLOEXEC) < 0 ? fail("open", "%s", device) : 0;
}

// Without anything to mount it is asked for: the kernel looks for its module, too.
static int try_fstype(const struct probe *p, struct buf *note)
{
	(void)note;
	return sys_fsopen(p->word, FSOPEN_CLOEXEC) < 0 ? fail("fsopen", "%s", p->word) : 0;
}

#define EVERY_BOX "every box"
#define IMAGE	  "--rootfs IMAGE"
#define FSTYPE(fs, conf, mod, key)                                                                             \
	{.name = fs, .config = conf, .module = mod, .keys = key, .ns = CLONE_NEWNS, .flags = PROBE_ROOT,         \
	 .try = try_fstype, .word = fs}

// clang-format off
const struct probe probe_mount[] = {
	{.name = "pivot_root", .keys = EVERY_BOX, .ns = CLONE_NEWNS, .flags = PROBE_RUNS, .try = try_pivot_root,
	 .hint = "the root of an initramfs can't be left before Linux 7.0: mount another one over it, chroot, and start there"},
	{.name = "tmpfs", .config = "CONFIG_TMPFS", .keys = EVERY_BOX, .ns = CLONE_NEWNS, .flags = PROBE_RUNS,
	 .try = try_mount, .word = "tmpfs"},
	{.name = "overlay", .config = "CONFIG_OVERLAY_FS", .module = "overlay", .keys = EVERY_BOX, .ns = CLONE_NEWNS,
	 .flags = PROBE_RUNS, .try = try_overlay, .hint = "ordinary users may mount overlays since Linux 5.11"},
	{.name = "a new /proc", .config = "CONFIG_PROC_FS", .keys = EVERY_BOX, .ns = CLONE_NEWNS | CLONE_NEWPID,
	 .flags = PROBE_RUNS, .try = try_mount, .word = "proc",
	 .hint = "something is mounted over parts of /proc, as in a container; root of one can try --userns self"},
	{.name = "a new /sys", .config = "CONFIG_SYSFS", .keys = EVERY_BOX, .ns = CLONE_NEWNS | CLONE_NEWNET,
	 .flags = PROBE_ROOT_RUNS, .try = try_mount, .word = "sysfs"},
	{.name = "devpts", .config = "CONFIG_UNIX98_PTYS", .keys = EVERY_BOX, .ns = CLONE_NEWNS, .flags = PROBE_RUNS,
	 .try = try_mount, .word = "devpts"},
	{.name = "mqueue", .config = "CONFIG_POSIX_MQUEUE", .keys = EVERY_BOX, .ns = CLONE_NEWNS | CLONE_NEWIPC,
	 .flags = PROBE_RUNS, .try = try_mount, .word = "mqueue"},
	{.name = "a new cgroup2", .config = "CONFIG_CGROUPS", .keys = EVERY_BOX, .ns = CLONE_NEWNS,
	 .flags = PROBE_ROOT_RUNS, .try = try_mount, .word = "cgroup2", .number = CLONE_NEWCGROUP},
	{.name = "fsopen, fsmount, move_mount", .since = "5.2", .keys = "volumes, boxes of ordinary users", .ns = CLONE_NEWNS,
	 .flags = PROBE_USER_RUNS, .try = try_new_calls},
	{.name = "open_tree", .since = "5.2", .keys = "volumes, boxes of ordinary users", .ns = CLONE_NEWNS,
	 .flags = PROBE_USER_RUNS, .try = try_clone},
	{.name = "mount_setattr", .since = "5.12", .keys = "volumes, boxes of ordinary users", .ns = CLONE_NEWNS,
	 .flags = PROBE_USER_RUNS, .try = try_clone, .number = MOUNT_ATTR_NOSUID},
	{.name = "idmapped mounts of /", .since = "5.12", .keys = "--userns FIRST:COUNT, -v …:idmap", .ns = CLONE_NEWNS,
	 .flags = PROBE_ROOT, .try = try_idmap, .hint = "the file system of / can't, others may: ext4 and xfs since Linux 5.12"},
	{.name = "overlay in a user namespace", .config = "CONFIG_OVERLAY_FS", .since = "5.11", .module = "overlay",
	 .keys = "--userns", .ns = CLONE_NEWUSER | CLONE_NEWNS, .try = try_overlay, .number = 1},
	{.name = "loop devices", .config = "CONFIG_BLK_DEV_LOOP", .module = "loop", .keys = IMAGE,
	 .flags = PROBE_ROOT | PROBE_HERE, .try = try_loop},
	FSTYPE("squashfs", "CONFIG_SQUASHFS", "squashfs", IMAGE),
	FSTYPE("erofs", "CONFIG_EROFS_FS", "erofs", IMAGE),
	FSTYPE("ext4", "CONFIG_EXT4_FS", "ext4", IMAGE),
	FSTYPE("devtmpfs", "CONFIG_DEVTMPFS", NULL, "a machine"),
	FSTYPE("virtiofs", "CONFIG_VIRTIO_FS", "virtiofs", "a machine: share"),
	{0},
};
// clang-format on
