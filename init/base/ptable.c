// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/crc32.h"
#include "base/ptable.h"

enum {
	MIN_HEADER = 92, // bytes of a GPT header
	MAX_SECTOR = 4096,
	MIN_ENTRY = 128,
	MAX_TABLE = 1 << 20, // bytes of entries that are read
};

void uuid_text(const uint8_t bytes[16], bool swapped, char *dst)
{
	static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	struct buf b = {.p = dst, .cap = 37};

	for (unsigned i = 0; i < 16; i++)
		buf_fmt(&b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[swapped ? order[i] : i]);
}

static char *put_utf8(char *p, uint32_t c)
{
	if (c < 0x80) {
		*p++ = (char)c;
		return p;
	}
	if (c < 0x800) {
		*p++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*p++ = (char)(0xe0 | c >> 12);
		} else {
			*p++ = (char)(0xf0 | c >> 18);
			*p++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*p++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*p++ = (char)(0x80 | (c & 0x3f));
	return p;
}

void utf16_to_utf8(const uint8_t *units, size_t n, char *dst)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t c = le16(units + 2 * i), low = i + 1 < n ? le16(units + 2 * i + 2) : 0;

		if (c == 0)
			break;
		if (c >> 10 == 0x36 && low >> 10 == 0x37) {
			c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
			i++;
		} else if (c >> 11 == 0x1b) {
			c = 0xfffd;
		}
		dst = put_utf8(dst, c);
	}
	*dst = '\0';
}

// The entries' checksum, over all of them, whether used or not.
static bool entries_are_whole(const struct disk *d, uint64_t at, uint64_t n, uint32_t want)
{
	uint8_t part[512];
	uint32_t crc = ~0u;

	for (uint64_t done = 0; done < n; done += sizeof(part)) {
		size_t len = n - done < sizeof(part) ? (size_t)(n - done) : sizeof(part);

		if (!disk_read(d, at + done, part, len))
			return false;
		crc = crc32_add(crc, CRC32_IEEE, part, len);
	}
	return ~crc == want;
}

// Reads and checks the header in sector lba. Returns the byte offset of its entries and sets their count and size, or 0.
static uint64_t read_header(const struct disk *d, uint64_t lba, uint32_t *count, uint32_t *size)
{
	uint8_t h[MAX_SECTOR];
	uint32_t len, crc;
	uint64_t first;

	if (d->sector < 512 || d->sector > MAX_SECTOR || !disk_read(d, lba * d->sector, h, d->sector) || memcmp(h, "EFI PART", 8))
		return 0;
	len = le32(h + 12);
	crc = le32(h + 16);
	if (len < MIN_HEADER || len > d->sector || le64(h + 24) != lba)
		return 0;
	memset(h + 16, 0, 4);
	if (~crc32_add(~0u, CRC32_IEEE, h, len) != crc)
		return 0;
	first = le64(h + 72);
	*count = le32(h + 80);
	*size = le32(h + 84);
	if (*size < MIN_ENTRY || *size > MAX_SECTOR || *size % 8 || *count == 0 || *count > MAX_TABLE / *size || first < 2 ||
	    first > d->size / d->sector)
		return 0;
	first *= d->sector;
	return entries_are_whole(d, first, (uint64_t)*count * *size, le32(h + 88)) ? first : 0;
}

static const char *read_gpt(const struct disk *d, uint32_t number, struct partition_id *id)
{
	static const uint8_t unused[16];
	uint32_t count, size;
	uint8_t entry[MIN_ENTRY];
	uint64_t at = read_header(d, 1, &count, &size);

	if (!at)
		at = read_header(d, d->size / d->sector - 1, &count, &size);
	if (!at)
		return "its GPT is damaged, and so is the backup";
	if (number > count || !disk_read(d, at + (uint64_t)(number - 1) * size, entry, sizeof(entry)) ||
	    !memcmp(entry, unused, sizeof(unused)))
		return "its GPT has no such partition";
	uuid_text(entry + 16, true, id->uuid);
	utf16_to_utf8(entry + 56, 36, id->label);
	return NULL;
}

const char *ptable_read(const struct disk *d, uint32_t number, struct partition_id *id)
{
	uint8_t mbr[512];
	struct buf b = BUF(id->uuid);
	bool gpt = false;

	*id = (struct partition_id){.uuid = ""};
	if (number == 0 || number > 65535 || !disk_read(d, 0, mbr, sizeof(mbr)))
		return "it is too small for a partition table";
	if (le16(mbr + 510) != 0xaa55)
		return "it has no partition table";
	for (unsigned i = 0; i < 4; i++)
		gpt |= mbr[446 + 16 * i + 4] == 0xee;
	if (gpt)
		return read_gpt(d, number, id);
	// Linux numbers the partitions of the table 1 to 4, those in an extended one from 5 on.
	if (number <= 4 && !mbr[446 + 16 * (number - 1) + 4])
		return "its MBR has no such partition";
	buf_fmt(&b, "%08x-%02x", le32(mbr + 440), number);
	return NULL;
}
