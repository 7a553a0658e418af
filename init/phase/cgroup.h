// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

struct cgroup_usage {
	uint64_t oom_kills; // processes that the kernel killed for want of memory
	uint64_t peak;	    // bytes of memory
	uint64_t cpu_us;    // of all processors
};

// What the box has used so far; 0 where its cgroup does not tell.
void cgroup_usage(const struct box *box, struct cgroup_usage *u);

// Removes each cgroup of a box whose launcher is gone and in which nothing lives, and calls said with its name.
// Returns 0, or -1 with err_last set.
int cgroup_collect(struct box *box, int (*said)(const char *name)) must_check;

// For both files of this room. Waits until nothing in the box's cgroup lives, up to 5 s; removes the cgroups below it, deepest
// first. Return 0, or -1 with err_last set.
int cgroup_wait_empty(const struct box *box) must_check;
int cgroup_remove_below(const struct box *box) must_check;
