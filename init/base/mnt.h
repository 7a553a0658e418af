// SPDX-License-Identifier: MIT
// Mounts. Where a target can be trusted one mount(2) does it: each detached mount of the newer calls costs the kernel a mount
// namespace of its own (9 us). The newer ones are used where a descriptor is needed, and to learn why a mount failed.
// Source: mount(2), fsopen(2), fsmount(2), move_mount(2), open_tree(2), mount_setattr(2); Linux 5.12.
#pragma once
#include "base/err.h"

struct mnt_option {
	const char *key, *value;
};

// Makes a detached mount of fstype with n options and MOUNT_ATTR_* attrs. Returns its fd (close-on-exec),
// or -1 with err_last set; the kernel's own words come from reading the fs context.
int mnt_new(const char *fstype, const struct mnt_option *options, size_t n, unsigned attrs) must_check;

// mount(2) of fstype on target with MS_* flags; data: its options with commas between, or NULL.
// Returns 0, or -1 with err_last set, the kernel's own words included.
int mnt_mount(const char *fstype, const char *target, unsigned long flags, const char *data) must_check;

// Makes a detached copy of the mount at path (recursive: with what is mounted below) with MOUNT_ATTR_* attrs set on all of
// it. Returns its fd (close-on-exec), or -1 with err_last set.
int mnt_clone(const char *path, bool recursive, unsigned attrs) must_check;
