// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "packing.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// The magic numbers are those of the kernel's lib/decompress.c.
static const struct packing packings[] = {
	{ "gzip", "gzip", { 0x1f, 0x8b }, 2, packing_gzip_length },
	{ "zstd", "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, packing_zstd_length },
	{ "xz", "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, NULL },
	{ "lzma", "lzma", { 0x5d, 0, 0 }, 3, NULL },
	{ "bzip2", "bzip2", { 'B', 'Z', 'h' }, 3, NULL },
	{ "lz4", "lz4", { 0x02, 0x21, 0x4c, 0x18 }, 4, NULL },
	{ "lzo", "lzop", { 0x89, 'L', 'Z', 'O' }, 4, NULL },
};

const struct packing *packing_find(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++)
		if (size >= packings[i].magic_size && !memcmp(bytes, packings[i].magic, packings[i].magic_size))
			return &packings[i];
	return NULL;
}

// A frame is a header, blocks that say their size, and perhaps a checksum.
size_t packing_zstd_length(const unsigned char *bytes, size_t size)
{
	static const unsigned char dictionary_sizes[] = { 0, 1, 2, 4 }, content_sizes[] = { 0, 2, 4, 8 };
	size_t at = 5;
	unsigned char descriptor;
	bool last = false, single;

	if (size < at)
		return 0;
	descriptor = bytes[4];
	single = descriptor & 0x20;
	at += !single;
	at += dictionary_sizes[descriptor & 3];
	at += descriptor >> 6 || !single ? content_sizes[descriptor >> 6] : 1;
	while (!last) {
		uint32_t block, length;

		if (at > size || size - at < 3)
			return 0;
		block = bytes[at] | (uint32_t)bytes[at + 1] << 8 | (uint32_t)bytes[at + 2] << 16;
		last = block & 1;
		length = (block >> 1 & 3) == 1 ? 1 : block >> 3; // one byte, repeated
		if ((block >> 1 & 3) == 3 || size - at - 3 < length)
			return 0;
		at += 3 + length;
	}
	at += descriptor & 4 ? 4 : 0;
	return at <= size ? at : 0;
}
