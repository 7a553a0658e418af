// SPDX-License-Identifier: MIT
/*
 * What is known of each condition, and what is loaded, is a state. In a state one
 * half of an argument is asked for; its values, cut into parts at those that the
 * conditions compare with, lead to states where more is known, up to the one
 * where only one action is left. Of the halves that the first open rule could ask
 * for, the one that makes the shortest code on the way is taken.
 */
#include "boxfilter_args.h"

#include <linux/filter.h>
#include <stdlib.h>

#include "boxfilter_states.h"

#define MAX_STATES 1024
#define MAX_WIDE 4		/* tests up to which each order is tried */
#define SCALE 64		/* of costs, for fractions */

static uint64_t plan(struct solver *s, struct state *state);

/* Conditions can be so many that what is known of them does not fit; one rule's always does. */
static bool is_too_much(const struct solver *s)
{
	return s->n_states > MAX_STATES && s->n_rules > 1;
}

static void consider(struct solver *s, struct state *state, struct question q)
{
	struct division d;
	uint64_t cost = 0, weights = 0;

	state_divide(s, state, q, &d);
	for (size_t i = 0; i < d.n && !is_too_much(s); i++) {
		weights += d.parts[i].weight;
		cost += d.parts[i].weight * plan(s, STATE(d.parts[i]));
	}
	if (!is_too_much(s)) {
		cost = (cost + SCALE * tree_cost(d.parts, d.n)) / weights;
		if (d.n > 1)
			cost += (q.word != state->loaded ? SCALE : 0U) + (d.ands ? SCALE : 0U);
		if (cost < state->cost) {
			state->cost = cost;
			state->best = q;
		}
	}
	free(d.parts);
}

/* Chooses what to ask in the state and behind it; returns the expected number of steps, times SCALE. */
static uint64_t plan(struct solver *s, struct state *state)
{
	size_t rule;

	if (state->planned)
		return state->cost;
	state->planned = true;
	if (state_is_leaf(s, state))
		return 0;
	state->cost = UINT64_MAX;
	rule = state_rule(s, state);
	for (size_t i = s->starts[rule]; i < s->starts[rule + 1]; i++) {
		for (unsigned high = 0; high < 2; high++)
			if (test_asks((enum known)state->known[i], high))
				consider(s, state, (struct question){ s->tests[i].index * 2 + high,
								      test_mask(&s->tests[i], high) });
		if (state->cost != UINT64_MAX && s->n_tests > MAX_WIDE)
			break;
	}
	return state->cost;
}

static size_t put_leaf(struct solver *s, size_t leaf)
{
	return leaf == s->n_rules && s->otherwise ? s->otherwise : asm_return(s->assembler, (uint32_t)s->actions[leaf]);
}

/* Parts whose states have become the same code are one. */
static size_t merge_parts(struct part *parts, size_t n)
{
	size_t kept = 1;

	for (size_t i = 1; i < n; i++)
		if (parts[i].target != parts[kept - 1].target)
			parts[kept++] = parts[i];
	return kept;
}

/* Writes the code of a state; halves that are loaded one after the other bound the depth. */
static size_t put(struct solver *s, struct state *state)
{
	struct assembler *a = s->assembler;
	struct division d;
	struct question q = state->best;
	struct sock_filter load = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	struct sock_filter and = BPF_STMT(BPF_ALU | BPF_AND | BPF_K, q.mask);
	size_t place, n;

	if (state->place)
		return state->place;
	if (state_is_leaf(s, state))
		return state->place = put_leaf(s, state->leaf);
	state_divide(s, state, q, &d);
	for (size_t i = d.n; i-- > 0;)
		d.parts[i].target = put(s, STATE(d.parts[i]));
	n = merge_parts(d.parts, d.n);
	if (q.mask != UINT32_MAX && !d.ands && n == 2)
		place = asm_branch(a, BPF_JSET, q.mask, d.parts[1].target, d.parts[0].target);
	else
		place = tree_put(a, d.parts, n);
	if (d.ands && d.n > 1)
		place = asm_step(a, and, place);
	load.k = (uint32_t)offsetof(struct seccomp_data, args) + q.word / 2 * 8 + (q.word % 2 != s->big_endian ? 4 : 0);
	/* Where nothing is asked, nothing is loaded; what is behind takes the answers as loaded. */
	if (q.word != state->loaded && d.n > 1)
		place = asm_step(a, load, place);
	free(d.parts);
	return state->place = place;
}

size_t args_put(struct assembler *a, const struct call *call)
{
	struct state *start;
	struct solver *s = solver_make(a, call, call->rules, call->n_rules, 0, &start);
	size_t place = 0;

	plan(s, start);
	if (!is_too_much(s)) {
		place = put(s, start);
		solver_free(s);
		return place;
	}
	solver_free(s);
	/* Too much to keep in mind at once: one rule after the other. */
	for (size_t rule = call->n_rules; rule-- > 0;) {
		s = solver_make(a, call, &call->rules[rule], 1, place, &start);
		plan(s, start);
		place = put(s, start);
		solver_free(s);
	}
	return place;
}
