// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/cache.h"

#define OF_ROOT "/var/cache/initbox"

static int directory_name(char *path, size_t cap)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		return fmt(path, cap, OF_ROOT);
	if (xdg && *xdg == '/')
		return fmt(path, cap, "%s/initbox", xdg);
	return home && *home == '/' ? fmt(path, cap, "%s/.cache/initbox", home) : -1;
}

static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

int cache_open(void)
{
	char path[512];
	struct stat st;
	int fd;

	if (directory_name(path, sizeof(path)) || file_mkdirs(AT_FDCWD, path, 0700))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (!fstat(fd, &st) && is_ours(&st)))
		return fd;
	log_line(LOG_NOTE, "%s is not used: it is not this user's alone", path);
	close(fd);
	return -1;
}

size_t cache_get(int dir, const char *name, void *dst, size_t cap)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && is_ours(&st) && st.st_nlink == 1 && (uint64_t)st.st_size <= cap)
		n = read(fd, dst, cap);
	close(fd);
	return n > 0 && n == st.st_size ? (size_t)n : 0;
}

// Under a name of its own first, which nobody else takes meanwhile.
void cache_put(int dir, const char *name, const void *src, size_t n)
{
	char temporary[64];
	struct timespec t = {0};
	int fd;

	sys_clock_gettime(CLOCK_REALTIME, &t);
	if (fmt(temporary, sizeof(temporary), ".%d-%lu-%lu", (int)getpid(), (unsigned long)t.tv_sec, (unsigned long)t.tv_nsec))
		return;
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (file_put(fd, name, src, n) || renameat(dir, temporary, dir, name))
		unlinkat(dir, temporary, 0);
}
