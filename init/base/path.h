// SPDX-License-Identifier: MIT
// Paths of an image, which may be hostile: resolved below the current directory as their root (it is the box's /), through
// links but never through /proc's magic ones, which would lead to descriptors of the host (CVE-2024-21626).
// Source: openat2(2), RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS; Linux 5.6.
#pragma once
#include <sys/types.h>

#include "base/err.h"

// Opens path (close-on-exec is added to flags). Returns the descriptor, or -1 with err_last and errno set.
int path_open(const char *path, int flags) must_check;

// Reads a regular file into dst (cap bytes, then NUL-terminated); anything else, a FIFO say, is refused with EINVAL and
// never waited for. Returns its length, or -1 with err_last and errno set.
long path_read(const char *path, char *dst, size_t cap) must_check;

// The file systems in which something may be made; n 0: in any.
struct path_where {
	dev_t dev[40];
	unsigned n;
};

// Makes the directory path, with each missing parent, mode 0755. Returns it opened (O_PATH), or -1 with err_last set.
int path_make_directory(const char *path, const struct path_where *where) must_check;

// The same for an empty file, mode 0644; what is already there is left as it is.
int path_make_file(const char *path, const struct path_where *where) must_check;

// One of both, to be mounted on: refused are the root, and all in /proc or /sys, where what is read has to be true
// (CVE-2019-16884, CVE-2025-52881).
int path_make_target(const char *path, bool directory, const struct path_where *where) must_check;
