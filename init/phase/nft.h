// SPDX-License-Identifier: MIT
#pragma once
#include "phase/address.h"

// Under the lock: removes the table of a bridge (box->spec->bridge) that no living launcher uses.
// Returns 1, 0 when there is none, or -1 with err_last set.
int nft_forget_table(struct box *box) must_check;

// An address_forget: takes the ports back from the map of box->spec->bridge.
int nft_forget_ports(struct box *box, uint32_t address, const struct address_note *note) must_check;
