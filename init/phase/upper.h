// SPDX-License-Identifier: MIT
// --upper: a directory that keeps what the box writes. Its workdir lies beside it, with .work behind its name, and goes away
// with the box.
#pragma once
#include "phase/phase.h"

// Box's side: opens both in the box's mount namespace (box->upper_fd), and closes them. Returns 0, or -1 with err_last set.
int upper_open(struct box *box) must_check;
void upper_close(const struct box *box);

// Their names for mnt_overlay, of 32 bytes each. Returns 0, or -1 with err_last set.
int upper_name(const struct box *box, char *upper, char *work) must_check;

// With the mounted overlay as current directory: refuses one that the kernel has made read-only, because it could not use
// the workdir. Returns 0, or -1 with err_last set.
int upper_check(const struct box *box) must_check;
