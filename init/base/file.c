// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

long file_read(int dirfd, const char *path, char *dst, size_t cap)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC), no;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return fail("open", "%s", path);
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
	int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC), no;
	size_t len = strlen(text);

	if (fd < 0)
		return fail("open", "%s", path);
	if (write(fd, text, len) != (ssize_t)len) {
		no = errno;
		close(fd);
		errno = no;
		return fail("write", "%s", path);
	}
	close(fd);
	return 0;
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
		if (mkdirat(dirfd, part, mode) && errno != EEXIST)
			return fail("mkdir", "%s", part);
		*p = c;
	}
	return 0;
}
