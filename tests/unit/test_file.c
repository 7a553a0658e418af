// SPDX-License-Identifier: MIT
// base/file: small files and directories, below a directory of the test's own.
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/file.h"

static char top[] = "/tmp/initbox-unit-XXXXXX";
static int dir;

static int make_top(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static void put(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

// Everything that the tests make is one of these.
static int remove_top(void **state)
{
	static const char *const names[] = {"file", "empty", "link", "a/b/c", "a/b", "a/x", "a", "m"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (unlinkat(dir, names[i], 0) && errno == EISDIR)
			unlinkat(dir, names[i], AT_REMOVEDIR);
	close(dir);
	return rmdir(top);
}

static void reads(void **state)
{
	char *dst = malloc(16);

	(void)state;
	put("file", "0123456789");
	put("empty", "");
	assert_int_equal(file_read(dir, "file", dst, 16), 10);
	assert_string_equal(dst, "0123456789");
	assert_int_equal(file_read(dir, "empty", dst, 16), 0);
	assert_string_equal(dst, "");
	assert_true(file_read(AT_FDCWD, "/proc/self/stat", dst, 16) < 0);
	free(dst);
}

static void reads_what_fits_with_its_nul(void **state)
{
	(void)state;
	put("file", "0123456789");
	for (size_t cap = 1; cap < 13; cap++) {
		char *dst = malloc(cap);
		long n;

		errno = 0;
		n = file_read(dir, "file", dst, cap);
		if (cap > 10) {
			assert_int_equal(n, 10);
			assert_string_equal(dst, "0123456789");
		} else {
			assert_int_equal(n, -1);
			assert_int_equal(errno, EFBIG);
			unit_expect_err("file: read: File too large (EFBIG)");
		}
		free(dst);
	}
}

// A pipe gives what it has, piece by piece.
static void reads_in_pieces(void **state)
{
	char path[32], dst[8];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fmt(path, sizeof(path), "/proc/self/fd/%d", fds[0]), 0);
	assert_int_equal(write(fds[1], "abc", 3), 3);
	if (fork() == 0) {
		usleep(20000);
		_exit(write(fds[1], "def", 3) != 3);
	}
	close(fds[1]);
	assert_int_equal(file_read(AT_FDCWD, path, dst, sizeof(dst)), 6);
	assert_string_equal(dst, "abcdef");
	close(fds[0]);
}

static void keeps_errno(void **state)
{
	char dst[16];

	(void)state;
	errno = 0;
	assert_int_equal(file_read(dir, "missing", dst, sizeof(dst)), -1);
	assert_int_equal(errno, ENOENT);
	unit_expect_err("missing: open: No such file or directory (ENOENT)");
	errno = 0;
	assert_int_equal(file_read(AT_FDCWD, top, dst, sizeof(dst)), -1);
	assert_int_equal(errno, EISDIR);
	assert_string_equal(err_last.call, "read");
	errno = 0;
	assert_int_equal(file_write(dir, "missing", "x"), -1);
	assert_int_equal(errno, ENOENT);
	unit_expect_err("missing: open: No such file or directory (ENOENT)");
	assert_int_equal(faccessat(dir, "missing", F_OK, 0), -1); // it makes no file
	errno = 0;
	assert_int_equal(file_write(AT_FDCWD, "/dev/full", "x"), -1);
	assert_int_equal(errno, ENOSPC);
	unit_expect_err("/dev/full: write: No space left on device (ENOSPC)");
}

static void writes(void **state)
{
	char dst[16];

	(void)state;
	put("file", "12345");
	assert_int_equal(file_write(dir, "file", "abc"), 0);
	assert_int_equal(file_read(dir, "file", dst, sizeof(dst)), 5);
	assert_string_equal(dst, "abc45"); // an attribute is written to, not replaced
}

// A write that is cut short is an error with a reason.
static int write_to_a_limit(void)
{
	const struct rlimit four = {4, 4};

	signal(SIGXFSZ, SIG_IGN);
	unit_check(setrlimit(RLIMIT_FSIZE, &four) == 0);
	errno = 0;
	unit_check(file_write(dir, "file", "12345678") == -1);
	unit_check(err_last.no != 0);
	unit_check(errno == err_last.no);
	return 0;
}

static void reports_a_short_write(void **state)
{
	(void)state;
	put("file", "");
	assert_int_equal(unit_child(write_to_a_limit), 0);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(dir, path, &st, 0), 0);
	assert_true(S_ISDIR(st.st_mode));
	return st.st_mode & 07777;
}

static void makes_directories(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(file_mkdirs(dir, "a/b/c", 0700), 0);
	assert_int_equal(mode_of("a"), 0700);
	assert_int_equal(mode_of("a/b/c"), 0700);
	assert_int_equal(file_mkdirs(dir, "a/b/c", 0755), 0);
	assert_int_equal(mode_of("a/b/c"), 0700); // as it was
	assert_int_equal(file_mkdirs(dir, "a//b/c/", 0755), 0);
	assert_int_equal(file_mkdirs(dir, "m", 0711), 0);
	assert_int_equal(mode_of("m"), 0711);
	assert_int_equal(fmt(path, sizeof(path), "%s/a/x", top), 0);
	assert_int_equal(file_mkdirs(dir, path, 0755), 0); // absolute: dir does not matter
	assert_int_equal(mode_of("a/x"), 0755);
	assert_int_equal(file_mkdirs(dir, "/", 0755), 0);
}

static void makes_no_directory_below_a_file(void **state)
{
	char path[PATH_MAX + 8];

	(void)state;
	put("file", "");
	errno = 0;
	assert_int_equal(file_mkdirs(dir, "file/a/b", 0755), -1);
	assert_true(errno == ENOTDIR || errno == EEXIST);
	assert_int_equal(err_last.no, errno);
	assert_string_equal(err_last.call, "mkdir");
	assert_int_equal(strncmp(err_last.object, "file", 4), 0);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	errno = 0;
	assert_int_equal(file_mkdirs(dir, path, 0755), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

// "An existing directory is fine", a file of that name is not.
static void takes_no_file_for_a_directory(void **state)
{
	(void)state;
	put("file", "");
	assert_int_equal(file_mkdirs(dir, "file", 0755), -1);
	assert_int_equal(symlinkat("nowhere", dir, "link"), 0);
	assert_int_equal(file_mkdirs(dir, "link", 0755), -1);
	assert_int_equal(unlinkat(dir, "link", 0), 0);
	assert_int_equal(symlinkat(".", dir, "link"), 0);
	assert_int_equal(file_mkdirs(dir, "link", 0755), 0);
}

static unsigned descriptors(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void leaves_nothing_open(void **state)
{
	char dst[4];
	unsigned before = descriptors();

	(void)state;
	put("file", "123");
	assert_int_equal(file_read(dir, "file", dst, 4), 3);
	assert_int_equal(file_read(dir, "file", dst, 2), -1);
	assert_int_equal(file_read(AT_FDCWD, top, dst, 2), -1);
	assert_int_equal(file_write(dir, "file", "1"), 0);
	assert_int_equal(file_write(AT_FDCWD, "/dev/full", "1"), -1);
	assert_int_equal(descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(reads_what_fits_with_its_nul),
		cmocka_unit_test(reads_in_pieces),
		cmocka_unit_test(keeps_errno),
		cmocka_unit_test(writes),
		cmocka_unit_test(reports_a_short_write),
		cmocka_unit_test(makes_directories),
		cmocka_unit_test(makes_no_directory_below_a_file),
		cmocka_unit_test(takes_no_file_for_a_directory),
		cmocka_unit_test(leaves_nothing_open),
	};

	umask(022);
	return cmocka_run_group_tests(tests, make_top, remove_top);
}
