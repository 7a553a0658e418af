// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// How many processes of the box the kernel killed for want of memory (memory.events), 0 when there is no limit.
uint64_t cgroup_oom_kills(const struct box *box);
