// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "microcode.h"

#include "cpio_read.h"
#include "fail.h"
#include "output.h"
#include "packing.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static uint32_t word(const unsigned char *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

enum {
	AMD_MAGIC = 0x00414d44,		// arch/x86/kernel/cpu/microcode/amd.c
	AMD_TABLE = 0,			// type of the first section of a container
	AMD_PATCH = 1,			// and of the others
	INTEL_HEADER = 48,		// arch/x86/include/asm/microcode_intel.h
	INTEL_DATA = 2000,		// what a size of 0 means
};

// Containers of a table of processors and patches, one after the other.
static const char *check_amd(struct bytes b)
{
	bool table = false;

	for (size_t at = 0; at < b.size;) {
		uint32_t type, size;

		if (b.size - at >= 4 && word(b.at + at) == AMD_MAGIC && !table) {
			at += 4;
			table = true;
		}
		if (b.size - at < 8)
			return "a section's header that is cut short";
		type = word(b.at + at);
		size = word(b.at + at + 4);
		if (type != (table ? AMD_TABLE : AMD_PATCH))
			return "a section of a type that is not expected there";
		if (size > b.size - at - 8)
			return "a section that is cut short";
		at += 8 + (size_t)size;
		table = false;
	}
	return NULL;
}

// Updates with a header each, whose words add up to 0.
static const char *check_intel(struct bytes b)
{
	for (size_t at = 0; at < b.size;) {
		const unsigned char *update = b.at + at;
		uint32_t data, total, sum = 0;

		if (b.size - at < INTEL_HEADER)
			return "a header that is cut short";
		if (word(update) != 1 || word(update + 20) != 1)
			return "a header of an unknown version";
		data = word(update + 28);
		total = data ? word(update + 32) : INTEL_DATA + INTEL_HEADER;
		data = data ? data : INTEL_DATA;
		if (total > b.size - at)
			return "an update that is cut short";
		if (data % 4 || total % 4 || total < INTEL_HEADER || data > total - INTEL_HEADER)
			return "sizes that can't be";
		for (size_t i = 0; i < data + INTEL_HEADER; i += 4)
			sum += word(update + i);
		if (sum)
			return "an update whose checksum is wrong";
		at += total;
	}
	return NULL;
}

static bool is_amd(struct bytes b)
{
	return b.size >= 12 && word(b.at) == AMD_MAGIC;
}

static bool is_intel(struct bytes b)
{
	return b.size >= INTEL_HEADER && word(b.at) == 1 && word(b.at + 20) == 1;
}

// In the order of their names, as they stand in the archive.
static const struct vendor {
	const char *path;
	bool (*is)(struct bytes b);
	const char *(*check)(struct bytes b);
} vendors[MICROCODE_VENDORS] = {
	{ "kernel/x86/microcode/AuthenticAMD.bin", is_amd, check_amd },
	{ "kernel/x86/microcode/GenuineIntel.bin", is_intel, check_intel },
};

int microcode_vendor(struct bytes bytes, const char **why)
{
	*why = NULL;
	for (int i = 0; i < MICROCODE_VENDORS; i++)
		if (vendors[i].is(bytes)) {
			*why = vendors[i].check(bytes);
			return i;
		}
	return -1;
}

// Returns whether the bytes are microcode.
static bool add_bytes(struct microcode *m, struct bytes b, const char *path, const char *origin)
{
	const char *why;
	int i = microcode_vendor(b, &why);

	if (why)
		fail("%s: %s: microcode with %s", origin, path, why);
	if (i < 0)
		return false;
	m->of[i].data = fail_realloc(m->of[i].data, m->of[i].size + b.size, 1);
	memcpy(m->of[i].data + m->of[i].size, b.at, b.size);
	m->of[i].size += b.size;
	return true;
}

// An early archive, as other programs make them.
static bool add_archive(struct microcode *m, struct bytes b, const char *path, const char *origin)
{
	bool found = false;
	struct cpio_found f;
	const char *why;

	for (size_t at = 0; !(why = cpio_read(b.at, b.size, &at, &f)) && !f.trailer;)
		for (size_t i = 0; i < MICROCODE_VENDORS; i++)
			if (!strcmp(f.member.name, vendors[i].path))
				found |= add_bytes(m, (struct bytes){ .at = f.data, .size = f.member.size }, path, origin);
	if (why)
		fail("%s: %s: a newc archive: %s", origin, path, why);
	return found;
}

static bool add_file(struct microcode *m, const char *path, const char *origin)
{
	char *object = fail_text("%s: %s", origin, path);
	struct bytes b = load_file(path, object);
	const struct packing *packing = packing_find(b.at, b.size);
	bool found;

	if (packing)
		b = load_unpacked_bytes(b, packing->program, object);
	found = cpio_is(b.at, b.size) ? add_archive(m, b, path, origin) : add_bytes(m, b, path, origin);
	load_free(b);
	free(object);
	return found;
}

// Intel's and AMD's directories also hold licences and signatures.
static void add_directory(struct microcode *m, const char *path, const char *origin)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort), others = 0;
	bool found = false;
	char *other = NULL;

	if (count < 0)
		fail("%s: %s: %s", origin, path, strerror(errno));
	for (int i = 0; i < count; i++) {
		char *name = fail_text("%s/%s", path, names[i]->d_name);
		struct stat st;

		if (stat(name, &st))
			fail("%s: %s: %s", origin, name, strerror(errno));
		if (!S_ISREG(st.st_mode))
			continue;
		if (add_file(m, name, origin))
			found = true;
		else if (!others++)
			other = name;
	}
	if (!found)
		fail("%s: %s: no file with microcode in it", origin, path);
	if (others)
		fail_note("%s: note: %d of its files %s no microcode, left out; the first is %s", origin, others,
			  others == 1 ? "is" : "are", other);
}

void microcode_add(struct microcode *m, const char *path, const char *origin)
{
	struct stat st;

	if (stat(path, &st))
		fail("%s: %s: %s", origin, path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		add_directory(m, path, origin);
	else if (!add_file(m, path, origin))
		fail("%s: %s: neither Intel's nor AMD's microcode", origin, path);
}

bool microcode_any(const struct microcode *m)
{
	return m->of[0].size || m->of[1].size;
}

void microcode_write(const struct microcode *m, struct cpio *c, uint32_t mtime)
{
	static const char *const dirs[] = { "kernel", "kernel/x86", "kernel/x86/microcode" };
	struct cpio_member member = { .mode = S_IFDIR | 0755, .nlink = 2, .mtime = mtime };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		member.name = dirs[i];
		member.ino++;
		if (cpio_header(c, &member))
			output_failed();
	}
	member.mode = S_IFREG | 0644;
	member.nlink = 1;
	for (size_t i = 0; i < MICROCODE_VENDORS; i++) {
		if (!m->of[i].size)
			continue;
		member.name = vendors[i].path;
		member.ino++;
		member.size = (uint32_t)m->of[i].size;
		// Intel's processors want an update at a multiple of 16, and the
		// kernel gives them the bytes where they lie.
		member.name_padding = (uint32_t)(-(c->offset + CPIO_HEADER + strlen(member.name) + 1) & 15);
		if (cpio_header(c, &member) || cpio_data(c, m->of[i].data, m->of[i].size) || cpio_align(c, 4))
			output_failed();
	}
	if (cpio_end(c))
		output_failed();
}
