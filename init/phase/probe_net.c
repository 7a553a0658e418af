// SPDX-License-Identifier: MIT
// The network of a box: links, and what the rules of its table are made of. In a network namespace that goes with the child.
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/nfexpr.h"
#include "phase/probe.h"

static LARGE_BSS struct nl nl;

static int try_link(const struct probe *p, struct buf *note)
{
	const struct ifinfomsg header = {0};
	size_t info;

	(void)note;
	if (nl_open(&nl, NETLINK_ROUTE))
		return -1;
	nl_begin(&nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header), "RTM_NEWLINK", "%s", p->word);
	nl_str(&nl, IFLA_IFNAME, "probe0");
	info = nl_nest(&nl, IFLA_LINKINFO);
	nl_str(&nl, IFLA_INFO_KIND, p->word);
	nl_end(&nl, info);
	return nl_send(&nl, false);
}

// What is in the table beside the rule's chain.
enum { NOTHING, NAT_CHAIN, DNAT, MASQUERADE, CT, FIB };

static void put_chain(uint32_t number)
{
	const char *type = number <= MASQUERADE ? "nat" : "filter";
	unsigned point = number == DNAT ? NF_INET_PRE_ROUTING : NF_INET_POST_ROUTING;
	size_t hook;

	nf_begin(&nl, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET, "probe", "NFT_MSG_NEWCHAIN", type);
	nl_str(&nl, NFTA_CHAIN_NAME, "chain");
	hook = nl_nest(&nl, NFTA_CHAIN_HOOK);
	nl_be32(&nl, NFTA_HOOK_HOOKNUM, point);
	nl_be32(&nl, NFTA_HOOK_PRIORITY, 100);
	nl_end(&nl, hook);
	nl_str(&nl, NFTA_CHAIN_TYPE, type);
}

static void put_rule(const struct probe *p)
{
	size_t list;

	nf_begin(&nl, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET, "probe", "NFT_MSG_NEWRULE", p->word);
	nl_str(&nl, NFTA_RULE_CHAIN, "chain");
	list = nl_nest(&nl, NFTA_RULE_EXPRESSIONS);
	switch (p->number) {
	case DNAT: // the kernel wants to see that both registers are filled
		nf_meta(&nl, NFT_META_L4PROTO, NFT_REG32_00);
		nf_meta(&nl, NFT_META_L4PROTO, NFT_REG32_01);
		nf_dnat4(&nl, NFT_REG_1, NFT_REG32_01);
		break;
	case MASQUERADE:
		nf_masquerade(&nl);
		break;
	case CT:
		nf_ct(&nl, NFT_CT_STATE, NFT_REG_1);
		break;
	case FIB:
		nf_fib_daddr_type(&nl, NFT_REG_1);
		break;
	}
	nl_end(&nl, list);
}

// One transaction: a table, a chain in it, a rule in that with the one expression.
static int try_nft(const struct probe *p, struct buf *note)
{
	(void)note;
	if (nl_open(&nl, NETLINK_NETFILTER))
		return -1;
	nf_batch_begin(&nl);
	nf_begin(&nl, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET, "probe", "NFT_MSG_NEWTABLE", "");
	if (p->number != NOTHING)
		put_chain(p->number);
	if (p->number > NAT_CHAIN)
		put_rule(p);
	nf_batch_end(&nl);
	return nl_send(&nl, true);
}

static int try_tun(const struct probe *p, struct buf *note)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	(void)note;
	if (fd < 0)
		return fail("open", "/dev/net/tun");
	return ioctl(fd, TUNSETIFF, &ifr) ? fail("TUNSETIFF", "%s", p->name) : 0;
}

#define IN_NET .keys = "--network bridge", .ns = CLONE_NEWNET, .flags = PROBE_ROOT

// clang-format off
const struct probe probe_net[] = {
	{.name = "bridge", .config = "CONFIG_BRIDGE", .module = "bridge", IN_NET, .try = try_link, .word = "bridge"},
	{.name = "veth", .config = "CONFIG_VETH", .module = "veth", IN_NET, .try = try_link, .word = "veth"},
	{.name = "nf_tables", .config = "CONFIG_NF_TABLES_INET", .module = "nf_tables", IN_NET, .try = try_nft},
	{.name = "nft chains of type nat", .config = "CONFIG_NFT_NAT", .module = "nft_chain_nat", IN_NET, .try = try_nft,
	 .number = NAT_CHAIN},
	{.name = "nft dnat", .config = "CONFIG_NFT_NAT", .module = "nft_nat", .keys = "-p", .ns = CLONE_NEWNET,
	 .flags = PROBE_ROOT, .try = try_nft, .word = "dnat", .number = DNAT},
	{.name = "nft masquerade", .config = "CONFIG_NFT_MASQ", .module = "nft_masq", IN_NET, .try = try_nft,
	 .word = "masquerade", .number = MASQUERADE},
	{.name = "nft ct", .config = "CONFIG_NFT_CT", .module = "nft_ct", IN_NET, .try = try_nft, .word = "ct", .number = CT},
	{.name = "nft fib", .config = "CONFIG_NFT_FIB_INET", .module = "nft_fib_inet", IN_NET, .try = try_nft,
	 .word = "fib", .number = FIB},
	{.name = "tap devices", .config = "CONFIG_TUN", .module = "tun", .keys = "--network slirp", .ns = CLONE_NEWNET,
	 .try = try_tun, .hint = "/dev/net/tun is for every user: mknod -m 666 /dev/net/tun c 10 200"},
	{0},
};
// clang-format on
