// SPDX-License-Identifier: MIT
#pragma once
#include "base/err.h"

// Makes the files of /dev that a module on demand is asked for by: the kernel has them only when the module is there, and
// asks for the module (char-major-10-237) when one is opened. Returns 0, or -1 with err_last set.
int static_nodes(void) must_check;
