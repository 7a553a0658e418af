// SPDX-License-Identifier: MIT
/*
 * A condition on a 64-bit argument, seen by a filter that loads 32 bits at a time.
 * The halves may come in any order; each one narrows down what is still open.
 */
#ifndef TOOLS_BOXFILTER_HALVES_H
#define TOOLS_BOXFILTER_HALVES_H

#include "boxfilter.h"

/* (argument & mask) == value, or with less argument < value; with negate the opposite. */
struct test {
	unsigned index;
	bool less;
	bool negate;
	uint64_t mask, value;
};

/* What is known of a test. The lower half alone decides (or upper one) once the other is known. */
enum known {
	KNOWN_NOTHING,
	KNOWN_HIGH,		/* the upper half is that of the value */
	KNOWN_LOW_FAILS,	/* the lower half is not as the test wants it */
	KNOWN_LOW_HOLDS,	/* it is */
	KNOWN_TRUE,
	KNOWN_FALSE,
};

/* The condition as a test, and what is known of it before anything is loaded. */
enum known test_make(struct test *test, const struct condition *condition, bool is_32bit);

/* Whether a half would tell more about the test. */
bool test_asks(enum known known, bool high);

/* The bits of a half that the test looks at: all of them, or those to be masked out. */
uint32_t test_mask(const struct test *test, bool high);

/*
 * Values of a half, if it is asked for, from which on the answer is another one:
 * up to two in borders; returns how many.
 */
unsigned test_borders(const struct test *test, enum known known, bool high, uint64_t borders[2]);

/* What is known when a half, if it is asked for, is x, or, with is_masked, x when it is masked with the test's mask. */
enum known test_learn(const struct test *test, enum known known, bool high, uint32_t x, bool is_masked);

#endif
