// SPDX-License-Identifier: MIT
// What the readers of superblocks and partition tables look at: a block device, an image file, or memory (tests, fuzzing).
#pragma once
#include "base/err.h"

struct disk {
	int fd;		    // -1: memory
	const uint8_t *mem; // size bytes
	uint64_t size;	    // bytes
	uint32_t sector;    // of the device, bytes: 512, 4096
};

// Opens path read-only. Returns 0 (disk_close ends it), or -1 with err_last and errno set.
int disk_open(struct disk *d, const char *path) must_check;
void disk_close(struct disk *d);

// Reads n bytes at a byte offset. Returns false when not all of them are there.
bool disk_read(const struct disk *d, uint64_t at, void *dst, size_t n) must_check;

// Numbers as they lie there, aligned or not.
static inline uint16_t le16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t le32(const void *p)
{
	return le16(p) | (uint32_t)le16((const uint8_t *)p + 2) << 16;
}

static inline uint64_t le64(const void *p)
{
	return le32(p) | (uint64_t)le32((const uint8_t *)p + 4) << 32;
}

static inline uint32_t be32(const void *p)
{
	return __builtin_bswap32(le32(p));
}

static inline uint64_t be64(const void *p)
{
	return __builtin_bswap64(le64(p));
}
