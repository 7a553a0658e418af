// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "cpio.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void put_hex(char *out, uint32_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 4)
		out[i] = "0123456789ABCDEF"[value & 15];
}

void cpio_format(const struct cpio_member *m, char out[static CPIO_HEADER])
{
	const uint32_t fields[] = {
		m->ino, m->mode, m->uid, m->gid, m->nlink, m->mtime, m->size,
		0, 0, m->rmajor, m->rminor, (uint32_t)strlen(m->name) + 1 + m->name_padding,
		0, // a checksum, which only the "070702" format has
	};

	_Static_assert(6 + sizeof(fields) / sizeof(fields[0]) * 8 == CPIO_HEADER, "newc header");
	memcpy(out, "070701", 6);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put_hex(out + 6 + i * 8, fields[i]);
}

void cpio_begin(struct cpio *c, int fd, uint64_t offset)
{
	c->fd = fd;
	c->offset = offset;
	c->used = 0;
}

int cpio_flush(struct cpio *c)
{
	size_t done = 0;

	while (done < c->used) {
		ssize_t n = write(c->fd, c->buffer + done, c->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	c->used = 0;
	return 0;
}

int cpio_data(struct cpio *c, const void *data, size_t size)
{
	const unsigned char *from = data;

	while (size) {
		size_t part = sizeof(c->buffer) - c->used;

		if (part > size)
			part = size;
		memcpy(c->buffer + c->used, from, part);
		c->used += part;
		c->offset += part;
		from += part;
		size -= part;
		if (c->used == sizeof(c->buffer) && cpio_flush(c))
			return -1;
	}
	return 0;
}

int cpio_align(struct cpio *c, unsigned boundary)
{
	static const char zeros[CPIO_BLOCK];
	unsigned rest = (unsigned)(c->offset % boundary);

	return rest ? cpio_data(c, zeros, boundary - rest) : 0;
}

int cpio_header(struct cpio *c, const struct cpio_member *m)
{
	static const char zeros[CPIO_BLOCK];
	char header[CPIO_HEADER];

	cpio_format(m, header);
	if (cpio_data(c, header, sizeof(header)) || cpio_data(c, m->name, strlen(m->name) + 1) ||
	    cpio_data(c, zeros, m->name_padding))
		return -1;
	return cpio_align(c, 4);
}

int cpio_end(struct cpio *c)
{
	const struct cpio_member trailer = { .name = "TRAILER!!!", .nlink = 1 };

	if (cpio_header(c, &trailer) || cpio_align(c, CPIO_BLOCK))
		return -1;
	return cpio_flush(c);
}
