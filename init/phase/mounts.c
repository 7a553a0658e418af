// SPDX-License-Identifier: MIT
// What is mounted inside the box's root once the host's tree is gone: /proc /sys /dev, what is hidden of them, volumes,
// and the few files that initbox writes. The targets of the kernel's file systems are opened with symbolic links refused,
// so that an image with /proc -> somewhere fails (CVE-2019-19921); the user's are resolved by base/path.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mnt.h"
#include "base/path.h"
#include "base/sys.h"
#include "phase/phase.h"

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static const struct mount_row {
	const char *fstype, *target;
	struct mnt_option options[3];
	unsigned attrs, mode; // mode of the target where it has to be made
} mount_rows[] = {
	{"proc", "/proc", .attrs = SAFE, .mode = 0555},
	{"sysfs", "/sys", .attrs = SAFE | MOUNT_ATTR_RDONLY, .mode = 0555},
	{"cgroup2", "/sys/fs/cgroup", .attrs = SAFE | MOUNT_ATTR_RDONLY},
	{"tmpfs", "/dev", {{"mode", "0755"}, {"size", "64k"}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0755},
	{"devpts", "/dev/pts", {{"newinstance", NULL}, {"ptmxmode", "0666"}, {"mode", "0620"}},
	 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0755},
	{"tmpfs", "/dev/shm", {{"mode", "1777"}, {"size", "64m"}}, SAFE, 01777},
	{"mqueue", "/dev/mqueue", .attrs = SAFE, .mode = 01777},
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
	{"fd", "/proc/self/fd"},	 {"stdin", "/proc/self/fd/0"},	{"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
};

// What is hidden or made read-only in the two file systems that tell about, or change, the whole machine. The kernel alone
// makes their names, so that no path below them can be led astray; one that this kernel does not have needs nothing.
enum veil { MASK_FILE, MASK_DIR, READ_ONLY };

static const struct veil_row {
	enum veil veil;
	const char *path;
} veil_rows[] = {
	{MASK_DIR, "/proc/acpi"},	     {MASK_DIR, "/proc/asound"},
	{MASK_DIR, "/proc/scsi"},	     {MASK_DIR, "/sys/firmware"},
	{MASK_DIR, "/sys/devices/virtual/powercap"},
	{MASK_FILE, "/proc/interrupts"},     {MASK_FILE, "/proc/kcore"},
	{MASK_FILE, "/proc/keys"},	     {MASK_FILE, "/proc/latency_stats"},
	{MASK_FILE, "/proc/sched_debug"},    {MASK_FILE, "/proc/timer_list"},
	{MASK_FILE, "/proc/timer_stats"},    {READ_ONLY, "/proc/bus"},
	{READ_ONLY, "/proc/fs"},	     {READ_ONLY, "/proc/irq"},
	{READ_ONLY, "/proc/sys"},	     {READ_ONLY, "/proc/sysrq-trigger"},
};

static size_t option_count(const struct mount_row *row)
{
	size_t n = 0;

	while (n < COUNT(row->options) && row->options[n].key)
		n++;
	return n;
}

static int mount_one(const struct mount_row *row)
{
	int fd = mnt_new(row->fstype, row->options, option_count(row), row->attrs), ret;

	if (fd < 0)
		return -1;
	if (row->mode && mkdirat(AT_FDCWD, row->target, row->mode) && errno != EEXIST)
		ret = fail("mkdir", "%s", row->target);
	else
		ret = mnt_attach(fd, AT_FDCWD, row->target, RESOLVE_NO_SYMLINKS);
	close(fd);
	return ret;
}

static int fill_dev(struct box *box)
{
	for (size_t i = 0; i < COUNT(node_rows); i++) {
		const struct node_row *n = &node_rows[i];
		char path[24];

		if (fmt(path, sizeof(path), "/dev/%s", n->name) ||
		    mknod(path, S_IFCHR | 0666, makedev(n->major, n->minor)))
			return fail("mknod", "/dev/%s", n->name);
	}
	for (size_t i = 0; i < COUNT(link_rows); i++) {
		char path[24];

		if (fmt(path, sizeof(path), "/dev/%s", link_rows[i].name) || symlink(link_rows[i].to, path))
			return fail("symlink", "/dev/%s", link_rows[i].name);
	}
	if (box->console_fd >= 0) {
		if (mknod("/dev/console", S_IFREG | 0600, 0))
			return fail("mknod", "/dev/console");
		return mnt_attach(box->console_fd, AT_FDCWD, "/dev/console", RESOLVE_NO_SYMLINKS);
	}
	return 0;
}

// The one empty read-only tmpfs behind which directories are hidden. A copy can be made only of what is mounted: the
// first one is mounted, the others are copies of it.
static int open_empty(const char *first)
{
	static const struct mnt_option options[] = {{"nr_blocks", "1"}, {"nr_inodes", "1"}, {"mode", "0555"}};

	if (first)
		return mnt_clone(AT_FDCWD, first, false, 0);
	return mnt_new("tmpfs", options, COUNT(options), SAFE | MOUNT_ATTR_RDONLY);
}

static int open_veil(const struct veil_row *row, const char *empty)
{
	switch (row->veil) {
	case MASK_FILE:
		return mnt_clone(AT_FDCWD, "/dev/null", false, 0);
	case MASK_DIR:
		return open_empty(empty);
	case READ_ONLY:
		return mnt_clone(AT_FDCWD, row->path, true, SAFE | MOUNT_ATTR_RDONLY);
	}
	return -1;
}

static int draw_veils(void)
{
	const char *empty = NULL;

	for (size_t i = 0; i < COUNT(veil_rows); i++) {
		const struct veil_row *row = &veil_rows[i];
		int fd, ret;

		fd = open_veil(row, empty);
		if (fd < 0 && errno == ENOENT && row->veil == READ_ONLY)
			continue; // this kernel does not have it
		if (fd < 0)
			return -1;
		ret = sys_move_mount(fd, "", AT_FDCWD, row->path, MOVE_MOUNT_F_EMPTY_PATH);
		if (ret && errno != ENOENT)
			return fail("move_mount", "%s", row->path);
		close(fd);
		if (ret == 0 && row->veil == MASK_DIR)
			empty = row->path;
	}
	return 0;
}

// Nothing but the kernel's own goes on or below /proc and /sys: what initbox and the program read there has to be true
// (CVE-2019-16884, CVE-2025-52881). Looked at and mounted on is one and the same descriptor.
static int attach_volume(const struct volume *v, int fd)
{
	struct stat st;
	struct statfs there;
	int target, ret = 0;

	if (fstat(fd, &st))
		return fail("fstat", "volume %s", v->source);
	target = S_ISDIR(st.st_mode) ? path_make_directory(v->target) : path_make_file(v->target);
	if (target < 0)
		return -1;
	if (fstatfs(target, &there))
		ret = fail("fstatfs", "volume %s", v->target);
	else if (there.f_type == PROC_SUPER_MAGIC || there.f_type == SYSFS_MAGIC)
		ret = fail_text("a volume can't be in /proc or /sys", "volume %s", v->target);
	else if (sys_move_mount(fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		ret = fail("move_mount", "volume %s", v->target);
	close(target);
	return ret;
}

static int attach_volumes(const struct box *box)
{
	for (unsigned i = 0; i < box->spec->volume_count; i++) {
		if (attach_volume(&box->spec->volume[i], box->volume_fd[i]))
			return -1;
		close(box->volume_fd[i]);
	}
	return 0;
}

// A new file takes the place of what the image has there, also of a symbolic link (resolv.conf often is one into /run).
static int replace_file(int dir, const char *name, const struct buf *text)
{
	int fd;

	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return fail("unlinkat", "/etc/%s", name);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? fail("openat", "/etc/%s", name) : file_put(fd, name, text->p, text->len);
}

static int write_files(const struct box *box)
{
	const struct spec *s = box->spec;
	char text[512], ip[16];
	struct buf b = BUF(text);
	int etc, ret;

	if (!s->dns_count)
		return 0;
	b.p[0] = '\0';
	for (unsigned i = 0; i < s->dns_count; i++)
		buf_fmt(&b, "nameserver %s\n", fmt_ip4(ip, s->dns[i]));
	etc = path_make_directory("/etc");
	if (etc < 0)
		return -1;
	ret = replace_file(etc, "resolv.conf", &b);
	close(etc);
	return ret;
}

static int mounts_up(struct box *box)
{
	for (size_t i = 0; i < COUNT(mount_rows); i++) {
		if (mount_one(&mount_rows[i]))
			return -1;
		if (!strcmp(mount_rows[i].target, "/dev") && fill_dev(box))
			return -1;
	}
	if (draw_veils())
		return -1;
	umask(022);
	if (attach_volumes(box))
		return -1;
	return write_files(box);
}

static void explain_veil(const struct veil_row *row)
{
	if (row->veil == MASK_FILE)
		explain("open_tree move_mount", "mount --bind /dev/null %s", row->path);
	else if (row->veil == MASK_DIR)
		explain("fsopen fsmount move_mount", "mount -t tmpfs -o ro,size=4k tmpfs %s", row->path);
	else
		explain("open_tree mount_setattr move_mount", "mount --rbind -o ro %s %s", row->path, row->path);
}

static void explain_mount(const struct mount_row *row)
{
	static const struct {
		unsigned attr;
		const char *name;
	} attrs[] = {
		{MOUNT_ATTR_RDONLY, ",ro"},
		{MOUNT_ATTR_NODEV, ",nodev"},
		{MOUNT_ATTR_NOEXEC, ",noexec"},
	};
	char text[128];
	struct buf b = BUF(text);

	buf_str(&b, "nosuid");
	for (size_t i = 0; i < COUNT(attrs); i++)
		if (row->attrs & attrs[i].attr)
			buf_str(&b, attrs[i].name);
	for (size_t i = 0; i < option_count(row); i++)
		buf_fmt(&b, ",%s%s%s", row->options[i].key, row->options[i].value ? "=" : "",
			row->options[i].value ? row->options[i].value : "");
	explain("fsopen fsconfig fsmount openat2 move_mount", "mount -t %s -o %s %s %s", row->fstype, b.p, row->fstype,
		row->target);
}

static void mounts_explain(const struct box *box)
{
	for (size_t i = 0; i < COUNT(mount_rows); i++)
		explain_mount(&mount_rows[i]);
	for (size_t i = 0; i < COUNT(node_rows); i++)
		explain("mknod", "mknod -m 666 /dev/%s c %u %u", node_rows[i].name, node_rows[i].major,
			node_rows[i].minor);
	for (size_t i = 0; i < COUNT(link_rows); i++)
		explain("symlink", "ln -s %s /dev/%s", link_rows[i].to, link_rows[i].name);
	for (size_t i = 0; i < COUNT(veil_rows); i++)
		explain_veil(&veil_rows[i]);
	for (unsigned i = 0; i < box->spec->dns_count; i++) {
		char ip[16];

		explain("open write", "echo nameserver %s >>/etc/resolv.conf", fmt_ip4(ip, box->spec->dns[i]));
	}
}

const struct phase phase_mounts = {"mounts", mounts_explain, mounts_up};
