// SPDX-License-Identifier: MIT
// The table of settings. Each exists once, here; command line, configuration file, kernel command line and --help read it.
#pragma once
#include "spec/spec.h"

enum key_scope {
	SCOPE_BOX = 1,	   // of a box: everywhere
	SCOPE_MACHINE = 2, // of the machine: configuration and kernel command line
	SCOPE_FLAG = 4,	   // a yes/no that takes no value on the command line
};

struct key {
	const char *name;
	char letter; // short option, 0 for none
	uint8_t scope;
	uint8_t type;		    // enum in keys.c
	uint16_t max;		    // list: how many entries it holds, else 0
	uint16_t offset, count;	    // of the field and of a list's counter in struct spec
	const char *const *choices; // NULL-terminated, for a choice
	const char *arg, *help;
};

// The row called name (n characters), or NULL.
const struct key *key_find(const char *name, size_t n);

// The row with this short option, or NULL.
const struct key *key_letter(char letter);

// Stores value (NUL-terminated; kept, not copied) in its field. where is put in front of an error:
// `initbox.conf:12: memory: "12Q": not a size (try 64M, 1G, max)`. Returns 0, or -1 with err_last set.
int key_set(const struct key *key, struct spec *s, const char *value, const char *where) must_check;

// Appends one line for each row of scope, for --help.
void key_help(struct buf *b, enum key_scope scope);
