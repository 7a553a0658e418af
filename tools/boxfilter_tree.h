// SPDX-License-Identifier: MIT
/* The cheapest comparisons that tell ranges of one 32-bit word apart. */
#ifndef TOOLS_BOXFILTER_TREE_H
#define TOOLS_BOXFILTER_TREE_H

#include "boxfilter_asm.h"

/* The values from first up to the next part's first go to target. */
struct part {
	uint32_t first;
	unsigned weight;	/* how much a short way is worth */
	size_t target;
};

/*
 * What it costs to tell n parts apart: for each one its weight times the
 * comparisons on the way to it, and something for each comparison there is.
 * Parts with equal targets are the same; neighbours are not.
 */
uint64_t tree_cost(const struct part *parts, size_t n);

/* Raises the weight of those parts to which the way would be much longer than in a balanced tree. */
void tree_balance(struct part *parts, size_t n);

/* Writes the comparisons of the loaded word; the targets are places. Returns where they start. */
size_t tree_put(struct assembler *a, const struct part *parts, size_t n);

#endif
