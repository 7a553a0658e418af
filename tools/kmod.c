// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "kmod.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>

// How to read one ELF file.
struct reader {
	const unsigned char *bytes;
	size_t size;
	bool wide;	// 64 bit
	bool big;	// big-endian
};

// A section's header, as far as it matters here.
struct section {
	uint64_t name;
	uint64_t type;
	uint64_t offset;
	uint64_t size;
};

// The number of `width` bytes at offset; 0 if it is not all in the file: the
// callers check the range of whole headers before.
static uint64_t number(const struct reader *r, uint64_t offset, unsigned width)
{
	uint64_t value = 0;

	if (offset > r->size || width > r->size - offset)
		return 0;
	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)r->bytes[offset + i] << 8 * (r->big ? width - 1 - i : i);
	return value;
}

static bool in_file(const struct reader *r, uint64_t offset, uint64_t size)
{
	return offset <= r->size && size <= r->size - offset;
}

#define FIELD(r, base, type, member) \
	((r)->wide ? number(r, (base) + offsetof(Elf64_##type, member), sizeof(((Elf64_##type *)0)->member)) \
		   : number(r, (base) + offsetof(Elf32_##type, member), sizeof(((Elf32_##type *)0)->member)))

static struct section section_at(const struct reader *r, uint64_t base)
{
	return (struct section){
		.name = FIELD(r, base, Shdr, sh_name),
		.type = FIELD(r, base, Shdr, sh_type),
		.offset = FIELD(r, base, Shdr, sh_offset),
		.size = FIELD(r, base, Shdr, sh_size),
	};
}

static const char *start_reader(struct reader *r)
{
	if (r->size < EI_NIDENT || memcmp(r->bytes, ELFMAG, SELFMAG))
		return "not an ELF file";
	r->wide = r->bytes[EI_CLASS] == ELFCLASS64;
	r->big = r->bytes[EI_DATA] == ELFDATA2MSB;
	if ((!r->wide && r->bytes[EI_CLASS] != ELFCLASS32) || (!r->big && r->bytes[EI_DATA] != ELFDATA2LSB))
		return "an ELF file of unknown class or byte order";
	if (!in_file(r, 0, r->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return "an ELF file cut short in its header";
	return NULL;
}

const char *kmod_find_modinfo(const void *elf, size_t size, struct kmod_text *out)
{
	static const char wanted[] = ".modinfo";
	struct reader r = { .bytes = elf, .size = size };
	const char *why = start_reader(&r);
	uint64_t table, step, count;
	struct section names;

	if (why)
		return why;
	table = FIELD(&r, 0, Ehdr, e_shoff);
	step = FIELD(&r, 0, Ehdr, e_shentsize);
	count = FIELD(&r, 0, Ehdr, e_shnum);
	if (step < (r.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) || !in_file(&r, table, step * count))
		return "an ELF file whose section table is outside of it";
	if (FIELD(&r, 0, Ehdr, e_shstrndx) >= count)
		return "an ELF file without section names";
	names = section_at(&r, table + FIELD(&r, 0, Ehdr, e_shstrndx) * step);
	if (names.type == SHT_NOBITS || !in_file(&r, names.offset, names.size))
		return "an ELF file whose section names are outside of it";
	for (uint64_t i = 0; i < count; i++) {
		struct section s = section_at(&r, table + i * step);

		if (s.name > names.size || sizeof(wanted) > names.size - s.name ||
		    memcmp(r.bytes + names.offset + s.name, wanted, sizeof(wanted)))
			continue;
		if (s.type == SHT_NOBITS || !in_file(&r, s.offset, s.size))
			return "an ELF file whose .modinfo is outside of it";
		*out = (struct kmod_text){ (const char *)r.bytes + s.offset, (size_t)s.size };
		return NULL;
	}
	return "not a kernel module: no .modinfo section";
}

bool kmod_next_value(struct kmod_text modinfo, const char *key, size_t *at, struct kmod_text *value)
{
	size_t length = strlen(key);

	while (*at < modinfo.size) {
		const char *string = modinfo.at + *at;
		size_t size = strnlen(string, modinfo.size - *at);

		*at += size < modinfo.size - *at ? size + 1 : size;
		if (size <= length || string[length] != '=' || memcmp(string, key, length))
			continue;
		*value = (struct kmod_text){ string + length + 1, size - length - 1 };
		return true;
	}
	return false;
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

bool kmod_next_word(struct kmod_text *list, const char *separators, struct kmod_text *word)
{
	while (list->size && is_one_of(*list->at, separators)) {
		list->at++;
		list->size--;
	}
	*word = (struct kmod_text){ list->at, 0 };
	while (list->size && !is_one_of(*list->at, separators)) {
		list->at++;
		list->size--;
		word->size++;
	}
	return word->size > 0;
}

static const struct {
	const char *suffix;
	const char *program;
} suffixes[] = {
	{ ".ko", "" },
	{ ".ko.gz", "gzip" },
	{ ".ko.xz", "xz" },
	{ ".ko.zst", "zstd" },
};

// The row of suffixes[] that from ends in, or -1.
static int suffix_of(struct kmod_text from)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t length = strlen(suffixes[i].suffix);

		if (from.size > length && !memcmp(from.at + from.size - length, suffixes[i].suffix, length))
			return (int)i;
	}
	return -1;
}

const char *kmod_compression(const char *path)
{
	int row = suffix_of((struct kmod_text){ path, strlen(path) });

	return row < 0 ? NULL : suffixes[row].program;
}

bool kmod_name(struct kmod_text from, char name[static KMOD_NAME_MAX + 1])
{
	const char *slash = from.size ? memrchr(from.at, '/', from.size) : NULL;
	int row;

	if (slash) {
		from.size -= (size_t)(slash + 1 - from.at);
		from.at = slash + 1;
	}
	row = suffix_of(from);
	if (row >= 0)
		from.size -= strlen(suffixes[row].suffix);
	if (!from.size || from.size > KMOD_NAME_MAX)
		return false;
	for (size_t i = 0; i < from.size; i++) {
		char c = from.at[i] == '-' ? '_' : from.at[i];

		if (!(c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			return false;
		name[i] = c;
	}
	name[from.size] = '\0';
	return true;
}

size_t kmod_unsigned_size(struct kmod_text file)
{
	static const char magic[] = "~Module signature appended~\n";
	const size_t info = 12, tail = info + sizeof(magic) - 1;
	const unsigned char *at;
	size_t length;

	if (file.size < tail || memcmp(file.at + file.size - (sizeof(magic) - 1), magic, sizeof(magic) - 1))
		return file.size;
	// The lengths of the signer's name, of the key's id and, big-endian, of
	// the signature; all three stand before the 12 bytes.
	at = (const unsigned char *)file.at + file.size - tail;
	length = (size_t)at[3] + at[4] +
		 ((size_t)at[8] << 24 | (size_t)at[9] << 16 | (size_t)at[10] << 8 | at[11]);
	return length <= file.size - tail ? file.size - tail - length : file.size;
}

bool kmod_has_parameter(struct kmod_text modinfo, struct kmod_text name)
{
	static const char for_all[] = "dyndbg";
	struct kmod_text value;

	for (size_t at = 0; kmod_next_value(modinfo, "parm", &at, &value);) {
		const char *colon = memchr(value.at, ':', value.size);
		bool same = (colon ? (size_t)(colon - value.at) : value.size) == name.size;

		for (size_t i = 0; same && i < name.size; i++)
			same = name.at[i] == value.at[i] ||
			       (is_one_of(name.at[i], "-_") && is_one_of(value.at[i], "-_"));
		if (same)
			return true;
	}
	return name.size == sizeof(for_all) - 1 && !memcmp(name.at, for_all, name.size);
}
