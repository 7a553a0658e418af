// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "firmware.h"

#include "fail.h"
#include "load.h"
#include "module.h"
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// In the order in which the kernel tries them.
static const struct suffix {
	const char *suffix;
	const char *program;	// NULL: not compressed
} suffixes[] = {
	{ "", NULL },
	{ ".zst", "zstd" },
	{ ".xz", "xz" },
};

enum { SUFFIXES = sizeof(suffixes) / sizeof(suffixes[0]) };

// Files that several names lead to become hard links in the image.
static void add_file(struct firmware *f, struct tree *t, const char *name, const char *source, const struct stat *st,
		     const char *program, const char *origin)
{
	struct entry e = { .origin = origin, .source = source, .mode = S_IFREG | 0644, .size = (uint64_t)st->st_size,
			   .root = t->roots, .dev = st->st_dev, .file = st->st_ino };

	if (program) {
		struct bytes packed = load_file(source, source), bytes = load_unpacked_bytes(packed, program, source);

		load_free(packed);
		e.data = bytes.at;
		e.size = bytes.size;
	}
	tree_add(t, fail_text("/lib/firmware/%s", name), e);
	f->added = fail_grow(f->added, f->added_count, sizeof(*f->added));
	f->added[f->added_count++] = fail_text("%s", name);
}

// Returns whether the file is there, and now in the tree.
static bool add_name(struct firmware *f, struct tree *t, const char *name, const char *origin)
{
	static const char *const places[] = { "updates/", "" };

	for (size_t i = 0; i < f->added_count; i++)
		if (!strcmp(f->added[i], name))
			return true;
	if (!f->added_count)
		t->roots++;
	for (size_t i = 0; i < 2 * SUFFIXES; i++) {
		const struct suffix *s = &suffixes[i % SUFFIXES];
		char *source = fail_text("%s/%s%s%s", f->dir, places[i / SUFFIXES], name, s->suffix);
		struct stat st;

		if (!stat(source, &st) && S_ISREG(st.st_mode)) {
			add_file(f, t, name, source, &st, s->program, origin);
			return true;
		}
		free(source);
	}
	return false;
}

static void keep_name(struct firmware *f, const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 1; i < SUFFIXES; i++) {
		size_t cut = strlen(suffixes[i].suffix);

		if (size > cut && !strcmp(name + size - cut, suffixes[i].suffix)) {
			size -= cut;
			break;
		}
	}
	if (!strncmp(name, "updates/", strlen("updates/"))) {
		name += strlen("updates/");
		size -= strlen("updates/");
	}
	f->files = fail_grow(f->files, f->count, sizeof(*f->files));
	f->files[f->count++] = fail_text("%.*s", (int)size, name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

// All files below the directory; links to directories are not followed.
static void read_names(struct firmware *f)
{
	char **dirs = fail_grow(NULL, 0, sizeof(*dirs));
	size_t count = 1;

	dirs[0] = fail_text("%s", "");
	f->files = fail_grow(NULL, 0, sizeof(*f->files));
	for (size_t i = 0; i < count; i++) {
		char *path = fail_text("%s/%s", f->dir, dirs[i]);
		DIR *dir = opendir(path);
		struct dirent *entry;

		if (!dir)
			fail("%s: %s", path, strerror(errno));
		while ((errno = 0, entry = readdir(dir))) {
			char *name = fail_text("%s%s", dirs[i], entry->d_name);
			char *file = fail_text("%s/%s", f->dir, name);
			struct stat st;

			if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
				continue;
			if (!lstat(file, &st) && S_ISDIR(st.st_mode)) {
				dirs = fail_grow(dirs, count, sizeof(*dirs));
				dirs[count++] = fail_text("%s/", name);
			} else if (!stat(file, &st) && S_ISREG(st.st_mode)) {
				keep_name(f, name);
			}
		}
		if (errno)
			fail("%s: %s", path, strerror(errno));
		closedir(dir);
	}
	qsort(f->files, f->count, sizeof(*f->files), by_name);
	free(dirs);
}

// The same for a pattern: whether any file matches.
static bool add_matching(struct firmware *f, struct tree *t, const char *name, const char *origin)
{
	bool found = false;

	if (!strpbrk(name, "*?["))
		return add_name(f, t, name, origin);
	if (!f->files)
		read_names(f);
	for (size_t i = 0; i < f->count; i++)
		if (!fnmatch(name, f->files[i], FNM_PATHNAME))
			found |= add_name(f, t, f->files[i], origin);
	return found;
}

void firmware_want(struct firmware *f, struct tree *t, const char *name, const char *origin)
{
	if (!f->dir)
		fail("%s: firmware %s: needs --firmware-dir", origin, name);
	if (!add_matching(f, t, name, origin))
		fail("%s: firmware %s: not found in %s", origin, name, f->dir);
}

void firmware_for(struct firmware *f, struct tree *t, const struct module *module)
{
	unsigned named = 0, missing = 0;
	struct kmod_text value;
	char *first = NULL;

	for (size_t at = 0; kmod_next_value(module->modinfo, "firmware", &at, &value);) {
		char *name = fail_text("%.*s", (int)value.size, value.at);

		named++;
		if (f->dir && add_matching(f, t, name, module->origin))
			continue;
		missing++;
		if (!first)
			first = name;
	}
	if (missing && f->dir)
		fail_note("%s: note: %u of the %u firmware files that it names %s not in %s, the first is %s",
			  module->file->name, missing, named, missing == 1 ? "is" : "are", f->dir, first);
	if (missing && !f->dir && !f->without++)
		f->first = module->file->name;
}

void firmware_end(const struct firmware *f)
{
	if (f->without)
		fail_note("note: %u module%s firmware, which is left out without --firmware-dir, the first is %s",
			  f->without, f->without == 1 ? " names" : "s name", f->first);
}
