// SPDX-License-Identifier: MIT
// Mounts. Where a target can be trusted one mount(2) does it: each detached mount of the newer calls costs the kernel a mount
// namespace of its own (9 us). The newer ones are used where a descriptor is needed, and to learn why a mount failed.
// Source: mount(2), fsopen(2), move_mount(2), open_tree(2), mount_setattr(2); Linux 5.12.
#pragma once
#include "base/err.h"

// mount(2) of fstype on target with MS_* flags; data: its options with commas between, or NULL.
// Returns 0, or -1 with err_last set, the kernel's own words included.
int mnt_mount(const char *fstype, const char *target, unsigned long flags, const char *data) must_check;

// The same of a block device.
int mnt_mount_device(const char *device, const char *fstype, const char *target, unsigned long flags, const char *data)
	must_check;

// mount(2) of an overlay on target: numbers of descriptors with colons between, top layer first; upper and work as the number
// of one and a path below it; user: the caller is root of a user namespace (userxattr, Linux 5.11). The current directory has to be /proc/self/fd: no path has characters to escape then.
// Returns 0, or -1 with err_last set, the kernel's own words included.
int mnt_overlay(const char *target, const char *lower, const char *upper, const char *work, bool user)
	must_check;

// Makes a detached copy of the mount at path (recursive: with what is mounted below) with MOUNT_ATTR_* attrs set on all of
// it. Returns its fd (close-on-exec), or -1 with err_last set.
int mnt_clone(const char *path, bool recursive, unsigned attrs) must_check;

// Moves the detached mount fd on the opened target, which path names in errors. Returns 0, or -1 with err_last set.
int mnt_attach(int fd, int target, const char *path) must_check;

// Sets MOUNT_ATTR_* attrs and a propagation (MS_SLAVE …; 0: as it is) on the mount fd, which path names in errors.
// Returns 0, or -1 with err_last set.
int mnt_set(int fd, const char *path, bool recursive, unsigned attrs, unsigned propagation) must_check;
