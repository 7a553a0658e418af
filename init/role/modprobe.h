// SPDX-License-Identifier: MIT
#pragma once

// Loads what serves name, in a process that the kernel started for that. Returns the exit code: 0, 1.
int modprobe_main(const char *name);
