// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "role/teardown.h"

static LARGE_BSS char table[128 * 1024];

// Nothing of these is ever written to a disk; PID 1 needs some of them to the end.
static const char *const of_kernel[] = {
	"proc", "sysfs", "devtmpfs", "devpts", "tmpfs", "ramfs", "rootfs", "cgroup2", "cgroup", "mqueue", "securityfs",
	"debugfs", "tracefs", "bpf", "pstore", "efivarfs", "configfs", "hugetlbfs", "nullfs",
};

struct mounted {
	char *path, *fstype;
};

// \040 and its like stand for what would end a word.
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		uint64_t octal = 0;

		*to = *s;
		if (*s != '\\' || strspn(s + 1, "01234567") < 3)
			continue;
		for (int i = 1; i <= 3; i++)
			octal = octal * 8 + (uint64_t)(s[i] - '0');
		*to = (char)octal;
		s += 3;
	}
	*to = '\0';
}

static char *next_word(char **line)
{
	char *word = *line;

	*line += strcspn(word, " \n");
	if (**line)
		*(*line)++ = '\0';
	return word;
}

// A line of mountinfo: ID PARENT DEVICE ROOT PATH OPTIONS [TAG]… - TYPE SOURCE OPTIONS
static struct mounted read_line(char *line)
{
	struct mounted m;

	for (int i = 0; i < 4; i++)
		next_word(&line);
	m.path = next_word(&line);
	unescape(m.path);
	while (*line && strcmp(next_word(&line), "-"))
		;
	m.fstype = next_word(&line);
	return m;
}

static bool has_disk(const char *fstype)
{
	for (size_t i = 0; i < COUNT(of_kernel); i++)
		if (!strcmp(fstype, of_kernel[i]))
			return false;
	return true;
}

// Calls visit for each mount that is not the kernel's own, last first. Returns for how many it returned true, or -1 when
// they can't be read.
static int each_mount(bool (*visit)(const struct mounted *m))
{
	long n = file_read(AT_FDCWD, "/proc/self/mountinfo", table, sizeof(table) - 1);
	int count = 0;

	if (n < 0) {
		log_err(&err_last);
		return -1;
	}
	for (char *end = table + n; end > table;) {
		char *line = end - 1;
		struct mounted m;

		while (line > table && line[-1] != '\n')
			line--;
		end[-1] = '\0';
		end = line;
		m = read_line(line);
		count += has_disk(m.fstype) && visit(&m);
	}
	return count;
}

// PID 1's own root is never gone: the kernel makes it read-only and calls that a success (fs/namespace.c, do_umount_root).
static bool unmount(const struct mounted *m)
{
	if (!strcmp(m->path, "/"))
		return false;
	explain("umount2", "umount %s", m->path);
	return !umount2(m->path, UMOUNT_NOFOLLOW);
}

// With the super block, not the mount alone: the journal is closed and the file system clean.
static bool make_read_only(const struct mounted *m)
{
	explain("mount", "mount -o remount,ro %s", m->path);
	if (!mount(NULL, m->path, NULL, MS_REMOUNT | MS_RDONLY, NULL))
		return false;
	fail("mount", "%s (%s) read-only", m->path, m->fstype);
	strcpy(err_last.phase, "end");
	log_err(&err_last);
	return true;
}

static bool is_loop(int i)
{
	char path[32];

	return !fmt(path, sizeof(path), "/sys/block/loop%d/loop", i) && !access(path, F_OK);
}

// Returns how many were detached. One that is in use is detached when its last user is gone (loop(4)).
static int detach_loops(void)
{
	char path[32];
	int count = 0;

	for (int i = 0; i < 256; i++) {
		int fd;

		if (!is_loop(i) || fmt(path, sizeof(path), "/dev/loop%d", i))
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		explain("LOOP_CLR_FD", "losetup -d %s", path);
		ioctl(fd, LOOP_CLR_FD, 0);
		close(fd);
		count += !is_loop(i);
	}
	return count;
}

// Lines "PATH TYPE SIZE USED PRIORITY" after one of headings.
static void stop_swap(void)
{
	char *line = table;

	if (file_read(AT_FDCWD, "/proc/swaps", table, sizeof(table) - 1) < 0)
		return; // a kernel without
	line += strcspn(line, "\n");
	while (*line) {
		char *path = ++line;

		line += strcspn(line, "\n");
		path[strcspn(path, " \t\n")] = '\0';
		if (!*path)
			return;
		unescape(path);
		explain("swapoff", "swapoff %s", path);
		if (!swapoff(path))
			continue;
		fail("swapoff", "%s", path);
		strcpy(err_last.phase, "end");
		log_err(&err_last);
	}
}

int teardown(void)
{
	int left;

	stop_swap();
	while (each_mount(unmount) > 0 || detach_loops() > 0)
		;
	left = each_mount(make_read_only);
	return left ? -1 : 0;
}
