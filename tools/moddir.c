// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "moddir.h"

#include "fail.h"
#include "load.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct kmod_text moddir_read(const char *path, struct kmod_text *modinfo)
{
	const char *program = kmod_compression(path), *why;
	struct bytes file = load_file(path, path), bytes = file;
	struct kmod_text text;

	if (program && *program) {
		bytes = load_unpacked_bytes(file, program, path);
		load_free(file);
	}
	text = (struct kmod_text){ (const char *)bytes.at, bytes.size };
	why = kmod_find_modinfo(text.at, text.size, modinfo);
	if (why)
		fail("%s: %s", path, why);
	return text;
}

// A list of the directory; an absent one is empty.
static struct kmod_text read_list(const char *dir, const char *name)
{
	char *path = fail_text("%s/%s", dir, name);
	struct kmod_text text = { "", 0 };
	struct bytes bytes;

	if (!access(path, F_OK) || errno != ENOENT) {
		bytes = load_file(path, path);
		text = (struct kmod_text){ (const char *)bytes.at, bytes.size };
	}
	free(path);
	return text;
}

static int by_name(const void *a, const void *b)
{
	const struct modfile *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->path, y->path);
}

// Takes in what is at path: a module's file, or a directory that is still to be
// read. A link to a file counts (weak-updates are such), a link to a directory
// does not: "build" and "source" lead out.
static void scan_one(struct moddir *d, char *path, char ***dirs, size_t *count)
{
	struct modfile file = { .path = path };
	struct stat st;

	if (lstat(path, &st))
		fail("%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		*dirs = fail_grow(*dirs, *count, sizeof(**dirs));
		(*dirs)[(*count)++] = path;
		return;
	}
	if (!kmod_compression(path) || !kmod_name((struct kmod_text){ path, strlen(path) }, file.name) ||
	    stat(path, &st) || !S_ISREG(st.st_mode)) {
		free(path);
		return;
	}
	d->files = fail_grow(d->files, d->count, sizeof(file));
	d->files[d->count++] = file;
}

void moddir_open(struct moddir *d, const char *path)
{
	char **dirs = fail_grow(NULL, 0, sizeof(*dirs));
	size_t count = 1;

	*d = (struct moddir){ .path = path };
	dirs[0] = fail_text("%s", path);
	for (size_t i = 0; i < count; i++) {
		DIR *dir = opendir(dirs[i]);
		struct dirent *entry;

		if (!dir)
			fail("%s: %s", dirs[i], strerror(errno));
		while ((errno = 0, entry = readdir(dir)))
			if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
				scan_one(d, fail_text("%s/%s", dirs[i], entry->d_name), &dirs, &count);
		if (errno)
			fail("%s: %s", dirs[i], strerror(errno));
		closedir(dir);
	}
	for (size_t i = 0; i < count; i++)
		free(dirs[i]);
	free(dirs);
	if (!d->count)
		fail("%s: no kernel module in it (give the directory /lib/modules/RELEASE)", path);
	qsort(d->files, d->count, sizeof(*d->files), by_name);
	d->builtin = read_list(path, "modules.builtin");
	d->builtin_info = read_list(path, "modules.builtin.modinfo");
}

static bool is_update(const struct moddir *d, const struct modfile *f)
{
	const char *inside = f->path + strlen(d->path);

	return !strncmp(inside + strspn(inside, "/"), "updates/", strlen("updates/"));
}

const struct modfile *moddir_find(const struct moddir *d, const char *name)
{
	const struct modfile *found = NULL;
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(d->files[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < d->count && !strcmp(d->files[low].name, name); low++) {
		const struct modfile *f = &d->files[low];

		if (found && is_update(d, found) == is_update(d, f))
			fail("module %s: two files: %s and %s", name, found->path, f->path);
		if (!found || is_update(d, f))
			found = f;
	}
	return found;
}

static bool is_name(struct kmod_text word, const char *name)
{
	char own[KMOD_NAME_MAX + 1];

	return kmod_name(word, own) && !strcmp(own, name);
}

bool moddir_builtin(const struct moddir *d, const char *name)
{
	struct kmod_text list = d->builtin, word;

	while (kmod_next_word(&list, "\n", &word))
		if (is_name(word, name))
			return true;
	for (size_t at = 0; at < d->builtin_info.size;) {
		struct kmod_text string = { d->builtin_info.at + at, 0 }, alias;
		const char *dot;
		size_t start = 0;

		string.size = strnlen(string.at, d->builtin_info.size - at);
		at += string.size + 1;
		dot = memchr(string.at, '.', string.size);
		if (!dot)
			continue;
		string.size -= (size_t)(dot + 1 - string.at);
		string.at = dot + 1;
		if (kmod_next_value(string, "alias", &start, &alias) && is_name(alias, name))
			return true;
	}
	return false;
}

const struct modfile *moddir_next_alias(const struct moddir *d, const char *name, size_t *at)
{
	while (*at < d->count) {
		const struct modfile *f = &d->files[(*at)++];
		struct kmod_text modinfo, alias, file = moddir_read(f->path, &modinfo);
		bool found = false;

		for (size_t next = 0; !found && kmod_next_value(modinfo, "alias", &next, &alias);)
			found = is_name(alias, name);
		free((void *)(uintptr_t)file.at);
		if (found)
			return f;
	}
	return NULL;
}
