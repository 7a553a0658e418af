// SPDX-License-Identifier: MIT
// Reads an image as the kernel does (init/initramfs.c): a row of archives, each
// compressed or not, with NUL bytes between them. What was read stays in memory,
// so that names and data may be kept.
#ifndef TOOLS_IMAGE_READ_H
#define TOOLS_IMAGE_READ_H

#include "cpio_read.h"
#include "load.h"

#include <stdbool.h>

struct packing;

struct image_reader {
	const char *path;		// for messages
	struct bytes file;
	size_t next;			// what of file has not been looked at
	struct bytes unpacked;		// of the compressed piece that is read; at is NULL outside of one
	size_t at;			// in unpacked, or in file

	// The archive that is read.
	unsigned number;		// from 1
	size_t offset;			// of it, or of the compressed piece with it, in file
	const struct packing *packing;	// NULL: not compressed
};

// Opens an image. Ends the program if it can't be read or is none.
void image_open(struct image_reader *r, const char *path);

// Goes on to the next archive, which has been read to its trailer or not at
// all. Returns 1, 0 at the end of the image, or -1 with *why.
int image_next(struct image_reader *r, const char **why) __attribute__((warn_unused_result));

// Reads the next member of this archive, as cpio_read() does. After the
// trailer comes image_next().
const char *image_member(struct image_reader *r, struct cpio_found *out) __attribute__((warn_unused_result));

// Leaves a compressed piece in which something is wrong. Returns whether what comes
// behind it can be read.
bool image_skip(struct image_reader *r) __attribute__((warn_unused_result));

#endif
