// SPDX-License-Identifier: MIT
/*
 * What a filter knows of a call's arguments on its way through the rules, for
 * boxfilter_args.c.
 */
#ifndef TOOLS_BOXFILTER_STATES_H
#define TOOLS_BOXFILTER_STATES_H

#include "boxfilter_halves.h"
#include "boxfilter_tree.h"

#define NOTHING_LOADED 255
#define STATE_BUCKETS 1024

/* A half of an argument: index * 2, and 1 more for the upper one. */
struct question {
	unsigned word;
	uint32_t mask;		/* UINT32_MAX: the word as it is */
};

struct state {
	struct state *next;	/* in its bucket */
	uint8_t *known;		/* enum known, of each test; all false in a rule that is out */
	size_t leaf;		/* the rule that counts when those with open tests don't hold */
	unsigned loaded;	/* the word in the accumulator */
	bool planned;
	struct question best;
	uint64_t cost;
	size_t place;		/* of its code, 0: not written */
};

struct solver {
	struct assembler *assembler;
	struct test *tests;
	size_t n_tests;
	size_t *starts;		/* of each rule's tests, and the end of the last one's */
	uint64_t *actions;	/* of each rule, and otherwise */
	size_t n_rules;
	bool big_endian;
	size_t otherwise;	/* place of the code behind the last rule, 0: its action is returned */
	struct state *buckets[STATE_BUCKETS];
	size_t n_states;
};

/* A question's parts, whose targets are states, and how it is put. */
struct division {
	struct part *parts;
	size_t n;
	bool ands;		/* the word is masked and compared; else it stays loaded */
};

#define STATE(part) ((struct state *)(part).target)

/*
 * A solver for n rules of the call, with its first state in *start. otherwise is
 * the place of what comes behind them, or 0: what the call does otherwise.
 */
struct solver *solver_make(struct assembler *a, const struct call *call, const struct rule *rules, size_t n,
			   size_t otherwise, struct state **start);
void solver_free(struct solver *s);

/* The first rule whose conditions are not decided; the state must not be a leaf. */
size_t state_rule(const struct solver *s, const struct state *state);

/* Whether one action is left. */
bool state_is_leaf(const struct solver *s, const struct state *state);

/* What the answers to a question lead to; d->parts is new memory. */
void state_divide(struct solver *s, const struct state *state, struct question q, struct division *d);

#endif
