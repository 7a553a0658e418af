// SPDX-License-Identifier: MIT
// Mounts by file descriptor: made detached, then attached to a target that was opened under control.
// Source: fsopen(2), fsmount(2), move_mount(2), open_tree(2), mount_setattr(2); needs Linux 5.12.
#pragma once
#include "base/err.h"

struct mnt_option {
	const char *key;
	const char *value; // NULL: a flag
};

// Makes a detached mount of fstype with n options and MOUNT_ATTR_* attrs. Returns its fd (close-on-exec),
// or -1 with err_last set; the kernel's own words come from reading the fs context.
int mnt_new(const char *fstype, const struct mnt_option *options, size_t n, unsigned attrs) must_check;

// Attaches the detached mount fd on path below dirfd (AT_FDCWD: an absolute path). resolve: RESOLVE_* of openat2(2), to
// refuse symbolic links where the path is not the user's. Returns 0, or -1 with err_last set.
int mnt_attach(int fd, int dirfd, const char *path, uint64_t resolve) must_check;

// Makes a detached copy of the mount at dirfd/path (recursive: with what is mounted below) with attrs set on all of it.
// Returns its fd, or -1 with err_last set (ENOENT stays in errno for callers that may do without).
int mnt_clone(int dirfd, const char *path, bool recursive, unsigned attrs) must_check;
