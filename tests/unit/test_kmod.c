// SPDX-License-Identifier: MIT
// kmod: reading .modinfo out of ELF files, good ones and broken ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "kmod.h"

#define TEXT(s) ((struct kmod_text){ (s), strlen(s) })

static const char modinfo[] = "license=MIT\0depends=b,c-d\0softdep=pre: x post: y\0depends=\0depends_on=no";

// A small ELF file: header, three sections (none, .modinfo, names), their data.
struct image {
	unsigned char bytes[1024];
	size_t size;
	size_t table;
	size_t step;
	bool wide;
	bool big;
};

static void put(struct image *image, size_t offset, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		image->bytes[offset + i] = (unsigned char)(value >> 8 * (image->big ? width - 1 - i : i));
}

#define PUT(image, base, type, member, value)                                                                  \
	((image)->wide ? put((image), (base) + offsetof(Elf64_##type, member),                                 \
			     sizeof(((Elf64_##type *)0)->member), (value))                                     \
		       : put((image), (base) + offsetof(Elf32_##type, member),                                 \
			     sizeof(((Elf32_##type *)0)->member), (value)))

static void make_image(struct image *image, bool wide, bool big)
{
	static const char names[] = "\0.modinfo\0.shstrtab";

	*image = (struct image){ .wide = wide, .big = big };
	memcpy(image->bytes, ELFMAG, SELFMAG);
	image->bytes[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	image->bytes[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
	image->step = wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	image->table = wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	PUT(image, 0, Ehdr, e_shoff, image->table);
	PUT(image, 0, Ehdr, e_shentsize, image->step);
	PUT(image, 0, Ehdr, e_shnum, 3);
	PUT(image, 0, Ehdr, e_shstrndx, 2);
	image->size = image->table + 3 * image->step;
	PUT(image, image->table + image->step, Shdr, sh_name, 1);
	PUT(image, image->table + image->step, Shdr, sh_type, SHT_PROGBITS);
	PUT(image, image->table + 2 * image->step, Shdr, sh_name, 10);
	PUT(image, image->table + 2 * image->step, Shdr, sh_type, SHT_STRTAB);
	// The names come first, so that every cut of the file hits something.
	PUT(image, image->table + 2 * image->step, Shdr, sh_offset, image->size);
	PUT(image, image->table + 2 * image->step, Shdr, sh_size, sizeof(names));
	memcpy(image->bytes + image->size, names, sizeof(names));
	image->size += sizeof(names);
	PUT(image, image->table + image->step, Shdr, sh_offset, image->size);
	PUT(image, image->table + image->step, Shdr, sh_size, sizeof(modinfo));
	memcpy(image->bytes + image->size, modinfo, sizeof(modinfo));
	image->size += sizeof(modinfo);
}

// Parses a copy that has exactly `size` bytes, so that the sanitizer sees a
// read of the next one, and walks through what was found.
static const char *parse(const struct image *image, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct kmod_text info = { "", 0 }, value;
	const char *why;
	size_t at = 0;

	assert_non_null(copy);
	memcpy(copy, image->bytes, size);
	why = kmod_find_modinfo(copy, size, &info);
	if (!why) {
		assert_true(info.size == 0 || (info.at >= copy && info.at + info.size <= copy + size));
		while (kmod_next_value(info, "depends", &at, &value))
			assert_true(value.at >= info.at && value.at + value.size <= info.at + info.size);
		assert_true(at <= info.size);
	}
	free(copy);
	return why;
}

static void finds_modinfo(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct image image;
		struct kmod_text info;

		make_image(&image, kind & 1, kind & 2);
		assert_null(kmod_find_modinfo(image.bytes, image.size, &info));
		assert_int_equal(info.size, sizeof(modinfo));
		assert_memory_equal(info.at, modinfo, sizeof(modinfo));
	}
}

static void survives_truncation(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct image image;

		make_image(&image, kind & 1, kind & 2);
		// The last section ends the file: any cut is noticed.
		for (size_t size = 0; size < image.size; size++)
			assert_non_null(parse(&image, size));
		assert_null(parse(&image, image.size));
	}
}

static void survives_any_byte(void **state)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct image image;

		make_image(&image, kind & 1, kind & 2);
		for (size_t i = 0; i < image.size; i++) {
			unsigned char old = image.bytes[i];

			for (size_t v = 0; v < sizeof(values); v++) {
				image.bytes[i] = values[v];
				(void)!parse(&image, image.size);
			}
			image.bytes[i] = old;
		}
	}
}

static void refuses_what_is_outside(void **state)
{
	static const uint64_t far[] = { 0x7ffffff0, 0xfffffff0, 0x7ffffffffffffff0, 0xfffffffffffffff0 };

	(void)state;
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		struct image image;

		make_image(&image, true, false);
		PUT(&image, 0, Ehdr, e_shoff, far[i]);
		assert_string_equal(parse(&image, image.size),
				    "an ELF file whose section table is outside of it");
		make_image(&image, true, false);
		PUT(&image, image.table + image.step, Shdr, sh_size, far[i]);
		assert_string_equal(parse(&image, image.size), "an ELF file whose .modinfo is outside of it");
		make_image(&image, true, false);
		PUT(&image, image.table + 2 * image.step, Shdr, sh_offset, far[i]);
		assert_string_equal(parse(&image, image.size),
				    "an ELF file whose section names are outside of it");
	}
}

static void tells_what_is_wrong(void **state)
{
	struct image image;

	(void)state;
	make_image(&image, true, false);
	image.bytes[1] = 'X';
	assert_string_equal(parse(&image, image.size), "not an ELF file");
	make_image(&image, true, false);
	image.bytes[EI_CLASS] = 9;
	assert_string_equal(parse(&image, image.size), "an ELF file of unknown class or byte order");
	make_image(&image, true, false);
	PUT(&image, image.table + image.step, Shdr, sh_name, 3);
	assert_string_equal(parse(&image, image.size), "not a kernel module: no .modinfo section");
	make_image(&image, true, false);
	PUT(&image, 0, Ehdr, e_shstrndx, 3);
	assert_string_equal(parse(&image, image.size), "an ELF file without section names");
	make_image(&image, true, false);
	PUT(&image, image.table + image.step, Shdr, sh_type, SHT_NOBITS);
	assert_string_equal(parse(&image, image.size), "an ELF file whose .modinfo is outside of it");
}

static void expect_text(struct kmod_text text, const char *expected)
{
	assert_int_equal(text.size, strlen(expected));
	assert_memory_equal(text.at, expected, text.size);
}

static void gives_each_value(void **state)
{
	struct kmod_text info = { modinfo, sizeof(modinfo) - 1 }, value;
	size_t at = 0;

	(void)state;
	assert_true(kmod_next_value(info, "depends", &at, &value));
	expect_text(value, "b,c-d");
	assert_true(kmod_next_value(info, "depends", &at, &value));
	expect_text(value, "");
	assert_false(kmod_next_value(info, "depends", &at, &value));
	// The last string has no NUL in this piece.
	at = 0;
	assert_true(kmod_next_value(info, "depends_on", &at, &value));
	expect_text(value, "no");
	at = 0;
	assert_false(kmod_next_value(info, "depend", &at, &value));
}

static void cuts_words(void **state)
{
	struct kmod_text list = TEXT(",a,,b-c, d"), word;

	(void)state;
	assert_true(kmod_next_word(&list, ", ", &word));
	expect_text(word, "a");
	assert_true(kmod_next_word(&list, ", ", &word));
	expect_text(word, "b-c");
	assert_true(kmod_next_word(&list, ", ", &word));
	expect_text(word, "d");
	assert_false(kmod_next_word(&list, ", ", &word));
	list = TEXT("");
	assert_false(kmod_next_word(&list, ", ", &word));
}

static void names_modules(void **state)
{
	static const struct {
		const char *from;
		const char *name;	// NULL: not a name
	} rows[] = {
		{ "virtio-rng", "virtio_rng" },
		{ "kernel/drivers/char/virtio-rng.ko", "virtio_rng" },
		{ "/a.ko/b.ko.xz", "b" },
		{ "b.ko.zst", "b" },
		{ "b.ko.gz", "b" },
		{ "9p", "9p" },
		{ "", NULL },
		{ "a/", NULL },
		{ ".ko", NULL },
		{ "a b", NULL },
		{ "a.b", NULL },
		{ "pci:v*d*", NULL },
		{ "1234567890123456789012345678901234567890123456789012345678901234", NULL },
		{ "123456789012345678901234567890123456789012345678901234567890123",
		  "123456789012345678901234567890123456789012345678901234567890123" },
	};
	char name[KMOD_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(kmod_name(TEXT(rows[i].from), name), rows[i].name != NULL);
		if (rows[i].name)
			assert_string_equal(name, rows[i].name);
	}
}

static void knows_compression(void **state)
{
	(void)state;
	assert_string_equal(kmod_compression("x/a.ko"), "");
	assert_string_equal(kmod_compression("x/a.ko.gz"), "gzip");
	assert_string_equal(kmod_compression("x/a.ko.xz"), "xz");
	assert_string_equal(kmod_compression("x/a.ko.zst"), "zstd");
	assert_null(kmod_compression("x/a.ko.bz2"));
	assert_null(kmod_compression("modules.dep"));
	assert_null(kmod_compression(".ko"));
}

static void cuts_signatures(void **state)
{
	static const char magic[] = "~Module signature appended~\n";
	char file[10 + 5 + 12 + sizeof(magic) - 1] = "0123456789SSSSS";
	struct kmod_text text = { file, sizeof(file) };

	(void)state;
	memcpy(file + 27, magic, sizeof(magic) - 1);
	file[26] = 5; // the signature's length, big-endian
	assert_int_equal(kmod_unsigned_size(text), 10);
	file[15 + 3] = 4; // and the signer's name and the key's id
	file[15 + 4] = 2;
	assert_int_equal(kmod_unsigned_size(text), 4);
	file[26] = 10; // more than there is: not cut
	assert_int_equal(kmod_unsigned_size(text), sizeof(file));
	file[23] = (char)0xff;
	assert_int_equal(kmod_unsigned_size(text), sizeof(file));
	file[sizeof(file) - 1] = 'x';
	assert_int_equal(kmod_unsigned_size(text), sizeof(file));
	assert_int_equal(kmod_unsigned_size((struct kmod_text){ magic, sizeof(magic) - 1 }), sizeof(magic) - 1);
}

static void knows_parameters(void **state)
{
	static const char info[] = "parm=size:bytes\0parmtype=size:int\0parm=a-b_c:text\0parm=bare\0parm=:none\0parm=x";
	const struct kmod_text text = { info, sizeof(info) - 1 };

	(void)state;
	assert_true(kmod_has_parameter(text, TEXT("size")));
	assert_true(kmod_has_parameter(text, TEXT("a_b-c")));
	assert_true(kmod_has_parameter(text, TEXT("bare")));
	assert_true(kmod_has_parameter(text, TEXT("x")));
	assert_true(kmod_has_parameter(text, TEXT("dyndbg")));
	assert_false(kmod_has_parameter(text, TEXT("siz")));
	assert_false(kmod_has_parameter(text, TEXT("size:")));
	assert_false(kmod_has_parameter(text, TEXT("sizes")));
	assert_false(kmod_has_parameter(text, TEXT("dyndb")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_modinfo),	cmocka_unit_test(survives_truncation),
		cmocka_unit_test(survives_any_byte),	cmocka_unit_test(refuses_what_is_outside),
		cmocka_unit_test(tells_what_is_wrong),	cmocka_unit_test(gives_each_value),
		cmocka_unit_test(cuts_words),		cmocka_unit_test(names_modules),
		cmocka_unit_test(knows_compression),	cmocka_unit_test(cuts_signatures),
		cmocka_unit_test(knows_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
