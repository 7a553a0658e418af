// SPDX-License-Identifier: MIT
// A layer that is an image file, or a block device: squashfs, erofs, ext4.
#pragma once
#include "phase/phase.h"

// With /proc/self/fd as current directory: mounts the opened image, which path names, on target, read-only. A loop device is
// freed with the mount, whatever way its box ends. Returns 0, or -1 with err_last set; what is no image is an error, too.
int image_mount(int file, const char *path, const char *target) must_check;

// Puts the opened file, which what and path name in errors, on a free loop device, read-only, which the kernel frees when nobody
// uses it any more. device becomes its name. Returns it opened, or -1 with err_last set.
int image_attach(int file, const char *what, const char *path, char device[24]) must_check;

// Prints the step for the layer with this number. Returns false when it is no image.
bool image_explain(const char *path, unsigned number);
