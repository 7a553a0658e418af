// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "deep.h"

#include "fail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = PATH_MAX - 32 };	// leaves room for /proc/self/fd/N/

const char *deep_path(const char *path)
{
	static char near[PATH_MAX];
	static int held = -1;
	const char *rest = path;
	int dir = AT_FDCWD;

	if (strlen(path) < PATH_MAX)
		return path;
	while (strlen(rest) >= LONGEST) {
		size_t size = LONGEST;
		int next;

		while (size && rest[size] != '/')
			size--;
		snprintf(near, sizeof(near), "%.*s", (int)size, rest);
		next = openat(dir, near, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			fail("%s: %s", path, strerror(errno));
		if (dir >= 0)
			close(dir);
		dir = next;
		rest += size;
		rest += strspn(rest, "/");
	}
	if (held >= 0)
		close(held);
	held = dir;
	snprintf(near, sizeof(near), "/proc/self/fd/%d/%s", dir, rest);
	return near;
}
