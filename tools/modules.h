// SPDX-License-Identifier: MIT
// From the modules that are asked for to the files that go into an image and
// the order in which they can be loaded.
#ifndef TOOLS_MODULES_H
#define TOOLS_MODULES_H

#include <stdbool.h>

struct modules;
struct tree;

// Opens a /lib/modules/RELEASE directory. Modules whose vermagic names another
// release are refused; "auto" takes the first module's.
struct modules *modules_open(const char *dir, const char *release) __attribute__((warn_unused_result));

// Asks for a module by its name or alias.
void modules_want(struct modules *m, const char *name, const char *origin);

// Adds the modules asked for and all they depend on, unless built in, to the
// tree, decompressed, as /lib/modules/NAME.ko, and their load order as
// /etc/initbox.modules: one path a line, what is needed before what needs it;
// a leading '-' where the machine works without (a soft dependency). With
// strip_signatures their signatures are cut off. Ends the program if a module is
// missing, naming the chain that leads to it.
void modules_finish(struct modules *m, struct tree *t, bool strip_signatures);

#endif
