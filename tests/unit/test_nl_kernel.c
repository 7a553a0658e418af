// SPDX-License-Identifier: MIT
// base/nl against this machine's kernel, in network namespaces of the tests' own. Needs root.
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "base/nfexpr.h"

static struct nl nl;

// A namespace and a socket for each test.
static int enter(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	memset(&err_last, 0, sizeof(err_last));
	return unshare(CLONE_NEWNET) || nl_open(&nl, NETLINK_ROUTE) ? -1 : 0;
}

static int leave(void **state)
{
	(void)state;
	if (geteuid() == 0)
		nl_close(&nl);
	return 0;
}

static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static bool is_up(const char *name)
{
	struct ifreq ifr = {0};

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	assert_int_equal(ioctl(nl.fd, SIOCGIFFLAGS, &ifr), 0);
	return ifr.ifr_flags & IFF_UP;
}

static void put_up(int index, const char *name, const char *label)
{
	const struct ifinfomsg up = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	nl_begin(&nl, RTM_NEWLINK, 0, &up, sizeof(up), "RTM_NEWLINK", "%s up", label);
	if (name)
		nl_str(&nl, IFLA_IFNAME, name);
}

static void put_address(const char *text, uint8_t prefix)
{
	const struct ifaddrmsg a = {.ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = 1};
	uint32_t addr = inet_addr(text);

	nl_begin(&nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a), "RTM_NEWADDR", "%s on lo", text);
	nl_put(&nl, IFA_LOCAL, &addr, sizeof(addr));
}

static void brings_lo_up(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(nl_ifindex(&nl, "lo"), 1);
	assert_false(is_up("lo"));
	put_up(1, NULL, "lo");
	assert_int_equal(nl_send(&nl, false), 0);
	assert_true(is_up("lo"));
	assert_int_equal(nl.count, 0); // ready for the next ones
	assert_int_equal(err_last.code, 0);
}

static void sends_several_at_once(void **state)
{
	(void)state;
	need_root();
	put_up(1, NULL, "lo");
	for (unsigned i = 1; i < NL_MAX_MESSAGES; i++) {
		char text[16];

		assert_int_equal(fmt(text, sizeof(text), "10.1.0.%u", i), 0);
		put_address(text, 32);
	}
	assert_int_equal(nl_send(&nl, false), 0);
	assert_true(is_up("lo"));
	put_address("10.1.0.63", 32); // they are there, the last one too
	assert_int_equal(nl_send(&nl, false), -1);
	assert_int_equal(errno, EEXIST);
}

static void says_what_failed(void **state)
{
	const struct rtmsg r = {
		.rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC, .rtm_type = RTN_UNICAST,
	};
	uint32_t gateway = inet_addr("10.9.9.9");

	(void)state;
	need_root();
	put_up(0, "nosuch0", "nosuch0");
	errno = 0;
	assert_int_equal(nl_send(&nl, false), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(err_last.no, ENODEV);
	assert_string_equal(err_last.object, "nosuch0 up");
	assert_string_equal(err_last.call, "RTM_NEWLINK");
	put_up(1, NULL, "lo");
	nl_begin(&nl, RTM_NEWROUTE, NLM_F_CREATE, &r, sizeof(r), "RTM_NEWROUTE", "default via %s", "10.9.9.9");
	nl_put(&nl, RTA_GATEWAY, &gateway, sizeof(gateway));
	errno = 0;
	assert_int_equal(nl_send(&nl, false), -1);
	assert_int_equal(errno, ENETUNREACH);
	unit_expect_err("default via 10.9.9.9: RTM_NEWROUTE: Network is unreachable (ENETUNREACH): kernel says: "
			"Nexthop has invalid gateway");
}

// Neither the failure nor what comes after it is left in the socket for the next send.
static void goes_on_after_a_failure(void **state)
{
	(void)state;
	need_root();
	put_address("10.0.0.1", 32);
	put_up(0, "nosuch0", "nosuch0");
	put_up(4711, NULL, "4711");
	put_address("10.0.0.2", 32);
	assert_int_equal(nl_send(&nl, false), -1);
	assert_string_equal(err_last.object, "nosuch0 up"); // the first
	assert_int_equal(nl.count, 0);
	put_up(1, NULL, "lo");
	assert_int_equal(nl_send(&nl, false), 0);
	assert_true(is_up("lo"));
	put_address("10.0.0.3", 32);
	put_up(0, "nosuch1", "nosuch1");
	assert_int_equal(nl_send(&nl, false), -1); // the last, which asks for an acknowledgement
	assert_string_equal(err_last.object, "nosuch1 up");
	put_address("10.0.0.4", 32);
	assert_int_equal(nl_send(&nl, false), 0);
}

static void sends_nothing_after_an_overflow(void **state)
{
	(void)state;
	need_root();
	put_up(1, NULL, "lo");
	for (unsigned i = 0; i < NL_MAX_MESSAGES; i++)
		put_address("10.0.0.1", 32);
	errno = 0;
	assert_int_equal(nl_send(&nl, false), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_false(is_up("lo"));
}

static void knows_no_unknown_link(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(nl_ifindex(&nl, "nosuch0"), 0);
	unit_expect_err("nosuch0: SIOCGIFINDEX: No such device (ENODEV)");
	assert_int_equal(nl_ifindex(&nl, "a-name-that-is-far-too-long"), 0);
	assert_int_equal(err_last.no, ENODEV);
}

static void reports_an_unknown_protocol(void **state)
{
	struct nl other;

	(void)state;
	assert_int_equal(nl_open(&other, 31), -1);
	unit_expect_err("netlink 31: socket: Protocol not supported (EPROTONOSUPPORT)");
}

// Opens a transaction's socket in place of the other one. Returns false where the kernel has no nf_tables.
static bool open_nft(void)
{
	nl_close(&nl);
	assert_int_equal(nl_open(&nl, NETLINK_NETFILTER), 0);
	nf_batch_begin(&nl);
	nf_begin(&nl, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET, "t", "NFT_MSG_NEWTABLE", "table");
	nf_batch_end(&nl);
	return nl_send(&nl, true) == 0;
}

static void put_chain(const char *table, uint16_t flags, const char *chain)
{
	nf_begin(&nl, NFT_MSG_NEWCHAIN, flags, NFPROTO_INET, table, "NFT_MSG_NEWCHAIN", chain);
	nl_str(&nl, NFTA_CHAIN_NAME, chain);
}

static void batch_is_all_or_nothing(void **state)
{
	(void)state;
	need_root();
	if (!open_nft())
		skip();
	nf_batch_begin(&nl);
	put_chain("t", NLM_F_CREATE, "good");
	put_chain("missing", NLM_F_CREATE, "bad");
	put_chain("t", NLM_F_CREATE, "good2");
	nf_batch_end(&nl);
	errno = 0;
	assert_int_equal(nl_send(&nl, true), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(err_last.object, "missing bad");
	assert_string_equal(err_last.call, "NFT_MSG_NEWCHAIN");
	nf_batch_begin(&nl);
	put_chain("t", NLM_F_CREATE | NLM_F_EXCL, "good"); // it is not there
	nf_batch_end(&nl);
	assert_int_equal(nl_send(&nl, true), 0);
	nf_batch_begin(&nl);
	put_chain("t", NLM_F_CREATE | NLM_F_EXCL, "good"); // now it is
	nf_batch_end(&nl);
	assert_int_equal(nl_send(&nl, true), -1);
	assert_int_equal(errno, EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(brings_lo_up, enter, leave),
		cmocka_unit_test_setup_teardown(sends_several_at_once, enter, leave),
		cmocka_unit_test_setup_teardown(says_what_failed, enter, leave),
		cmocka_unit_test_setup_teardown(goes_on_after_a_failure, enter, leave),
		cmocka_unit_test_setup_teardown(sends_nothing_after_an_overflow, enter, leave),
		cmocka_unit_test_setup_teardown(knows_no_unknown_link, enter, leave),
		cmocka_unit_test_setup_teardown(reports_an_unknown_protocol, enter, leave),
		cmocka_unit_test_setup_teardown(batch_is_all_or_nothing, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
