// SPDX-License-Identifier: MIT
// What the root of a user namespace may mount only as long as the host's tree is there: a new proc or sysfs shows nothing that
// is hidden where it comes from, so that one has to be seen beside it; and devices, which can't be made, are the host's.
// Source: user_namespaces(7), mount_namespaces(7), kernel fs/namespace.c, mount_too_revealing.
#pragma once
#include "phase/phase.h"

enum { NOT_TAKEN = 1 };

// In a user namespace: takes it, as detached mounts. Returns 0, or -1 with err_last set.
int taken_take(struct box *box) must_check;

// Mounts what was taken under this name (a file system's, or a device's) on target. Returns 0, NOT_TAKEN, or -1 with err_last
// set.
int taken_attach(const struct box *box, const char *name, const char *target) must_check;

void taken_explain(const struct box *box);
