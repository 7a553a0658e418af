// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

enum { MAX_RANGES = 8, MAX_EXTENTS = MAX_RANGES + 2 };

// A line of uid_map or gid_map; user_namespaces(7).
struct extent {
	uint32_t inside, outside, count;
};

struct id_map {
	struct extent extent[MAX_EXTENTS];
	unsigned count;
};

// The ranges that file (/etc/subuid, /etc/subgid) gives to the user with this number. Returns how many were stored, or -1 with
// err_last set. No file, no ranges.
int subids_read(const char *file, uint32_t uid, struct id_range list[MAX_RANGES]) must_check;

// Adds n ranges to an empty map, one behind the other from 0 on; own (unless NULL) comes in at the place at.
void subids_map(struct id_map *m, const struct id_range *list, int n, const uint32_t *own, uint32_t at);

// Whether newuidmap and newgidmap are there.
bool subids_have_helpers(void);

// Has both maps of a process written by newuidmap and newgidmap, which check the ranges.
// Returns 0, or -1 with err_last set.
int subids_write(pid_t pid, const struct id_map *uids, const struct id_map *gids) must_check;
