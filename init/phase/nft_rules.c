// SPDX-License-Identifier: MIT
// The chains and rules of a bridge's table, as rows of words; each word is a few expressions.
#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/log.h"
#include "base/nfexpr.h"
#include "phase/nft_rules.h"

enum { IP_SADDR = 12, IP_DADDR = 16, PORT_DEST = 2 }; // offsets in the headers

enum chain { GUARD, PREROUTING, OUTPUT, POSTROUTING, FORWARD };

static const struct chain_row {
	const char *name, *type;
	int hook, priority;
} chain_rows[] = {
	[GUARD] = {"guard", "filter", NF_INET_PRE_ROUTING, -300},
	[PREROUTING] = {"prerouting", "nat", NF_INET_PRE_ROUTING, -100},
	[OUTPUT] = {"output", "nat", NF_INET_LOCAL_OUT, -100},
	[POSTROUTING] = {"postrouting", "nat", NF_INET_POST_ROUTING, 100},
	[FORWARD] = {"forward", "filter", NF_INET_FORWARD, 0},
};

static const char *const hook_names[] = {"prerouting", "input", "forward", "output", "postrouting"};

// The words that rules are made of. END is 0, so that it ends a row by itself.
enum term {
	END,
	IPV4,	   // where a word about addresses follows, nft adds it by itself
	IPV4_ONLY, // and here it has to be said
	FROM_SUBNET,
	TO_SUBNET,
	FROM_LOOPBACK,
	TO_LOOPBACK,
	NOT_TO_LOOPBACK,
	IN_BRIDGE,
	OUT_BRIDGE,
	OUT_OTHER,
	TO_LOCAL,
	ESTABLISHED,
	PUBLISHED,
	DNAT_BY_ADDRESS,
	DNAT_BY_PORT,
	MASQUERADE,
	ACCEPT,
	DROP,
};

// %B is the bridge, %N the subnet.
static const char *const term_text[] = {
	[IPV4] = "",
	[IPV4_ONLY] = " meta nfproto ipv4",
	[FROM_SUBNET] = " ip saddr %N",
	[TO_SUBNET] = " ip daddr %N",
	[FROM_LOOPBACK] = " ip saddr 127.0.0.0/8",
	[TO_LOOPBACK] = " ip daddr 127.0.0.0/8",
	[NOT_TO_LOOPBACK] = " ip daddr != 127.0.0.0/8",
	[IN_BRIDGE] = " iifname %B",
	[OUT_BRIDGE] = " oifname %B",
	[OUT_OTHER] = " oifname != %B",
	[TO_LOCAL] = " fib daddr type local",
	[ESTABLISHED] = " ct state established,related",
	[PUBLISHED] = " ct status dnat",
	[DNAT_BY_ADDRESS] = " dnat ip to ip daddr . meta l4proto . th dport map @" NFT_MAP_ADDRESS_PORT_NAME,
	[DNAT_BY_PORT] = " dnat ip to meta l4proto . th dport map @" NFT_MAP_PORT_NAME,
	[MASQUERADE] = " masquerade",
	[ACCEPT] = " accept",
	[DROP] = " drop",
};

static const struct rule_row {
	enum chain chain;
	uint8_t term[6];
} rule_rows[] = {
	// route_localnet is on for the bridge: no box may reach what listens on the host's 127.0.0.1 (CVE-2020-8558).
	{GUARD, {IN_BRIDGE, IPV4, TO_LOOPBACK, DROP}},
	// Nobody outside reaches a port of 127.0.0.1; the host itself does, by output.
	{PREROUTING, {IPV4, NOT_TO_LOOPBACK, TO_LOCAL, DNAT_BY_ADDRESS}},
	{PREROUTING, {IPV4, NOT_TO_LOOPBACK, TO_LOCAL, DNAT_BY_PORT}},
	{OUTPUT, {IPV4, TO_LOCAL, DNAT_BY_ADDRESS}},
	{OUTPUT, {IPV4_ONLY, TO_LOCAL, DNAT_BY_PORT}},
	{POSTROUTING, {IPV4, FROM_SUBNET, OUT_OTHER, MASQUERADE}},
	// A box that reaches a published port of a box by the host's address; by addresses, not by link: with br_netfilter
	// postrouting has no input link.
	{POSTROUTING, {IPV4, FROM_SUBNET, TO_SUBNET, PUBLISHED, MASQUERADE}},
	{POSTROUTING, {IPV4, FROM_LOOPBACK, OUT_BRIDGE, MASQUERADE}},
	{FORWARD, {OUT_BRIDGE, ESTABLISHED, ACCEPT}},
	{FORWARD, {OUT_BRIDGE, PUBLISHED, ACCEPT}}, // before the next one, or no box reaches a published port
	{FORWARD, {IN_BRIDGE, OUT_BRIDGE, DROP}},
	{FORWARD, {IN_BRIDGE, ACCEPT}},
	{FORWARD, {OUT_BRIDGE, DROP}},
};

static void put_link(struct nl *nl, const struct box *box, unsigned key, unsigned op)
{
	char name[16] = {0}; // IFNAMSIZ; the register holds all of it

	strncpy(name, box->spec->bridge, sizeof(name) - 1);
	nf_meta(nl, key, NFT_REG_1);
	nf_cmp(nl, op, NFT_REG_1, name, sizeof(name));
}

// Of whole bytes no others are loaded, and nothing is masked, as nft does.
static void put_address(struct nl *nl, unsigned offset, unsigned op, uint32_t addr, uint8_t prefix)
{
	uint32_t mask = htonl(~(uint32_t)0 << (32 - prefix));
	unsigned len = prefix % 8 ? sizeof(addr) : prefix / 8u;

	nf_payload(nl, NFT_PAYLOAD_NETWORK_HEADER, offset, len, NFT_REG_1);
	if (prefix % 8)
		nf_bitwise(nl, NFT_REG_1, &mask, sizeof(mask));
	nf_cmp(nl, op, NFT_REG_1, &addr, len);
}

static void put_ct_bits(struct nl *nl, unsigned key, uint32_t bits)
{
	const uint32_t none = 0;

	nf_ct(nl, key, NFT_REG_1);
	nf_bitwise(nl, NFT_REG_1, &bits, sizeof(bits));
	nf_cmp(nl, NFT_CMP_NEQ, NFT_REG_1, &none, sizeof(none));
}

// Looks the key up and sends the packet to what it finds: address in the first word, port in the second.
static void put_dnat(struct nl *nl, enum nft_map map)
{
	static const unsigned words[] = {NFT_REG_1, NFT_REG32_01, NFT_REG32_02};
	const unsigned *reg = words;

	if (map == NFT_MAP_ADDRESS_PORT)
		nf_payload(nl, NFT_PAYLOAD_NETWORK_HEADER, IP_DADDR, 4, *reg++);
	nf_meta(nl, NFT_META_L4PROTO, *reg++);
	nf_payload(nl, NFT_PAYLOAD_TRANSPORT_HEADER, PORT_DEST, 2, *reg);
	nf_lookup(nl, map == NFT_MAP_PORT ? NFT_MAP_PORT_NAME : NFT_MAP_ADDRESS_PORT_NAME, map + 1, NFT_REG_1,
		  NFT_REG_1);
	nf_dnat4(nl, NFT_REG_1, NFT_REG32_01);
}

// A word that looks at the packet. Returns false when it is not one of those.
static bool put_match(struct nl *nl, const struct box *box, enum term term)
{
	const struct net4 *net = &box->spec->subnet;
	const uint8_t ipv4 = NFPROTO_IPV4;
	const uint32_t local = RTN_LOCAL;

	switch (term) {
	case IPV4:
	case IPV4_ONLY:
		nf_meta(nl, NFT_META_NFPROTO, NFT_REG_1);
		nf_cmp(nl, NFT_CMP_EQ, NFT_REG_1, &ipv4, sizeof(ipv4));
		return true;
	case FROM_SUBNET:
		put_address(nl, IP_SADDR, NFT_CMP_EQ, net->addr, net->prefix);
		return true;
	case TO_SUBNET:
		put_address(nl, IP_DADDR, NFT_CMP_EQ, net->addr, net->prefix);
		return true;
	case FROM_LOOPBACK:
		put_address(nl, IP_SADDR, NFT_CMP_EQ, htonl(0x7f000000), 8);
		return true;
	case TO_LOOPBACK:
		put_address(nl, IP_DADDR, NFT_CMP_EQ, htonl(0x7f000000), 8);
		return true;
	case NOT_TO_LOOPBACK:
		put_address(nl, IP_DADDR, NFT_CMP_NEQ, htonl(0x7f000000), 8);
		return true;
	case IN_BRIDGE:
		put_link(nl, box, NFT_META_IIFNAME, NFT_CMP_EQ);
		return true;
	case OUT_BRIDGE:
		put_link(nl, box, NFT_META_OIFNAME, NFT_CMP_EQ);
		return true;
	case OUT_OTHER:
		put_link(nl, box, NFT_META_OIFNAME, NFT_CMP_NEQ);
		return true;
	case TO_LOCAL:
		nf_fib_daddr_type(nl, NFT_REG_1);
		nf_cmp(nl, NFT_CMP_EQ, NFT_REG_1, &local, sizeof(local));
		return true;
	case ESTABLISHED:
		put_ct_bits(nl, NFT_CT_STATE, NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED));
		return true;
	case PUBLISHED:
		put_ct_bits(nl, NFT_CT_STATUS, IPS_DST_NAT);
		return true;
	default:
		return false;
	}
}

// A word that says what becomes of the packet.
static void put_action(struct nl *nl, enum term term)
{
	if (term == DNAT_BY_ADDRESS)
		put_dnat(nl, NFT_MAP_ADDRESS_PORT);
	else if (term == DNAT_BY_PORT)
		put_dnat(nl, NFT_MAP_PORT);
	else if (term == MASQUERADE)
		nf_masquerade(nl);
	else
		nf_verdict(nl, term == ACCEPT ? NF_ACCEPT : NF_DROP);
}

static void put_chain(struct nl *nl, const char *table, const struct chain_row *c)
{
	size_t hook;

	nf_begin(nl, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET, table, "NFT_MSG_NEWCHAIN", c->name);
	nl_str(nl, NFTA_CHAIN_NAME, c->name);
	hook = nl_nest(nl, NFTA_CHAIN_HOOK);
	nl_be32(nl, NFTA_HOOK_HOOKNUM, (uint32_t)c->hook);
	nl_be32(nl, NFTA_HOOK_PRIORITY, (uint32_t)c->priority);
	nl_end(nl, hook);
	nl_be32(nl, NFTA_CHAIN_POLICY, NF_ACCEPT);
	nl_str(nl, NFTA_CHAIN_TYPE, c->type);
}

// A mark in the rule is in the form of nft's own notes: type, length, value; of types it does not know nft takes no notice.
struct note {
	uint8_t type, len, mark[4];
};
enum { NOTE_MARK = 0x69 };

static uint32_t put_mark(struct nl *nl)
{
	struct note note = {NOTE_MARK, sizeof(note.mark), {0}};
	uint32_t mark = 2166136261u; // FNV-1a over all but the header of the message

	for (size_t i = nl->start + NLMSG_HDRLEN; i < nl->len; i++)
		mark = (mark ^ (unsigned char)nl->buf[i]) * 16777619u;
	memcpy(note.mark, &mark, sizeof(mark));
	nl_put(nl, NFTA_RULE_USERDATA, &note, sizeof(note));
	return mark;
}

static uint32_t put_rule(struct nl *nl, const struct box *box, const char *table, const struct rule_row *row)
{
	size_t list;

	nf_begin(nl, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET, table, "NFT_MSG_NEWRULE",
		 chain_rows[row->chain].name);
	nl_str(nl, NFTA_RULE_CHAIN, chain_rows[row->chain].name);
	list = nl_nest(nl, NFTA_RULE_EXPRESSIONS);
	for (size_t i = 0; i < COUNT(row->term) && row->term[i]; i++)
		if (!put_match(nl, box, row->term[i]))
			put_action(nl, row->term[i]);
	nl_end(nl, list);
	return put_mark(nl);
}

struct nft_marks nft_rules_put(struct nl *nl, const struct box *box, const char *table)
{
	struct nft_marks marks = {0, COUNT(rule_rows)};

	for (size_t i = 0; i < COUNT(chain_rows); i++)
		put_chain(nl, table, &chain_rows[i]);
	for (size_t i = 0; i < COUNT(rule_rows); i++)
		marks.sum += put_rule(nl, box, table, &rule_rows[i]);
	return marks;
}

static int see_rule(void *arg, const struct nlmsghdr *h)
{
	struct nft_marks *seen = arg;
	const struct note *note;
	uint32_t mark;
	size_t n;

	if (!h) {
		*seen = (struct nft_marks){0};
		return 0;
	}
	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
		return 0;
	note = nl_find(h, sizeof(struct nfgenmsg), NFTA_RULE_USERDATA, &n);
	if (!note || n != sizeof(*note) || note->type != NOTE_MARK)
		return 0;
	memcpy(&mark, note->mark, sizeof(mark));
	seen->sum += mark;
	seen->count++;
	return 0;
}

int nft_rules_there(struct nl *nl, const struct box *box, const char *table)
{
	struct nft_marks wanted = nft_rules_put(nl, box, table), seen;

	nl_reset(nl);
	nf_begin(nl, NFT_MSG_GETRULE, NLM_F_DUMP, NFPROTO_INET, table, "NFT_MSG_GETRULE", "rules");
	if (nl_dump(nl, see_rule, &seen))
		return -1;
	return seen.sum == wanted.sum && seen.count == wanted.count;
}

static void explain_rule(const struct box *box, const char *table, const struct rule_row *row)
{
	char text[256], ip[16];
	struct buf b = BUF(text);

	b.p[0] = '\0';
	for (size_t i = 0; i < COUNT(row->term) && row->term[i]; i++) {
		const char *t = term_text[row->term[i]], *sign = strchr(t, '%');

		buf_mem(&b, t, sign ? (size_t)(sign - t) : strlen(t));
		if (sign && sign[1] == 'B')
			buf_str(&b, box->spec->bridge);
		else if (sign)
			buf_fmt(&b, "%s/%u", fmt_ip4(ip, box->spec->subnet.addr), box->spec->subnet.prefix);
	}
	explain("NFT_MSG_NEWRULE", "nft add rule inet %s %s%s", table, chain_rows[row->chain].name, b.p);
}

void nft_rules_explain(const struct box *box, const char *table)
{
	for (size_t i = 0; i < COUNT(chain_rows); i++)
		explain("NFT_MSG_NEWCHAIN", "nft add chain inet %s %s '{ type %s hook %s priority %d; }'", table,
			chain_rows[i].name, chain_rows[i].type, hook_names[chain_rows[i].hook], chain_rows[i].priority);
	for (size_t i = 0; i < COUNT(rule_rows); i++)
		explain_rule(box, table, &rule_rows[i]);
}
