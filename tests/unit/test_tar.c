// SPDX-License-Identifier: MIT
// tar: what is made of headers and extensions, and that nothing outside of the bytes is read (each case lies in memory
// of exactly its size, under ASan).
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tar.h"

static unsigned char archive[32 * TAR_BLOCK];
static size_t used;
static struct tar_found found;

static void sign(unsigned char *h)
{
	unsigned sum = 0;

	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += h[i];
	snprintf((char *)h + 148, 8, "%06o", sum);
}

// Adds a member with its data.
static unsigned char *add(const char *name, char type, const void *data, size_t size)
{
	unsigned char *h = archive + used;

	memset(h, 0, TAR_BLOCK);
	strcpy((char *)h, name);
	memcpy(h + 100, "0000644\0" "0000014\0" "0000042\0", 24);
	snprintf((char *)h + 124, 12, "%011zo", size);
	h[156] = (unsigned char)type;
	memcpy(h + 257, "ustar\0" "00", 8);
	sign(h);
	used += TAR_BLOCK;
	memcpy(archive + used, data, size);
	memset(archive + used + size, 0, -size % TAR_BLOCK);
	used += size + -size % TAR_BLOCK;
	return h;
}

static void add_end(void)
{
	memset(archive + used, 0, TAR_BLOCK);
	used += TAR_BLOCK;
}

static void add_pax(const char *records)
{
	add("pax", 'x', records, strlen(records));
}

static const char *read_first(void)
{
	unsigned char *copy = malloc(used ? used : 1);
	const char *why;
	size_t at = 0;

	assert_non_null(copy);
	memcpy(copy, archive, used);
	why = tar_read(copy, used, &at, &found);
	assert_true(at <= used || why);
	free(copy);
	found.data = NULL;
	return why;
}

static void reads_headers(void **state)
{
	unsigned char *h;
	size_t at = 0;

	(void)state;
	used = 0;
	add("a/file", '0', "hello", 5);
	h = add("link", '2', "", 0);
	strcpy((char *)h + 157, "target");
	sign(h);
	h = add("disk", '4', "", 0);
	memcpy(h + 329, "0000376\0" "0210560\0", 16);
	sign(h);
	h = add("base256", '0', "", 0);
	memcpy(h + 108, "\x80\0\0\0\0\x1e\x84\x80", 8);
	sign(h);
	h = add("name", '5', "", 0);
	strcpy((char *)h + 345, "prefix");
	sign(h);
	add_end();
	assert_true(tar_is(archive, used));

	assert_null(tar_read(archive, used, &at, &found));
	assert_int_equal(found.type, TAR_FILE);
	assert_string_equal(found.name, "a/file");
	assert_int_equal(found.mode, 0644);
	assert_int_equal(found.uid, 12);
	assert_int_equal(found.gid, 34);
	assert_int_equal(found.size, 5);
	assert_memory_equal(found.data, "hello", 5);
	assert_null(tar_read(archive, used, &at, &found));
	assert_int_equal(found.type, TAR_SYMLINK);
	assert_string_equal(found.target, "target");
	assert_null(tar_read(archive, used, &at, &found));
	assert_int_equal(found.type, TAR_BLOCK_DEVICE);
	assert_int_equal(found.rmajor, 254);
	assert_int_equal(found.rminor, 70000);
	assert_null(tar_read(archive, used, &at, &found));
	assert_int_equal(found.uid, 2000000);
	assert_null(tar_read(archive, used, &at, &found));
	assert_int_equal(found.type, TAR_DIRECTORY);
	assert_string_equal(found.name, "prefix/name");
	for (int again = 0; again < 2; again++) {
		assert_null(tar_read(archive, used, &at, &found));
		assert_int_equal(found.type, TAR_END);
	}
}

static void reads_extensions(void **state)
{
	(void)state;
	used = 0;
	add_pax("13 path=long\n");
	add("short", '0', "hello", 5);
	add_end();
	assert_null(read_first());
	assert_string_equal(found.name, "long");

	used = 0;
	add_pax("15 uid=3000000\n12 gid=1000\n10 size=3\n25 SCHILY.xattr.user.x=y\n38 SCHILY.xattr.security.capability=\n\n");
	add("short", '0', "hello", 3);
	add_end();
	assert_string_equal(read_first() ? "refused" : found.attribute, "security.capability");
	assert_int_equal(found.uid, 3000000);
	assert_int_equal(found.gid, 1000);
	assert_int_equal(found.size, 3);

	used = 0;
	add("././@LongLink", 'L', "a long name", 12);
	add("././@LongLink", 'K', "a long target", 14);
	add("short", '2', "", 0);
	add_end();
	assert_null(read_first());
	assert_string_equal(found.name, "a long name");
	assert_string_equal(found.target, "a long target");
}

static void refuses_bad_extensions(void **state)
{
	static const char *const records[] = {
		"13path=long\n", "0 path=long\n", "99 path=long\n", "2 path=long\n", "13 path=long ", "x path=long\n",
		"9 path+l\n", "10 uid=12x\n", "9 uid=-1\n", "18 gid=9999999999\n", "29 size=99999999999999999999\n",
		"18 GNU.sparse.x=1\n", "184467440737095516160 a=b\n",
	};
	char many[4200];

	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		used = 0;
		add_pax(records[i]);
		add("short", '0', "", 0);
		add_end();
		if (!read_first())
			fail_msg("not refused: %s", records[i]);
	}
	memset(many, 'n', sizeof(many));
	used = 0;
	add("././@LongLink", 'L', many, sizeof(many));
	assert_string_equal(read_first(), "a name that is longer than 4095 bytes");
	used = 0;
	for (int i = 0; i < 20; i++)
		add("g", 'g', "", 0);
	assert_string_equal(read_first(), "more headers that belong to the next one than can be");
	used = 0;
	add_pax("13 path=long\n");
	add_end();
	assert_string_equal(read_first(), "it ends where a member must be");
	used = 0;
	add("f", '0', "hello", 5);
	for (size_t whole = used, size = 1; size < whole; size += 7) {
		used = size;
		assert_non_null(read_first());
	}
}

static void sign_headers(void)
{
	sign(archive);
	sign(archive + 2 * TAR_BLOCK);
}

// Each byte of the extension and of the header behind it replaced by each value, with a right checksum.
static void survives_each_byte(void **state)
{
	(void)state;
	used = 0;
	add_pax("13 path=long\n10 size=3\n25 SCHILY.xattr.user.x=y\n");
	add("short", '0', "hello", 3);
	add_end();
	for (size_t i = 0; i < 3 * TAR_BLOCK; i++)
		for (unsigned value = 0; value < 256; value++) {
			unsigned char before = archive[i];

			if (i % TAR_BLOCK > 345) // a part of the prefix is like another
				continue;
			archive[i] = (unsigned char)value;
			sign_headers();
			(void)!read_first();
			archive[i] = before;
		}
	sign_headers();
	assert_null(read_first());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_headers),
		cmocka_unit_test(reads_extensions),
		cmocka_unit_test(refuses_bad_extensions),
		cmocka_unit_test(survives_each_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
