// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "root.h"

#include "cpio_read.h"
#include "fail.h"
#include "show.h"
#include "tar.h"
#include "tree.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

// The path in the image of a member. What leaves the archive by ".." tree_add() refuses.
static char *member_path(const char *path, const char *name, const char *origin)
{
	if (*name == '/')
		fail("%s: %s: an absolute path leaves the root", origin, show_name(name));
	return fail_text("%s/%s", path, name);
}

void root_add_newc(struct tree *t, const char *path, const unsigned char *bytes, size_t size, const char *origin)
{
	struct cpio_found f;
	const char *why;

	t->roots++;
	for (size_t at = 0; !(why = cpio_read(bytes, size, &at, &f)) && !f.trailer;) {
		const struct cpio_member *m = &f.member;
		struct entry e = { .origin = origin, .data = f.data, .size = m->size, .mode = m->mode, .uid = m->uid,
				   .gid = m->gid, .rmajor = m->rmajor, .rminor = m->rminor };

		if (S_ISSOCK(m->mode))
			fail("%s: %s: a socket can't be kept in an image", origin, show_name(m->name));
		if (!S_ISREG(m->mode) && !S_ISLNK(m->mode) && (m->size || !(m->mode & S_IFMT)))
			fail("%s: %s: a member of unknown type", origin, show_name(m->name));
		if (S_ISREG(m->mode) && m->nlink > 1) {
			e.root = t->roots;
			e.dev = makedev(m->major, m->minor);
			e.file = m->ino;
		}
		tree_add(t, member_path(path, m->name, origin), e);
	}
	if (why)
		fail("%s: a newc archive: %s", origin, why);
}

// The file that a hard link of a tar archive names came before it.
static void add_hard_link(struct tree *t, size_t from, const char *path, const struct tar_found *f, const char *origin)
{
	struct entry *target = tree_find(t, from, member_path(path, f->target, origin), origin), link;

	if (!target || S_ISDIR(target->mode))
		fail("%s: %s: a hard link to %s, which is no file before it in the archive", origin,
		     show_name(f->name), show_name(f->target));
	if (S_ISREG(target->mode)) {
		target->root = t->roots;
		target->file = target->file ? target->file : (uint64_t)(target - t->entries) + 1;
	}
	link = *target;
	tree_add(t, member_path(path, f->name, origin), link);
}

void root_add_tar(struct tree *t, const char *path, const unsigned char *bytes, size_t size, const char *origin)
{
	static const mode_t types[] = { S_IFREG, S_IFREG, S_IFLNK, S_IFCHR, S_IFBLK, S_IFDIR, S_IFIFO };
	static struct tar_found f;
	size_t from = t->count;
	const char *why;

	t->roots++;
	for (size_t at = 0; !(why = tar_read(bytes, size, &at, &f)) && f.type != TAR_END;) {
		struct entry e = { .origin = origin, .data = f.data, .size = f.size, .uid = f.uid, .gid = f.gid,
				   .rmajor = f.rmajor, .rminor = f.rminor };

		e.lost = f.attribute[0] ? fail_text("%s", f.attribute) : NULL;
		e.mode = types[f.type - TAR_FILE] | f.mode;
		if (f.type == TAR_SYMLINK) {
			e.mode = S_IFLNK | 0777;
			e.data = fail_text("%s", f.target);
			e.size = strlen(f.target);
		}
		if (f.type == TAR_HARD_LINK)
			add_hard_link(t, from, path, &f, origin);
		else
			tree_add(t, member_path(path, f.name, origin), e);
	}
	if (why)
		fail("%s: a tar archive: %s", origin, why);
}
