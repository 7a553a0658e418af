// SPDX-License-Identifier: MIT
// Compressed pieces of an initramfs: what compressed them, and where they end.
// Pure functions over bytes that may be anything.
#ifndef TOOLS_PACKING_H
#define TOOLS_PACKING_H

#include <stddef.h>

struct packing {
	const char *name;	// as the kernel's CONFIG_RD_… calls it, in lower case
	const char *program;	// of the system: "PROGRAM -dc" undoes it
	unsigned char magic[6];
	size_t magic_size;
	// The bytes of the piece that bytes[0..size) begin with, or 0 if it is
	// broken or cut short. NULL: nobody knows but its decompressor.
	size_t (*length)(const unsigned char *bytes, size_t size);
};

// How bytes[0..size) are compressed, or NULL if they are not.
const struct packing *packing_find(const unsigned char *bytes, size_t size) __attribute__((warn_unused_result));

// The same for one format each. Sources: RFC 1952 and RFC 1951; RFC 8878.
size_t packing_gzip_length(const unsigned char *bytes, size_t size) __attribute__((warn_unused_result));
size_t packing_zstd_length(const unsigned char *bytes, size_t size) __attribute__((warn_unused_result));

#endif
