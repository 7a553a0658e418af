// SPDX-License-Identifier: MIT
#ifndef TOOLS_BOXFILTER_PRINT_H
#define TOOLS_BOXFILTER_PRINT_H

#include <stdio.h>

#include "boxfilter.h"

struct print_format {
	const char *name;
	/* Errors stay in the file's error flag. */
	void (*print)(FILE *file, const struct program *program, const struct profile *profile);
	bool has_flags;		/* the profile's flags are in it */
};

/* The format called name, or NULL. */
const struct print_format *print_find(const char *name);

#endif
