// SPDX-License-Identifier: MIT
#include <arpa/inet.h>

#include "base/nfexpr.h"

static void batch(struct nl *nl, uint16_t type)
{
	struct nfgenmsg g = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};

	nl_begin(nl, type, 0, &g, sizeof(g), "NFNL_MSG_BATCH", "nftables transaction");
}

void nf_batch_begin(struct nl *nl)
{
	batch(nl, NFNL_MSG_BATCH_BEGIN);
}

void nf_batch_end(struct nl *nl)
{
	batch(nl, NFNL_MSG_BATCH_END);
}

void nf_begin(struct nl *nl, unsigned msg, uint16_t flags, uint8_t family, const char *table, const char *call,
	      const char *object)
{
	struct nfgenmsg g = {.nfgen_family = family, .version = NFNETLINK_V0};

	nl_begin(nl, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | msg), flags, &g, sizeof(g), call, "%s %s", table, object);
	nl_str(nl, 1, table); // NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE are all 1
}

_Static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1 && NFTA_SET_TABLE == 1 &&
		       NFTA_SET_ELEM_LIST_TABLE == 1,
	       "the table's name is attribute 1 everywhere");

struct open_expr {
	size_t elem, data;
};

static struct open_expr expr_begin(struct nl *nl, const char *name)
{
	struct open_expr e = {.elem = nl_nest(nl, NFTA_LIST_ELEM)};

	nl_str(nl, NFTA_EXPR_NAME, name);
	e.data = nl_nest(nl, NFTA_EXPR_DATA);
	return e;
}

static void expr_end(struct nl *nl, struct open_expr e)
{
	nl_end(nl, e.data);
	nl_end(nl, e.elem);
}

static void value(struct nl *nl, uint16_t attr, const void *v, size_t n)
{
	size_t nest = nl_nest(nl, attr);

	nl_put(nl, NFTA_DATA_VALUE, v, n);
	nl_end(nl, nest);
}

void nf_payload(struct nl *nl, unsigned base, unsigned offset, unsigned len, unsigned reg)
{
	struct open_expr e = expr_begin(nl, "payload");

	nl_be32(nl, NFTA_PAYLOAD_DREG, reg);
	nl_be32(nl, NFTA_PAYLOAD_BASE, base);
	nl_be32(nl, NFTA_PAYLOAD_OFFSET, offset);
	nl_be32(nl, NFTA_PAYLOAD_LEN, len);
	expr_end(nl, e);
}

void nf_meta(struct nl *nl, unsigned key, unsigned reg)
{
	struct open_expr e = expr_begin(nl, "meta");

	nl_be32(nl, NFTA_META_KEY, key);
	nl_be32(nl, NFTA_META_DREG, reg);
	expr_end(nl, e);
}

void nf_ct(struct nl *nl, unsigned key, unsigned reg)
{
	struct open_expr e = expr_begin(nl, "ct");

	nl_be32(nl, NFTA_CT_KEY, key);
	nl_be32(nl, NFTA_CT_DREG, reg);
	expr_end(nl, e);
}

void nf_fib_daddr_type(struct nl *nl, unsigned reg)
{
	struct open_expr e = expr_begin(nl, "fib");

	nl_be32(nl, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nl_be32(nl, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nl_be32(nl, NFTA_FIB_DREG, reg);
	expr_end(nl, e);
}

void nf_bitwise(struct nl *nl, unsigned reg, const void *mask, size_t n)
{
	static const char zero[16];
	struct open_expr e = expr_begin(nl, "bitwise");

	nl_be32(nl, NFTA_BITWISE_SREG, reg);
	nl_be32(nl, NFTA_BITWISE_DREG, reg);
	nl_be32(nl, NFTA_BITWISE_LEN, (uint32_t)n);
	value(nl, NFTA_BITWISE_MASK, mask, n);
	value(nl, NFTA_BITWISE_XOR, zero, n);
	expr_end(nl, e);
}

void nf_cmp(struct nl *nl, unsigned op, unsigned reg, const void *v, size_t n)
{
	struct open_expr e = expr_begin(nl, "cmp");

	nl_be32(nl, NFTA_CMP_SREG, reg);
	nl_be32(nl, NFTA_CMP_OP, op);
	value(nl, NFTA_CMP_DATA, v, n);
	expr_end(nl, e);
}

void nf_lookup(struct nl *nl, const char *set, unsigned set_id, unsigned sreg, unsigned dreg)
{
	struct open_expr e = expr_begin(nl, "lookup");

	nl_str(nl, NFTA_LOOKUP_SET, set);
	nl_be32(nl, NFTA_LOOKUP_SET_ID, set_id);
	nl_be32(nl, NFTA_LOOKUP_SREG, sreg);
	nl_be32(nl, NFTA_LOOKUP_DREG, dreg);
	expr_end(nl, e);
}

void nf_dnat4(struct nl *nl, unsigned addr_reg, unsigned port_reg)
{
	struct open_expr e = expr_begin(nl, "nat");

	nl_be32(nl, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	nl_be32(nl, NFTA_NAT_FAMILY, NFPROTO_IPV4);
	nl_be32(nl, NFTA_NAT_REG_ADDR_MIN, addr_reg);
	nl_be32(nl, NFTA_NAT_REG_PROTO_MIN, port_reg);
	expr_end(nl, e);
}

void nf_masquerade(struct nl *nl)
{
	expr_end(nl, expr_begin(nl, "masq"));
}

void nf_verdict(struct nl *nl, int verdict)
{
	struct open_expr e = expr_begin(nl, "immediate");
	size_t data, v;

	nl_be32(nl, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nl_nest(nl, NFTA_IMMEDIATE_DATA);
	v = nl_nest(nl, NFTA_DATA_VERDICT);
	nl_be32(nl, NFTA_VERDICT_CODE, (uint32_t)verdict);
	nl_end(nl, v);
	nl_end(nl, data);
	expr_end(nl, e);
}

void nf_element(struct nl *nl, const void *key, size_t key_len, const void *data, size_t data_len)
{
	size_t elem = nl_nest(nl, NFTA_LIST_ELEM);

	value(nl, NFTA_SET_ELEM_KEY, key, key_len);
	if (data)
		value(nl, NFTA_SET_ELEM_DATA, data, data_len);
	nl_end(nl, elem);
}
