// SPDX-License-Identifier: MIT
// Where an image goes: a file that appears under its name only when it is
// complete, or a pipe, and perhaps through a compressor. There is one.
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include "cpio.h"

#include <stdbool.h>

// Sees to it that an exit or a signal before output_end() leaves nothing behind.
void output_guard(void);

// Opens path, or standard output for NULL, and begins an archive in it.
void output_begin(struct cpio *c, const char *path);

// Puts the whole file at path before the archive, and NUL bytes up to a multiple of 4.
void output_copy(struct cpio *c, const char *path);

// What comes now goes through the compressor ("none": through none), as an
// archive that starts at offset 0.
void output_compress(struct cpio *c, const char *compressor);

// Whether --compress takes the word; what it takes, for a message.
bool output_knows(const char *compressor);
extern const char output_compressors[];

// Gives the file its name. All has been written.
void output_end(struct cpio *c);

// Ends the program because a cpio_ function has failed, with what there is to
// know: the compressor's words, or errno.
_Noreturn void output_failed(void);

#endif
