// SPDX-License-Identifier: MIT
// Source: kernel Documentation/filesystems/overlayfs.rst; upper and work have to be on one mount, and are one overlay's alone.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/upper.h"

static LARGE_BSS char work_path[PATH_MAX]; // filled by the launcher before the clone

enum { UPPER, WORK };

// The kernel leaves the whiteout there that it has made others of. What it has left after a crash, directories, it clears away
// itself at the next mount.
static int empty(int dir)
{
	const char *name;
	unsigned type;
	struct dir d;

	dir_begin(&d, dir);
	while ((name = dir_next(&d, &type)))
		if (type != DT_DIR && unlinkat(dir, name, 0) && errno != EISDIR)
			return -1;
	return d.n < 0 ? -1 : 0;
}

static int clear(int work)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int dir = openat(work, "work", flags), ret;

	// The kernel makes it with mode 0, which stops all but root.
	if (dir < 0 && errno == EACCES && !sys_fchmodat(work, "work", 0700))
		dir = openat(work, "work", flags);
	if (dir < 0)
		return errno == ENOENT ? 0 : -1;
	ret = empty(dir);
	close(dir);
	return ret || (unlinkat(work, "work", AT_REMOVEDIR) && errno != ENOTEMPTY) ? -1 : 0;
}

// What else is in the workdir (an index, which belongs to the upper's hard links) keeps it.
static int upper_down(void *arg)
{
	struct box *box = arg;
	int work = open(work_path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), ret = 0;

	if (work < 0 && errno != ENOENT)
		ret = fail("open", "%s", work_path);
	if (work >= 0 && clear(work))
		ret = fail("unlinkat", "%s/work", work_path);
	if (work >= 0 && close(work) == 0 && ret == 0 && rmdir(work_path) && errno != ENOTEMPTY)
		ret = fail("rmdir", "%s", work_path);
	close(box->upper_fd[UPPER]); // last: its lock keeps the next box out of the workdir
	return ret;
}

// The mount that it is on, as far as the kernel tells (Linux 5.8); its device in any case.
static int same_mount(int upper, const char *path)
{
	struct statx a, b;

	if (syscall(SYS_statx, upper, "", AT_EMPTY_PATH, STATX_MNT_ID, &a) ||
	    syscall(SYS_statx, AT_FDCWD, work_path, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &b))
		return fail("statx", "upper %s", path);
	if (a.stx_dev_major != b.stx_dev_major || a.stx_dev_minor != b.stx_dev_minor ||
	    (a.stx_mask & b.stx_mask & STATX_MNT_ID && a.stx_mnt_id != b.stx_mnt_id))
		return fail_text("is a mount of its own, so that the workdir beside it would be on another file system; take a "
				 "directory in it",
				 "upper %s", path);
	return 0;
}

static int make_work(int upper, const char *path)
{
	char name[32];
	struct stat st;
	ssize_t n;

	if (fmt(name, sizeof(name), "/proc/self/fd/%d", upper))
		return fail("readlink", "upper %s", path);
	n = readlink(name, work_path, sizeof(work_path) - 6);
	if (n < 0)
		return fail("readlink", "%s", name);
	memcpy(work_path + n, ".work", 6);
	if (n <= 1 || n == (ssize_t)sizeof(work_path) - 6)
		return fail_text("can't have a workdir beside it", "upper %s", path);
	if (mkdir(work_path, 0700) == 0)
		return 0;
	if (errno != EEXIST || lstat(work_path, &st))
		return fail("mkdir", "%s", work_path);
	// The kernel, and upper_down, clear what is in it: nothing of somebody else's.
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 07777) != 0700)
		return fail_text("is there, and is no workdir that initbox has made", "%s", work_path);
	return 0;
}

static int lock(struct box *box)
{
	const char *path = box->spec->upper;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail("open", "upper %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			fail_text("is in use by another box", "upper %s", path);
		else
			fail("flock", "upper %s", path);
		close(fd);
		return -1;
	}
	return fd;
}

// The launcher holds the lock as long as it lives, and the box does not live longer.
static int upper_up(struct box *box)
{
	int fd;

	if (!box->spec->upper)
		return 0;
	fd = lock(box);
	if (fd < 0)
		return -1;
	box->upper_fd[UPPER] = fd;
	if (make_work(fd, box->spec->upper)) {
		close(fd);
		return -1;
	}
	return undo_push(&box->undo, upper_down, box, "workdir") ? -1 : same_mount(fd, box->spec->upper);
}

int upper_open(struct box *box)
{
	const char *const paths[] = {box->spec->upper, work_path};

	for (int i = UPPER; i <= WORK; i++) {
		box->upper_fd[i] = open(paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC | (i == WORK ? O_NOFOLLOW : 0));
		if (box->upper_fd[i] < 0)
			return fail("open", "upper %s", paths[i]);
	}
	return 0;
}

void upper_close(const struct box *box)
{
	close(box->upper_fd[UPPER]);
	close(box->upper_fd[WORK]);
}

int upper_name(const struct box *box, char *upper, char *work)
{
	return fmt(upper, 32, "%d", box->upper_fd[UPPER]) || fmt(work, 32, "%d", box->upper_fd[WORK])
		       ? fail("mount", "overlay")
		       : 0;
}

int upper_check(const struct box *box)
{
	struct statvfs st;

	if (statvfs(".", &st))
		return fail("statvfs", "upper %s", box->spec->upper);
	if (st.f_flag & ST_RDONLY)
		return fail_text("the overlay can't write to it: it is full, or read-only, or lacks what an upper needs "
				 "(dmesg tells which)",
				 "upper %s", box->spec->upper);
	return 0;
}

static void upper_explain(const struct box *box)
{
	const char *path = box->spec->upper;

	if (!path)
		return;
	explain("open flock", "flock -n %s", path);
	explain("mkdir", "mkdir -m 700 %s.work", path);
}

const struct phase phase_upper = {"upper", upper_explain, upper_up};
