// SPDX-License-Identifier: MIT
// Where a box's cgroup is made: in the launcher's own one where that was delegated, else at the top of the hierarchy.
#pragma once
#include "phase/phase.h"

// Opens the top of the v2 hierarchy (box->cgroup_root_fd); leaves it at -1 where none is mounted.
// Returns 0, or -1 with err_last set.
int cgroup_place_top(struct box *box) must_check;

// Goes on to the launcher's own cgroup. Returns whether that is another one, and there.
bool cgroup_place_own(struct box *box) must_check;

// Goes on to the launcher's own cgroup where that is delegated: by user.delegate, which systemd sets (Delegate=yes), or because
// the top is not this user's and it is. Passes the wanted controllers (a bit each) on to what will be made there; where the
// launcher is in the way it moves aside. Returns 0, or -1 with err_last set.
int cgroup_place_limited(struct box *box, unsigned wanted) must_check;

// Says where a controller is that can't be had. Returns -1.
int cgroup_place_missing(const struct box *box, const char *name);

// Whether cgroup_root_fd can pass this controller on. Returns 0, or -1 with err_last saying where it is.
int cgroup_place_has(const struct box *box, unsigned controller) must_check;

// The cgroup below a delegated one where launchers go that are in the way.
extern const char cgroup_aside[];
