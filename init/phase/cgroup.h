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
