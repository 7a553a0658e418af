// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list args)
{
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

_Noreturn void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	exit(1);
}

void fail_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void *fail_realloc(void *old, size_t count, size_t size)
{
	void *memory = NULL;

	if (size == 0 || count <= SIZE_MAX / size)
		memory = realloc(old, count && size ? count * size : 1);
	if (!memory)
		fail("out of memory");
	return memory;
}

char *fail_text(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		fail("out of memory");
	va_end(args);
	return text;
}

void *fail_grow(void *array, size_t count, size_t size)
{
	// Full exactly when count is 0 or a power of two from 16 on.
	if (count == 0)
		return fail_realloc(array, 16, size);
	if (count < 16 || (count & (count - 1)))
		return array;
	return fail_realloc(array, count * 2, size);
}
