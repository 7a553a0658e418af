// SPDX-License-Identifier: MIT
// The host's side of the box's network: the bridge that boxes share, and a veth pair whose peer is made inside the box's
// network namespace under its final name (moving it there would wait 20 ms for RCU).
// Source: rtnetlink(7), linux/if_link.h; kernel net/bridge/br_netlink.c, drivers/net/veth.c.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/nl.h"
#include "phase/link.h"
#include "phase/routes.h"
#include "phase/state.h"

static const char mark_forward[] = "switched-ip_forward";
static const char ip_forward[] = "/proc/sys/net/ipv4/ip_forward";
static const char bridge_nf[] = "/proc/sys/net/bridge/bridge-nf-call-iptables";
static const char bridge_nf6[] = "/proc/sys/net/bridge/bridge-nf-call-ip6tables";

// 1: it is; 0: it is not, or this kernel does not have it; -1: it can't be read, err_last is set.
static int sysctl_is(const char *path, char value)
{
	char text[16];

	if (file_read(AT_FDCWD, path, text, sizeof(text)) >= 0)
		return text[0] == value;
	return errno == ENOENT ? 0 : -1;
}

// Of both ends; the bridge takes the least of its ports' by itself (kernel br_mtu_auto_adjust).
static void put_mtu(struct nl *nl, const struct spec *s)
{
	if (s->mtu)
		nl_u32(nl, IFLA_MTU, s->mtu);
}

// The address is given, so that it does not follow the lowest of the ports' and change as boxes come and go.
static void put_bridge(struct nl *nl, const struct box *box)
{
	struct ifinfomsg up = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	const struct spec *s = box->spec;
	uint8_t mac[6] = {0x02, 0x1b};
	size_t info, data;

	memcpy(mac + 2, &box->gateway, 4);
	nl_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof(up), "RTM_NEWLINK", "bridge %s", s->bridge);
	nl_str(nl, IFLA_IFNAME, s->bridge);
	nl_put(nl, IFLA_ADDRESS, mac, sizeof(mac));
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_str(nl, IFLA_INFO_KIND, "bridge");
	data = nl_nest(nl, IFLA_INFO_DATA);
	nl_u32(nl, IFLA_BR_FORWARD_DELAY, 0); // a port forwards at once, not after 15 s
	nl_end(nl, data);
	nl_end(nl, info);
}

static int delete_bridge(struct nl *nl, const struct spec *s)
{
	struct ifinfomsg any = {0};

	nl_begin(nl, RTM_DELLINK, 0, &any, sizeof(any), "RTM_DELLINK", "bridge %s", s->bridge);
	nl_str(nl, IFLA_IFNAME, s->bridge);
	return nl_send(nl, false);
}

static int address_bridge(struct nl *nl, const struct box *box)
{
	const struct net4 *net = &box->spec->subnet;
	struct ifaddrmsg a = {.ifa_family = AF_INET, .ifa_prefixlen = net->prefix};
	uint32_t broadcast = net->addr | htonl((1u << (32 - net->prefix)) - 1);
	char ip[16];

	a.ifa_index = nl_ifindex(nl, box->spec->bridge);
	if (!a.ifa_index)
		return -1;
	nl_begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a), "RTM_NEWADDR", "%s on %s",
		 fmt_ip4(ip, box->gateway), box->spec->bridge);
	nl_put(nl, IFA_LOCAL, &box->gateway, 4);
	nl_put(nl, IFA_ADDRESS, &box->gateway, 4);
	nl_put(nl, IFA_BROADCAST, &broadcast, 4);
	return nl_send(nl, false);
}

static void mark_name(const struct box *box, char name[32])
{
	struct buf b = {.p = name, .cap = 32};

	buf_fmt(&b, "made-%s", box->spec->bridge); // at most 15 characters
}

// Removes the bridge if initbox has made it. Returns 0, or -1 with err_last set.
static int remove_bridge(struct nl *nl, const struct box *box)
{
	char mark[32];
	int marked;

	mark_name(box, mark);
	marked = state_marked(box, mark);
	if (marked < 1)
		return marked;
	if (delete_bridge(nl, box->spec) && errno != ENODEV)
		return -1;
	return state_unmark(box, mark);
}

int link_forget_bridge(const struct box *box)
{
	char mark[32];
	struct nl nl;
	int marked, ret;

	mark_name(box, mark);
	marked = state_marked(box, mark);
	if (marked < 1)
		return marked;
	if (nl_open(&nl, NETLINK_ROUTE))
		return -1;
	ret = remove_bridge(&nl, box);
	nl_close(&nl);
	return ret ? -1 : 1;
}

// A bridge of this name that was there before is not ours, and is not touched.
static int create_bridge(struct nl *nl, const struct box *box)
{
	char mark[32];

	mark_name(box, mark);
	if (!nl_ifindex(nl, box->spec->bridge)) { // a mark, and then a kill, would make it ours
		if (state_mark(box, mark))
			return -1;
		put_bridge(nl, box);
		if (nl_send(nl, false) == 0)
			return 0;
		if (errno != EEXIST)
			return -1; // it may be there: link_down looks
		if (state_unmark(box, mark))
			return -1;
	}
	return fail_text("a link of this name is there already, and initbox has not made it", "bridge %s",
			 box->spec->bridge);
}

static int switch_forwarding_on(const struct box *box)
{
	int on = sysctl_is(ip_forward, '1');

	if (on)
		return on < 0 ? -1 : 0;
	return state_mark(box, mark_forward) || file_write(AT_FDCWD, ip_forward, "1") ? -1 : 0;
}

static int restore_forwarding(const struct box *box)
{
	int marked = state_marked(box, mark_forward);

	if (marked < 1)
		return marked;
	return file_write(AT_FDCWD, ip_forward, "0") ? -1 : state_unmark(box, mark_forward);
}

int link_forget_forwarding(const struct box *box)
{
	int marked = state_marked(box, mark_forward);

	return marked < 1 || restore_forwarding(box) == 0 ? marked : -1;
}

// Of the bridge, in net/FAMILY/conf.
static int set_link_sysctl(const struct box *box, const char *family, const char *name, const char *value)
{
	char path[80];

	if (fmt(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, box->spec->bridge, name))
		return fail("open", "%s", box->spec->bridge);
	return file_write(AT_FDCWD, path, value);
}

// What a launcher left that was killed goes first.
static int make_bridge(struct nl *nl, const struct box *box)
{
	if (remove_bridge(nl, box) || routes_check(nl, box) || create_bridge(nl, box) || address_bridge(nl, box))
		return -1;
	// No box may tell the host where its default route of IPv6 is (CVE-2020-13401).
	if (set_link_sysctl(box, "ipv6", "accept_ra", "0") && errno != ENOENT)
		return -1;
	// A port published on 127.0.0.1 leaves for the box with that source address; the guard chain (nft) keeps the
	// host's own loopback closed to boxes.
	return set_link_sysctl(box, "ipv4", "route_localnet", "1") ? -1 : switch_forwarding_on(box);
}

static int through_forward(void)
{
	int on = sysctl_is(bridge_nf, '1');

	return on > 0 ? sysctl_is(bridge_nf6, '1') : on;
}

// Boxes must not see each other. Where bridged packets pass the forward chain it drops them, and published ports are
// reached through the same port (hairpin); where they do not, the bridge has to keep isolated ports apart.
static void put_port_options(struct nl *nl, const struct box *box, bool hairpin)
{
	struct ifinfomsg by_name = {0};
	size_t info, data;

	nl_begin(nl, RTM_NEWLINK, 0, &by_name, sizeof(by_name), "RTM_NEWLINK", "port %s", box->veth);
	nl_str(nl, IFLA_IFNAME, box->veth);
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_str(nl, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nl_nest(nl, IFLA_INFO_SLAVE_DATA);
	nl_u8(nl, IFLA_BRPORT_MODE, hairpin);
	nl_u8(nl, IFLA_BRPORT_ISOLATED, !hairpin);
	nl_end(nl, data);
	nl_end(nl, info);
}

// The launcher has not waited for the box's PID 1, so that its pid cannot be anybody else's.
static int make_veth(struct nl *nl, const struct box *box)
{
	struct ifinfomsg up = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP}, peer = {0};
	unsigned master = nl_ifindex(nl, box->spec->bridge);
	int hairpin = through_forward();
	size_t info, data, other;

	if (!master || hairpin < 0)
		return -1;
	nl_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof(up), "RTM_NEWLINK", "veth %s", box->veth);
	nl_str(nl, IFLA_IFNAME, box->veth);
	nl_u32(nl, IFLA_MASTER, master);
	put_mtu(nl, box->spec);
	nl_u32(nl, IFLA_NUM_TX_QUEUES, 1);
	nl_u32(nl, IFLA_NUM_RX_QUEUES, 1);
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_str(nl, IFLA_INFO_KIND, "veth");
	data = nl_nest(nl, IFLA_INFO_DATA);
	other = nl_nest(nl, VETH_INFO_PEER);
	nl_raw(nl, &peer, sizeof(peer)); // not IFF_UP: the kernel answers ENOTCONN while the pair is not joined
	nl_str(nl, IFLA_IFNAME, "eth0");
	nl_put(nl, IFLA_ADDRESS, box->mac, sizeof(box->mac));
	put_mtu(nl, box->spec);
	nl_u32(nl, IFLA_NUM_TX_QUEUES, 1);
	nl_u32(nl, IFLA_NUM_RX_QUEUES, 1);
	nl_u32(nl, IFLA_NET_NS_PID, (uint32_t)box->pid);
	nl_end(nl, other);
	nl_end(nl, data);
	nl_end(nl, info);
	put_port_options(nl, box, hairpin);
	return nl_send(nl, false);
}

// The veth goes with the box's network namespace; nobody waits for it.
static int link_down(void *arg)
{
	struct box *box = arg;
	struct nl nl;
	int ret = 0;

	box->ending = true;
	if (state_lock(box) || state_leave(box))
		return -1;
	if (box->namespace_last)
		ret = restore_forwarding(box);
	if (box->last && nl_open(&nl, NETLINK_ROUTE) == 0) {
		if (remove_bridge(&nl, box))
			ret = -1;
		nl_close(&nl);
	} else if (box->last) {
		ret = -1;
	}
	state_unlock(box);
	return ret;
}

// Takes the lock that phase nft, the next one, lets go: another launcher must not see the bridge without the table.
static int link_up(struct box *box)
{
	struct nl nl;
	int ret;

	if (box->spec->network != NETWORK_BRIDGE)
		return 0;
	// The pid tells two boxes apart that have the same address one right after the other: the first one's veth may
	// still be there.
	if (fmt(box->veth, sizeof(box->veth), "ve%08x-%04x", ntohl(box->address), (unsigned)box->pid & 0xffff))
		return fail("RTM_NEWLINK", "veth");
	if (state_lock(box) || undo_push(&box->undo, link_down, box, "bridge") || state_join(box))
		return -1;
	if (nl_open(&nl, NETLINK_ROUTE))
		return -1;
	ret = (box->first && make_bridge(&nl, box)) || make_veth(&nl, box) ? -1 : 0;
	nl_close(&nl);
	return ret;
}

static bool has_mac(const struct spec *s)
{
	static const uint8_t none[6] = {0};

	return memcmp(s->mac, none, 6) != 0;
}

static void link_explain(const struct box *box)
{
	const struct spec *s = box->spec;
	uint32_t gateway = htonl(ntohl(s->subnet.addr) + 1);
	const char *veth = box->veth[0] ? box->veth : "VETH";
	char ip[16], pid[12] = "PID", mtu[12] = "", mac[28] = "";

	if (s->network != NETWORK_BRIDGE || (box->pid && fmt(pid, sizeof(pid), "%d", (int)box->pid)))
		return;
	explain("RTM_NEWLINK, for the first box", "ip link add %s up type bridge forward_delay 0", s->bridge);
	explain("RTM_NEWADDR, for the first box", "ip addr add %s/%u broadcast + dev %s", fmt_ip4(ip, gateway),
		s->subnet.prefix, s->bridge);
	explain("write, for the first box", 
		"sysctl -w net.ipv6.conf.%s.accept_ra=0 net.ipv4.conf.%s.route_localnet=1 net.ipv4.ip_forward=1", s->bridge,
		s->bridge);
	if (s->mtu && fmt(mtu, sizeof(mtu), " mtu %u", s->mtu))
		return;
	if (has_mac(s) && fmt(mac, sizeof(mac), " address %02x:%02x:%02x:%02x:%02x:%02x", s->mac[0], s->mac[1],
					 s->mac[2], s->mac[3], s->mac[4], s->mac[5]))
		return;
	explain("RTM_NEWLINK", "ip link add %s up master %s%s type veth peer name eth0%s%s netns %s", veth, s->bridge, mtu,
		mac, mtu, pid);
	explain("RTM_NEWLINK", "ip link set %s type bridge_slave %s", veth,
		through_forward() > 0 ? "hairpin on" : "isolated on");
}

const struct phase phase_link = {"link", link_explain, link_up};
