// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "verify.h"

#include "contents.h"
#include "elf_static.h"
#include "fail.h"
#include "image_read.h"
#include "show.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct check {
	const char *path;
	struct contents contents;
	unsigned archives;
	unsigned problems;
	bool late;	// something else than microcode has been there
};

// Says what is wrong with a member.
static void wrong(struct check *c, const struct item *item, const char *what)
{
	char *name = show_name(item->name);

	fail_note("%s: archive %u: %s: %s", c->path, item->archive, name, what);
	free(name);
	c->problems++;
}

static const char early_dir[] = "kernel/x86/microcode/";

// Microcode is looked for before anything is unpacked (lib/earlycpio.c).
static void check_early(struct check *c, const struct image_reader *r, const struct item *item)
{
	if (!strncmp(item->name, early_dir, strlen(early_dir))) {
		if (c->late || r->packing)
			wrong(c, item, "microcode is found only at the front of the image, not compressed");
	} else if (r->packing || strncmp(early_dir, item->name, strlen(item->name))) {
		c->late = true;
	}
}

// Reads all archives. What comes behind a broken one is still looked at, if it
// can be found.
static void read_archives(struct check *c)
{
	const char *why = NULL;
	struct image_reader r;
	struct cpio_found f;
	int more;

	image_open(&r, c->path);
	while ((more = image_next(&r, &why)) != 0) {
		if (more > 0)
			while (!(why = image_member(&r, &f)) && !f.trailer) {
				contents_add(&c->contents, &f, r.number);
				check_early(c, &r, &c->contents.items[c->contents.count - 1]);
			}
		if (!why)
			continue;
		fail_note("%s: archive %u at byte %zu: %s", c->path, r.number, r.offset, why);
		c->problems++;
		if (!image_skip(&r))
			break;
	}
	c->archives = r.number;
}

static void check_name(struct check *c, const struct item *item)
{
	const char *at = item->name;

	if (!strcmp(at, "."))
		return; // the root
	if (*at == '/')
		wrong(c, item, "an absolute path leaves the tree where others unpack it");
	at += *at == '/';
	for (;;) {
		size_t size = strcspn(at, "/");

		if (size == 2 && at[0] == '.' && at[1] == '.')
			wrong(c, item, "the path leaves the tree (\"..\")");
		else if (size == 0 || (size == 1 && at[0] == '.'))
			wrong(c, item, "a name with an empty component or \".\"");
		else if (size > NAME_MAX)
			wrong(c, item, "a component is longer than 255 bytes");
		if (!at[size])
			return;
		at += size + 1;
	}
}

// The kernel's own archive (usr/default_cpio_list) has two directories.
static bool is_built_in(const char *name, size_t size)
{
	return (size == 3 && !memcmp(name, "dev", 3)) || (size == 4 && !memcmp(name, "root", 4));
}

// The directory that a member lies in has to come before it: the kernel makes none.
static void check_parent(struct check *c, const struct item *item)
{
	const char *slash = strrchr(item->name, '/');
	size_t size = slash ? (size_t)(slash - item->name) : 0;
	const struct item *dir = contents_first(&c->contents, item->name, size);

	if (!size || (!dir && is_built_in(item->name, size)))
		return;
	if (!dir || dir->order > item->order)
		wrong(c, item, dir ? "its directory comes after it" : "its directory is not in the image");
	else if (!S_ISDIR(dir->member.mode))
		wrong(c, item, S_ISLNK(dir->member.mode) ? "its path goes through a symlink"
							 : "it lies under a path that is no directory");
}

static void check_twice(struct check *c, const struct item *item)
{
	const struct item *next = item + 1;

	if (next == c->contents.items + c->contents.count || strcmp(item->name, next->name))
		return;
	if (item->archive == next->archive && !(S_ISDIR(item->member.mode) && item->member.mode == next->member.mode))
		wrong(c, item, "twice in one archive");
	else if (S_ISDIR(item->member.mode) != S_ISDIR(next->member.mode))
		wrong(c, next, "a directory in one archive, none in another");
}

static void check_type(struct check *c, const struct item *item)
{
	const struct cpio_member *m = &item->member;

	switch (m->mode & S_IFMT) {
	case S_IFLNK:
		if (m->size == 0 || m->size > CPIO_LINK_MAX)
			wrong(c, item, "a symlink's target has 1 to 4095 bytes");
		else if (memchr(item->data, 0, m->size))
			wrong(c, item, "a symlink's target with a NUL byte");
		return;
	case S_IFREG:
		return;
	case S_IFDIR:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		if (m->size)
			wrong(c, item, "data in what is no file");
		return;
	default:
		wrong(c, item, "a member of unknown type");
	}
}

// Whether the link leads somewhere, seen from the image's root or from a
// directory above it, which may be the root of a box.
static bool leads_somewhere(const struct contents *c, const struct item *link)
{
	char *target = fail_text("%.*s", (int)link->member.size, (const char *)link->data);
	const char *slash = strrchr(link->name, '/');
	char *from = fail_text("%.*s", slash ? (int)(slash - link->name) : 0, link->name);
	bool found, runtime, last;
	size_t size = 0;

	do {
		char *root = fail_text("%.*s", (int)size, from);

		found = contents_follow(c, root, from, target, &runtime) || runtime;
		free(root);
		last = !from[size];
		size += from[size] == '/';
		size += strcspn(from + size, "/");
	} while (!found && !last);
	free(target);
	free(from);
	return found;
}

// One line for all: trees of distributions have such links.
static void note_dangling(const struct check *c)
{
	const struct item *first = NULL;
	unsigned count = 0;

	for (size_t i = 0; i < c->contents.count; i++) {
		const struct item *item = &c->contents.items[i];

		if (!S_ISLNK(item->member.mode) || !item->member.size || leads_somewhere(&c->contents, item))
			continue;
		count++;
		if (!first)
			first = item;
	}
	if (count) {
		char *name = show_name(first->name);

		fail_note("%s: note: %u symlink%s to what is not in the image, the first is %s", c->path, count,
			  count == 1 ? "" : "s", name);
		free(name);
	}
}

// Hard links of one file: the kernel joins them by these numbers.
static int by_file(const void *a, const void *b)
{
	const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
	const uint64_t keys[][2] = {
		{ x->archive, y->archive },		{ x->member.ino, y->member.ino },
		{ x->member.major, y->member.major },	{ x->member.minor, y->member.minor },
		{ x->order, y->order },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

static bool same_file(const struct item *x, const struct item *y)
{
	return x->archive == y->archive && x->member.ino == y->member.ino && x->member.major == y->member.major &&
	       x->member.minor == y->member.minor;
}

// One of the links has the data, or all have the same.
static void check_links(struct check *c)
{
	const struct item **links = fail_realloc(NULL, c->contents.count, sizeof(const struct item *));
	const struct item *data = NULL;
	size_t count = 0;

	for (size_t i = 0; i < c->contents.count; i++)
		if (S_ISREG(c->contents.items[i].member.mode) && c->contents.items[i].member.nlink > 1)
			links[count++] = &c->contents.items[i];
	qsort(links, count, sizeof(*links), by_file);
	for (size_t i = 0; i < count; i++) {
		const struct item *link = links[i];

		if (!i || !same_file(links[i - 1], link))
			data = NULL;
		if (data && link->member.size && (data->member.size != link->member.size ||
						  memcmp(data->data, link->data, link->member.size)))
			wrong(c, link, "a hard link with other data than another link of the file");
		if (link->member.size)
			data = link;
	}
	free(links);
}

static void check_init(struct check *c)
{
	bool runtime;
	const struct item *init = contents_follow(&c->contents, "", "", "init", &runtime);
	const char *why = NULL;

	if (!init) {
		fail_note("%s: /init: not in the image", c->path);
		c->problems++;
		return;
	}
	if (!S_ISREG(init->member.mode) || !(init->member.mode & 0111))
		why = "not an executable file";
	else if (init->member.nlink < 2 || init->member.size) // a hard link's data may be elsewhere
		why = elf_static(init->data, init->member.size);
	if (why)
		wrong(c, init, why);
}

// The list that mkinitramfs writes: a path a line, perhaps with '-' and '?' in
// front, and more words behind it.
static void check_modules(struct check *c)
{
	static const char name[] = "etc/initbox.modules";
	const struct item *list = contents_find(&c->contents, name, strlen(name));
	struct bytes rest = { 0 };

	if (list)
		rest = (struct bytes){ .at = list->data, .size = list->member.size };
	while (rest.size) {
		const unsigned char *end = memchr(rest.at, '\n', rest.size);
		size_t size = end ? (size_t)(end - rest.at) : rest.size;
		char *line = fail_text("%.*s", (int)size, (const char *)rest.at), *path = line + strspn(line, "-?");
		const struct item *module;
		bool runtime;

		rest.at += size + !!end;
		rest.size -= size + !!end;
		path[strcspn(path, " \t")] = '\0';
		module = contents_follow(&c->contents, "", "", path, &runtime);
		if (*path && (!module || !S_ISREG(module->member.mode))) {
			fail_note("%s: archive %u: %s: module %s is not in the image", c->path, list->archive, name, path);
			c->problems++;
		}
		free(line);
	}
}

bool verify_image(const char *path)
{
	struct check c = { .path = path };

	read_archives(&c);
	contents_sort(&c.contents);
	for (size_t i = 0; i < c.contents.count; i++) {
		const struct item *item = &c.contents.items[i];

		check_name(&c, item);
		check_parent(&c, item);
		check_twice(&c, item);
		check_type(&c, item);
	}
	check_links(&c);
	check_init(&c);
	check_modules(&c);
	note_dangling(&c);
	if (!c.problems)
		printf("%s: %zu members in %u archive%s: well\n", path, c.contents.count, c.archives,
		       c.archives == 1 ? "" : "s");
	return !c.problems;
}
