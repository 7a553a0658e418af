// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Where sysctls are asked for: opens /proc/sys while nobody else can have put anything there and before it is made
// read-only, for phase_sysctl. Returns 0, or -1 with err_last set.
int sysctl_open(struct box *box) must_check;

// Sets K=V below dir, which is /proc/sys: in K dots are slashes, unless its first separator is a slash.
// Returns 0, or -1 with err_last set.
int sysctl_set(int dir, const char *sysctl) must_check;
