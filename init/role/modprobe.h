// SPDX-License-Identifier: MIT
#pragma once
#include <stdbool.h>

// Whether the kernel started this process to get a module: PATH -q -- NAME, with the path that phase/modules.c told it.
bool modprobe_is_asked(int argc, char **argv);

// Loads what serves name. Returns the exit code: 0, 1.
int modprobe_main(const char *name);
