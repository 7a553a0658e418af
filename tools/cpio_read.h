// SPDX-License-Identifier: MIT
// Reader of "newc" and "newc with checksums" archives, for bytes that may be
// anything: it does no I/O, takes no memory and reads nothing outside of them.
#ifndef TOOLS_CPIO_READ_H
#define TOOLS_CPIO_READ_H

#include "cpio.h"

#include <stdbool.h>

struct cpio_found {
	struct cpio_member member;	// its name lies in the bytes that were read
	const unsigned char *data;	// member.size bytes, in them as well
	bool trailer;			// the end of this archive
};

// Whether bytes[0..size) begin with a header's magic number.
bool cpio_is(const unsigned char *bytes, size_t size) __attribute__((warn_unused_result));

// Reads the member whose header is at *at, a multiple of 4, and moves *at to
// the next one. Returns NULL, or what is wrong; then *at has not moved.
const char *cpio_read(const unsigned char *bytes, size_t size, size_t *at, struct cpio_found *out)
	__attribute__((warn_unused_result));

#endif
