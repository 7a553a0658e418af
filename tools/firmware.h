// SPDX-License-Identifier: MIT
// Firmware files: what drivers ask the kernel to load into their devices. Source:
// Documentation/driver-api/firmware/fw_search_path.rst.
#ifndef TOOLS_FIRMWARE_H
#define TOOLS_FIRMWARE_H

#include <stddef.h>

struct module;
struct tree;

struct firmware {
	const char *dir;	// a /lib/firmware, or NULL: none was given
	char **files;		// of dir, below it and without .xz and .zst; NULL: not read yet
	size_t count;
	char **added;		// names that are in the tree
	size_t added_count;
	unsigned without;	// modules that name firmware, when there is no dir
	const char *first;	// and the first of them
};

// Adds the firmware of that name, or all whose names match it as a pattern (with
// * ? […], of which none matches a '/'), to the tree as /lib/firmware/NAME,
// decompressed. Files in updates/ go before others. Ends the program if there is none.
void firmware_want(struct firmware *f, struct tree *t, const char *name, const char *origin);

// Adds what the module names (firmware= in its .modinfo), and says in one line how
// much of that is not there: drivers name files for each device that there ever was.
// Without a directory firmware_end() says so for all.
void firmware_for(struct firmware *f, struct tree *t, const struct module *module);
void firmware_end(const struct firmware *f);

#endif
