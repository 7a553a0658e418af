// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Takes the lock that keeps launchers apart while they look at and change what boxes share (bridge, table), and lets
// it go. Returns 0, or -1 with err_last set.
int address_lock(struct box *box) must_check;
void address_unlock(const struct box *box);

// Under the lock: becomes one of the users of the bridge; box->first tells whether it is the only one.
// Returns 0, or -1 with err_last set.
int address_join(struct box *box) must_check;

// Under the lock: stops being one, if it still is; box->last tells whether no user is left.
// Returns 0, or -1 with err_last set.
int address_leave(struct box *box) must_check;

// Under the lock: remembers across launchers that something was done to the host, and forgets it.
// address_unmark tells whether it had been.
int address_mark(const struct box *box, const char *mark) must_check;
bool address_unmark(const struct box *box, const char *mark);
