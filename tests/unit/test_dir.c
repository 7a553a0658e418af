// SPDX-License-Identifier: MIT
// base/dir: every entry once, more of them than one reading brings.
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/dir.h"

enum { MANY = 700 };

static char path[] = "/tmp/test_dir-XXXXXX";
static int fd;

static int make(void **state)
{
	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	if (!mkdtemp(path))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : 0;
}

static int unmake(void **state)
{
	(void)state;
	close(fd);
	return rmdir(path);
}

static void finds_nothing_in_an_empty_one(void **state)
{
	struct dir d;

	(void)state;
	dir_begin(&d, fd);
	assert_null(dir_next(&d, NULL));
	assert_int_equal(d.n, 0);
	assert_null(dir_next(&d, NULL)); // and stays at the end
}

static void finds_each_once(void **state)
{
	static bool seen[MANY];
	const char *name;
	char text[32];
	unsigned type;
	struct dir d;

	(void)state;
	memset(seen, 0, sizeof(seen));
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), ".%d-with-a-long-name", i); // a dot in front does not hide it
		assert_int_equal(i % 2 ? mkdirat(fd, text, 0700) : mknodat(fd, text, S_IFREG | 0600, 0), 0);
	}
	dir_begin(&d, fd);
	while ((name = dir_next(&d, &type))) {
		int i = atoi(name + 1);

		assert_true(name[0] == '.' && i >= 0 && i < MANY && !seen[i]);
		assert_int_equal(type, i % 2 ? DT_DIR : DT_REG);
		seen[i] = true;
	}
	assert_int_equal(d.n, 0);
	for (int i = 0; i < MANY; i++) {
		assert_true(seen[i]);
		snprintf(text, sizeof(text), ".%d-with-a-long-name", i);
		assert_int_equal(unlinkat(fd, text, i % 2 ? AT_REMOVEDIR : 0), 0);
	}
}

static void tells_failure_from_the_end(void **state)
{
	struct dir d;

	(void)state;
	dir_begin(&d, -1);
	errno = 0;
	assert_null(dir_next(&d, NULL));
	assert_int_equal(d.n, -1);
	assert_int_equal(errno, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_nothing_in_an_empty_one, make, unmake),
		cmocka_unit_test_setup_teardown(finds_each_once, make, unmake),
		cmocka_unit_test(tells_failure_from_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
