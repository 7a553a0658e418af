// SPDX-License-Identifier: MIT
#include "boxfilter_states.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

#define WEIGHT 4		/* of a part */
#define WEIGHT_SMALL 32		/* of one with 0 in an upper half: most arguments are small */

static size_t hash(const struct solver *s, const uint8_t *known, size_t leaf, unsigned loaded)
{
	size_t h = leaf * 31 + loaded;

	for (size_t i = 0; i < s->n_tests; i++)
		h = h * 31 + known[i];
	return h % STATE_BUCKETS;
}

/* The one state with these contents; known is copied. */
static struct state *intern(struct solver *s, const uint8_t *known, size_t leaf, unsigned loaded)
{
	struct state **bucket = &s->buckets[hash(s, known, leaf, loaded)], *state;

	for (state = *bucket; state; state = state->next)
		if (state->leaf == leaf && state->loaded == loaded && !memcmp(state->known, known, s->n_tests))
			return state;
	state = fail_realloc(NULL, 1, sizeof(*state));
	*state = (struct state){ .next = *bucket, .leaf = leaf, .loaded = loaded };
	state->known = fail_realloc(NULL, s->n_tests, 1);
	memcpy(state->known, known, s->n_tests);
	*bucket = state;
	s->n_states++;
	return state;
}

static void drop(const struct solver *s, uint8_t *known, size_t rule)
{
	memset(known + s->starts[rule], KNOWN_FALSE, s->starts[rule + 1] - s->starts[rule]);
}

/* Whether the rule can still hold; *holds: whether it does. */
static bool is_open(const struct solver *s, const uint8_t *known, size_t rule, bool *holds)
{
	*holds = true;
	for (size_t i = s->starts[rule]; i < s->starts[rule + 1]; i++) {
		if (known[i] == KNOWN_FALSE)
			return false;
		*holds &= known[i] == KNOWN_TRUE;
	}
	return true;
}

/* Puts out what can't matter any more; returns the leaf. */
static size_t simplify(const struct solver *s, uint8_t *known, size_t leaf)
{
	bool holds, decided = false;

	for (size_t rule = 0; rule < s->n_rules; rule++) {
		bool open = is_open(s, known, rule, &holds);

		if (open && holds && !decided) {
			leaf = rule;
			decided = true;
		}
		if (!open || decided)
			drop(s, known, rule);
	}
	/* A last rule that says what is said without it. */
	for (size_t rule = s->n_rules; rule-- > 0;) {
		if (!is_open(s, known, rule, &holds))
			continue;
		if (s->actions[rule] != s->actions[leaf])
			break;
		drop(s, known, rule);
	}
	for (size_t rule = 0; rule < leaf; rule++)
		if (s->actions[rule] == s->actions[leaf])
			leaf = rule;
	return leaf;
}

static bool asks(const struct solver *s, const uint8_t *known, size_t test, unsigned word)
{
	return s->tests[test].index == word / 2 && test_asks((enum known)known[test], word % 2);
}

/* Whether the answer to the question tells something about the test; exact: it is one number. */
static bool concerns(const struct solver *s, const uint8_t *known, size_t test, struct question q, bool exact)
{
	uint32_t mask = test_mask(&s->tests[test], q.word % 2);

	return asks(s, known, test, q.word) && (mask == q.mask || (exact && q.mask == UINT32_MAX));
}

/* The state behind the answer x; loaded is what is in the accumulator then. */
static struct state *learn(struct solver *s, const struct state *state, struct question q, uint32_t x, bool exact,
			   unsigned loaded)
{
	uint8_t *known = fail_realloc(NULL, s->n_tests, 1);
	struct state *next;
	bool wanted = false;
	size_t leaf;

	memcpy(known, state->known, s->n_tests);
	for (size_t i = 0; i < s->n_tests; i++)
		if (concerns(s, known, i, q, exact))
			known[i] = (uint8_t)test_learn(&s->tests[i], (enum known)known[i], q.word % 2, x,
						       q.mask != UINT32_MAX);
	leaf = simplify(s, known, state->leaf);
	for (size_t i = 0; i < s->n_tests; i++)
		wanted |= asks(s, known, i, loaded);
	next = intern(s, known, leaf, wanted ? loaded : NOTHING_LOADED);
	free(known);
	return next;
}

static int compare_borders(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Where the answer's meaning changes, sorted, with 0 first and the end last; returns how many parts lie between. */
static size_t find_borders(const struct solver *s, const struct state *state, struct question q, uint64_t *borders)
{
	size_t n = 1, kept = 1;

	borders[0] = 0;
	for (size_t i = 0; i < s->n_tests; i++)
		if (concerns(s, state->known, i, q, false))
			n += test_borders(&s->tests[i], (enum known)state->known[i], q.word % 2, borders + n);
	qsort(borders, n, sizeof(*borders), compare_borders);
	for (size_t i = 1; i < n; i++)
		if (borders[i] != borders[kept - 1] && borders[i] <= UINT32_MAX)
			borders[kept++] = borders[i];
	borders[kept] = 1ULL << 32;
	return kept;
}

void state_divide(struct solver *s, const struct state *state, struct question q, struct division *d)
{
	uint64_t *borders = fail_realloc(NULL, 2 * s->n_tests + 2, sizeof(*borders));
	size_t n = find_borders(s, state, q, borders);

	/* Any of the masked bits: that is one jump. */
	*d = (struct division){ .ands = q.mask != UINT32_MAX && !(n == 2 && borders[1] == 1) };
	d->parts = fail_realloc(NULL, n, sizeof(*d->parts));
	for (size_t i = 0; i < n; i++) {
		bool exact = borders[i] + 1 == borders[i + 1];
		struct state *next = learn(s, state, q, (uint32_t)borders[i], exact,
					   d->ands ? NOTHING_LOADED : q.word);
		unsigned weight = q.word % 2 && !i ? WEIGHT_SMALL : WEIGHT;

		if (d->n && STATE(d->parts[d->n - 1]) == next)
			d->parts[d->n - 1].weight += weight;
		else
			d->parts[d->n++] = (struct part){ .first = (uint32_t)borders[i], .weight = weight,
							  .target = (size_t)next };
	}
	free(borders);
	/* Nothing to be asked: what was loaded stays. */
	if (d->n == 1)
		d->parts[0].target = (size_t)intern(s, STATE(d->parts[0])->known, STATE(d->parts[0])->leaf,
						    state->loaded);
}

bool state_is_leaf(const struct solver *s, const struct state *state)
{
	for (size_t i = 0; i < s->n_tests; i++)
		if (state->known[i] != KNOWN_FALSE)
			return false;
	return true;
}

size_t state_rule(const struct solver *s, const struct state *state)
{
	size_t rule = 0;
	bool holds;

	while (!is_open(s, state->known, rule, &holds))
		rule++;
	return rule;
}

void solver_free(struct solver *s)
{
	for (size_t i = 0; i < STATE_BUCKETS; i++) {
		for (struct state *state = s->buckets[i], *next; state; state = next) {
			next = state->next;
			free(state->known);
			free(state);
		}
	}
	free(s->tests);
	free(s->starts);
	free(s->actions);
	free(s);
}

struct solver *solver_make(struct assembler *a, const struct call *call, const struct rule *rules, size_t n,
			   size_t otherwise, struct state **start)
{
	struct solver *s = fail_realloc(NULL, 1, sizeof(*s));
	uint8_t *known;
	size_t leaf;

	*s = (struct solver){ .assembler = a, .n_rules = n, .otherwise = otherwise,
			      .big_endian = call->arch->big_endian };
	s->tests = fail_realloc(NULL, n * MAX_CONDITIONS, sizeof(*s->tests));
	s->starts = fail_realloc(NULL, n + 1, sizeof(*s->starts));
	s->actions = fail_realloc(NULL, n + 1, sizeof(*s->actions));
	known = fail_realloc(NULL, n * MAX_CONDITIONS, 1);
	for (size_t rule = 0; rule < n; rule++) {
		s->starts[rule] = s->n_tests;
		s->actions[rule] = rules[rule].action;
		for (unsigned i = 0; i < rules[rule].n_conditions; i++, s->n_tests++)
			known[s->n_tests] = (uint8_t)test_make(&s->tests[s->n_tests], &rules[rule].conditions[i],
							       call->arch->is_32bit);
	}
	s->starts[n] = s->n_tests;
	s->actions[n] = otherwise ? UINT64_MAX : call->otherwise;	/* a place is like no action */
	leaf = simplify(s, known, n);
	*start = intern(s, known, leaf, NOTHING_LOADED);
	free(known);
	return s;
}
