// SPDX-License-Identifier: MIT
// nf_tables messages and expressions, one function each. Values in attributes are in network byte order; what is loaded
// into registers is as the packet, or the expression, has it.
// Source: linux/netfilter/nf_tables.h, linux/netfilter/nfnetlink.h; `nft --debug=netlink` prints the same expressions.
#pragma once
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base/nl.h"

// Opens and closes the transaction; everything in between is applied as one or not at all.
void nf_batch_begin(struct nl *nl);
void nf_batch_end(struct nl *nl);

// Starts a message NFT_MSG_* for family NFPROTO_*, with the table's name, which comes first in all of them.
void nf_begin(struct nl *nl, unsigned msg, uint16_t flags, uint8_t family, const char *table, const char *call,
	      const char *object);

// Expressions of a rule, between nl_nest(NFTA_RULE_EXPRESSIONS) and nl_end. reg: NFT_REG_1, NFT_REG32_00 + n.
void nf_payload(struct nl *nl, unsigned base, unsigned offset, unsigned len, unsigned reg);
void nf_meta(struct nl *nl, unsigned key, unsigned reg);
void nf_ct(struct nl *nl, unsigned key, unsigned reg);
void nf_fib_daddr_type(struct nl *nl, unsigned reg);
void nf_bitwise(struct nl *nl, unsigned reg, const void *mask, size_t n); // reg &= mask
void nf_cmp(struct nl *nl, unsigned op, unsigned reg, const void *value, size_t n);
void nf_lookup(struct nl *nl, const char *set, unsigned set_id, unsigned sreg, unsigned dreg);
void nf_dnat4(struct nl *nl, unsigned addr_reg, unsigned port_reg);
void nf_masquerade(struct nl *nl);
void nf_verdict(struct nl *nl, int verdict); // NF_ACCEPT, NF_DROP

// One element of a map, between nl_nest(NFTA_SET_ELEM_LIST_ELEMENTS) and nl_end. data NULL: the key alone (to delete).
void nf_element(struct nl *nl, const void *key, size_t key_len, const void *data, size_t data_len);
