// SPDX-License-Identifier: MIT
/* What boxfilter_rules.c leaves for boxfilter_ranges.c. */
#ifndef TOOLS_BOXFILTER_RULES_H
#define TOOLS_BOXFILTER_RULES_H

#include "boxfilter.h"

/* What is known while one architecture is compiled. */
struct compiler {
	const struct profile *profile;
	const struct arch *arch;
	bool strict;
	struct call *calls;	/* those that rules apply to */
	size_t n_calls;
	int64_t newest;		/* above it, syscalls are newer than the profile */
};

/* The syscall with this number among those that rules apply to, or NULL. */
const struct call *rules_find(const struct compiler *c, int64_t nr);

/*
 * Fills in calls and newest for c->arch from c->profile. Rules without effect are
 * noted on stderr or, with strict, end the program.
 */
void rules_collect(struct compiler *c);

/* Frees the calls. */
void rules_drop(struct compiler *c);

#endif
