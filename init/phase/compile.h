// SPDX-License-Identifier: MIT
#pragma once
#include <sys/stat.h>

#include "base/err.h"

// boxfilter, as it was found: what is looked at is what is executed.
struct compiler {
	int fd; // O_PATH
	struct stat st;
};

// Opens boxfilter: beside initbox itself, or where the installation has such programs. Returns 0, or -1 with err_last set.
int compile_find(struct compiler *c) must_check;

// Runs it on the profile in memory that fd is, called name, for the capabilities in caps and the kernel that release names.
// Its notes are shown; its one line about a mistake becomes err_last. Returns the descriptor of the program, to be read from
// its start, or -1 with err_last set.
int compile_run(const struct compiler *c, int fd, const char *name, uint64_t caps, const char *release) must_check;
