// SPDX-License-Identifier: MIT
// The same of iptables' old tables (iptables-legacy), which nf_tables knows nothing of.
// Source: linux/netfilter_ipv4/ip_tables.h IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES; kernel net/ipv4/netfilter/ip_tables.c.
#include <arpa/inet.h> // first: the kernel's headers then leave out what it has
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "phase/foreign.h"

static const char tables[] = "/proc/net/ip_tables_names", filter[] = "filter";

static LARGE_BSS _Alignas(8) char copy[256 * 1024];

// To ask for a table that is not there would make it.
static int is_there(void)
{
	char names[256];

	if (file_read(AT_FDCWD, tables, names, sizeof(names)) < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -1;
	return strstr(names, "filter\n") != NULL;
}

// Reads the table into copy. Returns its size; 0 when it is larger than that, or has changed meanwhile; -1 with err_last set.
static long read_table(int fd, struct ipt_getinfo *info)
{
	struct ipt_get_entries *entries = (void *)copy;
	socklen_t n = sizeof(*info);

	memcpy(info->name, filter, sizeof(filter));
	if (getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, info, &n))
		return fail("IPT_SO_GET_INFO", "iptables %s", filter);
	if (info->size > sizeof(copy) - sizeof(*entries))
		return 0;
	memcpy(entries->name, filter, sizeof(filter));
	entries->size = info->size;
	n = (socklen_t)(sizeof(*entries) + info->size);
	if (getsockopt(fd, IPPROTO_IP, IPT_SO_GET_ENTRIES, entries, &n))
		return errno == EAGAIN ? 0 : fail("IPT_SO_GET_ENTRIES", "iptables %s", filter);
	return info->size;
}

// The policy is the verdict of the rule at the chain's end.
static bool drops(const char *table, size_t size, const struct ipt_getinfo *info)
{
	size_t at = info->underflow[NF_INET_FORWARD], verdict;
	const struct ipt_entry *e = (const void *)(table + at);
	int value;

	if (!(info->valid_hooks & 1u << NF_INET_FORWARD) || at > size || size - at < sizeof(*e))
		return false;
	verdict = at + e->target_offset + offsetof(struct xt_standard_target, verdict);
	if (verdict > size || size - verdict < sizeof(value))
		return false;
	memcpy(&value, table + verdict, sizeof(value));
	return value == -NF_DROP - 1;
}

int foreign_warn_legacy(const struct box *box)
{
	const char *bridge = box->spec->bridge, *table = copy + sizeof(struct ipt_get_entries), *chain;
	struct ipt_getinfo info = {.size = 0};
	int there = is_there(), fd;
	long size;

	if (there < 1)
		return there;
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		return fail("socket", "iptables");
	size = read_table(fd, &info);
	close(fd);
	if (size < 1 || !drops(table, (size_t)size, &info) || memmem(table, (size_t)size, bridge, strlen(bridge) + 1))
		return size < 0 ? -1 : 0;
	chain = memmem(table, (size_t)size, "DOCKER-USER", sizeof("DOCKER-USER")) ? "DOCKER-USER" : "FORWARD";
	log_line(LOG_NOTE, "nft: chain FORWARD of iptables-legacy drops what is forwarded and has no rule about %s: the box may "
			   "reach nothing, and published ports may not be reached", bridge);
	log_line(LOG_NOTE, "hint: iptables-legacy -I %s -i %s -j ACCEPT; iptables-legacy -I %s -o %s -j ACCEPT", chain, bridge,
		 chain, bridge);
	return 0;
}
