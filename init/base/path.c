// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "base/path.h"
#include "base/sys.h"

enum { EAGAIN_TRIES = 1000 };

static int open_below(const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags | (unsigned)O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	// ".." answers EAGAIN when anything is renamed or mounted anywhere on the machine meanwhile.
	for (int i = 0; i < EAGAIN_TRIES; i++) {
		int fd = sys_openat2(AT_FDCWD, path, &how);

		if (fd >= 0 || errno != EAGAIN)
			return fd;
	}
	return -1;
}

int path_open(const char *path, int flags)
{
	int fd = open_below(path, flags);

	return fd < 0 ? fail("openat2", "%s", path) : fd;
}

long path_read(const char *path, char *dst, size_t cap)
{
	int fd = path_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int no;

	if (fd < 0)
		return -1;
	no = fstat(fd, &st) ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
	if (!no)
		return file_take(fd, path, dst, cap);
	close(fd);
	errno = no;
	return fail("open", no == EINVAL ? "%s: not a regular file" : "%s", path);
}

// Opens the directory that path is in; *last is then its last part. part (PATH_MAX bytes) is used for it.
static int open_parent(char *part, const char *path, const char **last)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return fail("openat2", "%.*s", 80, path);
	}
	memcpy(part, path, n);
	part[n] = '\0';
	*last = strrchr(path, '/') ? part + (strrchr(part, '/') - part) + 1 : part;
	if (*last == part)
		return path_open(".", O_PATH | O_DIRECTORY);
	part[*last - part - 1] = '\0';
	return path_open(part[0] ? part : "/", O_PATH | O_DIRECTORY);
}

static int may_make(int parent, const char *path, const struct path_where *where)
{
	struct stat st;

	if (where->n == 0)
		return 0;
	if (fstat(parent, &st))
		return fail("fstat", "%s", path);
	for (unsigned i = 0; i < where->n; i++)
		if (st.st_dev == where->dev[i])
			return 0;
	return fail_text("is missing, and is not made because it would stay in the host's directory", "%s", path);
}

static int make(int parent, const char *path, const char *name, bool directory, const struct path_where *where)
{
	if (may_make(parent, path, where))
		return -1;
	if ((directory ? mkdirat(parent, name, 0755) : mknodat(parent, name, S_IFREG | 0644, 0)) && errno != EEXIST)
		return fail(directory ? "mkdirat" : "mknodat", "%s", path);
	return 0;
}

// Opens path, or makes it in its parent, which has to be there, and opens it then.
static int open_or_make(const char *path, bool directory, const struct path_where *where)
{
	int flags = O_PATH | (directory ? O_DIRECTORY : 0), fd = open_below(path, flags), parent, made;
	char part[PATH_MAX];
	const char *last = part;

	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return fail("openat2", "%s", path);
	parent = open_parent(part, path, &last);
	if (parent < 0)
		return -1;
	made = make(parent, path, last, directory, where);
	close(parent);
	return made ? -1 : path_open(path, flags);
}

int path_make_directory(const char *path, const struct path_where *where)
{
	char part[PATH_MAX];
	size_t n = 0;
	int fd = -1;

	if (strlen(path) >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return fail("mkdirat", "%.*s", 80, path);
	}
	do {
		n += strspn(path + n, "/");
		n += strcspn(path + n, "/");
		memcpy(part, path, n);
		part[n] = '\0';
		if (fd >= 0)
			close(fd);
		fd = open_or_make(n ? part : "/", true, where);
	} while (fd >= 0 && path[n]);
	return fd;
}

int path_make_file(const char *path, const struct path_where *where)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd;

	if (fmt(parent, sizeof(parent), "%.*s", (int)(slash ? slash - path : 0), path))
		return fail("mknodat", "%.*s", 80, path);
	fd = path_make_directory(parent, where);
	if (fd < 0)
		return -1;
	close(fd);
	return open_or_make(path, false, where);
}

int path_make_target(const char *path, bool directory, const struct path_where *where)
{
	int fd = directory ? path_make_directory(path, where) : path_make_file(path, where);
	struct stat root, at;
	struct statfs there;

	if (fd < 0)
		return -1;
	if (fstatfs(fd, &there) || fstat(fd, &at) || stat(".", &root))
		fail("fstatfs", "%s", path);
	else if (at.st_dev == root.st_dev && at.st_ino == root.st_ino)
		fail_text("nothing can be mounted on the root (use --rootfs)", "%s", path);
	else if (there.f_type == PROC_SUPER_MAGIC || there.f_type == SYSFS_MAGIC || there.f_type == CGROUP2_SUPER_MAGIC)
		fail_text("nothing can be mounted in /proc or /sys", "%s", path);
	else
		return fd;
	close(fd);
	return -1;
}
