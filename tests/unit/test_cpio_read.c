// SPDX-License-Identifier: MIT
// cpio_read, packing, elf_static: what they make of bytes, and that nothing outside of them is read (each case lies in
// memory of exactly its size, under ASan).
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpio_read.h"
#include "elf_static.h"
#include "packing.h"

// A copy without a byte behind it.
static unsigned char *exact(const void *bytes, size_t size)
{
	unsigned char *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	return copy;
}

// A member with a name and data of given lengths.
static size_t make_member(char *out, size_t name_size, size_t data_size)
{
	size_t size = CPIO_HEADER;
	char name[64] = "";
	const struct cpio_member m = { .name = name, .ino = 7, .mode = 0100644, .uid = 1, .gid = 2, .nlink = 3,
				       .mtime = 4, .size = (uint32_t)data_size, .rmajor = 5, .rminor = 6 };

	memset(name, 'n', name_size);
	cpio_format(&m, out);
	strcpy(out + size, name);
	for (size += name_size + 1; size % 4; size++)
		out[size] = 0;
	memset(out + size, 'd', data_size);
	for (size += data_size; size % 4; size++)
		out[size] = 0;
	return size;
}

static void reads_what_was_written(void **state)
{
	(void)state;
	for (size_t name = 1; name < 9; name++)
		for (size_t data = 0; data < 6; data++) {
			char raw[512];
			size_t size = make_member(raw, name, data), at = 0;
			unsigned char *bytes = exact(raw, size);
			struct cpio_found f;

			assert_null(cpio_read(bytes, size, &at, &f));
			assert_int_equal(at, size);
			assert_false(f.trailer);
			assert_int_equal(strlen(f.member.name), name);
			assert_int_equal(f.member.ino, 7);
			assert_int_equal(f.member.mode, 0100644);
			assert_int_equal(f.member.uid, 1);
			assert_int_equal(f.member.gid, 2);
			assert_int_equal(f.member.nlink, 3);
			assert_int_equal(f.member.mtime, 4);
			assert_int_equal(f.member.size, data);
			assert_int_equal(f.member.rmajor, 5);
			assert_int_equal(f.member.rminor, 6);
			for (size_t i = 0; i < data; i++)
				assert_int_equal(f.data[i], 'd');
			assert_string_equal(cpio_read(bytes, size, &at, &f), "it ends without a trailer");
			free(bytes);
		}
}

// Each shorter archive is refused, and *at stays.
static void refuses_each_cut(void **state)
{
	char raw[512];
	size_t whole = make_member(raw, 5, 5);

	(void)state;
	for (size_t size = 0; size < whole; size++) {
		unsigned char *bytes = exact(raw, size);
		struct cpio_found f;
		size_t at = 0;
		const char *why = cpio_read(bytes, size, &at, &f);

		if (size < whole - 3) { // what is left out is padding
			assert_non_null(why);
			assert_int_equal(at, 0);
		} else {
			assert_null(why);
			assert_int_equal(at, size);
		}
		free(bytes);
	}
}

// Every byte of a header replaced by every value: no read outside (ASan says so), and *at moves by a member or not at all.
static void survives_each_byte(void **state)
{
	char raw[512];
	size_t size = make_member(raw, 5, 5);

	(void)state;
	for (size_t i = 0; i < size; i++)
		for (unsigned value = 0; value < 256; value++) {
			unsigned char *bytes = exact(raw, size);
			struct cpio_found f;
			size_t at = 0;

			bytes[i] = (unsigned char)value;
			if (cpio_read(bytes, size, &at, &f)) {
				assert_int_equal(at, 0);
			} else {
				assert_true(at > CPIO_HEADER && at <= size);
				assert_true(f.data + f.member.size <= bytes + size);
				assert_true(strlen(f.member.name) < size);
			}
			free(bytes);
		}
}

// hello\n by gzip -n (fixed codes), a stored block, and zstd: their length whatever comes behind, and 0 for each cut.
static void finds_the_end_of_packed(void **state)
{
	static const unsigned char gzip[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7,
					      2, 0, 0x20, 0x30, 0x3a, 0x36, 6, 0, 0, 0 };
	static const unsigned char stored[] = { 0x1f, 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 3, 2, 0, 'e', 'x', 'n', 0, 'c', 0,
						1, 2, 1, 6, 0, 0xf9, 0xff, 'h', 'e', 'l', 'l', 'o', '\n',
						0x20, 0x30, 0x3a, 0x36, 6, 0, 0, 0 };
	static const unsigned char zstd[] = { 0x28, 0xb5, 0x2f, 0xfd, 4, 0x58, 0x31, 0, 0, 'h', 'e', 'l', 'l', 'o',
					      '\n', 0x53, 0x88, 0xbd, 0x91 };
	const struct { const unsigned char *at; size_t size; } cases[] = {
		{ gzip, sizeof(gzip) }, { stored, sizeof(stored) }, { zstd, sizeof(zstd) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char more[64] = { 0 };
		const struct packing *p = packing_find(cases[i].at, cases[i].size);

		assert_non_null(p);
		assert_string_equal(p->name, i < 2 ? "gzip" : "zstd");
		for (size_t size = 0; size <= cases[i].size; size++) {
			unsigned char *bytes = exact(cases[i].at, size);

			assert_int_equal(p->length(bytes, size), size == cases[i].size ? size : 0);
			free(bytes);
		}
		memset(more, 'x', sizeof(more));
		memcpy(more, cases[i].at, cases[i].size);
		assert_int_equal(p->length(more, sizeof(more)), cases[i].size);
	}
	assert_null(packing_find((const unsigned char *)"07070", 5));
	assert_null(packing_find(gzip, 1));
}

static void refuses_broken_codes(void **state)
{
	unsigned char bytes[64] = { 0x1f, 0x8b, 8 };

	(void)state;
	bytes[10] = 7; // a block of the type that does not exist
	assert_int_equal(packing_gzip_length(bytes, sizeof(bytes)), 0);
	bytes[10] = 1; // stored, with lengths that do not agree
	assert_int_equal(packing_gzip_length(bytes, sizeof(bytes)), 0);
	bytes[10] = 5; // dynamic, with no code at all
	assert_int_equal(packing_gzip_length(bytes, sizeof(bytes)), 0);
	for (unsigned seed = 1; seed < 20000; seed++) { // noise
		uint32_t x = seed;

		for (size_t i = 10; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
		assert_true(packing_gzip_length(bytes, sizeof(bytes)) <= sizeof(bytes));
		assert_true(packing_zstd_length(bytes, sizeof(bytes)) <= sizeof(bytes));
	}
}

static void looks_into_programs(void **state)
{
	unsigned char *self;
	size_t size;
	FILE *f = fopen("/proc/self/exe", "rb");

	(void)state;
	assert_non_null(f);
	self = malloc(1 << 16);
	assert_non_null(self);
	size = fread(self, 1, 1 << 16, f);
	fclose(f);
	assert_string_equal(elf_static(self, size), "not a static program: it needs a dynamic linker");
	for (size_t cut = 0; cut < 1024; cut++) {
		unsigned char *bytes = exact(self, cut);

		assert_non_null(elf_static(bytes, cut));
		free(bytes);
	}
	free(self);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written), cmocka_unit_test(refuses_each_cut),
		cmocka_unit_test(survives_each_byte), cmocka_unit_test(finds_the_end_of_packed),
		cmocka_unit_test(refuses_broken_codes), cmocka_unit_test(looks_into_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
