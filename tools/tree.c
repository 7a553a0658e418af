// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "tree.h"

#include "cpio.h"
#include "fail.h"
#include "output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
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

static void add_from_root(struct tree *t, const char *path, const char *source, const char *origin,
			  unsigned root)
{
	struct entry e = { .origin = origin, .source = source };
	struct stat st;
	char *target;

	if (lstat(source, &st))
		fail("%s: %s: %s", origin, source, strerror(errno));
	e.mode = st.st_mode;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		e.size = (uint64_t)st.st_size;
		if (st.st_nlink > 1) {
			e.root = root;
			e.dev = st.st_dev;
			e.file = st.st_ino;
		}
		if (lgetxattr(source, "security.capability", NULL, 0) > 0)
			fail_note("%s: %s: warning: its file capabilities have no place in a cpio archive",
				  origin, source);
		break;
	case S_IFLNK:
		target = fail_realloc(NULL, CPIO_LINK_MAX + 1, 1);
		ssize_t length = readlink(source, target, CPIO_LINK_MAX + 1);

		if (length < 0)
			fail("%s: %s: %s", origin, source, strerror(errno));
		e.mode = S_IFLNK | 0777;
		e.data = target;
		e.size = (uint64_t)length;
		break;
	case S_IFBLK:
	case S_IFCHR:
		e.rmajor = major(st.st_rdev);
		e.rminor = minor(st.st_rdev);
		break;
	case S_IFDIR:
	case S_IFIFO:
		break;
	default:
		fail("%s: %s: a socket can't be kept in an image", origin, source);
	}
	tree_add(t, path, e);
}

// The directories that are still to be read: a list, as depth has no bound.
struct pending {
	char *path;
	char *source;
};

void tree_add_root(struct tree *t, const char *path, const char *source, const char *origin)
{
	static unsigned roots;
	struct pending *todo = fail_grow(NULL, 0, sizeof(*todo));
	size_t count = 1;
	struct stat st;

	roots++;
	if (stat(source, &st) || (!S_ISDIR(st.st_mode) && (errno = ENOTDIR)))
		fail("%s: %s: %s", origin, source, strerror(errno));
	todo[0] = (struct pending){ fail_text("%s", path), fail_text("%s", source) };
	tree_add(t, path, (struct entry){ .origin = origin, .mode = st.st_mode });
	for (size_t i = 0; i < count; i++) {
		DIR *dir = opendir(todo[i].source);
		struct dirent *d;

		if (!dir)
			fail("%s: %s: %s", origin, todo[i].source, strerror(errno));
		while ((errno = 0, d = readdir(dir))) {
			struct pending p;

			if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
				continue;
			p.path = fail_text("%s/%s", todo[i].path, d->d_name);
			p.source = fail_text("%s/%s", todo[i].source, d->d_name);
			add_from_root(t, p.path, p.source, origin, roots);
			if (lstat(p.source, &st) || !S_ISDIR(st.st_mode))
				continue;
			todo = fail_grow(todo, count, sizeof(*todo));
			todo[count++] = p;
		}
		if (errno)
			fail("%s: %s: %s", origin, todo[i].source, strerror(errno));
		closedir(dir);
	}
	free(todo);
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
		for (size_t n = i; n < end; n++)
			links[n]->nlink = (uint32_t)(end - i);
		links[end - 1]->last_link = true;
	}
	free(links);
}

void tree_finish(struct tree *t)
{
	add_parents(t);
	qsort(t->entries, t->count, sizeof(*t->entries), by_name);
	unify(t);
	for (size_t i = 0; i < t->count; i++) {
		t->entries[i].ino = (uint32_t)i + 1;
		t->entries[i].nlink = S_ISDIR(t->entries[i].mode) ? 2 : 1;
		t->entries[i].last_link = true;
	}
	join_links(t);
}

static void copy_file(const struct entry *e, struct cpio *c)
{
	static char buffer[65536];
	uint64_t left = e->size;
	int fd = open(e->source, O_RDONLY | O_CLOEXEC);

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
		const struct cpio_member m = {
			.name = e->name, .ino = e->ino, .mode = e->mode, .nlink = e->nlink, .mtime = mtime,
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
