// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/disk.h"

int disk_open(struct disk *d, const char *path)
{
	int sector = 512;
	off_t end;

	*d = (struct disk){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
	if (d->fd < 0)
		return fail("open", "%s", path);
	end = lseek(d->fd, 0, SEEK_END);
	if (end < 0) {
		fail("lseek", "%s", path);
		close(d->fd);
		return -1;
	}
	if (ioctl(d->fd, BLKSSZGET, &sector)) // a file
		sector = 512;
	d->size = (uint64_t)end;
	d->sector = (uint32_t)sector;
	return 0;
}

void disk_close(struct disk *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

bool disk_read(const struct disk *d, uint64_t at, void *dst, size_t n)
{
	if (n > d->size || at > d->size - n)
		return false;
	if (d->fd >= 0)
		return pread(d->fd, dst, n, (off_t)at) == (ssize_t)n;
	memcpy(dst, d->mem + at, n);
	return true;
}
