// SPDX-License-Identifier: MIT
// What is mounted inside the box's root once the host's tree is gone: /proc /sys /dev, what is hidden of them, volumes,
// and the few files that initbox writes. Every target is opened with symbolic links refused, so that an image with
// /proc -> somewhere fails (CVE-2019-19921) instead of being followed.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mnt.h"
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

// Readable by root in any pid namespace and telling about, or changing, the whole machine.
static const char *const masked_rows[] = {
	"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
	"/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
	"/sys/devices/virtual/powercap",
};

static const char *const read_only_rows[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
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
		ret = mnt_attach(fd, AT_FDCWD, row->target);
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
		return mnt_attach(box->console_fd, AT_FDCWD, "/dev/console");
	}
	return 0;
}

// Hides path: a directory behind the empty read-only tmpfs (a copy of *empty, made at the first use), a file behind
// /dev/null. One that this kernel does not have needs no hiding.
static int mask(const char *path, const char **empty)
{
	static const struct mnt_option options[] = {{"nr_blocks", "1"}, {"nr_inodes", "1"}, {"mode", "0555"}};
	struct stat st;
	int fd, ret;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : fail("stat", "%s", path);
	if (!S_ISDIR(st.st_mode))
		fd = mnt_clone(AT_FDCWD, "/dev/null", false, MOUNT_ATTR_RDONLY);
	else if (*empty)
		fd = mnt_clone(AT_FDCWD, *empty, false, 0);
	else
		fd = mnt_new("tmpfs", options, COUNT(options), SAFE | MOUNT_ATTR_RDONLY);
	if (fd < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		*empty = path;
	ret = mnt_attach(fd, AT_FDCWD, path);
	close(fd);
	return ret;
}

static int make_read_only(const char *path)
{
	int fd = mnt_clone(AT_FDCWD, path, true, SAFE | MOUNT_ATTR_RDONLY), ret;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	ret = mnt_attach(fd, AT_FDCWD, path);
	close(fd);
	return ret;
}

static int attach_volumes(const struct box *box)
{
	for (unsigned i = 0; i < box->spec->volume_count; i++) {
		const char *target = box->spec->volume[i].target;
		struct stat st;
		int fd = box->volume_fd[i];

		if (fstat(fd, &st))
			return fail("stat", "%s", box->spec->volume[i].source);
		if (S_ISDIR(st.st_mode) ? file_mkdirs(AT_FDCWD, target, 0755)
					: mknod(target, S_IFREG | 0644, 0) && errno != EEXIST)
			return S_ISDIR(st.st_mode) ? -1 : fail("mknod", "%s", target);
		if (mnt_attach(fd, AT_FDCWD, target))
			return -1;
		close(fd);
	}
	return 0;
}

// A new file takes the place of what the image has there, also of a symbolic link (resolv.conf often is one into /run).
static int replace_file(const char *path, const struct buf *text)
{
	int fd, ret = 0;

	if (text->cut)
		return fail_text("too long", "%s", path);
	if (unlink(path) && errno != ENOENT)
		return fail("unlink", "%s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail("open", "%s", path);
	if (write(fd, text->p, text->len) != (ssize_t)text->len)
		ret = fail("write", "%s", path);
	close(fd);
	return ret;
}

static int write_files(const struct box *box)
{
	const struct spec *s = box->spec;
	char text[512], ip[16];
	struct buf b = BUF(text);

	if (!s->dns_count)
		return 0;
	b.p[0] = '\0';
	for (unsigned i = 0; i < s->dns_count; i++)
		buf_fmt(&b, "nameserver %s\n", fmt_ip4(ip, s->dns[i]));
	if (file_mkdirs(AT_FDCWD, "/etc", 0755))
		return -1;
	return replace_file("/etc/resolv.conf", &b);
}

static int mounts_up(struct box *box)
{
	const char *empty = NULL;

	umask(0);
	for (size_t i = 0; i < COUNT(mount_rows); i++) {
		if (mount_one(&mount_rows[i]))
			return -1;
		if (!strcmp(mount_rows[i].target, "/dev") && fill_dev(box))
			return -1;
	}
	for (size_t i = 0; i < COUNT(masked_rows); i++)
		if (mask(masked_rows[i], &empty))
			return -1;
	for (size_t i = 0; i < COUNT(read_only_rows); i++)
		if (make_read_only(read_only_rows[i]))
			return -1;
	umask(022);
	if (attach_volumes(box))
		return -1;
	return write_files(box);
}

static void mounts_explain(const struct box *box)
{
	for (size_t i = 0; i < COUNT(mount_rows); i++)
		explain("fsopen fsconfig fsmount openat2 move_mount", "mount -t %s%s %s %s", mount_rows[i].fstype,
			mount_rows[i].attrs & MOUNT_ATTR_RDONLY ? " -o ro" : "", mount_rows[i].fstype,
			mount_rows[i].target);
	for (size_t i = 0; i < COUNT(node_rows); i++)
		explain("mknod", "mknod -m 666 /dev/%s c %u %u", node_rows[i].name, node_rows[i].major,
			node_rows[i].minor);
	for (size_t i = 0; i < COUNT(link_rows); i++)
		explain("symlink", "ln -s %s /dev/%s", link_rows[i].to, link_rows[i].name);
	for (size_t i = 0; i < COUNT(masked_rows); i++)
		explain("open_tree move_mount", "mount --bind /dev/null %s", masked_rows[i]);
	for (size_t i = 0; i < COUNT(read_only_rows); i++)
		explain("open_tree mount_setattr move_mount", "mount --bind -o ro %s %s", read_only_rows[i],
			read_only_rows[i]);
	for (unsigned i = 0; i < box->spec->dns_count; i++) {
		char ip[16];

		explain("open write", "echo nameserver %s >>/etc/resolv.conf", fmt_ip4(ip, box->spec->dns[i]));
	}
}

const struct phase phase_mounts = {"mounts", mounts_explain, mounts_up};
