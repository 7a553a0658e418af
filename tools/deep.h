// SPDX-License-Identifier: MIT
#ifndef TOOLS_DEEP_H
#define TOOLS_DEEP_H

// A path that the kernel takes for the same file: itself, or, if it is longer
// than PATH_MAX, one that begins at a directory which is held open until the next
// call. Ends the program if a directory on the way can't be opened.
const char *deep_path(const char *path) __attribute__((warn_unused_result));

#endif
