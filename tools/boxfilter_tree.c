// SPDX-License-Identifier: MIT
#include "boxfilter_tree.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

#define MAX_ROUNDS 20
#define NODE_COST 3		/* one instruction more, against steps on the way */

/* The first comparison for parts i to j. */
enum kind {
	KIND_SPLIT,		/* from part split on, or below */
	KIND_PEEL_LOW,		/* is it part i + 1, a single number; if not, i is as i + 2 */
	KIND_PEEL_HIGH,		/* the same for j - 1, between j - 2 and j */
};

struct choice {
	uint64_t cost;
	uint16_t kind;		/* enum kind */
	uint16_t split;
	uint16_t low_depth;	/* comparisons on the way to the first part and to the last */
	uint16_t high_depth;
};

struct tree {
	const struct part *parts;
	size_t n;
	struct choice *best;	/* best[i * n + j] */
	uint64_t *sums;		/* sums[i]: weights of the parts before i */
};

/* Whether part k is one number between parts that are the same. */
static bool is_island(const struct tree *t, size_t k)
{
	return t->parts[k].first + 1 == t->parts[k + 1].first &&
	       t->parts[k - 1].target == t->parts[k + 1].target;
}

static struct choice *run(struct tree *t, size_t i, size_t j)
{
	return &t->best[i * t->n + j];
}

/* Makes the comparison the choice for a run, if it is cheaper; low and high are what is behind it at the ends. */
static void offer(struct choice *c, enum kind kind, uint64_t cost, const struct choice *low, const struct choice *high)
{
	if (cost < c->cost)
		*c = (struct choice){
			.cost = cost, .kind = (uint16_t)kind, .split = c->split,
			.low_depth = (uint16_t)(low->low_depth + 1), .high_depth = (uint16_t)(high->high_depth + 1),
		};
}

static void choose(struct tree *t, size_t i, size_t j)
{
	struct choice *c = run(t, i, j);
	uint64_t here = t->sums[j + 1] - t->sums[i] + NODE_COST;

	c->cost = UINT64_MAX;
	for (size_t split = i + 1; split <= j; split++) {
		const struct choice *low = run(t, i, split - 1), *high = run(t, split, j);
		uint64_t cost = here + low->cost + high->cost;

		if (cost < c->cost)
			c->split = (uint16_t)split;
		offer(c, KIND_SPLIT, cost, low, high);
	}
	/* An end that is left out goes the way of the part that stands for both. */
	if (j >= i + 2 && is_island(t, i + 1)) {
		const struct choice *rest = run(t, i + 2, j);

		offer(c, KIND_PEEL_LOW, here + rest->cost + (uint64_t)t->parts[i].weight * rest->low_depth, rest, rest);
	}
	if (j >= i + 2 && is_island(t, j - 1)) {
		const struct choice *rest = run(t, i, j - 2);

		offer(c, KIND_PEEL_HIGH, here + rest->cost + (uint64_t)t->parts[j].weight * rest->high_depth, rest, rest);
	}
}

/*
 * By dynamic programming: each run of parts from its shorter ones. A few hundred
 * parts at most, so cubic time is no harm.
 */
static void plan(struct tree *t, const struct part *parts, size_t n)
{
	if (n > UINT16_MAX)
		fail("more than %d ranges of numbers", UINT16_MAX);
	*t = (struct tree){ .parts = parts, .n = n };
	t->best = fail_realloc(NULL, n * n, sizeof(*t->best));
	memset(t->best, 0, n * n * sizeof(*t->best));
	t->sums = fail_realloc(NULL, n + 1, sizeof(*t->sums));
	t->sums[0] = 0;
	for (size_t i = 0; i < n; i++)
		t->sums[i + 1] = t->sums[i] + parts[i].weight;
	for (size_t size = 2; size <= n; size++)
		for (size_t i = 0; i + size <= n; i++)
			choose(t, i, i + size - 1);
}

static void forget(struct tree *t)
{
	free(t->best);
	free(t->sums);
}

/* Its depth is bounded by the number of parts and in practice by its logarithm. */
static size_t put(const struct tree *t, struct assembler *a, size_t i, size_t j)
{
	const struct choice *c = &t->best[i * t->n + j];
	const struct part *parts = t->parts;
	size_t low, high;

	if (i == j)
		return parts[i].target;
	switch (c->kind) {
	case KIND_PEEL_LOW:
		high = put(t, a, i + 2, j);
		return asm_branch(a, BPF_JEQ, parts[i + 1].first, parts[i + 1].target, high);
	case KIND_PEEL_HIGH:
		low = put(t, a, i, j - 2);
		return asm_branch(a, BPF_JEQ, parts[j - 1].first, parts[j - 1].target, low);
	default:
		high = put(t, a, c->split, j);
		low = put(t, a, i, c->split - 1U);
		return asm_branch(a, BPF_JGE, parts[c->split].first, high, low);
	}
}

/* Adds the comparisons on the way to each of the parts i to j. */
static void measure(const struct tree *t, size_t i, size_t j, unsigned depth, unsigned *depths)
{
	const struct choice *c = &t->best[i * t->n + j];

	if (i == j) {
		depths[i] = depth;
		return;
	}
	switch (c->kind) {
	case KIND_PEEL_LOW:
		measure(t, i + 2, j, depth + 1, depths);
		depths[i + 1] = depth + 1;
		depths[i] = depths[i + 2];
		break;
	case KIND_PEEL_HIGH:
		measure(t, i, j - 2, depth + 1, depths);
		depths[j - 1] = depth + 1;
		depths[j] = depths[j - 2];
		break;
	default:
		measure(t, i, c->split - 1U, depth + 1, depths);
		measure(t, c->split, j, depth + 1, depths);
	}
}

void tree_balance(struct part *parts, size_t n)
{
	unsigned *depths = fail_realloc(NULL, n, sizeof(*depths));
	unsigned limit = 1;
	bool deep = true;

	while (1UL << limit < n)
		limit++;
	for (unsigned round = 0; round < MAX_ROUNDS && deep; round++) {
		struct tree t;

		plan(&t, parts, n);
		measure(&t, 0, n - 1, 0, depths);
		forget(&t);
		deep = false;
		for (size_t i = 0; i < n; i++) {
			if (depths[i] <= limit + 1)
				continue;
			parts[i].weight += parts[i].weight / 2 + 1;
			deep = true;
		}
	}
	free(depths);
}

uint64_t tree_cost(const struct part *parts, size_t n)
{
	struct tree t;
	uint64_t cost;

	plan(&t, parts, n);
	cost = t.best[n - 1].cost;
	forget(&t);
	return cost;
}

size_t tree_put(struct assembler *a, const struct part *parts, size_t n)
{
	struct tree t;
	size_t place;

	plan(&t, parts, n);
	place = put(&t, a, 0, n - 1);
	forget(&t);
	return place;
}
