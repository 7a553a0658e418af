// SPDX-License-Identifier: MIT
// Whole files in memory, and the system's programs that compress and
// decompress. Every function here ends the program when it can't do its work;
// `object` stands at the beginning of the message.
#ifndef TOOLS_LOAD_H
#define TOOLS_LOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bytes {
	const unsigned char *at;
	size_t size;
};

// A program that runs beside this one.
struct child {
	const char *program;
	pid_t pid;
	int words;	// a file with what it says on stderr
};

// What is read into memory at most; keeps a hostile compressed file from filling it.
#define LOAD_MAX (SIZE_MAX >> 1 < UINT64_C(8) << 30 ? SIZE_MAX >> 1 : (size_t)(UINT64_C(8) << 30))

// Whatever fd gives until its end, in new memory.
struct bytes load_fd(int fd, const char *object) __attribute__((warn_unused_result));

// All of a file, to be released with load_free() or kept.
struct bytes load_file(const char *path, const char *object) __attribute__((warn_unused_result));
void load_free(struct bytes bytes);

// The same for a file that may be larger than the memory: a regular one is mapped,
// and has to stay as it is. It can't be released.
struct bytes load_map(const char *path, const char *object) __attribute__((warn_unused_result));

// What `program -dc` makes of its standard input: of the rest of fd, or of packed.
struct bytes load_unpacked(int fd, const char *program, const char *object) __attribute__((warn_unused_result));
struct bytes load_unpacked_bytes(struct bytes packed, const char *program, const char *object)
	__attribute__((warn_unused_result));

// Starts argv[0] (looked for in PATH) with in and out as its standard input
// and output; why says what for in the message.
void child_start(struct child *c, const char *const *argv, int in, int out, const char *why, const char *object);

// Waits for its end. Returns NULL if that was 0, or why not: the program and the
// first line that it has said.
const char *child_end(struct child *c) __attribute__((warn_unused_result));

#endif
