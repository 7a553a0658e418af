// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "contents.h"

#include "fail.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	MAX_LINKS = 40,				// as the kernel's MAXSYMLINKS
	MAX_PATH = 2 * (CPIO_NAME_MAX + 1),
};

void contents_add(struct contents *c, const struct cpio_found *f, unsigned archive)
{
	struct item item = { .name = f->member.name, .member = f->member, .data = f->data, .archive = archive,
			     .order = c->count };

	while (!strncmp(item.name, "./", 2))
		item.name += 2;
	c->items = fail_grow(c->items, c->count, sizeof(item));
	c->items[c->count++] = item;
}

static int by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	return x->order < y->order ? -1 : 1;
}

void contents_sort(struct contents *c)
{
	if (c->count) // qsort wants an array
		qsort(c->items, c->count, sizeof(*c->items), by_name);
}

static int compare(const char *name, size_t size, const char *other)
{
	int order = strncmp(name, other, size);

	return order ? order : (other[size] ? -1 : 0);
}

const struct item *contents_first(const struct contents *c, const char *name, size_t size)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(name, size, c->items[middle].name) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->count && !compare(name, size, c->items[low].name) ? &c->items[low] : NULL;
}

const struct item *contents_find(const struct contents *c, const char *name, size_t size)
{
	const struct item *item = contents_first(c, name, size);

	while (item && item + 1 < c->items + c->count && !strcmp(item[1].name, item->name))
		item++;
	return item;
}

// A walk through the image.
struct walk {
	char here[MAX_PATH];	// the directory that it has come to
	size_t size;		// of here
	size_t root;		// of the part of here that ".." does not leave
	char todo[MAX_PATH];
};

static bool enter(struct walk *w, const char *name, size_t size)
{
	if (w->size + size + 2 > sizeof(w->here))
		return false;
	if (w->size)
		w->here[w->size++] = '/';
	memcpy(w->here + w->size, name, size);
	w->size += size;
	return true;
}

static void leave(struct walk *w)
{
	while (w->size > w->root && w->here[w->size - 1] != '/')
		w->size--;
	if (w->size > w->root)
		w->size--;
}

// Puts a link's target before what is still to do from `rest` on.
static bool follow_link(struct walk *w, const struct item *link, const char *rest)
{
	size_t size = link->member.size, rest_size = strlen(rest);

	if (size + rest_size + 2 > sizeof(w->todo))
		return false;
	memmove(w->todo + size + 1, rest, rest_size + 1);
	memcpy(w->todo, link->data, size);
	w->todo[size] = '/';
	leave(w);
	if (w->todo[0] == '/')
		w->size = w->root;
	return true;
}

static bool is_runtime(const struct walk *w)
{
	static const char *const names[] = { "proc", "sys", "dev", "run" };
	size_t skip = w->root ? w->root + 1 : 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = strlen(names[i]);

		if (w->size >= skip + size && !memcmp(w->here + skip, names[i], size) &&
		    (w->size == skip + size || w->here[skip + size] == '/'))
			return true;
	}
	return false;
}

static bool start(struct walk *w, const char *root, const char *from, const char *path)
{
	w->size = w->root = 0;
	if (strlen(path) >= sizeof(w->todo) || !enter(w, root, strlen(root)))
		return false;
	w->root = w->size;
	strcpy(w->todo, path);
	if (*path == '/' || !strcmp(from, root))
		return true;
	w->size = 0;
	return enter(w, from, strlen(from));
}

const struct item *contents_follow(const struct contents *c, const char *root, const char *from,
				   const char *path, bool *runtime)
{
	static const struct item top = { .name = "", .member = { .name = "", .mode = S_IFDIR | 0755 } };
	static struct walk w;
	const struct item *item = &top;
	unsigned links = 0;

	*runtime = false;
	if (!start(&w, root, from, path))
		return NULL;
	for (char *at = w.todo; *(at += strspn(at, "/"));) {
		size_t size = strcspn(at, "/");

		if (size == 2 && at[0] == '.' && at[1] == '.') {
			leave(&w);
			item = w.size ? contents_find(c, w.here, w.size) : &top;
		} else if (size != 1 || at[0] != '.') {
			if (!enter(&w, at, size))
				return NULL;
			item = contents_find(c, w.here, w.size);
		}
		if (!item) {
			*runtime = is_runtime(&w);
			return NULL;
		}
		at += size;
		if (!S_ISLNK(item->member.mode))
			continue;
		if (++links > MAX_LINKS || !follow_link(&w, item, at))
			return NULL;
		at = w.todo;
		item = w.size ? contents_find(c, w.here, w.size) : &top;
	}
	return item;
}
