// SPDX-License-Identifier: MIT
#include "boxfilter.h"

#include <stdlib.h>

#include "boxfilter_args.h"
#include "boxfilter_tree.h"
#include "fail.h"

#define LOAD(member) \
	(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))

/* Writes one architecture's part; returns its first instruction, the load of the number. */
static size_t put_arch(struct assembler *a, const struct arch_ranges *arch)
{
	struct part *parts = fail_realloc(NULL, arch->n_ranges, sizeof(*parts));
	size_t start;

	for (size_t i = 0; i < arch->n_ranges; i++) {
		const struct range *range = &arch->ranges[i];

		parts[i] = (struct part){
			.first = range->first, .weight = range->weight,
			.target = range->call ? args_put(a, range->call) : asm_return(a, range->ret),
		};
	}
	tree_balance(parts, arch->n_ranges);
	start = asm_step(a, LOAD(nr), tree_put(a, parts, arch->n_ranges));
	free(parts);
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
		size_t part = put_arch(&a, &verdicts->arches[i]);

		start = asm_branch(&a, BPF_JEQ, verdicts->arches[i].audit, part, start);
	}
	start = asm_step(&a, LOAD(arch), start);
	asm_finish(&a, start, program);
}
