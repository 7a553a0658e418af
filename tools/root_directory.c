// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "root.h"

#include "cpio.h"
#include "deep.h"
#include "fail.h"
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

// The attribute of a file that is lost, a capability if it has one, or NULL.
static const char *find_attribute(const char *source)
{
	static char names[65536]; // no list is longer (XATTR_LIST_MAX)
	ssize_t size = llistxattr(deep_path(source), names, sizeof(names));
	const char *found = NULL;

	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1)
		if (!found || !strcmp(names + at, "security.capability"))
			found = names + at;
	return found ? fail_text("%s", found) : NULL;
}

static void add_link(struct entry *e, const char *source)
{
	char *target = fail_realloc(NULL, CPIO_LINK_MAX + 1, 1);
	ssize_t size = readlink(deep_path(source), target, CPIO_LINK_MAX + 1);

	if (size < 0)
		fail("%s: %s: %s", e->origin, source, strerror(errno));
	e->mode = S_IFLNK | 0777;
	e->data = target;
	e->size = (uint64_t)size;
}

// Returns whether it is a directory.
static bool add_one(struct tree *t, const char *path, const char *source, const char *origin)
{
	struct entry e = { .origin = origin, .source = source, .local = true };
	struct stat st;

	if (lstat(deep_path(source), &st))
		fail("%s: %s: %s", origin, source, strerror(errno));
	e.mode = st.st_mode;
	e.uid = st.st_uid;
	e.gid = st.st_gid;
	e.lost = find_attribute(source);
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		e.size = (uint64_t)st.st_size;
		if (st.st_nlink > 1) {
			e.root = t->roots;
			e.dev = st.st_dev;
			e.file = st.st_ino;
		}
		break;
	case S_IFLNK:
		add_link(&e, source);
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
	return S_ISDIR(st.st_mode);
}

// The directories that are still to be read: a list, as depth has no bound.
struct pending {
	char *path;
	char *source;
};

void root_add_directory(struct tree *t, const char *path, const char *source, const char *origin)
{
	struct pending *todo = fail_grow(NULL, 0, sizeof(*todo));
	size_t count = 1;
	struct stat st;

	if (stat(source, &st))
		fail("%s: %s: %s", origin, source, strerror(errno));
	t->roots++;
	todo[0] = (struct pending){ fail_text("%s", path), fail_text("%s", source) };
	tree_add(t, path, (struct entry){ .origin = origin, .mode = st.st_mode, .uid = st.st_uid, .gid = st.st_gid,
					  .local = true });
	for (size_t i = 0; i < count; i++) {
		DIR *dir = opendir(deep_path(todo[i].source));
		struct dirent *d;

		if (!dir)
			fail("%s: %s: %s", origin, todo[i].source, strerror(errno));
		while ((errno = 0, d = readdir(dir))) {
			struct pending p;

			if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
				continue;
			p.path = fail_text("%s/%s", todo[i].path, d->d_name);
			p.source = fail_text("%s/%s", todo[i].source, d->d_name);
			if (!add_one(t, p.path, p.source, origin))
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
