// SPDX-License-Identifier: MIT
// The entries of a directory, one after the other; opendir(3) would bring malloc. Source: getdents64(2).
#pragma once
#include "base/err.h"

struct dir {
	int fd;	    // of the directory; the caller's
	long n, at; // bytes in list, and how many of them have been taken; n < 0: reading failed, errno is set
	_Alignas(8) char list[2048];
};

// From where fd stands: one that has been read before has to be set back (lseek(2)).
void dir_begin(struct dir *d, int fd);

// The name of the next entry other than . and .., up to the next call; NULL at the end. type, unless NULL: DT_DIR, ….
const char *dir_next(struct dir *d, unsigned *type);
