// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "spec/spec.h"
#include "spec/value.h"

enum { PAGE = 4096, NOT_GIVEN = 255 };

static __attribute__((section(".bss.zw_spec"))) _Alignas(4096) union {
	struct spec spec;
	char page[(sizeof(struct spec) + 4095) / 4096 * 4096];
} frozen;

// Set here and not in an initialiser, which would put pages of zeros into the binary.
struct spec *spec_new(void)
{
	struct spec *s = &frozen.spec;

	s->subnet.prefix = NOT_GIVEN;
	s->machine_link = "eth0";
	s->log_level = 1; // note
	s->grace = 10000;
	s->kill_after = 10000;
	s->seccomp = SECCOMP_FILTER_UNSET;
	s->no_new_privs = NOT_SAID;
	s->rootwait = 10000;
	return s;
}

static uint32_t mask_of(uint8_t prefix)
{
	return htonl(prefix ? ~(uint32_t)0 << (32 - prefix) : 0);
}

static int clash(const char *key, const char *why)
{
	return fail_text(why, "%s", key);
}

// The same with the value.
static int clash_address(const char *key, uint32_t addr, const char *why)
{
	char ip[16];

	return fail_text(why, "%s: \"%s\"", key, fmt_ip4(ip, addr));
}

static int clash_net(const char *key, const struct net4 *net, const char *why)
{
	char ip[16];

	return fail_text(why, "%s: \"%s/%u\"", key, fmt_ip4(ip, net->addr), net->prefix);
}

// The name of a box is also its cgroup's and its hostname.
static int check_name(struct spec *s)
{
	char name[24];

	if (!s->name) {
		if (fmt(name, sizeof(name), "box-%d", (int)getpid()))
			return fail("getpid", "name");
		s->name = arena_copy(name, strlen(name));
		if (!s->name)
			return clash("name", "the configuration is too large");
	}
	if (s->join[JOIN_UTS])
		return s->hostname ? clash("hostname", "is another namespace's (--uts)") : 0;
	if (!s->hostname)
		s->hostname = s->name;
	return 0;
}

static bool has_volume(const struct spec *s, const char *target)
{
	for (unsigned i = 0; i < s->volume_count; i++)
		if (!strcmp(s->volume[i].target, target))
			return true;
	return false;
}

// Of its files in /etc.
static int check_names(const struct spec *s)
{
	static const char hidden[] = "would not be seen: a volume is in the place of the file";

	if ((s->dns_count || s->dns_search_count || s->dns_option_count) && has_volume(s, "/etc/resolv.conf"))
		return clash(s->dns_count ? "dns" : s->dns_search_count ? "dns-search" : "dns-option", hidden);
	if (s->add_host_count && has_volume(s, "/etc/hosts"))
		return clash("add-host", hidden);
	for (unsigned i = 0; i < s->add_host_count; i++)
		if (!s->add_host[i].addr && (s->network == NETWORK_NONE || s->network == NETWORK_PATH))
			return clash("add-host", "host-gateway is known with --network bridge, slirp and host alone");
	return 0;
}

// What needs a bridge; NULL: nothing.
static const char *needs_bridge(const struct spec *s)
{
	static const uint8_t none[6] = {0};

	return s->ip.addr			      ? "ip"
	       : s->bridge			      ? "bridge"
	       : memcmp(s->mac, none, 6)	      ? "mac-address"
	       : s->subnet.prefix != NOT_GIVEN	      ? "subnet"
	       : s->network == NETWORK_SLIRP	      ? NULL
	       : s->publish_count		      ? "publish"
	       : s->mtu				      ? "mtu"
						      : NULL;
}

static int check_network(struct spec *s)
{
	uint32_t gateway, first;

	if (check_names(s))
		return -1;
	if (s->network != NETWORK_BRIDGE) {
		const char *key = needs_bridge(s);

		return key ? clash(key, "needs --network bridge") : 0;
	}
	if (!s->bridge)
		s->bridge = "initbox0";
	if (s->subnet.prefix == NOT_GIVEN)
		s->subnet = (struct net4){htonl(0xac140000), 16}; // 172.20.0.0/16
	if (s->subnet.addr & ~mask_of(s->subnet.prefix))
		return clash_net("subnet", &s->subnet, "has bits set behind its prefix");
	if (s->subnet.prefix < 8 || s->subnet.prefix > 30)
		return clash_net("subnet", &s->subnet, "the prefix has to be from 8 to 30");
	first = ntohl(s->subnet.addr) >> 24;
	if (first == 0 || first == 127 || first >> 4 == 14) // "this network", loopback, multicast
		return clash_net("subnet", &s->subnet, "hosts can't have addresses of it (try 172.20.0.0/16)");
	if (!s->ip.addr)
		return 0;
	gateway = htonl(ntohl(s->subnet.addr) + 1);
	if ((s->ip.addr & mask_of(s->subnet.prefix)) != s->subnet.addr)
		return clash_address("ip", s->ip.addr, "is outside of the subnet");
	if (s->ip.addr == gateway || s->ip.addr == s->subnet.addr ||
	    s->ip.addr == (s->subnet.addr | ~mask_of(s->subnet.prefix)))
		return clash_address("ip", s->ip.addr, "is the subnet's own, its gateway's or its broadcast address");
	return 0;
}

// A share is mounted at /run/share/TAG in the machine, and from there it is a volume.
static int add_shares(struct spec *s)
{
	char path[96];

	for (unsigned i = 0; i < s->share_count; i++) {
		const struct volume *share = &s->share[i];

		if (value_name(share->source))
			return clash("share", "the tag is not a name");
		if (s->volume_count == MAX_VOLUMES)
			return clash("share", "too many volumes");
		if (fmt(path, sizeof(path), "/run/share/%s", share->source))
			return fail("mount", "share");
		s->volume[s->volume_count] = *share;
		s->volume[s->volume_count].source = arena_copy(path, strlen(path));
		if (!s->volume[s->volume_count++].source)
			return clash("share", "the configuration is too large");
	}
	return 0;
}

static int check_root(struct spec *s)
{
	if (s->read_only && s->upper)
		return clash("read-only", "can't be together with upper: nothing would be written there");
	if (s->read_only && s->tmpfs_size)
		return clash("read-only", "can't be together with tmpfs-size: nothing can be written");
	if (!s->tmpfs_size)
		s->tmpfs_size = 256 << 20;
	if (s->tmpfs_size < 16 * PAGE)
		return clash("tmpfs-size", "is too small to start anything (at least 64K)");
	return 0;
}

static int check_volumes(const struct spec *s)
{
	for (unsigned i = 0; i < s->volume_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (!strcmp(s->volume[i].target, s->volume[j].target))
				return fail_text("two volumes have this target", "volume %s", s->volume[i].target);
	return 0;
}

static int check_limits(const struct spec *s)
{
	if (s->memory && s->memory < PAGE)
		return clash("memory", "is less than a page (4K)");
	if (s->memory_swap && !s->memory)
		return clash("memory-swap", "needs memory");
	if (s->memory_swap && s->memory_swap < s->memory)
		return clash("memory-swap", "is memory and swap together: it can't be less than memory");
	if (s->memory && s->memory_reservation > s->memory)
		return clash("memory-reservation", "is more than memory");
	return 0;
}

// Whether the namespace that a kernel parameter belongs to is not the box's own.
static bool is_shared(const struct spec *s, const char *sysctl)
{
	const char *below = sysctl + strcspn(sysctl, "./") + 1;

	if (!strncmp(sysctl, "net", 3))
		return s->network >= NETWORK_HOST;
	return s->join[!strncmp(below, "hostname", 8) || !strncmp(below, "domainname", 10) ? JOIN_UTS : JOIN_IPC];
}

// What a privileged box is was not said otherwise; what a stop is.
static int check_privileges(struct spec *s)
{
	if (s->seccomp == SECCOMP_FILTER_UNSET)
		s->seccomp = s->privileged ? SECCOMP_FILTER_NONE : SECCOMP_FILTER_DEFAULT;
	if (s->no_new_privs == NOT_SAID)
		s->no_new_privs = !s->privileged;
	s->unmasked |= s->privileged;
	if (s->stop_signal && !s->signal[SIGTERM].to)
		s->signal[SIGTERM].to = s->stop_signal;
	for (unsigned i = 0; i < s->sysctl_count; i++)
		if (is_shared(s, s->sysctl[i]))
			return fail_text("is of a namespace that is not the box's own", "sysctl: \"%s\"", s->sysctl[i]);
	return 0;
}

static bool same_port(const struct port *a, const struct port *b)
{
	return a->host && a->host == b->host && a->proto == b->proto &&
	       (a->addr == b->addr || !a->addr || !b->addr);
}

static int check_machine(const struct spec *s)
{
	uint64_t port;

	if (s->machine_gateway.addr && !s->machine_address.addr)
		return clash("machine-gateway", "needs machine-address");
	if (!s->status_port || s->status_port[0] == '/')
		return 0;
	if (strncmp(s->status_port, "isa:0x", 6) ||
	    num_parse(s->status_port + 6, strlen(s->status_port + 6), 16, 0xffff, &port))
		return fail_text("neither a device (/dev/ttyS1) nor a port (isa:0xf4)", "status-port: \"%s\"", s->status_port);
	return 0;
}

int spec_check(struct spec *s)
{
	if (check_machine(s) || spec_check_root(s))
		return -1;
	if (s->hands_over && s->watchdog.device)
		return clash("watchdog", "is for the root's own init to open: this one does not stay");
	if (s->hands_over)
		return 0;
	if (!s->rootfs_count)
		return clash("rootfs", "is missing (try --rootfs DIR)");
	if (!s->command_count)
		return clash("command", "is missing (try: initbox run --rootfs DIR -- /bin/sh)");
	for (unsigned i = 0; i < s->publish_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (same_port(&s->publish[i], &s->publish[j]))
				return clash("publish", "names the same port of the host twice");
	if (s->interactive && s->stdin_from == STDIN_NULL)
		return clash("interactive", "clashes with --stdin null");
	if (check_root(s) || check_limits(s) || check_name(s) || add_shares(s) || check_volumes(s) || check_privileges(s))
		return -1;
	return check_network(s);
}

int spec_check_entry(struct spec *s)
{
	if (s->no_new_privs == NOT_SAID) // a filter needs it, or CAP_SYS_ADMIN
		s->no_new_privs = s->seccomp != SECCOMP_FILTER_NONE;
	if (s->seccomp == SECCOMP_FILTER_FILE)
		return clash("seccomp", "a profile of one's own is for initbox run");
	if (s->pause && s->command_count)
		return clash("pause", "starts nothing: a command can't be given");
	if (!s->pause && !s->command_count)
		return clash("command", "is missing (try: initbox -- /bin/sh; initbox --help)");
	return 0;
}

int spec_freeze(void)
{
	return arena_freeze(&frozen, sizeof(frozen));
}
