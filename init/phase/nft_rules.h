// SPDX-License-Identifier: MIT
// The chains and rules of a bridge's table, for phase nft. Their number does not depend on the boxes.
#pragma once
#include "base/nl.h"
#include "phase/phase.h"

// Maps that the rules look ports up in: published on every local address, and on one.
enum nft_map { NFT_MAP_PORT, NFT_MAP_ADDRESS_PORT };
#define NFT_MAP_PORT_NAME	  "ports"
#define NFT_MAP_ADDRESS_PORT_NAME "address_ports"

// What is left of the rules, found by the mark that each has: a sum over what it was when it was made (NFTA_RULE_USERDATA,
// which nft does not show).
struct nft_marks {
	uint32_t sum;
	unsigned count;
};

// Adds the messages for chains and rules; the maps have been added before, under the ids map + 1. Returns their marks.
struct nft_marks nft_rules_put(struct nl *nl, const struct box *box, const char *table);

// Asks the kernel whether all of them are there; rules that others have added do not matter. nl has nothing built.
// Returns 1, 0 when some or all are gone, or -1 with err_last set.
int nft_rules_there(struct nl *nl, const struct box *box, const char *table) must_check;

// Prints them as nft commands, for --explain.
void nft_rules_explain(const struct box *box, const char *table);
