// SPDX-License-Identifier: MIT
#include "unit.h"

#include <ctype.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "spec/spec.h"

int unit_child(int (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL); // ASan's and cmocka's handlers would make an exit code of it
		signal(SIGABRT, SIG_DFL);
		alarm(10);
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static unsigned digit(char c)
{
	const char *digits = "0123456789abcdef", *p = strchr(digits, c);

	assert_true(c && p);
	return (unsigned)(p - digits);
}

size_t unit_bytes(const char *hex, unsigned char *dst, size_t cap)
{
	size_t n = 0;

	while (*hex) {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		assert_true(n < cap);
		dst[n++] = (unsigned char)(digit(hex[0]) << 4 | digit(hex[1]));
		hex += 2;
	}
	return n;
}

static void print_bytes(const char *what, const unsigned char *p, size_t n)
{
	print_error("%s:", what);
	for (size_t i = 0; i < n; i++)
		print_error("%s%02x", i % 4 ? "" : " ", p[i]);
	print_error("\n");
}

void unit_expect_bytes(const char *what, const void *data, size_t n, const char *hex)
{
	unsigned char want[1024];
	size_t wanted = unit_bytes(hex, want, sizeof(want));

	if (n == wanted && !memcmp(data, want, n))
		return;
	print_error("%s\n", what);
	print_bytes("  wanted", want, wanted);
	print_bytes("  got   ", data, n);
	unit_fail("%s: %zu bytes wanted, %zu got", what, wanted, n);
}

void *unit_exact(const void *data, size_t n)
{
	void *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, data, n);
	return copy;
}

void unit_expect_err(const char *text)
{
	char got[1024];
	struct buf b = BUF(got);

	got[0] = '\0';
	err_write(&b, &err_last);
	memset(&err_last, 0, sizeof(err_last));
	assert_false(b.cut);
	assert_true(b.len > 0 && got[b.len - 1] == '\n');
	got[b.len - 1] = '\0';
	assert_string_equal(got, text);
}

static int real_stderr = -1, memory;

void unit_stderr_begin(void)
{
	assert_int_equal(real_stderr, -1);
	memory = memfd_create("stderr", MFD_CLOEXEC);
	real_stderr = dup(STDERR_FILENO);
	assert_true(memory >= 0 && real_stderr >= 0);
	assert_true(dup2(memory, STDERR_FILENO) >= 0);
}

const char *unit_stderr_end(void)
{
	static char text[8192];
	ssize_t n = pread(memory, text, sizeof(text) - 1, 0);

	assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
	close(real_stderr);
	close(memory);
	real_stderr = -1;
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

struct spec *unit_spec(void)
{
	static struct spec *s;

	if (s)
		memset(s, 0, sizeof(*s));
	s = spec_new();
	return s;
}
