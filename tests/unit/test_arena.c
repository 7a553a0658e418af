// SPDX-License-Identifier: MIT
// base/arena: copies, the last byte of it, and that it can be frozen. Each test has an arena of its own, in a child.
#include "unit.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/arena.h"

enum { SIZE = 64 * 1024 };

static char long_text[SIZE + 1];

static int copies(void)
{
	char *p = arena_copy("abcdef", 3), *q = arena_copy("", 0), *r = arena_copy("xyz", 3);

	unit_check(p && q && r);
	unit_check(!strcmp(p, "abc") && !strcmp(q, "") && !strcmp(r, "xyz"));
	memset(r, 'r', 3);
	unit_check(!strcmp(p, "abc") && !strcmp(q, ""));
	return 0;
}

static int fills_to_the_last_byte(void)
{
	char *p, *q;

	unit_check(!arena_copy(long_text, SIZE));
	unit_check(!arena_copy(long_text, SIZE_MAX)); // not even one more than all that is left
	p = arena_copy(long_text, SIZE - 9);
	unit_check(p && strlen(p) == SIZE - 9);
	unit_check(!arena_copy("12345678", 8));
	q = arena_copy("1234567", 7);
	unit_check(q && !strcmp(q, "1234567"));
	unit_check(!arena_copy("", 0));
	unit_check(!strcmp(q, "1234567") && p[0] == 'a');
	return 0;
}

static int freezes(void)
{
	char *p = arena_copy("abc", 3);

	unit_check(p && !arena_freeze(NULL, 0));
	unit_check(!strcmp(p, "abc"));
	p[1] = 'x';
	return 1; // not reached
}

static int freezes_all_of_it(void)
{
	char *p = arena_copy(long_text, SIZE - 1);

	unit_check(p && !arena_freeze(NULL, 0));
	p[SIZE - 1] = 'x';
	return 1;
}

static int freezes_nothing(void)
{
	unit_check(!arena_freeze(NULL, 0));
	return 0;
}

static void copies_text(void **state)
{
	(void)state;
	assert_int_equal(unit_child(copies), 0);
}

static void refuses_what_does_not_fit(void **state)
{
	(void)state;
	assert_int_equal(unit_child(fills_to_the_last_byte), 0);
}

static void faults_on_a_write_after_freeze(void **state)
{
	int status = unit_child(freezes);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	status = unit_child(freezes_all_of_it);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	assert_int_equal(unit_child(freezes_nothing), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_text),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(faults_on_a_write_after_freeze),
	};

	memset(long_text, 'a', SIZE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
