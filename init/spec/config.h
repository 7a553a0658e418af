// SPDX-License-Identifier: MIT
// A configuration as a file.
#pragma once
#include "spec/spec.h"

// Reads path, which errors call name, into memory of its own: there is room for four files of 48 KiB.
// Returns 1, or with err_last set 0 when there is no such file, else -1.
int config_read(struct spec *s, const char *path, const char *name) must_check;
