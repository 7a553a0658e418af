// SPDX-License-Identifier: MIT
#ifndef TOOLS_VERIFY_H
#define TOOLS_VERIFY_H

#include <stdbool.h>

// Reads the image as the kernel would, and says on stderr what is wrong in it:
// framing, names, what stands twice in an archive or before its directory, hard
// links, /init, the modules of /etc/initbox.modules, and microcode that the
// kernel would not find. Symlinks that lead nowhere are told, but nothing wrong.
// Prints one line on stdout and returns true if all is well. Ends the program
// if the image can't be read.
bool verify_image(const char *path);

#endif
