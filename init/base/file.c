// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"

long file_read(int dirfd, const char *path, char *dst, size_t cap)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? fail("open", "%s", path) : file_take(fd, path, dst, cap);
}

long file_take(int fd, const char *path, char *dst, size_t cap)
{
	size_t len = 0;
	ssize_t n = 0;
	int no;

	while (len < cap && (n = read(fd, dst + len, cap - len)) > 0)
		len += (size_t)n;
	if (n >= 0 && len == cap) {
		n = -1;
		errno = EFBIG;
	}
	no = errno;
	close(fd);
	errno = no;
	if (n < 0)
		return fail("read", "%s", path);
	dst[len] = '\0';
	return (long)len;
}

int file_write(int dirfd, const char *path, const char *text)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? fail("open", "%s", path) : file_put(fd, path, text, strlen(text));
}

int file_put(int fd, const char *path, const char *text, size_t n)
{
	ssize_t done = write(fd, text, n);
	int no = done < 0 ? errno : EIO; // the kernel takes what it is given as one, or not at all

	close(fd);
	errno = no;
	return done == (ssize_t)n ? 0 : fail("write", "%s", path);
}

// mkdir(2) says EEXIST for anything of that name.
static int make_directory(int dirfd, const char *path, unsigned mode)
{
	struct stat st;

	if (mkdirat(dirfd, path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return fail("mkdir", "%s", path);
	if (fstatat(dirfd, path, &st, 0))
		return fail("mkdir", "%s", path);
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) ? 0 : fail("mkdir", "%s", path);
}

int file_mkdirs(int dirfd, const char *path, unsigned mode)
{
	char part[PATH_MAX];

	if (fmt(part, sizeof(part), "%s", path))
		return fail("mkdir", "%s", path);
	for (char *p = part + 1; p[-1]; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (make_directory(dirfd, part, mode))
			return -1;
		*p = c;
	}
	return 0;
}

int file_close_from(int first)
{
	_Alignas(8) char list[1024];
	int fds;
	long n;

	if (!sys_close_range((unsigned)first, ~0u, 0))
		return 0;
	fds = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fds < 0)
		return fail("open", "/proc/self/fd");
	while ((n = syscall(SYS_getdents64, fds, list, sizeof(list))) > 0) {
		for (long at = 0; at < n;) {
			const struct linux_dirent64 *d = (const struct linux_dirent64 *)(const void *)(list + at);
			uint64_t fd;

			at += d->d_reclen;
			if (!num_parse(d->d_name, strlen(d->d_name), 10, INT_MAX, &fd) && (int)fd >= first && (int)fd != fds)
				close((int)fd);
		}
	}
	close(fds);
	return n < 0 ? fail("getdents64", "/proc/self/fd") : 0;
}
