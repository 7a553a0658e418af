// SPDX-License-Identifier: MIT
// One probe, tried: what came of it, why, and what to do.
#pragma once
#include "phase/probe.h"

enum check_state { CHECK_YES, CHECK_NO, CHECK_MODULE };

struct check_result {
	enum check_state state; // CHECK_MODULE: its module is on the disk, and not loaded
	struct err err;		// why not; err.text alone where it is no error of the kernel's
	char note[32];		// what else is known, or empty
	char hint[192];		// what to do, or empty
};

// Tries p in a child process, which is killed when it has not ended after 10 s. Returns 0, or -1 with err_last set when no
// child could be made at all.
int check_try(const struct probe *p, struct check_result *r) must_check;
