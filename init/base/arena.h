// SPDX-License-Identifier: MIT
// Room for the strings of the configuration. No malloc: a fixed area that is frozen with the spec.
#pragma once
#include "base/fmt.h"

// Copies n bytes and a NUL. Returns NULL when the area (64 KiB) is full.
char *arena_copy(const char *s, size_t n);

// Makes everything in it read-only, and the pages from before on, size bytes (NULL, 0: none): with one call where they are
// neighbours (layout.ld). Returns 0, or -1 with err_last set.
int arena_freeze(void *before, size_t size) must_check;
