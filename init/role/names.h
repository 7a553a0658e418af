// SPDX-License-Identifier: MIT
// The inits that initbox stands in for: started under one's name (a link), it takes its options, and answers as it does.
#pragma once
#include "base/err.h"
#include "role/reap.h"
#include "spec/options.h"

struct name {
	const char *name;	      // the last part of argv[0]
	const struct option *options; // NULL: initbox's own
	const char *usage;	      // what a mistake in the options is answered with, beside its line; NULL: nothing
	const char *help, *version;
	bool help_on_stderr;
	uint8_t usage_code, exec_code; // exit codes for a mistake, and for a program that can't be started; 0: err's own
	uint8_t own_code;	       // for other failures of init
	void (*before)(struct spec *s);			// its defaults
	int (*after)(struct spec *s, struct reap *r);	// what follows from its options; -1 with err_last set
	void (*refuse)(const char *argv0, const struct err *e, bool exec); // prints an error; NULL: as initbox does
	void (*say)(enum reap_event event, int a, int b); // what it says when it is verbose; NULL: as initbox does
};

// The one that argv0 names, or initbox itself.
const struct name *name_find(const char *argv0);
