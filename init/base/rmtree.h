// SPDX-License-Identifier: MIT
#pragma once
#include "base/err.h"

// Removes everything in the opened directory fd, but not itself; what is of another file system stays, and links are not
// followed. path names it in errors. Returns 0, or -1 with err_last set when something stayed.
int rmtree_empty(int fd, const char *path) must_check;
