// SPDX-License-Identifier: MIT
// base/nl: the bytes of messages, and what nl_send refuses before anything is sent. Bytes are of a little-endian
// machine; sequence numbers, which count on from test to test, are compared apart.
#include "unit.h"

#include <errno.h>
#include <linux/rtnetlink.h>

#include "base/nl.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the bytes below are little-endian");

static struct nl nl;

static int fresh(void **state)
{
	(void)state;
	memset(&nl, 0x5a, sizeof(nl)); // so that padding that is not zeroed shows
	nl.fd = -1;
	nl_reset(&nl);
	return 0;
}

// Compares all messages, sequence numbers taken as 0.
static void expect_messages(const char *hex)
{
	static unsigned char copy[sizeof(nl.buf)];
	unsigned i = 0;

	memcpy(copy, nl.buf, nl.len);
	for (size_t at = 0; at < nl.len; i++) {
		struct nlmsghdr *h = (struct nlmsghdr *)(void *)(copy + at);

		assert_true(h->nlmsg_len >= sizeof(*h));
		assert_int_equal(h->nlmsg_seq, nl.seq + i);
		h->nlmsg_seq = 0;
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	assert_int_equal(i, nl.count);
	unit_expect_bytes("messages", copy, nl.len, hex);
}

static void lays_attributes_out(void **state)
{
	const struct ifinfomsg link = {.ifi_index = 7, .ifi_flags = 1, .ifi_change = 1};

	(void)state;
	nl_begin(&nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link), "RTM_NEWLINK", "link %s", "eth0");
	nl_str(&nl, IFLA_IFNAME, "eth0");
	nl_u8(&nl, 5, 1);
	nl_u32(&nl, 7, 0x01020304);
	nl_be32(&nl, 8, 0x01020304);
	nl_put(&nl, 9, NULL, 0);
	nl_put(&nl, 10, "abc", 3);
	expect_messages("50000000 1000 0106 00000000 00000000"	     // length, type, flags, sequence, port
			"00 00 0000 07000000 01000000 01000000"	     // struct ifinfomsg
			"0900 0300 65746830 00 000000"		     // the NUL counts, the padding does not
			"0500 0500 01 000000"
			"0800 0700 04030201"
			"0800 0800 01020304"
			"0400 0900"
			"0700 0a00 616263 00");
	assert_string_equal(nl.label[0].call, "RTM_NEWLINK");
	assert_string_equal(nl.label[0].object, "link eth0");
}

static void nests(void **state)
{
	size_t outer, inner, empty;

	(void)state;
	nl_begin(&nl, 0x1234, 0, "head", 4, "CALL", "object");
	outer = nl_nest(&nl, 18);
	nl_str(&nl, 1, "veth");
	inner = nl_nest(&nl, 2);
	nl_raw(&nl, "abc", 3);
	nl_u8(&nl, 3, 0xff);
	nl_end(&nl, inner);
	empty = nl_nest(&nl, 4);
	nl_end(&nl, empty);
	nl_end(&nl, outer);
	nl_u8(&nl, 6, 2);
	expect_messages("40000000 3412 0100 00000000 00000000 68656164"
			"2400 1280"			// NLA_F_NESTED
			"0900 0100 76657468 00 000000"
			"1000 0280 616263 00 0500 0300 ff 000000"
			"0400 0480"
			"0500 0600 02 000000");
}

static void counts_messages(void **state)
{
	static struct nl other;
	uint32_t seq;

	(void)state;
	nl_begin(&nl, 1, 0, "abcde", 5, "A", "first");
	nl_begin(&nl, 2, NLM_F_REPLACE, "", 0, "B", "second");
	nl_str(&nl, 3, "");
	expect_messages("18000000 0100 0100 00000000 00000000 6162636465 000000"
			"18000000 0200 0101 00000000 00000000 0500 0300 00 000000");
	assert_string_equal(nl.label[1].object, "second");
	seq = nl.seq;
	nl_reset(&nl);
	assert_int_equal(nl.count, 0);
	assert_int_equal(nl.len, 0);
	nl_begin(&other, 1, 0, "abcd", 4, "A", "on another socket");
	nl_begin(&nl, 1, 0, "abcd", 4, "A", "third");
	assert_int_equal(nl.seq, seq + 3); // old answers can't be taken for new ones
	expect_messages("14000000 0100 0100 00000000 00000000 61626364");
}

static void cuts_labels(void **state)
{
	(void)state;
	nl_begin(&nl, 1, 0, "abcd", 4, "A", "%s", "0123456789012345678901234567890123456789");
	assert_string_equal(nl.label[0].object, "012345678901234567890123456789012345678");
	assert_false(nl.overflow);
}

// With a descriptor that is none a send that is tried says EBADF.
static void expect_unsent(bool batch, const char *text)
{
	errno = 0;
	assert_int_equal(nl_send(&nl, batch), -1);
	assert_int_equal(errno, EMSGSIZE);
	unit_expect_err(text);
}

static void refuses_to_send_nothing(void **state)
{
	(void)state;
	expect_unsent(false, "netlink: 0 messages, 0 bytes: sendmsg: Message too long (EMSGSIZE)");
	expect_unsent(true, "netlink: 0 messages, 0 bytes: sendmsg: Message too long (EMSGSIZE)");
	nl_begin(&nl, 1, 0, "abcd", 4, "A", "begin");
	nl_begin(&nl, 1, 0, "abcd", 4, "A", "end");
	expect_unsent(true, "netlink: 2 messages, 40 bytes: sendmsg: Message too long (EMSGSIZE)");
	assert_int_equal(nl_send(&nl, false), -1); // and this one tries
	unit_expect_err("netlink: sendto: Bad file descriptor (EBADF)");
}

static void fill_but(size_t room)
{
	static const char zeros[sizeof(nl.buf)];

	nl_begin(&nl, 1, 0, "abcd", 4, "A", "large");
	nl_raw(&nl, zeros, sizeof(nl.buf) - nl.len - room);
	assert_false(nl.overflow);
	assert_int_equal(nl.len, sizeof(nl.buf) - room);
}

static void expect_overflow(void)
{
	assert_true(nl.overflow);
	assert_true(nl.len <= sizeof(nl.buf));
	nl_str(&nl, 1, "x"); // what follows does not clear it
	assert_true(nl.overflow);
	errno = 0;
	assert_int_equal(nl_send(&nl, false), -1);
	assert_int_equal(errno, EMSGSIZE);
	nl_reset(&nl);
	assert_false(nl.overflow);
	nl_begin(&nl, 1, 0, "abcd", 4, "A", "small");
	expect_messages("14000000 0100 0100 00000000 00000000 61626364");
	nl_reset(&nl);
}

static void remembers_overflow(void **state)
{
	size_t nest;

	(void)state;
	fill_but(0);
	nl_u8(&nl, 1, 1);
	expect_overflow();
	fill_but(4);
	nl_u8(&nl, 1, 1);
	expect_overflow();
	fill_but(4);
	nl_raw(&nl, "abcde", 5);
	expect_overflow();
	fill_but(12);
	nl_begin(&nl, 1, 0, "abcd", 4, "A", "no room for the header");
	expect_overflow();
	fill_but(16);
	nl_begin(&nl, 1, 0, "abcd", 4, "A", "no room for the family's header");
	expect_overflow();
	fill_but(0);
	nest = nl_nest(&nl, 1); // there is no header to close
	nl_end(&nl, nest);
	expect_overflow();
	fill_but(8);
	nest = nl_nest(&nl, 1);
	nl_u32(&nl, 2, 0);
	nl_end(&nl, nest);
	expect_overflow();
	nl_raw(&nl, "", SIZE_MAX);
	assert_true(nl.overflow);
	nl_reset(&nl);
	nl_raw(&nl, "", SIZE_MAX - 3);
	assert_true(nl.overflow);
}

static void fills_to_the_last_byte(void **state)
{
	(void)state;
	fill_but(20);
	nl_begin(&nl, 1, 0, "abcd", 4, "A", "last");
	assert_false(nl.overflow);
	nl_reset(&nl);
	fill_but(8);
	nl_u32(&nl, 1, 1);
	assert_false(nl.overflow);
	assert_int_equal(nl.len, sizeof(nl.buf));
	assert_int_equal(nl_send(&nl, false), -1);
	unit_expect_err("netlink: sendto: Bad file descriptor (EBADF)");
}

static void takes_so_many_messages(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NL_MAX_MESSAGES; i++)
		nl_begin(&nl, 1, 0, "abcd", 4, "A", "%u", i);
	assert_false(nl.overflow);
	assert_int_equal(nl.count, NL_MAX_MESSAGES);
	nl_begin(&nl, 1, 0, "abcd", 4, "A", "one too many");
	assert_int_equal(nl.count, NL_MAX_MESSAGES);
	expect_overflow();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lays_attributes_out, fresh),
		cmocka_unit_test_setup(nests, fresh),
		cmocka_unit_test_setup(counts_messages, fresh),
		cmocka_unit_test_setup(cuts_labels, fresh),
		cmocka_unit_test_setup(refuses_to_send_nothing, fresh),
		cmocka_unit_test_setup(remembers_overflow, fresh),
		cmocka_unit_test_setup(fills_to_the_last_byte, fresh),
		cmocka_unit_test_setup(takes_so_many_messages, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
