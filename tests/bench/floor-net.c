// SPDX-License-Identifier: MIT
/* See floor-net.h. No answer is read but the last one's of each call: a message that fails shows in what does not work. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "floor-net.h"

#define NFT(type) (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_##type)

static _Alignas(8) char buf[4096];
static size_t len, start;

static void *put(const void *data, size_t n)
{
	void *p = buf + len;

	memset(p, 0, NLMSG_ALIGN(n));
	if (data)
		memcpy(p, data, n);
	len += NLMSG_ALIGN(n);
	((struct nlmsghdr *)(void *)(buf + start))->nlmsg_len = (uint32_t)(len - start);
	return p;
}

static void begin(int type, int flags, const void *header, size_t n)
{
	struct nlmsghdr h = {.nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST)};

	start = len;
	put(&h, sizeof(h));
	put(header, n);
}

static void attr(int type, const void *data, size_t n)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof(a) + n), .nla_type = (uint16_t)type};

	put(&a, sizeof(a));
	put(data, n);
}

static size_t nest(int type)
{
	size_t at = len;

	attr(type | NLA_F_NESTED, NULL, 0);
	return at;
}

static void end(size_t at)
{
	((struct nlattr *)(void *)(buf + at))->nla_len = (uint16_t)(len - at);
}

static void number(int type, uint32_t v)
{
	attr(type, &v, sizeof(v));
}

static void text(int type, const char *s)
{
	attr(type, s, strlen(s) + 1);
}

/* The first answer is that of the last message, or an error. */
static const char *send_all(int fd, const char *what)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char more[512];
	} answer;
	ssize_t n = sendto(fd, buf, len, 0, (struct sockaddr *)&kernel, sizeof(kernel));

	len = 0;
	if (n > 0)
		n = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
	if (n < 0)
		return what;
	errno = -answer.e.error;
	return answer.h.nlmsg_type == NLMSG_ERROR && answer.e.error == 0 ? NULL : what;
}

static const char *open_netlink(int *fd, int protocol)
{
	*fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	return *fd < 0 ? "netlink" : NULL;
}

const char *floor_net_open(struct floor_net *n)
{
	const char *what = open_netlink(&n->route_fd, NETLINK_ROUTE);

	return what ? what : open_netlink(&n->nf_fd, NETLINK_NETFILTER);
}

static const char *make_veth(const struct floor_net *n, unsigned master)
{
	struct ifinfomsg up = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP}, none = {0};
	const uint8_t off = 0, on = 1;
	size_t info, data, other;

	begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof(up));
	text(IFLA_IFNAME, "ve-floor");
	number(IFLA_MASTER, master);
	number(IFLA_NUM_TX_QUEUES, 1);
	number(IFLA_NUM_RX_QUEUES, 1);
	info = nest(IFLA_LINKINFO);
	text(IFLA_INFO_KIND, "veth");
	data = nest(IFLA_INFO_DATA);
	other = nest(VETH_INFO_PEER);
	put(&none, sizeof(none));
	text(IFLA_IFNAME, "eth0");
	number(IFLA_NUM_TX_QUEUES, 1);
	number(IFLA_NUM_RX_QUEUES, 1);
	number(IFLA_NET_NS_PID, 1);
	end(other);
	end(data);
	end(info);
	begin(RTM_NEWLINK, NLM_F_ACK, &none, sizeof(none));
	text(IFLA_IFNAME, "ve-floor");
	info = nest(IFLA_LINKINFO);
	text(IFLA_INFO_SLAVE_KIND, "bridge");
	data = nest(IFLA_INFO_SLAVE_DATA);
	attr(IFLA_BRPORT_MODE, &on, 1);
	attr(IFLA_BRPORT_ISOLATED, &off, 1);
	end(data);
	end(info);
	return send_all(n->route_fd, "veth");
}

static const char *configure(const struct floor_net *n)
{
	struct ifinfomsg lo = {.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP}, eth0 = lo;
	struct ifaddrmsg a = {.ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)n->prefix, .ifa_index = 2};
	struct rtmsg r = {.rtm_family = AF_INET,
			  .rtm_table = RT_TABLE_MAIN,
			  .rtm_protocol = RTPROT_STATIC,
			  .rtm_type = RTN_UNICAST};
	const char *what;
	int fd;

	eth0.ifi_index = 2;
	what = open_netlink(&fd, NETLINK_ROUTE);
	if (what)
		return what;
	begin(RTM_NEWLINK, 0, &lo, sizeof(lo));
	begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
	attr(IFA_LOCAL, &n->address, 4);
	attr(IFA_ADDRESS, &n->address, 4);
	begin(RTM_NEWLINK, 0, &eth0, sizeof(eth0));
	begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &r, sizeof(r));
	attr(RTA_GATEWAY, &n->gateway, 4);
	number(RTA_OIF, 2);
	what = send_all(fd, "address and route");
	close(fd);
	return what;
}

static void batch(int type, int flags)
{
	struct nfgenmsg g = {.res_id = htons(NFNL_SUBSYS_NFTABLES)};

	begin(type, flags, &g, sizeof(g));
}

static void value(int type, const void *data, size_t n)
{
	size_t at = nest(type);

	attr(NFTA_DATA_VALUE, data, n);
	end(at);
}

static const char *element(const struct floor_net *n, int type, int flags)
{
	struct nfgenmsg inet = {.nfgen_family = NFPROTO_INET};
	uint8_t key[8] = {IPPROTO_TCP, 0, 0, 0, (uint8_t)(n->port >> 8), (uint8_t)n->port}, data[8] = {[5] = 80};
	size_t list, elem;

	memcpy(data, &n->address, 4);
	batch(NFNL_MSG_BATCH_BEGIN, 0);
	begin(type, flags | NLM_F_ACK, &inet, sizeof(inet));
	text(NFTA_SET_ELEM_LIST_TABLE, n->table);
	text(NFTA_SET_ELEM_LIST_SET, "ports");
	list = nest(NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = nest(NFTA_LIST_ELEM);
	value(NFTA_SET_ELEM_KEY, key, sizeof(key));
	if (type == NFT(NEWSETELEM))
		value(NFTA_SET_ELEM_DATA, data, sizeof(data));
	end(elem);
	end(list);
	batch(NFNL_MSG_BATCH_END, 0);
	return send_all(n->nf_fd, "element");
}

const char *floor_net_attach(const struct floor_net *n)
{
	struct ifreq ifr = {0};
	const char *what;

	strncpy(ifr.ifr_name, n->bridge, sizeof(ifr.ifr_name) - 1);
	if (ioctl(n->route_fd, SIOCGIFINDEX, &ifr) < 0)
		return n->bridge;
	what = make_veth(n, (unsigned)ifr.ifr_ifindex);
	if (!what)
		what = configure(n);
	if (!what && n->port)
		what = element(n, NFT(NEWSETELEM), NLM_F_CREATE | NLM_F_EXCL);
	return what;
}

const char *floor_net_detach(const struct floor_net *n)
{
	return n->port ? element(n, NFT(DELSETELEM), 0) : NULL;
}
