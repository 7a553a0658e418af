// SPDX-License-Identifier: MIT
// Roots: whole trees that go into an image.
#ifndef TOOLS_ROOT_H
#define TOOLS_ROOT_H

#include <stddef.h>

struct tree;

// Where a root is in the image if nothing else is said: initramfs/examples/*.conf have it there.
#define ROOT_PATH "/box"

// Adds what source is, under path: a directory with all that is in it; an archive
// (tar or newc, compressed or not), unpacked; an image of a file system as the
// file that it is. Modes, symlinks, hard links, device nodes and fifos stay as
// they are; what an archive says about owners holds, what a directory says
// holds with tree->keep_owners. Ends the program if it is none of these, or if
// something in it would lie outside of path.
void root_add(struct tree *t, const char *path, const char *source, const char *origin);

// The parts of it, for a directory and for the bytes of an archive. The bytes
// are kept, not copied.
void root_add_directory(struct tree *t, const char *path, const char *source, const char *origin);
void root_add_newc(struct tree *t, const char *path, const unsigned char *bytes, size_t size, const char *origin);
void root_add_tar(struct tree *t, const char *path, const unsigned char *bytes, size_t size, const char *origin);

#endif
