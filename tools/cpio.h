// SPDX-License-Identifier: MIT
// Writer of the "newc" cpio format, as the kernel's
// Documentation/driver-api/early-userspace/buffer-format.rst describes it.
#ifndef TOOLS_CPIO_H
#define TOOLS_CPIO_H

#include <stddef.h>
#include <stdint.h>

enum {
	CPIO_HEADER = 110,	// bytes of a header, before the name
	CPIO_NAME_MAX = 4095,	// init/initramfs.c skips a name longer than PATH_MAX with its NUL
	CPIO_LINK_MAX = 4095,	// and a symlink's target of more bytes than PATH_MAX
	CPIO_BLOCK = 512,	// an archive is padded to this
};

// What a header says.
struct cpio_member {
	const char *name;	// no leading slash, at most CPIO_NAME_MAX bytes
	uint32_t name_padding;	// NUL bytes behind the one that ends the name, below CPIO_BLOCK
	uint32_t ino;		// joins hard links; unique otherwise
	uint32_t mode;		// type and permissions, as in stat
	uint32_t uid;
	uint32_t gid;
	uint32_t nlink;
	uint32_t mtime;		// seconds since 1970
	uint32_t size;		// bytes of data that follow
	uint32_t major;		// of the device that holds it; written as 0: an archive
	uint32_t minor;		// must not tell on which machine it was made
	uint32_t rmajor;	// of a device node
	uint32_t rminor;
};

struct cpio {
	int fd;
	uint64_t offset;	// bytes written so far, buffered ones included
	size_t used;
	unsigned char buffer[65536];
};

// Formats the header of m, without its name, into out (not terminated).
void cpio_format(const struct cpio_member *m, char out[static CPIO_HEADER]);

// Starts an archive on fd, where `offset` bytes have been written before.
void cpio_begin(struct cpio *c, int fd, uint64_t offset);

// Each of these returns 0, or -1 with errno from write(2).
// The data of a member, m->size bytes in all, goes after its cpio_header() by
// any number of cpio_data(), then cpio_align(c, 4).
int cpio_header(struct cpio *c, const struct cpio_member *m) __attribute__((warn_unused_result));
int cpio_data(struct cpio *c, const void *data, size_t size) __attribute__((warn_unused_result));

// Writes NUL bytes up to a multiple of `boundary` bytes from the start.
int cpio_align(struct cpio *c, unsigned boundary) __attribute__((warn_unused_result));

// Empties the buffer.
int cpio_flush(struct cpio *c) __attribute__((warn_unused_result));

// Writes the trailer, pads to CPIO_BLOCK and empties the buffer.
int cpio_end(struct cpio *c) __attribute__((warn_unused_result));

#endif
