// SPDX-License-Identifier: MIT
// One error record: what was being done, to what, by which call, and what the kernel said.
// It has a fixed size and no pointers, because a box's PID 1 sends it to its launcher as it is.
#pragma once
#include "base/fmt.h"

// Exit codes as shells, docker and podman have them.
enum { EXIT_OWN_FAILURE = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127, EXIT_BY_SIGNAL = 128 };

struct err {
	char phase[16];	  // the room it happened in, set by the phase runner
	char object[192]; // file, link, key, … it happened to
	char call[32];	  // system call or message
	char text[128];	  // instead of the errno's text when no is 0, else what is known beyond it
	char kernel[160]; // the kernel's own words (extack, fs context log), or empty
	int no;		  // errno, 0 for none
	int code;	  // exit code that this error ends in
};

// The record of this process. fail() fills it, the phase runner stamps the phase.
extern struct err err_last;

// Records a failed system call with the current errno. Returns -1, so that `return fail(…)` sets and returns.
int fail(const char *call, const char *object, ...) __attribute__((format(printf, 2, 3)));

// The same for a mistake that has no errno: text says what is wrong. Returns -1.
int fail_text(const char *text, const char *object, ...) __attribute__((format(printf, 2, 3)));

// Adds the kernel's own words to the record just made. Returns -1.
int fail_kernel_words(const char *words, size_t n);

// Adds to the record just made what is known beyond the errno. Returns -1.
int fail_because(const char *f, ...) __attribute__((format(printf, 1, 2)));

// Sets the exit code of the record just made (125 unless said). Returns -1.
int fail_code(int code);

// "ENOENT" for 2; the empty string for a number without a name here.
const char *err_name(int no);

// Appends `PHASE: OBJECT: CALL: TEXT (ERRNO)[: kernel says: …]` and, on a second line, the hint where one is known.
void err_write(struct buf *b, const struct err *e);
