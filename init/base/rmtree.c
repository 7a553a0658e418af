// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rmtree.h"
#include "base/sys.h"

enum { MAX_DEPTH = 64 };

struct level {
	int fd;
	char name[256]; // in the level above
};

static bool is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

// Removes one entry. Returns 1 when it is a directory that is not empty.
static int remove_entry(int fd, const struct linux_dirent64 *d, const char *path)
{
	if (!unlinkat(fd, d->d_name, 0))
		return 0;
	if (errno == EISDIR && !unlinkat(fd, d->d_name, AT_REMOVEDIR))
		return 0;
	return errno == ENOTEMPTY ? 1 : fail("unlinkat", "%s: %s", path, d->d_name);
}

// Removes what can be removed at once. Returns 0 when nothing is left, 1 at a directory with something in it, which name then
// is, or -1. Entries that go may make readdir lose its place: it looks once more until it finds nothing.
static int remove_flat(int fd, const char *path, char name[256])
{
	_Alignas(8) char list[4096];
	bool again = false;

	for (;;) {
		long n = syscall(SYS_getdents64, fd, list, sizeof(list));

		if (n < 0)
			return fail("getdents64", "%s", path);
		if (n == 0 && (!again || lseek(fd, 0, SEEK_SET)))
			return 0;
		again = again && n > 0;
		for (long at = 0; at < n;) {
			const struct linux_dirent64 *d = (const struct linux_dirent64 *)(const void *)(list + at);
			int ret;

			at += d->d_reclen;
			if (is_dot(d->d_name))
				continue;
			again = true;
			ret = remove_entry(fd, d, path);
			if (ret > 0)
				strcpy(name, d->d_name);
			if (ret)
				return ret;
		}
	}
}

// Opens the directory name of fd, if it is of the same file system.
static int descend(int fd, const char *name, dev_t dev, const char *path)
{
	int sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (sub < 0)
		return fail("openat", "%s: %s", path, name);
	if (!fstat(sub, &st) && st.st_dev == dev)
		return sub;
	close(sub);
	return fail_text("something is mounted there", "%s: %s", path, name);
}

static int remove_levels(struct level *levels, unsigned *depth, dev_t dev, const char *path)
{
	for (;;) {
		struct level *here = &levels[*depth];
		int more = remove_flat(here->fd, path, here[1].name);

		if (more < 0)
			return -1;
		if (more) {
			if (*depth == MAX_DEPTH)
				return fail_text("more directories in one another than are looked into", "%s", path);
			here[1].fd = descend(here->fd, here[1].name, dev, path);
			if (here[1].fd < 0)
				return -1;
			++*depth;
			continue;
		}
		if (*depth == 0)
			return 0;
		close(here->fd);
		--*depth;
		if (lseek(here[-1].fd, 0, SEEK_SET) || unlinkat(here[-1].fd, here->name, AT_REMOVEDIR))
			return fail("unlinkat", "%s: %s", path, here->name);
	}
}

int rmtree_empty(int fd, const char *path)
{
	static LARGE_BSS struct level levels[MAX_DEPTH + 2];
	unsigned depth = 0;
	struct stat st;
	int ret;

	if (fstat(fd, &st) || lseek(fd, 0, SEEK_SET))
		return fail("fstat", "%s", path);
	levels[0].fd = fd;
	ret = remove_levels(levels, &depth, st.st_dev, path);
	for (; depth > 0; depth--)
		close(levels[depth].fd);
	return ret;
}
