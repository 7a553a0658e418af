// SPDX-License-Identifier: MIT
// Addresses and routes inside a network namespace: the box's own, and the machine's.
// Source: rtnetlink(7), linux/rtnetlink.h.
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/prctl.h>

#include "base/log.h"
#include "base/nl.h"
#include "phase/phase.h"

enum { LO_INDEX = 1 }; // the first link of every network namespace

static void put_up(struct nl *nl, unsigned index, const char *name)
{
	struct ifinfomsg up = {.ifi_index = (int)index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	nl_begin(nl, RTM_NEWLINK, 0, &up, sizeof(up), "RTM_NEWLINK", "%s up", name);
}

static void put_address(struct nl *nl, unsigned index, const char *link, const struct net4 *net)
{
	struct ifaddrmsg a = {.ifa_family = AF_INET, .ifa_prefixlen = net->prefix, .ifa_index = index};
	uint32_t broadcast = net->addr | (net->prefix < 31 ? htonl(~(uint32_t)0 >> net->prefix) : 0);
	char ip[16];

	nl_begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a), "RTM_NEWADDR", "%s on %s",
		 fmt_ip4(ip, net->addr), link);
	nl_put(nl, IFA_LOCAL, &net->addr, 4);
	nl_put(nl, IFA_ADDRESS, &net->addr, 4);
	if (net->prefix < 31)
		nl_put(nl, IFA_BROADCAST, &broadcast, 4);
}

static void put_default_route(struct nl *nl, unsigned index, uint32_t gateway)
{
	struct rtmsg r = {
		.rtm_family = AF_INET,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	char ip[16];

	nl_begin(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r, sizeof(r), "RTM_NEWROUTE", "default via %s",
		 fmt_ip4(ip, gateway));
	nl_put(nl, RTA_GATEWAY, &gateway, 4);
	nl_u32(nl, RTA_OIF, index);
}

// Raises lo and, when link is not NULL, gives it the address, raises it and sends the default route to gateway (0: none),
// in the caller's network namespace.
static int configure(const char *link, const struct net4 *address, uint32_t gateway)
{
	struct nl nl;
	unsigned index = 0;
	int ret;

	if (nl_open(&nl, NETLINK_ROUTE))
		return -1;
	put_up(&nl, LO_INDEX, "lo");
	if (link) {
		index = nl_ifindex(&nl, link);
		if (!index) {
			nl_close(&nl);
			return -1;
		}
		put_address(&nl, index, link, address);
		put_up(&nl, index, link);
		if (gateway)
			put_default_route(&nl, index, gateway);
	}
	ret = nl_send(&nl, false);
	nl_close(&nl);
	return ret;
}

static int net_up(struct box *box)
{
	struct net4 address = {box->address, box->spec->subnet.prefix};

	if (box->spec->network >= NETWORK_HOST)
		return 0;
	if (box->spec->network == NETWORK_SLIRP && prctl(PR_SET_DUMPABLE, 0)) // phase namespaces has not, for slirp's sake
		return fail("PR_SET_DUMPABLE", "PID 1");
	return configure(box->spec->network == NETWORK_BRIDGE ? "eth0" : NULL, &address, box->gateway);
}

static void net_explain(const struct box *box)
{
	char ip[16];

	if (box->spec->network >= NETWORK_HOST)
		return;
	explain("RTM_NEWLINK", "ip link set lo up");
	if (box->spec->network != NETWORK_BRIDGE)
		return;
	explain("RTM_NEWADDR", "ip addr add %s/%u broadcast + dev eth0",
		box->address ? fmt_ip4(ip, box->address) : "ADDRESS", box->spec->subnet.prefix);
	explain("RTM_NEWLINK", "ip link set eth0 up");
	explain("RTM_NEWROUTE", "ip route add default via %s dev eth0",
		fmt_ip4(ip, htonl(ntohl(box->spec->subnet.addr) + 1)));
}

const struct phase phase_net = {"net", net_explain, net_up};

// An init that takes over has its own network, unless an address for it was given.
static bool is_others(const struct spec *s)
{
	return s->hands_over && !s->machine_address.addr;
}

static int machine_net_up(struct box *box)
{
	const struct spec *s = box->spec;

	if (is_others(s))
		return 0;
	return configure(s->machine_address.addr ? s->machine_link : NULL, &s->machine_address,
			 s->machine_gateway.addr);
}

static void machine_net_explain(const struct box *box)
{
	const struct spec *s = box->spec;
	char ip[16];

	if (is_others(s))
		return;
	explain("RTM_NEWLINK", "ip link set lo up");
	if (!s->machine_address.addr)
		return;
	explain("RTM_NEWADDR", "ip addr add %s/%u broadcast + dev %s", fmt_ip4(ip, s->machine_address.addr),
		s->machine_address.prefix, s->machine_link);
	explain("RTM_NEWLINK", "ip link set %s up", s->machine_link);
	if (s->machine_gateway.addr)
		explain("RTM_NEWROUTE", "ip route add default via %s dev %s", fmt_ip4(ip, s->machine_gateway.addr),
			s->machine_link);
}

const struct phase phase_machine_net = {"machine-net", machine_net_explain, machine_net_up};
