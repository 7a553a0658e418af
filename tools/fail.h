// SPDX-License-Identifier: MIT
// Errors and memory of the build-time tools. They may end the program at once:
// unlike initbox they are no PID 1.
#ifndef TOOLS_FAIL_H
#define TOOLS_FAIL_H

#include <stddef.h>

// Prints "PROGRAM: " and the formatted text as one line on stderr and exits
// with 1. Functions given to atexit() run, so half-made output can be removed.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same line, but the program goes on.
void fail_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

// realloc that fails the program instead of returning NULL. count * size may
// not overflow; 0 bytes give a valid pointer.
void *fail_realloc(void *old, size_t count, size_t size) __attribute__((warn_unused_result));

// The formatted text in new memory.
char *fail_text(const char *format, ...) __attribute__((format(printf, 1, 2), warn_unused_result));

// Makes room for one more element in an array of count elements, growing it by
// doubling. Returns the array, perhaps at a new place.
void *fail_grow(void *array, size_t count, size_t size) __attribute__((warn_unused_result));

#endif
