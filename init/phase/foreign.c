// SPDX-License-Identifier: MIT
// A packet is forwarded when every base chain at the hook lets it through: what another table drops by its policy, or by its
// last rule, stays dropped. Others' tables are not touched; it is said what to add.
// Source: nft(8) "policy", linux/netfilter/nf_tables.h.
#include <arpa/inet.h>
#include <string.h>

#include "base/log.h"
#include "base/nfexpr.h"
#include "phase/foreign.h"

enum { MAX_CHAINS = 8 };

struct chain {
	uint8_t family;
	bool drops;	 // by policy; by its last rule
	bool knows_us;	 // some rule of its table names the bridge
	bool has_docker; // its table has the chain that docker leaves to the administrator
	char table[48], name[48];
};

struct search {
	const char *bridge;
	struct chain chain[MAX_CHAINS], *now;
	unsigned count;
};

// An attribute among those that nest has (n bytes). Returns what is in it, *len bytes, or NULL.
static const char *find_in(const char *nest, size_t n, uint16_t attr, size_t *len)
{
	while (nest && n >= sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)nest;
		size_t step = NLMSG_ALIGN(a->nla_len);

		if (a->nla_len < sizeof(*a) || a->nla_len > n)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == attr) {
			*len = a->nla_len - sizeof(*a);
			return nest + sizeof(*a);
		}
		nest += step < n ? step : n;
		n -= step < n ? step : n;
	}
	return NULL;
}

static uint32_t be32_of(const char *p, size_t n, uint32_t otherwise)
{
	uint32_t v;

	if (!p || n != sizeof(v))
		return otherwise;
	memcpy(&v, p, sizeof(v));
	return ntohl(v);
}

static const char *find(const struct nlmsghdr *h, uint16_t attr, size_t *n)
{
	return nl_find(h, sizeof(struct nfgenmsg), attr, n);
}

static bool copy_name(char dst[48], const struct nlmsghdr *h, uint16_t attr)
{
	size_t n = 0;
	const char *p = find(h, attr, &n);

	if (!p || !n || n > 48 || p[n - 1])
		return false;
	memcpy(dst, p, n);
	return true;
}

static bool is(const struct nlmsghdr *h, unsigned msg)
{
	return h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | msg) && h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nfgenmsg));
}

static int see_chain(void *arg, const struct nlmsghdr *h)
{
	struct search *s = arg;
	struct chain c = {0};
	size_t n = 0, len = 0;
	const char *hook;

	if (!h) {
		s->count = 0;
		return 0;
	}
	if (!is(h, NFT_MSG_NEWCHAIN) || s->count == MAX_CHAINS)
		return 0;
	c.family = ((const struct nfgenmsg *)(const void *)((const char *)h + NLMSG_HDRLEN))->nfgen_family;
	hook = find(h, NFTA_CHAIN_HOOK, &n);
	hook = hook ? find_in(hook, n, NFTA_HOOK_HOOKNUM, &len) : NULL;
	if (be32_of(hook, len, NF_INET_NUMHOOKS) != NF_INET_FORWARD ||
	    (c.family != NFPROTO_IPV4 && c.family != NFPROTO_INET) || !copy_name(c.table, h, NFTA_CHAIN_TABLE) ||
	    !copy_name(c.name, h, NFTA_CHAIN_NAME) || !strncmp(c.table, "initbox", 7))
		return 0;
	hook = find(h, NFTA_CHAIN_POLICY, &n);
	c.drops = be32_of(hook, n, NF_ACCEPT) == NF_DROP;
	s->chain[s->count++] = c;
	return 0;
}

// Whether an expression only counts or logs.
static bool lets_pass(const char *name)
{
	return !strcmp(name, "counter") || !strcmp(name, "log");
}

static bool drops(const char *name, const char *data, size_t n)
{
	size_t len = 0;
	const char *p;

	if (!strcmp(name, "reject"))
		return true;
	if (strcmp(name, "immediate"))
		return false;
	p = find_in(data, n, NFTA_IMMEDIATE_DATA, &len);
	p = p ? find_in(p, len, NFTA_DATA_VERDICT, &len) : NULL;
	p = p ? find_in(p, len, NFTA_VERDICT_CODE, &len) : NULL;
	return be32_of(p, len, NF_ACCEPT) == NF_DROP;
}

// Whether a rule drops, or rejects, every packet.
static bool drops_all(const char *list, size_t n)
{
	while (list && n >= sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)list;
		size_t step = NLMSG_ALIGN(a->nla_len), name_len = 0, len = 0;
		const char *name, *data;

		if (a->nla_len < sizeof(*a) || a->nla_len > n)
			return false;
		name = find_in(list + sizeof(*a), a->nla_len - sizeof(*a), NFTA_EXPR_NAME, &name_len);
		data = find_in(list + sizeof(*a), a->nla_len - sizeof(*a), NFTA_EXPR_DATA, &len);
		if (!name || !name_len || name[name_len - 1])
			return false;
		if (!lets_pass(name))
			return drops(name, data, len);
		list += step < n ? step : n;
		n -= step < n ? step : n;
	}
	return false;
}

static bool names(const struct nlmsghdr *h, const char *bridge)
{
	size_t n = strlen(bridge) + 1;

	for (size_t at = NLMSG_HDRLEN; at + n <= h->nlmsg_len; at++)
		if (!memcmp((const char *)h + at, bridge, n))
			return true;
	return false;
}

static int see_rule(void *arg, const struct nlmsghdr *h)
{
	struct search *s = arg;
	struct chain *c = s->now;
	char chain[48];
	const char *list;
	size_t n = 0;

	if (!h || !is(h, NFT_MSG_NEWRULE))
		return 0;
	c->knows_us |= names(h, s->bridge);
	if (!copy_name(chain, h, NFTA_RULE_CHAIN))
		return 0;
	c->has_docker |= !strcmp(chain, "DOCKER-USER");
	list = find(h, NFTA_RULE_EXPRESSIONS, &n);
	if (!strcmp(chain, c->name))
		c->drops |= drops_all(list, n);
	return 0;
}

static void get(struct nl *nl, unsigned msg, uint8_t family, const char *table, const char *call)
{
	struct nfgenmsg g = {.nfgen_family = family, .version = NFNETLINK_V0};

	nl_begin(nl, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | msg), NLM_F_DUMP, &g, sizeof(g), call, "%s",
		 table ? table : "tables");
	if (table)
		nl_str(nl, NFTA_RULE_TABLE, table);
}

// What helps: firewalld gives interfaces to zones and takes no rules from others; docker leaves a chain for such rules.
static void warn(const struct search *s, const struct chain *c)
{
	const char *family = c->family == NFPROTO_INET ? "inet" : "ip", *chain = c->has_docker ? "DOCKER-USER" : c->name;

	log_line(LOG_NOTE, "nft: chain %s of table %s %s drops what is forwarded and has no rule about %s: the box may reach "
			   "nothing, and published ports may not be reached", c->name, family, c->table, s->bridge);
	if (!strcmp(c->table, "firewalld"))
		log_line(LOG_NOTE, "hint: firewall-cmd --zone=trusted --add-interface=%s", s->bridge);
	else
		log_line(LOG_NOTE, "hint: nft insert rule %s %s %s iifname %s accept; nft insert rule %s %s %s oifname %s accept",
			 family, c->table, chain, s->bridge, family, c->table, chain, s->bridge);
}

int foreign_warn(struct nl *nl, const struct box *box)
{
	struct search s = {.bridge = box->spec->bridge};

	get(nl, NFT_MSG_GETCHAIN, AF_UNSPEC, NULL, "NFT_MSG_GETCHAIN");
	if (nl_dump(nl, see_chain, &s))
		return -1;
	for (unsigned i = 0; i < s.count; i++) {
		s.now = &s.chain[i];
		get(nl, NFT_MSG_GETRULE, s.now->family, s.now->table, "NFT_MSG_GETRULE");
		if (nl_dump(nl, see_rule, &s))
			return -1;
		if (s.now->drops && !s.now->knows_us)
			warn(&s, s.now);
	}
	return 0;
}
