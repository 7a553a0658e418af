// SPDX-License-Identifier: MIT
// What can be made again but not for nothing: files by name in a directory of the caller's own, /var/cache/initbox for root.
// What somebody else could have written is never taken.
#pragma once
#include "base/err.h"

// Opens the directory, made where it is missing. Returns its descriptor, or -1: there is none, which is no error.
int cache_open(void);

// Reads the file name of dir into dst (cap bytes). Returns its length, or 0: it is not there, or not to be trusted.
size_t cache_get(int dir, const char *name, void *dst, size_t cap);

// Writes it, whole or not at all.
void cache_put(int dir, const char *name, const void *src, size_t n);
