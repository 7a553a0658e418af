// SPDX-License-Identifier: MIT
// What the launchers of one network namespace know of each other: files below /run/initbox/net-COOKIE
// (of the namespace, SO_NETNS_COOKIE).
//   .                  flock: held while what boxes share is looked at or changed
//   users, users-LINK  flock, shared: held by each launcher as long as its box uses any bridge, this bridge
//   made-LINK, …       what initbox has changed on the host and the last user has to take back
//   172.20.1.2         flock: a taken address; its content is the ports published to it (phase/address)
// The kernel lets a lock go whatever way its launcher ends.
#pragma once
#include "phase/phase.h"

#define STATE_ROOT "/run/initbox"

// Opens the directory (box->state_fd) with its lock held, so that it stays until a file is in it, and pushes its undo.
// Returns 0, or -1 with err_last set.
int state_open(struct box *box) must_check;

// Takes the lock of the directory, and lets it go. Gives up after 10 s, and when a signal asks to end.
// Returns 0, or -1 with err_last set.
int state_lock(struct box *box) must_check;
void state_unlock(const struct box *box);

// Tries the lock of a file in it. Returns 1 when it could be had, 0 when somebody has it, -1 with err_last set.
int state_try_lock(int fd, const char *name) must_check;

// Whether nobody holds the lock of a file in it; so it is of one that is not there.
// Returns 1, 0 when somebody does, or -1 with err_last set.
int state_unused(const struct box *box, const char *name) must_check;

// Calls visit for the name of each file in it, until one returns other than 0.
// Returns 0, or -1 with err_last set (visit's, or its own).
int state_each(struct box *box, int (*visit)(struct box *box, const char *name, void *arg), void *arg) must_check;

// Under the lock: becomes a user of the bridge; box->first tells whether it is the only one.
// Returns 0, or -1 with err_last set.
int state_join(struct box *box) must_check;

// Under the lock: stops being one, if it still is; box->last and box->namespace_last tell whether no user is left.
// Returns 0, or -1 with err_last set.
int state_leave(struct box *box) must_check;

// Under the lock: marks that something was done to the host, asks for the mark, and removes it. Mark before doing, unmark
// after undoing: whatever happens in between, somebody will undo it. Return 0 (state_marked: 1 or 0), or -1 with err_last.
int state_mark(const struct box *box, const char *mark) must_check;
int state_marked(const struct box *box, const char *mark) must_check;
int state_unmark(const struct box *box, const char *mark) must_check;
