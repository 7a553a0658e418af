// SPDX-License-Identifier: MIT
// A /lib/modules/RELEASE directory as it comes out of a package: the module
// files and the lists of what is built in; modules.dep need not exist.
// Every function here ends the program when something can't be read.
#ifndef TOOLS_MODDIR_H
#define TOOLS_MODDIR_H

#include "kmod.h"

#include <stdbool.h>
#include <stddef.h>

struct modfile {
	char name[KMOD_NAME_MAX + 1];
	const char *path;
};

struct moddir {
	const char *path;
	struct modfile *files;		// sorted by name, then path
	size_t count;
	struct kmod_text builtin;	// modules.builtin: a path a line
	struct kmod_text builtin_info;	// modules.builtin.modinfo: "MODULE.KEY=VALUE", NUL ended
};

// Reads the directory once, files of modules and lists.
void moddir_open(struct moddir *d, const char *path);

// The file of a module whose '-' are '_', or NULL. One under updates/ is
// preferred; otherwise two files of one name are an error.
const struct modfile *moddir_find(const struct moddir *d, const char *name)
	__attribute__((warn_unused_result));

// Whether the kernel holds a module of that name or alias ('-' as '_') itself.
bool moddir_builtin(const struct moddir *d, const char *name) __attribute__((warn_unused_result));

// The next module file from *at on which has the alias `name` ('-' as '_'; no
// patterns), or NULL. *at is 0 at first. Reads every file on its way.
const struct modfile *moddir_next_alias(const struct moddir *d, const char *name, size_t *at)
	__attribute__((warn_unused_result));

// A module's file in new memory, decompressed, and where its .modinfo is.
struct kmod_text moddir_read(const char *path, struct kmod_text *modinfo)
	__attribute__((warn_unused_result));

#endif
