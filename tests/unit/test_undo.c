// SPDX-License-Identifier: MIT
// base/undo: order, each entry once, on after a failure, a full stack.
#include "unit.h"

#include <errno.h>

#include "base/undo.h"

static char order[64];
static size_t used;
static struct undo undo;

static int down(void *arg)
{
	order[used++] = *(char *)arg;
	order[used] = '\0';
	return 0;
}

static int down_fails(void *arg)
{
	if (down(arg))
		return -1;
	errno = EBUSY;
	return fail("rmdir", "thing %c", *(char *)arg);
}

static char a[] = "a", b[] = "b", c[] = "c";

static int fresh(void **state)
{
	(void)state;
	memset(&undo, 0, sizeof(undo));
	used = 0;
	order[0] = '\0';
	return 0;
}

static void unwinds_last_first_and_once(void **state)
{
	(void)state;
	assert_int_equal(undo_push(&undo, down, a, "a"), 0);
	assert_int_equal(undo_push(&undo, down, b, "b"), 0);
	assert_int_equal(undo_push(&undo, down, c, "c"), 0);
	assert_string_equal(order, "");
	assert_int_equal(undo_unwind(&undo), 0);
	assert_string_equal(order, "cba");
	assert_int_equal(undo_unwind(&undo), 0);
	assert_string_equal(order, "cba");
	assert_int_equal(undo_push(&undo, down, b, "b"), 0);
	assert_int_equal(undo_unwind(&undo), 0);
	assert_string_equal(order, "cbab");
}

static void goes_on_after_failures(void **state)
{
	int ret;

	(void)state;
	assert_int_equal(undo_push(&undo, down, a, "a"), 0);
	assert_int_equal(undo_push(&undo, down_fails, b, "b"), 0);
	assert_int_equal(undo_push(&undo, down_fails, c, "c"), 0);
	unit_stderr_begin();
	ret = undo_unwind(&undo);
	assert_string_equal(unit_stderr_end(),
			    "initbox: undo: thing c: rmdir: Device or resource busy (EBUSY)\n"
			    "initbox: undo: thing b: rmdir: Device or resource busy (EBUSY)\n");
	assert_int_equal(ret, -1);
	assert_string_equal(order, "cba");
	assert_int_equal(undo_unwind(&undo), 0); // the failed ones are not tried again
	assert_string_equal(order, "cba");
}

static void fill(void)
{
	for (size_t i = 0; i < COUNT(undo.entry); i++)
		assert_int_equal(undo_push(&undo, down, a, "a"), 0);
}

static void undoes_what_no_longer_fits(void **state)
{
	(void)state;
	fill();
	assert_int_equal(undo_push(&undo, down, b, "the last straw"), -1);
	assert_string_equal(order, "b");
	unit_expect_err("the last straw: the undo stack is full");
	assert_int_equal(undo_unwind(&undo), 0);
	assert_int_equal(used, 1 + COUNT(undo.entry));
	assert_int_equal(strspn(order + 1, "a"), COUNT(undo.entry));
}

static void reports_what_no_longer_fits_and_fails(void **state)
{
	int ret;

	(void)state;
	fill();
	unit_stderr_begin();
	ret = undo_push(&undo, down_fails, b, "the last straw");
	assert_string_equal(unit_stderr_end(), "initbox: thing b: rmdir: Device or resource busy (EBUSY)\n");
	assert_int_equal(ret, -1);
	unit_expect_err("the last straw: the undo stack is full");
	assert_string_equal(order, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(unwinds_last_first_and_once, fresh),
		cmocka_unit_test_setup(goes_on_after_failures, fresh),
		cmocka_unit_test_setup(undoes_what_no_longer_fits, fresh),
		cmocka_unit_test_setup(reports_what_no_longer_fits_and_fails, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
