// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

// Init of somebody else's container, or of a part of a system: starts the program that argv names and looks after it until
// the end. argv[0] says whose manners it has. inherited: the signals that were blocked when the process started; all are now.
// Returns the exit code.
int entry_main(uint64_t inherited, int argc, char **argv);
