// SPDX-License-Identifier: MIT
// What a spec asks of a cgroup: which file gets which value, and whether the kernel took it.
#pragma once
#include "base/fmt.h"
#include "spec/spec.h"

enum controller {
	CONTROLLER_MEMORY,
	CONTROLLER_PIDS,
	CONTROLLER_CPU,
	CONTROLLER_CPUSET,
	CONTROLLER_IO,
	CONTROLLER_HUGETLB,
	CONTROLLERS
};
extern const char *const cgroup_controllers[CONTROLLERS];

// The controllers that are needed for it, a bit each.
unsigned cgroup_limits_wanted(const struct spec *s);

// Writes all of it into the cgroup fd and reads it back: the kernel rounds some and, in some hierarchies, ignores some.
// Returns 0, or -1 with err_last set.
int cgroup_limits_set(const struct spec *s, int fd) must_check;

// The same for --explain; dir is the cgroup's path.
void cgroup_limits_explain(const struct spec *s, const char *dir);
