// SPDX-License-Identifier: MIT
// The chains and rules of a bridge's table, for phase nft. Their number does not depend on the boxes.
#pragma once
#include "base/nl.h"
#include "phase/phase.h"

// Maps that the rules look ports up in: published on every local address, and on one.
enum nft_map { NFT_MAP_PORT, NFT_MAP_ADDRESS_PORT };
#define NFT_MAP_PORT_NAME	  "ports"
#define NFT_MAP_ADDRESS_PORT_NAME "address_ports"

// Adds the messages for chains and rules; the maps have been added before, under the ids map + 1.
void nft_rules_put(struct nl *nl, const struct box *box, const char *table);

// Prints them as nft commands, for --explain.
void nft_rules_explain(const struct box *box, const char *table);
