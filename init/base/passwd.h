// SPDX-License-Identifier: MIT
// /etc/passwd and /etc/group of an image, read as data: no libc, no NSS. Source: passwd(5), group(5).
#pragma once
#include <sys/types.h>

#include "base/err.h"

struct account {
	uid_t uid;
	gid_t gid;
	// in the text that was searched, not terminated; NULL when there is no such line
	const char *name, *home;
	size_t name_len, home_len;
};

// Ids that follow each other.
struct id_range {
	uint32_t first, count;
};

// Finds the line of a user by name, or by number when name is one. Returns 0, or -1 when there is none.
int passwd_find(const char *text, const char *name, size_t n, struct account *a) must_check;

// Finds a group's number. Returns 0, or -1 when there is none.
int group_find(const char *text, const char *name, size_t n, gid_t *gid) must_check;

// The supplementary groups of a user: every line that lists him. Returns how many were stored (at most max).
size_t group_list(const char *text, const char *user, size_t n, gid_t *list, size_t max);

// The ranges that /etc/subuid or /etc/subgid gives to a user: every line of his, by name (may be empty) or by number.
// Returns how many were stored (at most max). Source: subuid(5).
size_t subid_list(const char *text, const char *name, const char *number, struct id_range *list, size_t max);
