// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/dir.h"
#include "base/sys.h"

void dir_begin(struct dir *d, int fd)
{
	d->fd = fd;
	d->n = d->at = 0;
}

const char *dir_next(struct dir *d, unsigned *type)
{
	for (;;) {
		const struct linux_dirent64 *e;

		if (d->at >= d->n) {
			d->at = 0;
			d->n = syscall(SYS_getdents64, d->fd, d->list, sizeof(d->list));
			if (d->n <= 0)
				return NULL;
		}
		e = (const void *)(d->list + d->at);
		d->at += e->d_reclen;
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (type)
			*type = e->d_type;
		return e->d_name;
	}
}
