// SPDX-License-Identifier: MIT
#ifndef TOOLS_BOXFILTER_OPTIONS_H
#define TOOLS_BOXFILTER_OPTIONS_H

#include "boxfilter_print.h"

struct options {
	struct target target;
	const struct print_format *format;
	const char *output;	/* NULL: standard output */
	const char *profile;	/* "-": standard input */
	const char *name;	/* the profile's, in messages */
	bool strict;
};

/* Reads the command line; --help and errors end the program. */
void options_parse(int argc, char **argv, struct options *options);

#endif
