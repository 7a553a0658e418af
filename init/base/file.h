// SPDX-License-Identifier: MIT
// Small files: /proc, /sys, cgroup attributes, configuration.
#pragma once
#include "base/err.h"

// Reads all of dirfd/path into dst (cap bytes, then NUL-terminated). Returns its length, or -1 with err_last and
// errno set; EFBIG when it does not fit.
long file_read(int dirfd, const char *path, char *dst, size_t cap) must_check;

// The same from fd, which path names, and closes it whatever comes of it.
long file_take(int fd, const char *path, char *dst, size_t cap) must_check;

// Writes text into an existing file in one write(2). Returns 0, or -1 with err_last and errno set.
int file_write(int dirfd, const char *path, const char *text) must_check;

// Writes n bytes to fd, which path names, in one write(2), and closes it whatever comes of it.
// Returns 0, or -1 with err_last and errno set.
int file_put(int fd, const char *path, const char *text, size_t n) must_check;

// Makes dirfd/path, each missing parent too, with mode. An existing directory is fine.
// Returns 0, or -1 with err_last set.
int file_mkdirs(int dirfd, const char *path, unsigned mode) must_check;

// Closes every descriptor from first on. Where close_range(2) is missing (before Linux 5.9, or refused by a filter) those
// that /proc/self/fd lists. Returns 0, or -1 with err_last set.
int file_close_from(int first) must_check;
