// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/crc32.h"
#include "base/ptable.h"
#include "base/superblock.h"

static const char wrong_checksum[] = "the checksum of its superblock is wrong";
static const char cut_short[] = "it is larger than its device";

// The parts of a disk in which superblocks lie. Most are in the first: the others are only read when it says nothing.
enum { WINDOW_BYTES = 4096, AT_START = 0, AT_ISO = 0x8000, AT_BTRFS = 0x10000 };
static const uint32_t windows[] = {AT_START, AT_ISO, AT_BTRFS};

static void copy_label(struct superblock *sb, const void *text, size_t cap)
{
	size_t n = strnlen(text, cap);

	while (n > 0 && strchr(" \t\n", ((const char *)text)[n - 1]))
		n--;
	memcpy(sb->label, text, n);
	sb->label[n] = '\0';
}

static bool is_set(uint32_t word, uint32_t bits)
{
	return word & bits;
}

static bool fill_ext(const struct disk *d, const uint8_t *w, struct superblock *sb)
{
	enum { HAS_JOURNAL = 4, JOURNAL_DEVICE = 8, WIDE = 0x80, METADATA_CSUM = 0x400 };
	static const uint32_t old_ro = 1 | 2 | 4, old_incompat = 2 | 0x10, recover = 4;
	const uint8_t *s = w + 1024;
	uint32_t compat = le32(s + 0x5c), incompat = le32(s + 0x60), ro = le32(s + 0x64), shift = le32(s + 0x18);
	uint64_t blocks = le32(s + 4) | (is_set(incompat, WIDE) ? (uint64_t)le32(s + 0x150) << 32 : 0);

	if (is_set(incompat, JOURNAL_DEVICE)) {
		sb->type = "jbd";
		sb->driver = NULL;
	} else if (!is_set(compat, HAS_JOURNAL) && !is_set(ro, ~old_ro) && !is_set(incompat, ~old_incompat)) {
		sb->type = "ext2";
	} else if (is_set(compat, HAS_JOURNAL) && !is_set(ro, ~old_ro) && !is_set(incompat, ~(old_incompat | recover))) {
		sb->type = "ext3";
	}
	if (is_set(ro, METADATA_CSUM) && crc32_add(~0u, CRC32_CASTAGNOLI, s, 0x3fc) != le32(s + 0x3fc))
		sb->damage = wrong_checksum;
	else if (shift > 6)
		sb->damage = "its block size is none";
	else if (blocks > d->size >> (10 + shift))
		sb->damage = cut_short;
	return true;
}

static bool fill_xfs(const struct disk *d, const uint8_t *w, struct superblock *sb)
{
	static const uint8_t none[4];
	uint32_t block = be32(w + 4), sector = (uint32_t)(w[102] << 8 | w[103]), crc;

	if (block < 512 || block > 65536 || sector < 512) {
		sb->damage = "its block size is none";
	} else if (be64(w + 8) > d->size / block) {
		sb->damage = cut_short;
	} else if ((w[101] & 15) == 5 && sector <= WINDOW_BYTES) {
		crc = crc32_add(~0u, CRC32_CASTAGNOLI, w, 224);
		crc = crc32_add(crc, CRC32_CASTAGNOLI, none, 4);
		if (~crc32_add(crc, CRC32_CASTAGNOLI, w + 228, sector - 228) != le32(w + 224))
			sb->damage = wrong_checksum;
	}
	return true;
}

static bool fill_squashfs(const struct disk *d, const uint8_t *w, struct superblock *sb)
{
	if (le64(w + 40) > d->size)
		sb->damage = cut_short;
	return true;
}

static bool fill_erofs(const struct disk *d, const uint8_t *w, struct superblock *sb)
{
	enum { CHECKSUM = 1, USUAL = 12 };
	static const uint8_t none[4];
	const uint8_t *s = w + 1024;
	uint32_t crc;

	if (s[12] < 9 || s[12] > 16) {
		sb->damage = "its block size is none";
	} else if (le32(s + 36) > d->size >> s[12]) {
		sb->damage = cut_short;
	} else if (is_set(le32(s + 8), CHECKSUM) && s[12] == USUAL) {
		crc = crc32_add(~0u, CRC32_CASTAGNOLI, s, 4);
		crc = crc32_add(crc, CRC32_CASTAGNOLI, none, 4);
		if (crc32_add(crc, CRC32_CASTAGNOLI, s + 8, 4096 - 1024 - 8) != le32(s + 4))
			sb->damage = wrong_checksum;
	}
	return true;
}

static bool fill_btrfs(const struct disk *d, const uint8_t *w, struct superblock *sb)
{
	// Other checksums than crc32c (0) are the kernel's business.
	if (le16(w + 196) == 0 && ~crc32_add(~0u, CRC32_CASTAGNOLI, w + 32, 4096 - 32) != le32(w))
		sb->damage = wrong_checksum;
	else if (le64(w + 136) == 1 && le64(w + 112) > d->size)
		sb->damage = cut_short;
	return true;
}

// The label is an entry of the root directory; that of the boot sector may be an old one.
static void fat_label(const struct disk *d, uint64_t at, uint64_t n, struct superblock *sb)
{
	enum { ENTRY = 32, MAX_DIRECTORY = 8192, IS_LABEL = 8, IS_DIRECTORY = 0x10, LONG_NAME = 0x0f };
	uint8_t e[ENTRY];

	for (uint64_t i = 0; i < n && i < MAX_DIRECTORY && disk_read(d, at + i, e, ENTRY) && e[0]; i += ENTRY) {
		if (e[0] == 0xe5 || e[11] == LONG_NAME || (e[11] & (IS_LABEL | IS_DIRECTORY)) != IS_LABEL)
			continue;
		if (e[0] == 5)
			e[0] = 0xe5;
		copy_label(sb, e, 11);
		return;
	}
}

static bool is_power_of_2(uint32_t v)
{
	return v && !(v & (v - 1));
}

static bool fill_vfat(const struct disk *d, const uint8_t *w, struct superblock *sb)
{
	static const char hex[] = "0123456789ABCDEF";
	uint32_t sector = le16(w + 11), cluster = sector * w[13], entries = le16(w + 17), fat = le16(w + 22);
	const uint8_t *id = fat ? w + 39 : w + 67; // FAT32 has a longer head
	uint64_t data;
	char *p = sb->uuid;

	if (le16(w + 510) != 0xaa55 || !is_power_of_2(sector) || sector < 512 || !is_power_of_2(cluster) || !w[14] || !w[16] ||
	    w[16] > 4 || (w[21] < 0xf8 && w[21] != 0xf0))
		return false;
	for (unsigned i = 0; i < 4; i++) {
		*p++ = hex[id[3 - i] >> 4];
		*p++ = hex[id[3 - i] & 15];
		if (i == 1)
			*p++ = '-';
	}
	*p = '\0';
	data = (le16(w + 14) + (uint64_t)w[16] * (fat ? fat : le32(w + 36))) * sector;
	if (fat)
		fat_label(d, data, entries * 32, sb);
	else if (le32(w + 44) >= 2)
		fat_label(d, data + (le32(w + 44) - 2) * (uint64_t)cluster, cluster, sb);
	if (!sb->label[0] && memcmp(id + 4, "NO NAME    ", 11))
		copy_label(sb, id + 4, 11);
	if ((uint64_t)(le16(w + 19) ? le16(w + 19) : le32(w + 32)) * sector > d->size)
		sb->damage = cut_short;
	return true;
}

// Its time stands for a UUID: of the last change, or where there is none, of its making.
static bool fill_iso9660(const struct disk *d, const uint8_t *w, struct superblock *sb)
{
	const uint8_t *t = w + 830;
	struct buf b = BUF(sb->uuid);

	(void)d;
	if (w[0] != 1)
		return false;
	if (!memcmp(t, "0000000000000000", 16) || !t[0])
		t = w + 813;
	for (unsigned i = 0; i < 16; i++)
		if (t[i] < '0' || t[i] > '9')
			return true;
	for (unsigned i = 0; i < 16; i += 2)
		buf_fmt(&b, "%s%c%c", i > 2 ? "-" : "", t[i], t[i + 1]);
	return true;
}

static bool fill_luks(const struct disk *d, const uint8_t *w, struct superblock *sb)
{
	(void)d;
	memcpy(sb->uuid, w + 168, sizeof(sb->uuid) - 1); // as text, and of a damaged one any bytes
	sb->uuid[strspn(sb->uuid, "0123456789abcdefABCDEF-")] = '\0';
	if (w[7] == 2)
		copy_label(sb, w + 24, 48);
	return true;
}

// Offsets are from the window's start.
static const struct row {
	const char *type, *driver;
	uint32_t window;
	uint16_t magic_at, uuid_at, label_at, label_len; // 0: none
	uint8_t magic_len;
	char magic[10];
	// What else it tells. Returns false when it is no such file system.
	bool (*fill)(const struct disk *d, const uint8_t *w, struct superblock *sb);
} rows[] = {
	// clang-format off
	{"ext4", "ext4", AT_START, 1024 + 0x38, 1024 + 0x68, 1024 + 0x78, 16, 2, "\x53\xef", fill_ext},
	{"xfs", "xfs", AT_START, 0, 32, 108, 12, 4, "XFSB", fill_xfs},
	{"squashfs", "squashfs", AT_START, 0, 0, 0, 0, 4, "hsqs", fill_squashfs},
	{"erofs", "erofs", AT_START, 1024, 1024 + 48, 1024 + 64, 16, 4, "\xe2\xe1\xf5\xe0", fill_erofs},
	{"crypto_LUKS", NULL, AT_START, 0, 0, 0, 0, 6, "LUKS\xba\xbe", fill_luks},
	{"LVM2_member", NULL, AT_START, 512, 0, 0, 0, 8, "LABELONE", NULL},
	{"swap", NULL, AT_START, 4086, 1024 + 12, 1024 + 28, 16, 10, "SWAPSPACE2", NULL},
	{"vfat", "vfat", AT_START, 82, 0, 0, 0, 8, "FAT32   ", fill_vfat},
	{"vfat", "vfat", AT_START, 54, 0, 0, 0, 4, "FAT1", fill_vfat},
	{"iso9660", "iso9660", AT_ISO, 1, 0, 40, 32, 5, "CD001", fill_iso9660},
	{"btrfs", "btrfs", AT_BTRFS, 64, 32, 299, 256, 8, "_BHRfS_M", fill_btrfs},
	// clang-format on
};

static bool match(const struct disk *d, const struct row *row, const uint8_t *w, struct superblock *sb)
{
	static const uint8_t none[16];

	if (memcmp(w + row->magic_at, row->magic, row->magic_len))
		return false;
	*sb = (struct superblock){.type = row->type, .driver = row->driver};
	if (row->uuid_at && memcmp(w + row->uuid_at, none, sizeof(none)))
		uuid_text(w + row->uuid_at, false, sb->uuid);
	if (row->label_len)
		copy_label(sb, w + row->label_at, row->label_len);
	if (!row->fill || row->fill(d, w, sb))
		return true;
	*sb = (struct superblock){.type = NULL};
	return false;
}

void superblock_read(const struct disk *d, struct superblock *sb)
{
	uint8_t w[WINDOW_BYTES] = {0};

	*sb = (struct superblock){.type = NULL};
	for (size_t i = 0; i < COUNT(windows); i++) {
		uint64_t n = d->size > windows[i] ? d->size - windows[i] : 0;

		if (n > sizeof(w))
			n = sizeof(w);
		memset(w + n, 0, sizeof(w) - n); // an image may be smaller than that
		if (n == 0 || !disk_read(d, windows[i], w, (size_t)n))
			continue;
		for (size_t j = 0; j < COUNT(rows); j++)
			if (rows[j].window == windows[i] && match(d, &rows[j], w, sb))
				return;
	}
}
