// SPDX-License-Identifier: MIT
// What an image holds, for people.
#ifndef TOOLS_SHOW_H
#define TOOLS_SHOW_H

// Prints a line like that of "ls -l" for each member of the image, and one before
// each archive. Ends the program, after what could be
// read, if something in the image is broken.
void show_image(const char *path);

// The name in new memory with bytes that are not printable, and backslashes, as
// \ooo: nothing in an image can order a terminal about.
char *show_name(const char *name) __attribute__((warn_unused_result));

#endif
