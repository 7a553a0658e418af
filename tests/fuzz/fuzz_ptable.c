// SPDX-License-Identifier: MIT
// base/ptable: which partition. The first byte is its number, the second says whether what no chance finds (signatures and
// checksums of a GPT) is put right; the others are the disk.
#include "fuzz.h"

#include "base/crc32.h"
#include "base/ptable.h"

enum { SECTOR = 512, LEAST = 92 };

static void put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	return ~crc32_add(~0u, CRC32_IEEE, p, n);
}

static void put_right(uint8_t *disk, size_t size)
{
	uint8_t *h = disk + SECTOR;
	uint64_t at, n;

	disk[510] = 0x55;
	disk[511] = 0xaa;
	disk[446 + 4] = 0xee;
	memcpy(h, "EFI PART", 8);
	put32(h + 12, LEAST);
	put32(h + 24, 1);
	put32(h + 28, 0);
	h[84] = 128; // bytes of an entry; the next ones are as they were found
	at = le64(h + 72) % 8 * SECTOR;
	put32(h + 72, (uint32_t)(at / SECTOR));
	put32(h + 76, 0);
	n = (uint64_t)le32(h + 80) * le32(h + 84);
	if (at <= size && n <= size - at)
		put32(h + 88, sum(disk + at, n));
	put32(h + 16, 0);
	put32(h + 16, sum(h, LEAST));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct partition_id id;
	struct disk d = {.fd = -1, .sector = SECTOR};
	uint8_t *disk;
	const char *why;

	if (size < 2)
		return 0;
	d.size = size - 2;
	disk = malloc(d.size ? d.size : 1);
	if (!disk)
		abort();
	memcpy(disk, data + 2, d.size);
	if (data[1] & 1 && d.size >= 2 * SECTOR)
		put_right(disk, d.size);
	d.mem = disk;
	memset(&id, 0x5a, sizeof(id));
	why = ptable_read(&d, data[0], &id);
	fuzz_check(memchr(id.uuid, '\0', sizeof(id.uuid)) && memchr(id.label, '\0', sizeof(id.label)));
	fuzz_check(why ? !id.uuid[0] && !id.label[0] : id.uuid[0] != '\0');
	fuzz_check(strspn(id.uuid, "0123456789abcdef-") == strlen(id.uuid));
	free(disk);
	return 0;
}
