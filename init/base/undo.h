// SPDX-License-Identifier: MIT
// The undo stack: what has been made outside of the box's own namespaces and must go away again.
// Everything pushes its entry the moment it exists; failure and an orderly end are the same unwind.
#pragma once
#include "base/err.h"

struct undo_entry {
	int (*down)(void *arg); // returns 0, or -1 with err_last set
	void *arg;
	const char *what; // for messages and --explain
};

struct undo {
	struct undo_entry entry[24];
	unsigned count;
};

// Pushes an entry. Returns 0, or -1 with err_last set when the stack is full (the entry has been undone then).
int undo_push(struct undo *u, int (*down)(void *arg), void *arg, const char *what) must_check;

// Runs all entries, last first, each once, and reports every one that fails; goes on to the end.
// Returns 0, or -1 when any failed.
int undo_unwind(struct undo *u);
