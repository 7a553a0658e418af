// SPDX-License-Identifier: MIT
// The types of keys that are the machine's alone, for store.c.
#pragma once
#include "spec/keys.h"

// Stores one value in *field. Returns NULL, or the reason why it is none.
const char *store_machine(const struct key *key, void *field, const char *value);

// The size of an entry of a list.
size_t store_machine_size(const struct key *key);
