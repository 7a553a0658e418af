// SPDX-License-Identifier: MIT
// A module and what it needs: what modules.c finds out and modtables.c writes down.
#ifndef TOOLS_MODULE_H
#define TOOLS_MODULE_H

#include "kmod.h"
#include "moddir.h"

enum module_state { MODULE_NEW, MODULE_OPEN, MODULE_DONE };

// How strongly a module is needed.
enum module_reach { REACHED_NOT, REACHED_SOFTLY, REACHED };

struct edge {
	struct module *to;
	bool soft;
};

struct module {
	const struct modfile *file;
	const char *origin;		// who asked for it, or for what needs it
	const char *parameters;		// NULL: none were given
	struct module *needed_by;	// NULL: asked for
	bool needed_softly;
	enum module_state state;
	enum module_reach at_start;	// loaded when the machine starts, and whether it is lost without it
	enum module_reach reached;	// by the module that is looked at
	struct kmod_text text;		// the file
	struct kmod_text modinfo;	// in text
	struct edge *edges;		// the soft ones before it, its dependencies, the soft ones after it
	size_t edge_count;
	size_t before;			// how many of edges come before it
	size_t next;			// the edge that is to be followed next
};

// The list of all modules, count of them in an order in which they can be
// loaded: init/spec/modtable.h. keep_compressed: files keep their suffixes.
char *modtables_list(struct module *const *order, size_t count, bool keep_compressed)
	__attribute__((warn_unused_result));

// The table of the names by which those that are loaded on demand are asked for;
// "" without any. Uses `reached`.
char *modtables_aliases(struct module *const *order, size_t count) __attribute__((warn_unused_result));

// The files of /dev by which those can be asked for; "" without any.
char *modtables_devnames(struct module *const *order, size_t count) __attribute__((warn_unused_result));

// Where the file of a module is in the image.
char *modtables_path(const struct module *module, bool keep_compressed) __attribute__((warn_unused_result));

// Sets `reached` of from and all that it needs, where it is less than that.
void modtables_reach(struct module *from);

#endif
