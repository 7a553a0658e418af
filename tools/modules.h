// SPDX-License-Identifier: MIT
// From the modules that are asked for to the files that go into an image and
// the order in which they can be loaded.
#ifndef TOOLS_MODULES_H
#define TOOLS_MODULES_H

#include <stdbool.h>
#include <stddef.h>

struct module;
struct modules;
struct tree;
struct wish;

// Opens a /lib/modules/RELEASE directory. Modules whose vermagic names another
// release are refused; "auto" takes the first module's.
struct modules *modules_open(const char *dir, const char *release) __attribute__((warn_unused_result));

// Asks for a module by its name or alias, w->module; w is kept. Ends the program
// if there is none, or if it can't have the parameters.
void modules_want(struct modules *m, const struct wish *w);

// Adds the modules asked for and all they depend on, unless built in, to the
// tree as /lib/modules/NAME.ko (decompressed; with keep_compressed as they are),
// and the two tables of init/spec/modtable.h: all modules in an order in which
// they can be loaded, and the names of those that are loaded on demand. With
// strip_signatures their signatures are cut off. Ends the program if a module is
// missing, naming the chain that leads to it.
void modules_finish(struct modules *m, struct tree *t, bool strip_signatures, bool keep_compressed);

// The nth of those modules, from 0, or NULL after the last one.
const struct module *modules_nth(const struct modules *m, size_t n) __attribute__((warn_unused_result));

#endif
