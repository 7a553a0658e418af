// SPDX-License-Identifier: MIT
// base/nl_dump: dumps of this machine's kernel in a network namespace of the tests' own (needs root), and broken ones in memory.
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sched.h>

#include "base/nl.h"

enum { ADDRESSES = 1500 }; // more than one datagram holds

static struct nl nl, other;

static struct seen {
	unsigned tries, messages, lines;
	unsigned disturb; // so many tries are disturbed at their first message
	uint32_t next;
} seen;

static int enter(void **state)
{
	(void)state;
	memset(&err_last, 0, sizeof(err_last));
	memset(&seen, 0, sizeof(seen));
	seen.next = 0x0a020000;
	if (geteuid() != 0)
		return 0;
	return unshare(CLONE_NEWNET) || nl_open(&nl, NETLINK_ROUTE) || nl_open(&other, NETLINK_ROUTE) ? -1 : 0;
}

static int leave(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		nl_close(&nl);
		nl_close(&other);
	}
	return 0;
}

static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void add_address(struct nl *on, uint32_t address)
{
	const struct ifaddrmsg a = {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1};
	uint32_t be = htonl(address);

	nl_begin(on, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a), "RTM_NEWADDR", "address");
	nl_put(on, IFA_LOCAL, &be, sizeof(be));
	assert_int_equal(nl_send(on, false), 0);
}

static void ask(void)
{
	const struct ifaddrmsg a = {.ifa_family = AF_INET};

	nl_begin(&nl, RTM_GETADDR, NLM_F_DUMP, &a, sizeof(a), "RTM_GETADDR", "addresses");
}

static int count(void *arg, const struct nlmsghdr *h)
{
	struct seen *s = arg;
	size_t n;

	if (!h) {
		s->tries++;
		s->messages = 0;
		return 0;
	}
	if (s->messages++ == 0 && s->tries <= s->disturb)
		add_address(&other, s->next++);
	assert_int_equal(h->nlmsg_type, RTM_NEWADDR);
	assert_non_null(nl_find(h, sizeof(struct ifaddrmsg), IFA_LOCAL, &n));
	assert_int_equal(n, 4);
	assert_null(nl_find(h, sizeof(struct ifaddrmsg), 999, &n));
	return 0;
}

static int refuse(void *arg, const struct nlmsghdr *h)
{
	(void)arg;
	return h ? fail_text("not wanted", "message") : 0;
}

static void add_many(void)
{
	for (uint32_t i = 0; i < ADDRESSES; i++)
		add_address(&other, 0x0a010000 + i);
}

static void reads_all_parts(void **state)
{
	(void)state;
	need_root();
	add_many();
	ask();
	assert_int_equal(nl_dump(&nl, count, &seen), 0);
	assert_int_equal(seen.tries, 1);
	assert_int_equal(seen.messages, ADDRESSES);
	assert_int_equal(nl.count, 0);
}

static void starts_again_when_it_changes(void **state)
{
	(void)state;
	need_root();
	add_many();
	seen.disturb = 3;
	ask();
	assert_int_equal(nl_dump(&nl, count, &seen), 0);
	assert_int_equal(seen.tries, 4);
	assert_int_equal(seen.messages, ADDRESSES + 3);
}

static void gives_up_in_the_end(void **state)
{
	(void)state;
	need_root();
	add_many();
	seen.disturb = 1000;
	ask();
	errno = 0;
	assert_int_equal(nl_dump(&nl, count, &seen), -1);
	assert_int_equal(errno, EAGAIN);
	unit_expect_err(
		"addresses: changed each time it was read: RTM_GETADDR: Resource temporarily unavailable (EAGAIN)");
	assert_int_equal(seen.tries, 16);
}

static void leaves_nothing_to_the_next(void **state)
{
	(void)state;
	need_root();
	add_many();
	ask();
	assert_int_equal(nl_dump(&nl, refuse, NULL), -1);
	unit_expect_err("message: not wanted");
	ask();
	assert_int_equal(nl_dump(&nl, count, &seen), 0);
	assert_int_equal(seen.messages, ADDRESSES);
	add_address(&nl, 0x0a030001);
}

static void says_what_the_kernel_says(void **state)
{
	const struct ifaddrmsg a = {.ifa_family = AF_INET, .ifa_prefixlen = 7};

	(void)state;
	need_root();
	nl_begin(&nl, RTM_GETADDR, NLM_F_DUMP, &a, sizeof(a), "RTM_GETADDR", "addresses");
	errno = 0;
	assert_int_equal(nl_dump(&nl, count, &seen), -1);
	assert_int_equal(errno, EINVAL);
	unit_expect_err(
		"addresses: RTM_GETADDR: Invalid argument (EINVAL): kernel says: ipv4: Invalid values in header for "
		"address dump request");
	assert_int_equal(seen.messages, 0);
}

static void wants_one_request(void **state)
{
	(void)state;
	need_root();
	ask();
	ask();
	assert_int_equal(nl_dump(&nl, count, &seen), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(seen.tries, 0);
}

static _Alignas(8) unsigned char answer[256];

static int parse(uint16_t type, uint16_t flags, uint32_t seq, size_t len, size_t n, int result, struct nl_dump *d)
{
	struct nlmsghdr h = {.nlmsg_len = (uint32_t)len, .nlmsg_type = type, .nlmsg_flags = flags};
	void *copy;
	int ret;

	nl_reset(&nl);
	ask();
	h.nlmsg_seq = nl.seq + seq;
	memcpy(answer, &h, sizeof(h));
	memcpy(answer + sizeof(h), &result, sizeof(result));
	copy = unit_exact(answer, n);
	*d = (struct nl_dump){.each = refuse};
	errno = 0;
	ret = nl_parse_dump(&nl, copy, n, d);
	free(copy);
	return ret;
}

static void takes_an_end(void **state)
{
	struct nl_dump d;

	(void)state;
	assert_int_equal(parse(NLMSG_DONE, NLM_F_MULTI, 0, 20, 20, 0, &d), 0);
	assert_true(d.done && !d.interrupted);
	assert_int_equal(parse(NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, 0, 20, 20, 0, &d), 0);
	assert_true(d.done && d.interrupted);
	assert_int_equal(parse(NLMSG_DONE, NLM_F_MULTI, 0, 20, 20, -ENOBUFS, &d), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_string_equal(err_last.object, "addresses");
	assert_int_equal(parse(NLMSG_DONE, NLM_F_MULTI, 0, 20, 20, -5000, &d), -1);
	assert_int_equal(errno, EPROTO);
}

static void refuses_what_is_not_right(void **state)
{
	struct nl_dump d;

	(void)state;
	assert_int_equal(parse(NLMSG_DONE, 0, 1, 20, 20, 0, &d), -1); // of another request
	unit_expect_err("netlink answer to nothing that was asked: recvmsg: Protocol error (EPROTO)");
	assert_int_equal(parse(NLMSG_DONE, 0, 0, 16, 16, 0, &d), -1); // no room for its result
	for (size_t n = 1; n < 20; n++) {
		assert_int_equal(parse(NLMSG_DONE, 0, 0, 20, n, 0, &d), -1);
		unit_expect_err("netlink answer with a broken frame: recvmsg: Protocol error (EPROTO)");
	}
	assert_int_equal(parse(NLMSG_ERROR, 0, 0, 20, 20, -EPERM, &d), -1); // shorter than one
	assert_int_equal(errno, EPROTO);
}

static void finds_attributes_inside_alone(void **state)
{
	struct {
		struct nlmsghdr h;
		struct nlattr a;
		uint32_t v;
	} m = {{.nlmsg_len = sizeof(m)}, {.nla_len = 8, .nla_type = 3 | NLA_F_NESTED}, 7};
	size_t n = 0;

	(void)state;
	assert_ptr_equal(nl_find(&m.h, 0, 3, &n), &m.v);
	assert_int_equal(n, 4);
	m.a.nla_len = 9; // beyond the message
	assert_null(nl_find(&m.h, 0, 3, &n));
	m.a.nla_len = 3; // shorter than its header, and no step forward
	assert_null(nl_find(&m.h, 0, 3, &n));
	m.a.nla_len = 8;
	m.h.nlmsg_len = sizeof(m.h) + 3;
	assert_null(nl_find(&m.h, 0, 3, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_all_parts, enter, leave),
		cmocka_unit_test_setup_teardown(starts_again_when_it_changes, enter, leave),
		cmocka_unit_test_setup_teardown(gives_up_in_the_end, enter, leave),
		cmocka_unit_test_setup_teardown(leaves_nothing_to_the_next, enter, leave),
		cmocka_unit_test_setup_teardown(says_what_the_kernel_says, enter, leave),
		cmocka_unit_test_setup_teardown(wants_one_request, enter, leave),
		cmocka_unit_test(takes_an_end),
		cmocka_unit_test(refuses_what_is_not_right),
		cmocka_unit_test(finds_attributes_inside_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
