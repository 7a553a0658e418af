// SPDX-License-Identifier: MIT
// The files of an image, to be looked up by name: what the kernel has in its root
// after all archives are unpacked, and what they replaced.
#ifndef TOOLS_CONTENTS_H
#define TOOLS_CONTENTS_H

#include "cpio_read.h"

#include <stdbool.h>
#include <stddef.h>

struct item {
	const char *name;		// without a leading "./"
	struct cpio_member member;
	const unsigned char *data;	// member.size bytes
	unsigned archive;		// its number
	size_t order;			// in the image, from 0
};

struct contents {
	struct item *items;
	size_t count;
};

// Adds a member; what it points to is kept, not copied.
void contents_add(struct contents *c, const struct cpio_found *f, unsigned archive);

// Sorts by name, then by order. To be called once, after the last one was added.
void contents_sort(struct contents *c);

// The last item of that name (size bytes of it, no NUL needed), which is what
// the kernel leaves in place, and the first one. NULL if there is none.
const struct item *contents_find(const struct contents *c, const char *name, size_t size)
	__attribute__((warn_unused_result));
const struct item *contents_first(const struct contents *c, const char *name, size_t size)
	__attribute__((warn_unused_result));

// Follows path, as a process whose root is the directory `root` ("" is the
// image's) and whose working directory is `from` would. Returns the item, or
// NULL where it leads nowhere; *runtime: into a file system that is mounted
// later (/proc, /sys, /dev, /run), of which an image can't know.
const struct item *contents_follow(const struct contents *c, const char *root, const char *from,
				   const char *path, bool *runtime) __attribute__((warn_unused_result));

#endif
