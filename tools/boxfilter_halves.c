// SPDX-License-Identifier: MIT
#include "boxfilter_halves.h"

#include "fail.h"

static uint32_t half(uint64_t value, bool high)
{
	return (uint32_t)(high ? value >> 32 : value);
}

static enum known answer(const struct test *test, bool holds)
{
	return holds != test->negate ? KNOWN_TRUE : KNOWN_FALSE;
}

/* Where a half can't change the outcome, it need not be looked at. */
static enum known settle(const struct test *test, enum known known)
{
	uint32_t high = half(test->value, true), low = half(test->value, false);

	switch (known) {
	case KNOWN_NOTHING:
		if (!test->less && !test_mask(test, true))
			return settle(test, KNOWN_HIGH);
		if (!test->less && !test_mask(test, false))
			return KNOWN_LOW_HOLDS;
		return test->less && !low ? settle(test, KNOWN_LOW_FAILS) : known;
	case KNOWN_HIGH:
		if (test->less && !low)
			return answer(test, false);
		return test->less || test_mask(test, false) ? known : answer(test, true);
	case KNOWN_LOW_FAILS:
		return test->less && high ? known : answer(test, false);
	case KNOWN_LOW_HOLDS:
		return test->less && high == UINT32_MAX ? answer(test, true) : known;
	default:
		return known;
	}
}

enum known test_make(struct test *test, const struct condition *c, bool is_32bit)
{
	uint64_t all = is_32bit ? UINT32_MAX : UINT64_MAX;
	bool or_equal = c->op == SCMP_CMP_LE || c->op == SCMP_CMP_GT;

	*test = (struct test){ .index = c->index, .mask = all, .value = c->value };
	switch (c->op) {
	case SCMP_CMP_MASKED_EQ:
		test->mask = c->value & all;
		test->value = c->value_two & all;
		break;
	case SCMP_CMP_EQ:
	case SCMP_CMP_NE:
		test->negate = c->op == SCMP_CMP_NE;
		test->value &= all;
		break;
	case SCMP_CMP_LT:
	case SCMP_CMP_LE:
	case SCMP_CMP_GE:
	case SCMP_CMP_GT:
		test->less = true;
		test->negate = c->op == SCMP_CMP_GE || c->op == SCMP_CMP_GT;
		/* An argument is never above the greatest one. */
		if (test->value > all || (or_equal && test->value == all))
			return answer(test, true);
		test->value += or_equal;
		break;
	default:
		fail("internal error: operator %d", c->op);
	}
	return settle(test, is_32bit ? KNOWN_HIGH : KNOWN_NOTHING);
}

bool test_asks(enum known known, bool high)
{
	return known == KNOWN_NOTHING ||
	       (high ? known == KNOWN_LOW_FAILS || known == KNOWN_LOW_HOLDS : known == KNOWN_HIGH);
}

uint32_t test_mask(const struct test *test, bool high)
{
	return test->less ? UINT32_MAX : half(test->mask, high);
}

unsigned test_borders(const struct test *test, enum known known, bool high, uint64_t borders[2])
{
	uint64_t value = half(test->value, high);

	if (!test_asks(known, high))
		return 0;
	borders[0] = value;
	borders[1] = value + 1;
	if (!test->less || (high && known == KNOWN_NOTHING))
		return 2;
	/* Below the value, or with the lower half in favour below or equal. */
	if (high && known == KNOWN_LOW_HOLDS)
		borders[0]++;
	return 1;
}

enum known test_learn(const struct test *test, enum known known, bool high, uint32_t x, bool is_masked)
{
	uint32_t value = half(test->value, high);
	bool equal = (is_masked ? x : x & test_mask(test, high)) == value;

	if (!test_asks(known, high))
		return known;
	if (high && test->less && x != value)
		return answer(test, x < value);
	if (high && !equal)
		return answer(test, false);
	if (high)
		return known == KNOWN_NOTHING ? settle(test, KNOWN_HIGH) : answer(test, known == KNOWN_LOW_HOLDS);
	if (known == KNOWN_HIGH)
		return answer(test, test->less ? x < value : equal);
	if (test->less)
		return settle(test, x < value ? KNOWN_LOW_HOLDS : KNOWN_LOW_FAILS);
	return equal ? KNOWN_LOW_HOLDS : answer(test, false);
}
