// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "tree.h"

#include "cpio.h"
#include "deep.h"
#include "fail.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The image's name for path: no leading slash, no "." and no empty component.
static char *clean_name(const char *path, const char *origin)
{
	char *name = fail_realloc(NULL, strlen(path) + 1, 1);
	size_t used = 0;

	for (const char *at = path; *at;) {
		size_t length = strcspn(at, "/");

		if (length == 2 && at[0] == '.' && at[1] == '.')
			fail("%s: %s: the path leaves the image (\"..\")", origin, path);
		if (length > NAME_MAX)
			fail("%s: %s: a component is longer than %d bytes", origin, path, NAME_MAX);
		if (length && !(length == 1 && at[0] == '.')) {
			if (used)
				name[used++] = '/';
			memcpy(name + used, at, length);
			used += length;
		}
		at += length;
		at += *at == '/';
	}
	name[used] = '\0';
	if (used > CPIO_NAME_MAX)
		fail("%s: %s: the path is longer than %d bytes", origin, path, CPIO_NAME_MAX);
	if (!strcmp(name, "TRAILER!!!"))
		fail("%s: %s: this name would end the archive", origin, path);
	return name;
}

static void push(struct tree *t, const struct entry *e)
{
	t->entries = fail_grow(t->entries, t->count, sizeof(*e));
	t->entries[t->count++] = *e;
}

void tree_add(struct tree *t, const char *path, struct entry e)
{
	e.name = clean_name(path, e.origin);
	if (!e.name[0]) {
		if (!S_ISDIR(e.mode))
			fail("%s: \"%s\": not a path of a file", e.origin, path);
		return; // the image's root exists
	}
	if (S_ISLNK(e.mode) && (e.size == 0 || e.size > CPIO_LINK_MAX))
		fail("%s: %s: a symlink's target has 1 to %d bytes", e.origin, path, CPIO_LINK_MAX);
	if (e.size > UINT32_MAX)
		fail("%s: %s: %s: larger than 4 GiB - 1, more than the format holds", e.origin, path,
		     e.source ? e.source : "data");
	push(t, &e);
}

void tree_add_file(struct tree *t, const char *path, const char *source, mode_t mode, const char *origin)
{
	struct entry e = { .origin = origin, .source = source };
	struct stat st;

	if (stat(source, &st))
		fail("%s: %s: %s", origin, source, strerror(errno));
	if (!S_ISREG(st.st_mode))
		fail("%s: %s: not a regular file", origin, source);
	if (mode == (mode_t)-1)
		mode = st.st_mode & S_IXUSR ? 0755 : 0644;
	e.mode = S_IFREG | mode;
	e.size = (uint64_t)st.st_size;
	tree_add(t, path, e);
}

void tree_add_link(struct tree *t, const char *path, const char *target, const char *origin)
{
	tree_add(t, path, (struct entry){ .origin = origin, .mode = S_IFLNK | 0777,
					  .data = target, .size = strlen(target) });
}

struct entry *tree_find(const struct tree *t, size_t from, const char *path, const char *origin)
{
	char *name = clean_name(path, origin);
	struct entry *found = NULL;

	for (size_t i = t->count; i-- > from && !found;)
		if (!strcmp(t->entries[i].name, name))
			found = &t->entries[i];
	free(name);
	return found;
}

// Parents that nobody named: their origin is that of the entry they are for.
static void add_parents(struct tree *t)
{
	size_t count = t->count;

	for (size_t i = 0; i < count; i++) {
		for (size_t n = 1; t->entries[i].name[n]; n++) {
			struct entry e = { .origin = t->entries[i].origin, .mode = S_IFDIR | 0755, .implied = true };

			if (t->entries[i].name[n] != '/')
				continue;
			e.name = fail_text("%.*s", (int)n, t->entries[i].name);
			push(t, &e);
		}
	}
}

// By name; among equals the one that was asked for comes first, then by origin
// so that the result does not depend on the sort's stability.
static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = x->implied - y->implied;
	return order ? order : strcmp(x->origin, y->origin);
}

// One entry for each path.
static void unify(struct tree *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct entry *e = &t->entries[i];
		const struct entry *last = kept ? &t->entries[kept - 1] : NULL;

		if (!last || strcmp(last->name, e->name)) {
			t->entries[kept++] = *e;
			continue;
		}
		if (e->implied && !S_ISDIR(last->mode))
			fail("/%s: not a directory (%s), but %s puts something under it", e->name, last->origin,
			     e->origin);
		if (!e->implied && !(S_ISDIR(e->mode) && e->mode == last->mode))
			fail("/%s: two entries for one path: %s and %s", e->name, last->origin, e->origin);
	}
	t->count = kept;
}

static int by_link(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;

	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return strcmp(x->name, y->name);
}

static bool same_file(const struct entry *x, const struct entry *y)
{
	return x->root == y->root && x->dev == y->dev && x->file == y->file;
}

// The last link carries the data, which an archive may have had at any.
static void give_data(struct entry **links, size_t count)
{
	const struct entry *from = links[0];
	struct entry *to = links[count - 1];

	for (size_t i = 0; i < count; i++) {
		links[i]->nlink = (uint32_t)count;
		if (links[i]->size > from->size)
			from = links[i];
	}
	to->source = from->source;
	to->data = from->data;
	to->size = from->size;
	to->last_link = true;
}

// Links that lie in the archive count, not those that st_nlink counts: what is
// outside of the tree must not change the result.
static void join_links(struct tree *t)
{
	struct entry **links = fail_realloc(NULL, t->count, sizeof(*links));
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++)
		if (t->entries[i].root)
			links[count++] = &t->entries[i];
	qsort(links, count, sizeof(*links), by_link);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i; end < count && same_file(links[i], links[end]); end++) {
			links[end]->ino = links[i]->ino;
			links[end]->last_link = false;
		}
		give_data(links + i, end - i);
	}
	free(links);
}

// One line for all: whoever wants them needs a file system with attributes. A
// capability is what a program misses first.
static void tell_lost(const struct tree *t)
{
	static const char capability[] = "security.capability";
	const struct entry *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct entry *e = &t->entries[i];

		if (!e->lost)
			continue;
		count++;
		if (!first || (strcmp(first->lost, capability) && !strcmp(e->lost, capability)))
			first = e;
	}
	if (count)
		fail_note("%s: warning: an archive has no place for extended attributes, those of %zu file%s are lost: "
			  "/%s has %s", first->origin, count, count == 1 ? "" : "s", first->name, first->lost);
}

void tree_finish(struct tree *t)
{
	if (!t->count)
		return; // qsort wants an array
	add_parents(t);
	qsort(t->entries, t->count, sizeof(*t->entries), by_name);
	unify(t);
	for (size_t i = 0; i < t->count; i++) {
		t->entries[i].ino = (uint32_t)i + 1;
		t->entries[i].nlink = S_ISDIR(t->entries[i].mode) ? 2 : 1;
		t->entries[i].last_link = true;
	}
	join_links(t);
	tell_lost(t);
}

static void copy_file(const struct entry *e, struct cpio *c)
{
	static char buffer[65536];
	uint64_t left = e->size;
	int fd = open(deep_path(e->source), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s: %s", e->origin, e->source, strerror(errno));
	// One read more than the size needs tells whether the file has grown.
	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n < 0)
			fail("%s: %s: %s", e->origin, e->source, strerror(errno));
		if ((uint64_t)n > left || (n == 0 && left))
			fail("%s: %s: its size changed while the image was made", e->origin, e->source);
		if (n == 0)
			break;
		if (cpio_data(c, buffer, (size_t)n))
			output_failed();
		left -= (uint64_t)n;
	}
	close(fd);
}

void tree_write(const struct tree *t, struct cpio *c, uint32_t mtime)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct entry *e = &t->entries[i];
		bool owned = !e->local || t->keep_owners;
		const struct cpio_member m = {
			.name = e->name, .ino = e->ino, .mode = e->mode, .uid = owned ? e->uid : 0,
			.gid = owned ? e->gid : 0, .nlink = e->nlink, .mtime = mtime,
			.size = e->last_link ? (uint32_t)e->size : 0, .rmajor = e->rmajor, .rminor = e->rminor,
		};

		if (cpio_header(c, &m))
			output_failed();
		if (m.size && e->data && cpio_data(c, e->data, m.size))
			output_failed();
		if (S_ISREG(e->mode) && !e->data && e->last_link)
			copy_file(e, c);
		if (cpio_align(c, 4))
			output_failed();
	}
	if (cpio_end(c))
		output_failed();
}
