// SPDX-License-Identifier: MIT
// Words about the network: addresses, ports, names of hosts.
#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "spec/value.h"

const char *value_ip4(const char *s, uint32_t *addr)
{
	uint32_t a = 0;
	uint64_t v;

	for (int i = 0; i < 4; i++) {
		size_t n = strcspn(s, ".");

		if (n > 3 || (n > 1 && s[0] == '0') || num_parse(s, n, 10, 255, &v) || (s[n] == '\0') != (i == 3))
			return "not an IPv4 address";
		a = a << 8 | (uint32_t)v;
		s += n + 1;
	}
	*addr = htonl(a);
	return NULL;
}

const char *value_address(const char *s, struct net4 *address)
{
	const char *why = value_ip4(s, &address->addr);

	if (!why)
		address->prefix = 32;
	return why;
}

const char *value_net4(const char *s, struct net4 *net)
{
	static const char why[] = "not an IPv4 network (try 172.20.0.0/16)";
	char addr[16];
	size_t n = strcspn(s, "/");
	struct net4 v;
	uint64_t prefix;

	if (s[n] != '/' || n >= sizeof(addr) || num_parse(s + n + 1, strlen(s + n + 1), 10, 32, &prefix))
		return why;
	memcpy(addr, s, n);
	addr[n] = '\0';
	if (value_ip4(addr, &v.addr))
		return why;
	v.prefix = (uint8_t)prefix;
	*net = v;
	return NULL;
}

// s[0..n) as FIRST or FIRST-LAST, from 1 to 65535. Returns how many that are, 0 when it is no such.
static unsigned port_range(const char *s, size_t n, uint16_t *first)
{
	const char *dash = memchr(s, '-', n);
	size_t len = dash ? (size_t)(dash - s) : n;
	uint64_t low, high;

	if (num_parse(s, len, 10, 65535, &low) || low == 0)
		return 0;
	high = low;
	if (dash && (num_parse(dash + 1, n - len - 1, 10, 65535, &high) || high < low))
		return 0;
	*first = (uint16_t)low;
	return (unsigned)(high - low + 1);
}

// Cuts what stands before the next colon off s[0..*n). Returns its length, or -1 when there is none.
static long before_colon(const char **s, size_t *n)
{
	const char *colon = memchr(*s, ':', *n);
	size_t len = colon ? (size_t)(colon - *s) : 0;

	if (!colon)
		return -1;
	*s += len + 1;
	*n -= len + 1;
	return (long)len;
}

static const char *read_ports(const char *s, struct port *first, unsigned *count)
{
	static const char why[] = "not a port (try 8080:80, 127.0.0.1:8080:80, 5353:53/udp, 8000-8009:80-89, or 80: a free one)";
	size_t n = strcspn(s, "/");
	struct port p = {.proto = IPPROTO_TCP};
	const char *one = s, *host;
	unsigned hosts, boxes;
	char addr[16];
	long len, more;

	if (!strcmp(s + n, "/udp"))
		p.proto = IPPROTO_UDP;
	else if (s[n] && strcmp(s + n, "/tcp"))
		return why;
	len = before_colon(&s, &n);
	host = s;
	more = len < 0 ? -1 : before_colon(&s, &n);
	if (more >= 0) {
		if ((size_t)len >= sizeof(addr))
			return why;
		memcpy(addr, one, (size_t)len);
		addr[len] = '\0';
		if (value_ip4(addr, &p.addr))
			return why;
		one = host;
		len = more;
	}
	boxes = port_range(s, n, &p.box);
	hosts = len <= 0 ? boxes : port_range(one, (size_t)len, &p.host);
	if (!boxes || !hosts)
		return why;
	if (hosts != boxes)
		return "a range of ports needs one as long on the other side";
	*first = p;
	*count = boxes;
	return NULL;
}

const char *value_ports(const char *s, struct port *list, unsigned max, unsigned *count)
{
	struct port first = {0};
	unsigned n = 0;
	const char *why = read_ports(s, &first, &n);

	if (why)
		return why;
	if (n > max - *count)
		return "too many of them";
	for (; n; n--, first.box++) {
		list[(*count)++] = first;
		if (first.host)
			first.host++;
	}
	return NULL;
}

const char *value_network(const char *s, struct spec *spec)
{
	static const char *const names[] = {"none", "bridge", "slirp", "host"}; // in the order of enum network

	for (unsigned i = 0; i < COUNT(names); i++) {
		if (strcmp(s, names[i]))
			continue;
		spec->network = (uint8_t)i;
		return NULL;
	}
	if (!strncmp(s, "netns:", 6)) {
		s += 6;
		if (value_path(s))
			return value_path(s);
	}
	if (s[0] != '/')
		return "not one of none|bridge|slirp|host|PATH";
	spec->network = NETWORK_PATH;
	spec->join[JOIN_NET] = s;
	return NULL;
}

const char *value_mac(const char *s, uint8_t mac[6])
{
	static const char why[] = "not a hardware address (try 02:42:ac:11:00:02)";
	uint8_t m[6];
	uint64_t v;

	for (int i = 0; i < 6; i++, s += 3) {
		size_t n = strcspn(s, ":");

		if (n != 2 || num_parse(s, n, 16, 255, &v) || (s[n] == '\0') != (i == 5))
			return why;
		m[i] = (uint8_t)v;
	}
	if (m[0] & 1)
		return "is an address of a group of hosts (its first byte is odd)";
	if (!memcmp(m, (const uint8_t[6]){0}, 6))
		return why;
	memcpy(mac, m, 6);
	return NULL;
}

// linux/if_ether.h ETH_MIN_MTU, ETH_MAX_MTU.
const char *value_mtu(const char *s, uint16_t *mtu)
{
	uint64_t v;

	if (num_parse(s, strlen(s), 10, 65535, &v) || v < 68)
		return "not a number of bytes from 68 to 65535";
	*mtu = (uint16_t)v;
	return NULL;
}

// One that goes on a line of a file must not start another one.
static bool is_line(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static bool is_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", s[i]) || (s[i] == '.' && !i))
			return false;
	return n > 0 && n < 254;
}

const char *value_domain(const char *s)
{
	return is_name(s, strlen(s)) || !strcmp(s, ".") ? NULL : "not a domain (try example.org; . for none)";
}

const char *value_dns_option(const char *s)
{
	return *s && !strchr(s, ' ') && is_line(s) ? NULL : "not an option of resolv.conf (try ndots:2)";
}

const char *value_host(const char *s, struct host *host)
{
	size_t n = strcspn(s, ":");
	struct host h = {0};

	if (!is_name(s, n) || !s[n])
		return "not a host (try NAME:192.0.2.1, NAME:host-gateway)";
	if (strcmp(s + n + 1, "host-gateway") && value_ip4(s + n + 1, &h.addr))
		return "not NAME:ADDRESS with an IPv4 address, or host-gateway";
	h.name = arena_copy(s, n);
	if (!h.name)
		return "the configuration is too large";
	*host = h;
	return NULL;
}
