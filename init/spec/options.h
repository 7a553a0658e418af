// SPDX-License-Identifier: MIT
// The command line. The first word that is not an option starts the command, and so does what follows `--`.
#pragma once
#include "spec/keys.h"

enum parse_result { PARSE_OK, PARSE_HELP, PARSE_VERSION, PARSE_LICENCE, PARSE_BAD = -1 };

// An option of another init that initbox stands in for. A list ends with an empty row.
struct option {
	char letter;	   // 0: none
	const char *name;  // behind --; NULL: none
	const char *key;   // what it sets; NULL: it is result's
	const char *value; // the value that it stands for; NULL: the next word
	enum parse_result result;
};

// Takes the options of argv, argv[0] being the first of them, and lets s->command point at what follows. scope (SCOPE_BOX
// or SCOPE_ENTRY) says whose they are; peer, unless NULL, lists what is understood instead of the keys.
// PARSE_BAD: err_last is set.
enum parse_result parse_options(struct spec *s, enum key_scope scope, const struct option *peer, int argc,
				char **argv) must_check;
