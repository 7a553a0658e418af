// SPDX-License-Identifier: MIT
// Prints netlink messages of NETLINK_ROUTE and nf_tables, one attribute a line, for a comparison by diff(1).
//
// nl-decode <FILE    FILE is by strace -e trace=sendto,sendmsg -e write=all
//
//   RTM_NEWLINK#2 LINKINFO.DATA.PEER.IFNAME = "eth0"
//
// #2: the second message of that type. Sequence numbers and pids are left out, and a link's index is only said to be one.
#include <arpa/inet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

enum kind { HEX, U8, U32, BE32, STRING, IP, INDEX, NEST, LIST, BY_NAME, LINK_NEST };

enum context {
	NONE,
	LINK,
	LINKINFO,
	BRIDGE,
	VETH,
	PORT,
	ADDRESS,
	ROUTE,
	TABLE,
	CHAIN,
	HOOK,
	SET,
	SET_DESC,
	ELEMENTS,
	ELEMENT,
	DATA,
	VERDICT,
	RULE,
	EXPRESSION,
	BITWISE,
	CMP,
	CT,
	FIB,
	IMMEDIATE,
	LOOKUP,
	MASQ,
	META,
	NAT,
	PAYLOAD,
	CONTEXTS
};

// KIND of a link, or NAME of an expression, says what is in its DATA.
static const struct {
	const char *name;
	enum context context;
} by_name[] = {
	{"bridge", BRIDGE}, {"veth", VETH},	      {"bitwise", BITWISE}, {"cmp", CMP},   {"ct", CT},
	{"fib", FIB},	    {"immediate", IMMEDIATE}, {"lookup", LOOKUP},   {"masq", MASQ}, {"meta", META},
	{"nat", NAT},	    {"payload", PAYLOAD},
};

static const struct attribute {
	enum context in;
	unsigned type;
	const char *name;
	enum kind kind;
	enum context context;
} attributes[] = {
#define KIND(kind, context, ...) kind, context
#define A(in, prefix, name, ...)                                       \
	{                                                              \
		in, prefix##name, #name, KIND(__VA_ARGS__, NONE, NONE) \
	}
	A(LINK, IFLA_, IFNAME, STRING),
	A(LINK, IFLA_, ADDRESS, HEX),
	A(LINK, IFLA_, MASTER, INDEX),
	A(LINK, IFLA_, NUM_TX_QUEUES, U32),
	A(LINK, IFLA_, NUM_RX_QUEUES, U32),
	A(LINK, IFLA_, NET_NS_PID, INDEX),
	A(LINK, IFLA_, NET_NS_FD, INDEX),
	A(LINK, IFLA_, MTU, U32),
	A(LINK, IFLA_, LINKINFO, NEST, LINKINFO),
	A(LINK, IFLA_, EXT_MASK, U32),
	A(LINKINFO, IFLA_INFO_, KIND, STRING),
	A(LINKINFO, IFLA_INFO_, DATA, BY_NAME),
	A(LINKINFO, IFLA_INFO_, SLAVE_KIND, STRING),
	A(LINKINFO, IFLA_INFO_, SLAVE_DATA, NEST, PORT),
	A(BRIDGE, IFLA_BR_, FORWARD_DELAY, U32),
	A(VETH, VETH_INFO_, PEER, LINK_NEST, LINK),
	A(PORT, IFLA_BRPORT_, MODE, U8),
	A(PORT, IFLA_BRPORT_, ISOLATED, U8),
	A(ADDRESS, IFA_, LOCAL, IP),
	A(ADDRESS, IFA_, ADDRESS, IP),
	A(ADDRESS, IFA_, BROADCAST, IP),
	A(ROUTE, RTA_, GATEWAY, IP),
	A(ROUTE, RTA_, OIF, INDEX),
	A(TABLE, NFTA_TABLE_, NAME, STRING),
	A(TABLE, NFTA_TABLE_, FLAGS, BE32),
	A(CHAIN, NFTA_CHAIN_, TABLE, STRING),
	A(CHAIN, NFTA_CHAIN_, NAME, STRING),
	A(CHAIN, NFTA_CHAIN_, HOOK, NEST, HOOK),
	A(CHAIN, NFTA_CHAIN_, POLICY, BE32),
	A(CHAIN, NFTA_CHAIN_, TYPE, STRING),
	A(CHAIN, NFTA_CHAIN_, FLAGS, BE32),
	A(HOOK, NFTA_HOOK_, HOOKNUM, BE32),
	A(HOOK, NFTA_HOOK_, PRIORITY, BE32),
	A(SET, NFTA_SET_, TABLE, STRING),
	A(SET, NFTA_SET_, NAME, STRING),
	A(SET, NFTA_SET_, FLAGS, BE32),
	A(SET, NFTA_SET_, KEY_TYPE, BE32),
	A(SET, NFTA_SET_, KEY_LEN, BE32),
	A(SET, NFTA_SET_, DATA_TYPE, BE32),
	A(SET, NFTA_SET_, DATA_LEN, BE32),
	A(SET, NFTA_SET_, ID, BE32),
	A(SET, NFTA_SET_, DESC, NEST, SET_DESC),
	A(SET, NFTA_SET_, USERDATA, HEX),
	A(ELEMENTS, NFTA_SET_ELEM_LIST_, TABLE, STRING),
	A(ELEMENTS, NFTA_SET_ELEM_LIST_, SET, STRING),
	A(ELEMENTS, NFTA_SET_ELEM_LIST_, SET_ID, BE32),
	A(ELEMENTS, NFTA_SET_ELEM_LIST_, ELEMENTS, LIST, ELEMENT),
	A(ELEMENT, NFTA_SET_ELEM_, KEY, NEST, DATA),
	A(ELEMENT, NFTA_SET_ELEM_, DATA, NEST, DATA),
	A(ELEMENT, NFTA_SET_ELEM_, FLAGS, BE32),
	A(ELEMENT, NFTA_SET_ELEM_, USERDATA, HEX),
	A(DATA, NFTA_DATA_, VALUE, HEX),
	A(DATA, NFTA_DATA_, VERDICT, NEST, VERDICT),
	A(VERDICT, NFTA_VERDICT_, CODE, BE32),
	A(RULE, NFTA_RULE_, TABLE, STRING),
	A(RULE, NFTA_RULE_, CHAIN, STRING),
	A(RULE, NFTA_RULE_, USERDATA, HEX),
	A(RULE, NFTA_RULE_, EXPRESSIONS, LIST, EXPRESSION),
	A(EXPRESSION, NFTA_EXPR_, NAME, STRING),
	A(EXPRESSION, NFTA_EXPR_, DATA, BY_NAME),
	A(BITWISE, NFTA_BITWISE_, SREG, BE32),
	A(BITWISE, NFTA_BITWISE_, DREG, BE32),
	A(BITWISE, NFTA_BITWISE_, LEN, BE32),
	A(BITWISE, NFTA_BITWISE_, MASK, NEST, DATA),
	A(BITWISE, NFTA_BITWISE_, XOR, NEST, DATA),
	A(BITWISE, NFTA_BITWISE_, OP, BE32),
	A(CMP, NFTA_CMP_, SREG, BE32),
	A(CMP, NFTA_CMP_, OP, BE32),
	A(CMP, NFTA_CMP_, DATA, NEST, DATA),
	A(CT, NFTA_CT_, DREG, BE32),
	A(CT, NFTA_CT_, KEY, BE32),
	A(FIB, NFTA_FIB_, DREG, BE32),
	A(FIB, NFTA_FIB_, RESULT, BE32),
	A(FIB, NFTA_FIB_, FLAGS, BE32),
	A(IMMEDIATE, NFTA_IMMEDIATE_, DREG, BE32),
	A(IMMEDIATE, NFTA_IMMEDIATE_, DATA, NEST, DATA),
	A(LOOKUP, NFTA_LOOKUP_, SET, STRING),
	A(LOOKUP, NFTA_LOOKUP_, SREG, BE32),
	A(LOOKUP, NFTA_LOOKUP_, DREG, BE32),
	A(LOOKUP, NFTA_LOOKUP_, SET_ID, BE32),
	A(LOOKUP, NFTA_LOOKUP_, FLAGS, BE32),
	A(META, NFTA_META_, DREG, BE32),
	A(META, NFTA_META_, KEY, BE32),
	A(NAT, NFTA_NAT_, TYPE, BE32),
	A(NAT, NFTA_NAT_, FAMILY, BE32),
	A(NAT, NFTA_NAT_, FLAGS, BE32),
	A(NAT, NFTA_NAT_, REG_ADDR_MIN, BE32),
	A(NAT, NFTA_NAT_, REG_ADDR_MAX, BE32),
	A(NAT, NFTA_NAT_, REG_PROTO_MIN, BE32),
	A(NAT, NFTA_NAT_, REG_PROTO_MAX, BE32),
	A(PAYLOAD, NFTA_PAYLOAD_, DREG, BE32),
	A(PAYLOAD, NFTA_PAYLOAD_, BASE, BE32),
	A(PAYLOAD, NFTA_PAYLOAD_, OFFSET, BE32),
	A(PAYLOAD, NFTA_PAYLOAD_, LEN, BE32),
#undef A
#undef KIND
};

#define NFT(type) (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_##type)
static struct message {
	const char *name;
	unsigned type;
	enum context context;
	size_t header;
	int count;
} messages[] = {
	{"RTM_NEWLINK", RTM_NEWLINK, LINK, sizeof(struct ifinfomsg), 0},
	{"RTM_DELLINK", RTM_DELLINK, LINK, sizeof(struct ifinfomsg), 0},
	{"RTM_GETLINK", RTM_GETLINK, LINK, sizeof(struct ifinfomsg), 0},
	{"RTM_NEWADDR", RTM_NEWADDR, ADDRESS, sizeof(struct ifaddrmsg), 0},
	{"RTM_NEWROUTE", RTM_NEWROUTE, ROUTE, sizeof(struct rtmsg), 0},
	{"NFT_MSG_NEWTABLE", NFT(NEWTABLE), TABLE, sizeof(struct nfgenmsg), 0},
	{"NFT_MSG_DELTABLE", NFT(DELTABLE), TABLE, sizeof(struct nfgenmsg), 0},
	{"NFT_MSG_NEWCHAIN", NFT(NEWCHAIN), CHAIN, sizeof(struct nfgenmsg), 0},
	{"NFT_MSG_NEWSET", NFT(NEWSET), SET, sizeof(struct nfgenmsg), 0},
	{"NFT_MSG_NEWSETELEM", NFT(NEWSETELEM), ELEMENTS, sizeof(struct nfgenmsg), 0},
	{"NFT_MSG_DELSETELEM", NFT(DELSETELEM), ELEMENTS, sizeof(struct nfgenmsg), 0},
	{"NFT_MSG_NEWRULE", NFT(NEWRULE), RULE, sizeof(struct nfgenmsg), 0},
	{"NFNL_MSG_BATCH_BEGIN", NFNL_MSG_BATCH_BEGIN, NONE, sizeof(struct nfgenmsg), 0},
	{"NFNL_MSG_BATCH_END", NFNL_MSG_BATCH_END, NONE, sizeof(struct nfgenmsg), 0},
};
enum { COUNT_MESSAGES = sizeof(messages) / sizeof(messages[0]), FIRST_BATCH = COUNT_MESSAGES - 2, MAX_DUMP = 1 << 20 };

static void put_attributes(const char *path, enum context in, const char *p, size_t n);

static uint32_t u32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static void put_value(const char *path, enum kind kind, const char *p, size_t n)
{
	char ip[INET_ADDRSTRLEN];

	printf("%s = ", path);
	if (kind == STRING)
		printf("\"%.*s\"%s", (int)n, p, n && !p[n - 1] ? "" : " without its NUL");
	else if (kind == U8 && n == 1)
		printf("%u", (unsigned char)*p);
	else if (kind == U32 && n == 4)
		printf("%u", u32(p));
	else if (kind == BE32 && n == 4)
		printf("%u", ntohl(u32(p)));
	else if (kind == INDEX && n == 4)
		printf("%s", u32(p) ? "one that is there" : "0");
	else if (kind == IP && n == 4)
		printf("%s", inet_ntop(AF_INET, p, ip, sizeof(ip)));
	else
		for (size_t i = 0; i < n; i++)
			printf("%02x", (unsigned char)p[i]);
	putchar('\n');
}

static void put_link_header(const char *path, const char *p)
{
	struct ifinfomsg h;

	memcpy(&h, p, sizeof(h));
	printf("%s(index) = %s\n", path, h.ifi_index ? "one that is there" : "0");
	printf("%s(up) = %x of %x\n", path, h.ifi_flags, h.ifi_change);
}

static const struct attribute *find(enum context in, unsigned type)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (attributes[i].in == in && attributes[i].type == type)
			return &attributes[i];
	return NULL;
}

static void put_list(const char *path, enum context in, const char *p, size_t n)
{
	struct nlattr a;
	char inner[256];

	for (int i = 1; n >= sizeof(a); i++) {
		size_t step;

		memcpy(&a, p, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > n)
			break;
		snprintf(inner, sizeof(inner), "%.200s%d.", path, i);
		put_attributes(inner, in, p + sizeof(a), a.nla_len - sizeof(a));
		step = NLA_ALIGN(a.nla_len);
		p += step;
		n -= step < n ? step : n;
	}
}

static void put_attribute(const char *path, const struct attribute *k, enum context named, const char *p, size_t n)
{
	char inner[256];

	snprintf(inner, sizeof(inner), "%.200s.", path);
	switch (k->kind) {
	case NEST:
		put_attributes(inner, k->context, p, n);
		break;
	case BY_NAME:
		put_attributes(inner, named, p, n);
		break;
	case LIST:
		put_list(inner, k->context, p, n);
		break;
	case LINK_NEST:
		put_link_header(inner, p);
		put_attributes(inner, LINK, p + sizeof(struct ifinfomsg), n - sizeof(struct ifinfomsg));
		break;
	default:
		put_value(path, k->kind, p, n);
	}
}

static void put_attributes(const char *path, enum context in, const char *p, size_t n)
{
	enum context named = NONE;
	struct nlattr a;
	char inner[256];

	while (n >= sizeof(a)) {
		const struct attribute *k;
		size_t step;

		memcpy(&a, p, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > n)
			break;
		k = find(in, a.nla_type & NLA_TYPE_MASK);
		snprintf(inner, sizeof(inner), "%.200s%s", path, k ? k->name : "");
		if (!k)
			snprintf(inner, sizeof(inner), "%.200s?%u", path, a.nla_type & NLA_TYPE_MASK);
		for (size_t i = 0; k && k->kind == STRING && i < sizeof(by_name) / sizeof(by_name[0]); i++)
			if (!strncmp(by_name[i].name, p + sizeof(a), a.nla_len - sizeof(a)))
				named = by_name[i].context;
		if (k)
			put_attribute(inner, k, named, p + sizeof(a), a.nla_len - sizeof(a));
		else
			put_value(inner, HEX, p + sizeof(a), a.nla_len - sizeof(a));
		step = NLA_ALIGN(a.nla_len);
		p += step;
		n -= step < n ? step : n;
	}
	if (n)
		printf("%s: %zu bytes that are no attribute\n", path, n);
}

static void put_flags(const char *path, unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{NLM_F_ACK, " ACK"},
		{NLM_F_CREATE, " CREATE"},
		{NLM_F_EXCL, " EXCL"},
		{NLM_F_APPEND, " APPEND"},
	};

	printf("%s(flags) =", path);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].bit)
			printf("%s", names[i].name);
	putchar('\n');
}

static void put_header(const char *path, const char *p, size_t n)
{
	char inner[80];

	snprintf(inner, sizeof(inner), "%s(header)", path);
	put_value(inner, HEX, p, n);
}

static void put_message(const struct nlmsghdr *h)
{
	const char *body = (const char *)h + NLMSG_HDRLEN;
	size_t n = h->nlmsg_len - NLMSG_HDRLEN;
	struct message *m = messages;
	char path[64];

	// RTM_NEWLINK has the number of NFNL_MSG_BATCH_BEGIN, but a longer header.
	if (h->nlmsg_type < 0x100 && n < sizeof(struct rtmsg) - 4)
		m += FIRST_BATCH;
	while (m < messages + COUNT_MESSAGES && m->type != h->nlmsg_type)
		m++;
	if (m == messages + COUNT_MESSAGES || n < m->header) {
		printf("type %#x\n", h->nlmsg_type);
		return;
	}
	snprintf(path, sizeof(path), "%s#%d ", m->name, ++m->count);
	put_flags(path, h->nlmsg_flags);
	if (m->context == LINK)
		put_link_header(path, body);
	else if (m->context == ADDRESS)
		printf("%s(header) = family %u, /%u, flags %u, scope %u\n", path, (unsigned char)body[0],
		       (unsigned char)body[1], (unsigned char)body[2], (unsigned char)body[3]);
	else
		put_header(path, body, m->header);
	put_attributes(path, m->context, body + NLMSG_ALIGN(m->header), n - NLMSG_ALIGN(m->header));
}

static _Alignas(8) char dump[MAX_DUMP];

static void put_dump(size_t n)
{
	size_t at = 0;

	while (n - at >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)(dump + at);

		if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > n - at)
			break;
		put_message(h);
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
}

int main(void)
{
	static char text[1 << 16];
	bool netlink = false;
	size_t n = 0;

	while (fgets(text, sizeof(text), stdin)) {
		char *hex = strstr(text, " | "), *end;

		if (strstr(text, "sendto(") || strstr(text, "sendmsg(")) {
			put_dump(n);
			n = 0;
			netlink = strstr(text, "AF_NETLINK") != NULL;
		} else if (netlink && hex && strlen(hex) > 10) {
			// " | 00010  aa bb …  aa bb …   text |"
			for (hex += 9; hex < text + strlen(text) && n < MAX_DUMP; hex = end) {
				unsigned long v = strtoul(hex, &end, 16);

				if (end != hex + 3 && end != hex + 4)
					break;
				dump[n++] = (char)v;
				if (n % 16 == 0)
					break;
			}
		}
	}
	put_dump(n);
	return 0;
}
