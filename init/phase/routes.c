// SPDX-License-Identifier: MIT
// Source: rtnetlink(7) RTM_GETROUTE.
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "phase/routes.h"

struct search {
	const struct net4 *subnet;
	struct net4 found;
	uint32_t link; // index, 0: of several
};

// One that says that nobody is there (blackhole) is in nobody's way, nor is the default route.
static bool leads_somewhere(const struct rtmsg *r)
{
	return r->rtm_family == AF_INET && r->rtm_dst_len && (r->rtm_type == RTN_UNICAST || r->rtm_type == RTN_LOCAL);
}

static uint32_t u32_of(const struct nlmsghdr *h, uint16_t attr)
{
	size_t n = 0;
	uint32_t v = 0;
	const void *p = nl_find(h, sizeof(struct rtmsg), attr, &n);

	if (p && n == sizeof(v))
		memcpy(&v, p, sizeof(v));
	return v;
}

static int look(void *arg, const struct nlmsghdr *h)
{
	struct search *s = arg;
	const struct rtmsg *r = h ? (const void *)((const char *)h + NLMSG_HDRLEN) : NULL;
	uint8_t shorter;

	if (!h)
		s->found.prefix = 0;
	if (!h || h->nlmsg_type != RTM_NEWROUTE || h->nlmsg_len < NLMSG_LENGTH(sizeof(*r)) || !leads_somewhere(r) ||
	    r->rtm_dst_len > 32 || s->found.prefix)
		return 0;
	shorter = r->rtm_dst_len < s->subnet->prefix ? r->rtm_dst_len : s->subnet->prefix;
	if ((ntohl(u32_of(h, RTA_DST)) ^ ntohl(s->subnet->addr)) >> (32 - shorter))
		return 0;
	s->found = (struct net4){u32_of(h, RTA_DST), r->rtm_dst_len};
	s->link = u32_of(h, RTA_OIF);
	return 0;
}

int routes_check(struct nl *nl, const struct box *box)
{
	struct search s = {.subnet = &box->spec->subnet};
	struct rtmsg all = {.rtm_family = AF_INET};
	char mine[16], theirs[16], link[IF_NAMESIZE] = "?";

	nl_begin(nl, RTM_GETROUTE, NLM_F_DUMP, &all, sizeof(all), "RTM_GETROUTE", "routes");
	if (nl_dump(nl, look, &s))
		return -1;
	if (!s.found.prefix)
		return 0;
	if_indextoname(s.link, link);
	return fail_text("the host has a route there already (try another --subnet)", "subnet %s/%u: %s/%u dev %s",
			 fmt_ip4(mine, s.subnet->addr), s.subnet->prefix, fmt_ip4(theirs, s.found.addr), s.found.prefix, link);
}
