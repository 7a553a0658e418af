// SPDX-License-Identifier: MIT
// Reader of tar archives, ustar with the extensions of pax and GNU, for bytes that
// may be anything: it does no I/O, takes no memory and reads nothing outside of
// them. Source: tar(5) of libarchive, pax in POSIX.1-2017.
#ifndef TOOLS_TAR_H
#define TOOLS_TAR_H

#include "cpio.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAR_BLOCK = 512, TAR_ATTRIBUTE_MAX = 63 };

enum tar_type {
	TAR_END,	// of the archive
	TAR_FILE = '0',
	TAR_HARD_LINK,
	TAR_SYMLINK,
	TAR_CHARACTER,
	TAR_BLOCK_DEVICE,
	TAR_DIRECTORY,
	TAR_FIFO,
};

struct tar_found {
	enum tar_type type;
	char name[CPIO_NAME_MAX + 1];
	char target[CPIO_LINK_MAX + 1];		// of a symlink or a hard link
	char attribute[TAR_ATTRIBUTE_MAX + 1];	// an extended attribute that it has, or ""
	uint32_t mode;				// permissions alone
	uint32_t uid;
	uint32_t gid;
	uint32_t rmajor;
	uint32_t rminor;
	uint64_t size;
	const unsigned char *data;		// size bytes of a file
};

// Whether bytes[0..size) begin with a member's header: its checksum is right.
bool tar_is(const unsigned char *bytes, size_t size) __attribute__((warn_unused_result));

// Reads the member at *at, a multiple of TAR_BLOCK, and moves *at to the next
// one. Returns NULL, or what is wrong.
const char *tar_read(const unsigned char *bytes, size_t size, size_t *at, struct tar_found *out)
	__attribute__((warn_unused_result));

#endif
