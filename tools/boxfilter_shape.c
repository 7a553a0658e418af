// SPDX-License-Identifier: MIT
#include "boxfilter.h"

#include <stdlib.h>
#include <string.h>

#include "boxfilter_asm.h"
#include "fail.h"

#define NODE_COST 3		/* one instruction more, against steps on the way */

#define LOAD(member) \
	(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))

/* How a run of ranges is told apart: best[i * n + j] for ranges i to j. */
struct choice {
	uint64_t cost;
	uint16_t split;		/* first range of the upper part; 0: leaf, or one number */
};

struct tree {
	struct assembler *assembler;
	const struct range *ranges;
	size_t n;
	struct choice *best;
	size_t *targets;	/* where the code of each range stands */
};

/* Three ranges where a single number stands out: one comparison is enough. */
static bool stands_out(const struct tree *t, size_t i, size_t j)
{
	return j == i + 2 && t->targets[i] == t->targets[j] &&
	       t->ranges[i + 1].first + 1 == t->ranges[j].first;
}

static uint64_t sum_weights(const struct tree *t, size_t i, size_t j)
{
	uint64_t sum = 0;

	for (; i <= j; i++)
		sum += t->ranges[i].weight;
	return sum;
}

/*
 * The cheapest tree of comparisons by dynamic programming: each run of ranges
 * from its shorter ones. A few hundred ranges at most, so cubic time is no harm.
 */
static void plan_tree(struct tree *t)
{
	size_t n = t->n;

	for (size_t size = 2; size <= n; size++) {
		for (size_t i = 0; i + size <= n; i++) {
			size_t j = i + size - 1;
			struct choice *c = &t->best[i * n + j];
			uint64_t here = sum_weights(t, i, j) + NODE_COST;

			if (stands_out(t, i, j)) {
				c->cost = here;
				continue;
			}
			c->cost = UINT64_MAX;
			for (size_t split = i + 1; split <= j; split++) {
				uint64_t cost = here + t->best[i * n + split - 1].cost +
						t->best[split * n + j].cost;

				if (cost >= c->cost)
					continue;
				c->cost = cost;
				c->split = (uint16_t)split;
			}
		}
	}
}

/*
 * Writes the comparisons for ranges i to j. The depth is bounded by the number
 * of ranges and in practice its logarithm.
 */
static size_t put_tree(struct tree *t, size_t i, size_t j)
{
	const struct choice *c = &t->best[i * t->n + j];
	size_t low, high;

	if (i == j)
		return t->targets[i];
	if (!c->split)
		return asm_branch(t->assembler, BPF_JEQ, t->ranges[i + 1].first,
				  t->targets[i + 1], t->targets[i]);
	high = put_tree(t, c->split, j);
	low = put_tree(t, i, c->split - 1U);
	return asm_branch(t->assembler, BPF_JGE, t->ranges[c->split].first, high, low);
}

/* A place that does not depend on what was loaded before. */
static bool starts_anew(const struct sock_filter *s)
{
	return BPF_CLASS(s->code) == BPF_LD || BPF_CLASS(s->code) == BPF_RET;
}

/*
 * For a 32-bit mask, libseccomp loads the upper half, masks it with 0 and compares
 * with 0. Where pc starts such a triple, returns the place that it leads to anyway;
 * else pc.
 */
static size_t skip_constant(const struct program *program, size_t pc)
{
	const struct sock_filter *s = &program->code[pc];
	size_t next;

	if (pc + 3 >= program->length || s->code != (BPF_LD | BPF_W | BPF_ABS) ||
	    s[1].code != (BPF_ALU | BPF_AND | BPF_K) || s[1].k ||
	    s[2].code != (BPF_JMP | BPF_JEQ | BPF_K))
		return pc;
	next = pc + 3 + (s[2].k ? s[2].jf : s[2].jt);
	return next < program->length && starts_anew(&program->code[next]) ? next : pc;
}

/*
 * Copies the code that is reached from pc, last instruction first. The places of
 * what is copied are kept, so that ranges can share code.
 */
static size_t copy_code(struct assembler *a, const struct program *program, size_t pc, size_t *places)
{
	bool *reached = fail_realloc(NULL, program->length, sizeof(*reached));

	memset(reached, 0, program->length * sizeof(*reached));
	reached[pc] = true;
	for (size_t i = pc; i < program->length; i++) {
		const struct sock_filter *s = &program->code[i];

		if (!reached[i] || BPF_CLASS(s->code) == BPF_RET)
			continue;
		if (skip_constant(program, i) != i) {
			reached[skip_constant(program, i)] = true;
			continue;
		}
		if (s->code == (BPF_JMP | BPF_JA)) {
			reached[i + 1 + s->k] = true;
		} else if (BPF_CLASS(s->code) == BPF_JMP) {
			reached[i + 1 + s->jt] = true;
			reached[i + 1 + s->jf] = true;
		} else {
			reached[i + 1] = true;
		}
	}
	for (size_t i = program->length; i-- > pc;) {
		const struct sock_filter *s = &program->code[i];

		if (!reached[i] || places[i])
			continue;
		if (BPF_CLASS(s->code) == BPF_RET)
			places[i] = asm_return(a, s->k);
		else if (skip_constant(program, i) != i)
			places[i] = places[skip_constant(program, i)];
		else if (s->code == (BPF_JMP | BPF_JA))
			places[i] = places[i + 1 + s->k];
		else if (BPF_CLASS(s->code) == BPF_JMP)
			places[i] = asm_branch(a, BPF_OP(s->code), s->k, places[i + 1 + s->jt],
					       places[i + 1 + s->jf]);
		else
			places[i] = asm_step(a, *s, places[i + 1]);
	}
	free(reached);
	return places[pc];
}

/* Writes one architecture's part; returns its first instruction, the load of the number. */
static size_t put_arch(struct assembler *a, const struct verdicts *v, const struct arch_ranges *arch)
{
	struct tree t = { .assembler = a, .ranges = arch->ranges, .n = arch->n_ranges };
	size_t *places[MAX_PROGRAMS] = { NULL };
	size_t start;

	t.best = fail_realloc(NULL, t.n * t.n, sizeof(*t.best));
	memset(t.best, 0, t.n * t.n * sizeof(*t.best));
	t.targets = fail_realloc(NULL, t.n, sizeof(*t.targets));
	for (size_t i = 0; i < t.n; i++) {
		const struct range *range = &t.ranges[i];
		size_t p = 0;

		if (!range->program) {
			t.targets[i] = asm_return(a, range->ret);
			continue;
		}
		while (v->programs[p] != range->program)
			p++;
		if (!places[p]) {
			places[p] = fail_realloc(NULL, range->program->length, sizeof(size_t));
			memset(places[p], 0, range->program->length * sizeof(size_t));
		}
		t.targets[i] = copy_code(a, range->program, range->pc, places[p]);
	}
	plan_tree(&t);
	start = asm_step(a, LOAD(nr), put_tree(&t, 0, t.n - 1));
	for (size_t p = 0; p < MAX_PROGRAMS; p++)
		free(places[p]);
	free(t.best);
	free(t.targets);
	return start;
}

void shape_program(const struct verdicts *verdicts, struct program *program)
{
	static struct assembler a;
	size_t start;

	a.length = 0;
	start = asm_return(&a, verdicts->foreign);
	/* The target's own architecture is the first one, and is asked for first. */
	for (size_t i = verdicts->n_arches; i-- > 0;) {
		size_t part = put_arch(&a, verdicts, &verdicts->arches[i]);

		start = asm_branch(&a, BPF_JEQ, verdicts->arches[i].audit, part, start);
	}
	start = asm_step(&a, LOAD(arch), start);
	asm_finish(&a, start, program);
}
