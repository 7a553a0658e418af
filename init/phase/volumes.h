// SPDX-License-Identifier: MIT
// What was asked to be mounted beside the root: taken from the host's tree before the pivot, attached after it.
#pragma once
#include "phase/phase.h"

// Takes the binds as detached mounts, and opens what overlays are over: shared ones (which exchange mounts with the host) have to be taken before the tree is
// made private, the others after it. Returns 0, or -1 with err_last set.
int volumes_take(struct box *box, bool shared) must_check;

// Takes one bind. Returns its descriptor, or -1 with err_last set.
int volumes_take_one(const struct volume *v) must_check;

// With /proc/self/fd as current directory: mounts the overlays on place one after the other, with uppers on box->tmpfs_fd,
// and takes them as well.
// Returns 0, or -1 with err_last set.
int volumes_overlay(struct box *box, const char *place) must_check;

// Attaches all of them in the box's root. Missing targets are made, but never in a directory of the host.
// Returns 0, or -1 with err_last set.
int volumes_attach(struct box *box) must_check;

bool volumes_have(const struct spec *s, enum volume_kind kind);

// Prints the steps, with the root at /mnt.
void volumes_explain(const struct spec *s);
