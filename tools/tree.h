// SPDX-License-Identifier: MIT
// The file tree that becomes an archive: entries from several places, checked
// against each other, sorted, then written.
#ifndef TOOLS_TREE_H
#define TOOLS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cpio;

struct entry {
	char *name;		// "etc/initbox.conf"; set by tree_add()
	const char *origin;	// who asked for it, for messages: "box.list:3"
	const char *source;	// regular file: read from here, or NULL: from data
	const void *data;	// bytes of a regular file, or a symlink's target
	uint64_t size;		// bytes
	mode_t mode;		// type and permissions
	uint32_t rmajor;	// of a device node
	uint32_t rminor;
	uint32_t uid;
	uint32_t gid;
	bool local;		// uid and gid are those of this machine: written as 0
	const char *lost;	// the name of an attribute that an archive can't hold, or NULL
	unsigned root;		// hard links: the --root they come from, 0 for none,
	uint64_t dev;		// and the file in it
	uint64_t file;
	bool implied;		// a missing parent: gives way to any other directory
	uint32_t ino;		// set by tree_finish()
	uint32_t nlink;
	bool last_link;		// the link that carries the data
};

struct tree {
	struct entry *entries;
	size_t count;
	unsigned roots;		// how many there have been
	bool keep_owners;	// write also what is local as it is
};

// Adds a copy of e under path, which is absolute in the image; "." and empty
// components are dropped. Strings and data are kept, not copied. Ends the
// program, naming e->origin, if the path leaves the tree or is too long.
void tree_add(struct tree *t, const char *path, struct entry e);

// Adds a regular file that is read when the tree is written. mode may be
// (mode_t)-1: 0755 if its owner may execute it, else 0644, so that the umask
// under which a source tree was checked out does not show.
void tree_add_file(struct tree *t, const char *path, const char *source, mode_t mode, const char *origin);

// Adds a symlink.
void tree_add_link(struct tree *t, const char *path, const char *target, const char *origin);

// The entry that was added under path, among those from the `from`th on, or NULL.
struct entry *tree_find(const struct tree *t, size_t from, const char *path, const char *origin)
	__attribute__((warn_unused_result));

// Adds missing parents, sorts by name, gives out inode numbers. Ends the
// program if two entries have one path, unless both are the same directory, or
// if something lies under a path that is no directory. Says which attributes
// are lost.
void tree_finish(struct tree *t);

// Writes all entries of a finished tree. mtime is in seconds since 1970. Ends
// the program if a file is not what it was when added.
void tree_write(const struct tree *t, struct cpio *c, uint32_t mtime);

#endif
