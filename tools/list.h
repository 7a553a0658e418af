// SPDX-License-Identifier: MIT
// The words that say what goes into an image, from list files and options.
#ifndef TOOLS_LIST_H
#define TOOLS_LIST_H

#include "microcode.h"
#include "tree.h"

#include <stdbool.h>
#include <stddef.h>

// A module asked for. They are looked up at the end: the directory of modules
// may be named after them.
struct wish {
	const char *module;
	const char *parameters;	// as the kernel takes them; "": none
	const char *origin;
	bool on_demand;		// not loaded before it is asked for
};

// Firmware asked for, which is looked up at the end as well.
struct firmware_wish {
	const char *name;
	const char *origin;
};

struct image {
	struct tree tree;
	struct wish *wishes;
	size_t wish_count;
	struct firmware_wish *firmware;
	size_t firmware_count;
	struct microcode microcode;
};

// Does one line: words[0] is the verb ("file"), then its arguments. origin goes
// into messages, dir is where a default file of the verb is looked for. Both
// and the words are kept. Ends the program if a word is wrong.
void list_line(struct image *image, char **words, size_t count, const char *dir, const char *origin);

// Does a line that is text still; nothing of it is kept but origin and dir.
void list_text(struct image *image, const char *text, const char *dir, const char *origin);

// Does all lines of a list file; path is kept.
void list_read(struct image *image, const char *path);

// Prints the verbs and their arguments on stdout, a line each.
void list_help(void);

#endif
