// SPDX-License-Identifier: MIT
// Partition tables: what PARTUUID and PARTLABEL of a partition are. Its number comes from the kernel, which has read the same
// table; so chains of extended partitions need not be followed here.
// Source: UEFI specification, chapter 5 (GPT, MBR); the kernel's block/partitions/efi.c and msdos.c.
#pragma once
#include "base/disk.h"

struct partition_id {
	char uuid[40];	     // "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", MBR: "90909090-01"; empty: none
	char label[36 * 3 + 1]; // UTF-8; empty: none
};

// What partition number (1 to 65535) of disk d is called, by GPT (its backup, when the first one is damaged) or MBR.
// Returns NULL, or why not: a reason for the end of an error line; *id is empty then.
const char *ptable_read(const struct disk *d, uint32_t number, struct partition_id *id);

// UTF-16LE units (two bytes each, n of them) become UTF-8 in dst, up to a NUL; half of a pair becomes U+FFFD.
// dst has room for n * 3 + 1 bytes.
void utf16_to_utf8(const uint8_t *units, size_t n, char *dst);

// 16 bytes of a UUID as text, in a buffer of 37 bytes; swapped: with the first three fields little endian, as GPT has them.
void uuid_text(const uint8_t bytes[16], bool swapped, char *dst);
