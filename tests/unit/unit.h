// SPDX-License-Identifier: MIT
// What the unit tests of init/ share. cmocka's macro fail() hides init's function of that name, so it goes.
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail

#include "base/err.h"

struct spec;

// Fails the running test with a message.
#define unit_fail(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

// In a child (unit_child): cmocka's assertions would go on with the next test there.
#define unit_check(x)                                                                                        \
	do {                                                                                                 \
		if (!(x)) {                                                                                  \
			dprintf(STDERR_FILENO, "# %s:%d: %s\n", __FILE__, __LINE__, #x);                     \
			return 1;                                                                            \
		}                                                                                            \
	} while (0)

// Runs fn in a child with the default action for SIGSEGV. Returns the wait status: 0 when fn returned 0.
int unit_child(int (*fn)(void));

// Turns hexadecimal digits (spaces between them are left out) into bytes. Returns how many.
size_t unit_bytes(const char *hex, unsigned char *dst, size_t cap);

// Fails the test unless data[0..n) are exactly these bytes.
void unit_expect_bytes(const char *what, const void *data, size_t n, const char *hex);

// n bytes of data in memory of their own, exactly sized, so that ASan sees a read behind the end. To be freed.
void *unit_exact(const void *data, size_t n);

// Fails the test unless err_last, written out, is text and a newline. err_last is forgotten then.
void unit_expect_err(const char *text);

// Standard error goes to memory between both calls; the second one returns what was written.
void unit_stderr_begin(void);
const char *unit_stderr_end(void);

// The spec of the process with nothing but its defaults.
struct spec *unit_spec(void);
