// SPDX-License-Identifier: MIT
// base/superblock and base/ptable: what mkfs and sfdisk have made, beside what blkid(8) and sfdisk say of it; and damage.
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/crc32.h"
#include "base/ptable.h"
#include "base/superblock.h"

static char dir[] = "/tmp/initbox-disks.XXXXXX";
static char image[64];

// Runs a command of the shell in the directory of the images; %s in it is the image.
static void run(const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "export LC_ALL=C PATH=/usr/sbin:/sbin:$PATH i=%s; exec >>%s/log 2>&1; %s", image, dir, command);
	if (system(line))
		unit_fail("%s: failed (%s/log)", command, dir);
}

// What command prints, without the newline at the end.
static const char *output(const char *command, const char *word)
{
	static char text[4096];
	char line[1024];
	size_t n;
	FILE *f;

	snprintf(line, sizeof(line), "export LC_ALL=C PATH=/usr/sbin:/sbin:$PATH i=%s w='%s'; %s", image, word, command);
	f = popen(line, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (!f || pclose(f) > 512) // blkid's 2: it has no such thing
		unit_fail("%s: failed", command);
	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return text;
}

static const char *blkid(const char *tag)
{
	return output("blkid -p -o value -s $w $i", tag);
}

static struct superblock read_image(void)
{
	struct superblock sb;
	struct disk d;

	if (disk_open(&d, image))
		unit_fail("%s: %s", image, strerror(err_last.no));
	superblock_read(&d, &sb);
	disk_close(&d);
	return sb;
}

static void write_at(long at, const char *bytes, size_t n)
{
	int fd = open(image, O_WRONLY);

	assert_true(fd >= 0 && pwrite(fd, bytes, n, at) == (ssize_t)n);
	close(fd);
}

static const struct made {
	const char *type, *driver, *make;
	long harm;	    // a byte that its checksum covers, 0: has none
	const char *damage; // when its last 4 KiB and more are cut off; NULL: that can't be told
} made[] = {
	{"ext2", "ext4", "truncate -s 4M $i; mkfs.ext2 -q -L two $i", 0, "it is larger than its device"},
	{"ext3", "ext4", "truncate -s 8M $i; mkfs.ext3 -q -L 'a label of 16 by' $i", 0, "it is larger than its device"},
	{"ext4", "ext4", "truncate -s 8M $i; mkfs.ext4 -q -L root $i", 1024 + 0x70, "it is larger than its device"},
	{"ext4", "ext4", "truncate -s 8M $i; mkfs.ext4 -q -b 4096 -O ^metadata_csum,^64bit $i", 0, "it is larger than its device"},
	{"xfs", "xfs", "truncate -s 512M $i; mkfs.xfs -q -L twelve-bytes $i", 200, "it is larger than its device"},
	{"xfs", "xfs", "truncate -s 512M $i; mkfs.xfs -q -s size=4096 -L x $i", 4000, "it is larger than its device"},
	{"xfs", "xfs", "truncate -s 512M $i; mkfs.xfs -q -m crc=0 -L old $i", 0, "it is larger than its device"},
	{"btrfs", "btrfs", "truncate -s 128M $i; mkfs.btrfs -q -L 'a long label, with blanks and \303\244' $i", 0x10000 + 300,
	 "it is larger than its device"},
	{"squashfs", "squashfs", "mkdir -p tree; head -c 100000 /dev/urandom >tree/a; mksquashfs tree $i -quiet -no-progress", 0,
	 "it is larger than its device"},
	{"erofs", "erofs", "mkdir -p tree; head -c 100000 /dev/urandom >tree/a; mkfs.erofs $i tree", 1024 + 100,
	 "it is larger than its device"},
	{"vfat", "vfat", "truncate -s 4M $i; mkfs.vfat -F 12 -n TWELVE $i", 0, "it is larger than its device"},
	{"vfat", "vfat", "truncate -s 32M $i; mkfs.vfat -F 16 -n SIXTEEN $i", 0, "it is larger than its device"},
	{"vfat", "vfat", "truncate -s 64M $i; mkfs.vfat -F 32 -S 4096 -n 'THIRTY TWO' $i", 0, "it is larger than its device"},
	{"vfat", "vfat", "truncate -s 64M $i; mkfs.vfat -F 32 $i", 0, "it is larger than its device"},
	{"vfat", "vfat", "truncate -s 64M $i; mkfs.vfat -F 32 -n OLD $i; mlabel -i $i ::NEW", 0, "it is larger than its device"},
	{"iso9660", "iso9660", "mkdir -p tree; echo x >tree/x; genisoimage -quiet -V 'DISC 1' -o $i tree", 0, NULL},
	{"swap", NULL, "truncate -s 4M $i; mkswap -L page-room $i", 0, NULL},
};

static void remake(const char *make)
{
	char line[512];

	unlink(image);
	snprintf(line, sizeof(line), "cd %s && %s", dir, make);
	run(line);
}

static void equals(const struct made *m, const char *what, const char *got, const char *want)
{
	if (strcmp(got, want))
		unit_fail("%s: %s is \"%s\", for blkid it is \"%s\"", m->make, what, got, want);
}

static void agrees_with_blkid(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		const struct made *m = &made[i];
		struct superblock sb;

		remake(m->make);
		sb = read_image();
		equals(m, "type", sb.type ? sb.type : "", blkid("TYPE"));
		equals(m, "type", sb.type, m->type);
		equals(m, "UUID", sb.uuid, blkid("UUID"));
		equals(m, "label", sb.label, blkid("LABEL"));
		equals(m, "driver", sb.driver ? sb.driver : "", m->driver ? m->driver : "");
		equals(m, "damage", sb.damage ? sb.damage : "", "");
		if (m->damage) {
			run("truncate -s $(($(stat -c %s $i) * 9 / 10)) $i");
			equals(m, "damage of a short one", read_image().damage, m->damage);
		}
		if (m->harm) {
			remake(m->make);
			write_at(m->harm, "\x5a\xa5\x5a", 3);
			sb = read_image();
			equals(m, "damage", sb.damage, "the checksum of its superblock is wrong");
			assert_string_equal(sb.type, m->type);
		}
	}
}

static void says_nothing_of_others(void **state)
{
	static const char *const makes[] = {
		"truncate -s 0 $i", "truncate -s 1 $i", "truncate -s 1M $i", "head -c 200000 /dev/zero | tr '\\0' U >$i",
		"truncate -s 8M $i; mkfs.ext4 -q $i; dd if=/dev/zero of=$i bs=1k seek=1 count=1 conv=notrunc",
		"truncate -s 8M $i; echo 'label: dos' | sfdisk -q $i",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(makes); i++) {
		remake(makes[i]);
		if (read_image().type)
			unit_fail("%s: %s", makes[i], read_image().type);
	}
}

// LUKS has its UUID as text: of a damaged header as much as can be one.
static void takes_no_other_bytes_for_a_uuid(void **state)
{
	static uint8_t bytes[4096] = "LUKS\xba\xbe\0\1";
	const struct disk d = {.fd = -1, .mem = bytes, .size = sizeof(bytes), .sector = 512};
	struct superblock sb;

	(void)state;
	memcpy(bytes + 168, "01234567-89ab\x1b[2J-cdef", 22);
	superblock_read(&d, &sb);
	assert_string_equal(sb.type, "crypto_LUKS");
	assert_string_equal(sb.uuid, "01234567-89ab");
}

static const char *partition(unsigned number, struct partition_id *id)
{
	struct disk d;
	const char *why;

	assert_int_equal(disk_open(&d, image), 0);
	why = ptable_read(&d, number, id);
	disk_close(&d);
	return why;
}

static void expect_partition(unsigned number, const char *uuid, const char *label)
{
	struct partition_id id;
	const char *why = partition(number, &id);

	if (why)
		unit_fail("partition %u: %s", number, why);
	assert_string_equal(id.uuid, uuid);
	assert_string_equal(id.label, label);
}

static const char make_gpt[] =
	"truncate -s 64M $i; sgdisk -n 1:2048:+1M -u 1:11111111-2222-3333-4444-aabbccddeeff -c 1:efi "
	"-n 3:8192:+1M -u 3:0a0b0c0d-0e0f-1011-1213-141516171819 -c 3:'r\303\266\303\266t \342\202\254 \360\237\220\247' "
	"-n 128:16384:+1M -u 128:ffffffff-eeee-dddd-cccc-bbbbbbbbbbbb $i";

static void expect_gpt(void)
{
	expect_partition(1, "11111111-2222-3333-4444-aabbccddeeff", "efi");
	expect_partition(3, "0a0b0c0d-0e0f-1011-1213-141516171819", "r\303\266\303\266t \342\202\254 \360\237\220\247");
	expect_partition(128, "ffffffff-eeee-dddd-cccc-bbbbbbbbbbbb", "");
}

static void reads_gpt(void **state)
{
	struct partition_id id;

	(void)state;
	remake(make_gpt);
	expect_gpt();
	assert_string_equal(output("sfdisk --part-uuid $i 3 | tr A-F a-f", ""), "0a0b0c0d-0e0f-1011-1213-141516171819");
	assert_string_equal(output("sfdisk --part-label $i 3", ""), "r\303\266\303\266t \342\202\254 \360\237\220\247");
	for (unsigned n = 0; n < 140; n++)
		if (n != 1 && n != 3 && n != 128)
			assert_non_null(partition(n, &id));
	assert_string_equal(partition(2, &id), "its GPT has no such partition");
	assert_string_equal(id.uuid, "");
}

static void reads_the_backup(void **state)
{
	struct partition_id id;

	(void)state;
	for (unsigned i = 0; i < 3; i++) { // a header that is gone, one that is damaged, damaged entries
		static const long at[] = {512, 512 + 40, 1024 + 60};

		remake(make_gpt);
		write_at(at[i], "\0\1\2\3", 4);
		expect_gpt();
	}
	write_at((64 << 20) - 512 + 80, "\xff\xff\xff\xff", 4);
	assert_string_equal(partition(1, &id), "its GPT is damaged, and so is the backup");
}

static void reads_mbr(void **state)
{
	struct partition_id id;

	(void)state;
	remake("truncate -s 64M $i; printf '%s\\n' 'label: dos' 'label-id: 0xdeadbe0f' ',8M' ',8M,S' ',,E' | sfdisk -q $i;"
	       "for n in 1 2; do echo ',4M' | sfdisk -q -a $i; done");
	expect_partition(1, "deadbe0f-01", "");
	expect_partition(2, "deadbe0f-02", "");
	expect_partition(6, "deadbe0f-06", "");
	expect_partition(11, "deadbe0f-0b", "");
	assert_string_equal(output("sfdisk -d $i | sed -n 's/^label-id: 0x//p'", ""), "deadbe0f");
	assert_string_equal(partition(4, &id), "its MBR has no such partition");
	remake("truncate -s 1M $i");
	assert_string_equal(partition(1, &id), "it has no partition table");
	remake("truncate -s 100 $i");
	assert_string_equal(partition(1, &id), "it is too small for a partition table");
}

// Whatever a header says, nothing outside of the disk is read (ASan), and the end comes soon.
static void survives_any_bytes(void **state)
{
	enum { SIZE = 70 * 1024 };
	static const char *const makes[] = {"truncate -s 4M $i; mkfs.ext4 -q $i", "truncate -s 512M $i; mkfs.xfs -q $i",
					    "truncate -s 128M $i; mkfs.btrfs -q $i", "truncate -s 64M $i; mkfs.vfat -F 32 $i",
					    "mkdir -p tree; mkfs.erofs $i tree", make_gpt};
	unsigned seed = 1;

	(void)state;
	for (size_t i = 0; i < COUNT(makes); i++) {
		unsigned char *bytes = calloc(1, SIZE);
		int fd;

		remake(makes[i]);
		fd = open(image, O_RDONLY);
		assert_true(fd >= 0 && read(fd, bytes, SIZE) > 0);
		close(fd);
		for (unsigned round = 0; round < 2000; round++) {
			struct disk d = {.fd = -1, .sector = round & 1 ? 512 : 4096, .size = round % 7 ? SIZE : round};
			unsigned char *mem;
			struct superblock sb;
			struct partition_id id;
			unsigned at = (unsigned)rand_r(&seed) % (round & 2 ? SIZE : 2048);
			unsigned char old = bytes[at];

			bytes[at] = (unsigned char)rand_r(&seed);
			mem = unit_exact(bytes, d.size);
			d.mem = mem;
			superblock_read(&d, &sb);
			ptable_read(&d, 1 + round % 200, &id);
			free(mem);
			bytes[at] = old;
		}
		free(bytes);
	}
}

static void counts_checksums(void **state)
{
	(void)state;
	assert_int_equal(~crc32_add(~0u, CRC32_IEEE, "123456789", 9), 0xcbf43926);
	assert_int_equal(~crc32_add(~0u, CRC32_CASTAGNOLI, "123456789", 9), 0xe3069283);
}

static void halves_of_pairs(void **state)
{
	static const uint8_t units[] = {0x3d, 0xd8, 'a', 0, 0x27, 0xdc, 0x3d, 0xd8, 0x27, 0xdc, 0x3d, 0xd8};
	char text[COUNT(units) / 2 * 3 + 1];

	(void)state;
	utf16_to_utf8(units, COUNT(units) / 2, text);
	assert_string_equal(text, "\xef\xbf\xbd" "a" "\xef\xbf\xbd" "\xf0\x9f\x90\xa7" "\xef\xbf\xbd");
}

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(image, sizeof(image), "%s/image", dir);
	return 0;
}

static int end(void **state)
{
	char line[64];

	(void)state;
	snprintf(line, sizeof(line), "rm -rf %s", dir);
	return system(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_checksums),  cmocka_unit_test(agrees_with_blkid), cmocka_unit_test(says_nothing_of_others),
		cmocka_unit_test(reads_gpt),	     cmocka_unit_test(reads_the_backup),  cmocka_unit_test(reads_mbr),
		cmocka_unit_test(survives_any_bytes), cmocka_unit_test(takes_no_other_bytes_for_a_uuid), cmocka_unit_test(halves_of_pairs),
	};

	return cmocka_run_group_tests_name("disks", tests, begin, end);
}
