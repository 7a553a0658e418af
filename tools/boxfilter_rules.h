// SPDX-License-Identifier: MIT
/* What boxfilter_rules.c leaves for boxfilter_ranges.c. */
#ifndef TOOLS_BOXFILTER_RULES_H
#define TOOLS_BOXFILTER_RULES_H

#include "boxfilter.h"

/* The rules of one syscall on one architecture. */
struct entry {
	const char *name;
	int64_t nr;		/* below 0: not on this architecture */
	bool newer;		/* than libseccomp */
	const struct rule *always;	/* the first rule without conditions */
	unsigned n_conditional;
};

/* What is known while one architecture is compiled. */
struct compiler {
	const struct profile *profile;
	const struct arch *arch;
	bool strict;
	struct entry *entries;
	size_t n_entries;
	int64_t newest;		/* above it, syscalls are newer than the profile */
	const struct program *base;
	/* For syscalls with conditions and a rule without: one program for each of
	 * the actions that the latter have. */
	struct {
		uint32_t action;
		const struct program *program;
	} exceptions[8];
	size_t n_exceptions;
	struct verdicts *verdicts;
};

/* The syscall with this number among those that rules apply to, or NULL. */
struct entry *rules_find(const struct compiler *c, int64_t nr);

/*
 * Fills in entries, base and exceptions for c->arch from c->profile with
 * libseccomp. Bad rules end the program.
 */
void rules_compile_arch(struct compiler *c);

#endif
