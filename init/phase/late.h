// SPDX-License-Identifier: MIT
// Devices that come a moment after their module: a disk that its controller looks for, a console that the host has to open.
#pragma once
#include "phase/phase.h"

enum { LATE_PATH = 80 };

// Waits until path, a device node, is there, at most 10 s. Returns 0, or -1 with err_last set.
int late_device(const char *path) must_check;

// The path of what w means: a block device is waited for as long as a root's (rootwait); anything else is w as it was said.
// path: room for LATE_PATH. Returns it, or NULL with err_last set.
const char *late_source(const struct spec *s, const struct device_word *w, const char *said, char *path) must_check;
