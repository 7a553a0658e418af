// SPDX-License-Identifier: MIT
// Checksums of partition tables and superblocks.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum crc32_kind {
	CRC32_IEEE,	  // of GPT
	CRC32_CASTAGNOLI, // crc32c of ext4, xfs, btrfs and erofs
};

// crc continued over n bytes. Nothing is inverted: most start with ~0 and end with ~.
uint32_t crc32_add(uint32_t crc, enum crc32_kind kind, const void *data, size_t n);
