// SPDX-License-Identifier: MIT
// Updates for processors, which the kernel takes from the front of an image before
// it unpacks anything. Source: Documentation/arch/x86/microcode.rst.
#ifndef TOOLS_MICROCODE_H
#define TOOLS_MICROCODE_H

#include "cpio.h"
#include "load.h"

#include <stdbool.h>

enum { MICROCODE_VENDORS = 2 };

struct microcode {
	struct {
		unsigned char *data;
		size_t size;
	} of[MICROCODE_VENDORS];
};

// Which maker's processors the bytes are for, as the index in struct microcode,
// or -1 if they are no microcode at all. *why: what is wrong in them, or NULL.
int microcode_vendor(struct bytes bytes, const char **why) __attribute__((warn_unused_result));

// Adds what path holds: updates as Intel and AMD publish them, compressed or
// not; an archive that has them where the kernel looks for them; or a directory
// with such files. Ends the program if there is none in it.
void microcode_add(struct microcode *m, const char *path, const char *origin);

bool microcode_any(const struct microcode *m) __attribute__((warn_unused_result));

// Writes the archive that the kernel looks for, a multiple of CPIO_BLOCK long.
void microcode_write(const struct microcode *m, struct cpio *c, uint32_t mtime);

#endif
