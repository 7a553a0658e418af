// SPDX-License-Identifier: MIT
// Capabilities: their names, and which of them a program keeps. A set has bit n for the capability of number n, and
// CAPS_ALL as well where it is everything that the kernel knows, but for those that were dropped by name.
#pragma once
#include "spec/spec.h"

// The name of the lowest one in set, "NET_RAW"; the empty string for an empty set.
const char *caps_name(uint64_t set);

// What stays in the program's bounding set, and what a root's program has.
uint64_t caps_kept(const struct spec *s);

// What was asked for by name, or by ALL, and so is for a user other than root, too.
uint64_t caps_added(const struct spec *s);

// Appends set as setpriv(1) and capsh(1) have it: "-all,+net_raw".
void caps_words(struct buf *b, uint64_t set);
