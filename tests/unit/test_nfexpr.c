// SPDX-License-Identifier: MIT
// base/nfexpr: the bytes of a rule and of each expression, worked out by hand from linux/netfilter/nf_tables.h.
#include "unit.h"

#include "spec/spec.h" // before the kernel's headers: glibc's <netinet/in.h> has to come first
#include "base/nfexpr.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the bytes below are little-endian");

static struct nl nl;

static int fresh(void **state)
{
	(void)state;
	memset(&nl, 0x5a, sizeof(nl));
	nl.fd = -1;
	nl_reset(&nl);
	return 0;
}

// Compares what has been built, sequence numbers taken as 0.
static void expect(const char *what, const char *hex)
{
	assert_false(nl.overflow);
	for (size_t at = 0; at < nl.len;) {
		struct nlmsghdr *h = (struct nlmsghdr *)(void *)(nl.buf + at);

		assert_true(h->nlmsg_len >= sizeof(*h));
		h->nlmsg_seq = 0;
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	unit_expect_bytes(what, nl.buf, nl.len, hex);
	nl_reset(&nl);
}

// The same for expressions in a message of their own: its header is left out.
static void begin(void)
{
	nl_begin(&nl, 0, 0, "", 0, "MESSAGE", "object");
}

static void expect_attributes(const char *what, const char *hex)
{
	assert_false(nl.overflow);
	assert_int_equal(((struct nlmsghdr *)(void *)nl.buf)->nlmsg_len, nl.len);
	unit_expect_bytes(what, nl.buf + NLMSG_HDRLEN, nl.len - NLMSG_HDRLEN, hex);
	nl_reset(&nl);
}

// meta nfproto ipv4 drop
static void builds_a_rule(void **state)
{
	const uint8_t ipv4 = NFPROTO_IPV4;
	size_t list;

	(void)state;
	nf_begin(&nl, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET, "t", "NFT_MSG_NEWRULE", "c");
	nl_str(&nl, NFTA_RULE_CHAIN, "c");
	list = nl_nest(&nl, NFTA_RULE_EXPRESSIONS);
	nf_meta(&nl, NFT_META_NFPROTO, NFT_REG_1);
	nf_cmp(&nl, NFT_CMP_EQ, NFT_REG_1, &ipv4, sizeof(ipv4));
	nf_verdict(&nl, NF_DROP);
	nl_end(&nl, list);
	assert_string_equal(nl.label[0].call, "NFT_MSG_NEWRULE");
	assert_string_equal(nl.label[0].object, "t c");
	expect("rule",
	       "a8000000 060a 010c 00000000 00000000" // NFNL_SUBSYS_NFTABLES is 10, NFT_MSG_NEWRULE 6
	       "01 00 0000"			      // NFPROTO_INET, version 0, resource 0
	       "0600 0100 7400 0000"
	       "0600 0200 6300 0000"
	       "8400 0480"
	       "2400 0180 0900 0100 6d657461 00 000000"
	       "1400 0280 0800 0200 0000000f 0800 0100 00000001"
	       "2c00 0180 0800 0100 636d7000"
	       "2000 0280 0800 0100 00000001 0800 0200 00000000 0c00 0380 0500 0100 02 000000"
	       "3000 0180 0e00 0100 696d6d656469617465 00 0000"
	       "1c00 0280 0800 0100 00000000 1000 0280 0c00 0280 0800 0100 00000000");
}

static void builds_loads(void **state)
{
	(void)state;
	begin();
	nf_payload(&nl, NFT_PAYLOAD_NETWORK_HEADER, 16, 4, NFT_REG32_00);
	expect_attributes("payload", "3400 0180 0c00 0100 7061796c6f616400"
			  "2400 0280 0800 0100 00000008 0800 0200 00000001 0800 0300 00000010 0800 0400 00000004");
	begin();
	nf_payload(&nl, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFT_REG32_02);
	expect_attributes("payload", "3400 0180 0c00 0100 7061796c6f616400"
			  "2400 0280 0800 0100 0000000a 0800 0200 00000002 0800 0300 00000002 0800 0400 00000002");
	begin();
	nf_meta(&nl, NFT_META_L4PROTO, NFT_REG32_01);
	expect_attributes("meta", "2400 0180 0900 0100 6d657461 00 000000 1400 0280 0800 0200 00000010 0800 0100 00000009");
	begin();
	nf_ct(&nl, NFT_CT_STATUS, NFT_REG_1);
	expect_attributes("ct", "2000 0180 0700 0100 637400 00 1400 0280 0800 0200 00000002 0800 0100 00000001");
	begin();
	nf_fib_daddr_type(&nl, NFT_REG_1);
	expect_attributes("fib", "2800 0180 0800 0100 66696200"
		      "1c00 0280 0800 0300 00000002 0800 0200 00000003 0800 0100 00000001");
}

static void builds_tests(void **state)
{
	static const uint8_t mask[] = {255, 255, 0, 0};
	static const char name[16] = "br0";

	(void)state;
	begin();
	nf_bitwise(&nl, NFT_REG_1, mask, sizeof(mask));
	expect_attributes("bitwise", "4400 0180 0c00 0100 62697477697365 00"
			  "3400 0280 0800 0100 00000001 0800 0200 00000001 0800 0300 00000004"
			  "0c00 0480 0800 0100 ffff0000"
			  "0c00 0580 0800 0100 00000000");
	begin();
	nf_cmp(&nl, NFT_CMP_NEQ, NFT_REG_1, name, sizeof(name));
	expect_attributes("cmp", "3800 0180 0800 0100 636d7000"
		      "2c00 0280 0800 0100 00000001 0800 0200 00000001"
		      "1800 0380 1400 0100 62723000 00000000 00000000 00000000");
	begin();
	nf_lookup(&nl, "ports", 1, NFT_REG_1, NFT_REG_2);
	expect_attributes("lookup", "3800 0180 0b00 0100 6c6f6f6b757000 00"
			 "2800 0280 0a00 0100 706f72747300 0000"
			 "0800 0400 00000001 0800 0200 00000001 0800 0300 00000002");
}

static void builds_ends(void **state)
{
	(void)state;
	begin();
	nf_dnat4(&nl, NFT_REG_1, NFT_REG32_01);
	expect_attributes("nat", "3000 0180 0800 0100 6e617400"
		      "2400 0280 0800 0100 00000001 0800 0200 00000002 0800 0300 00000001 0800 0500 00000009");
	begin();
	nf_masquerade(&nl);
	expect_attributes("masq", "1400 0180 0900 0100 6d617371 00 000000 0400 0280");
	begin();
	nf_verdict(&nl, NF_ACCEPT);
	expect_attributes("accept", "3000 0180 0e00 0100 696d6d656469617465 00 0000"
			 "1c00 0280 0800 0100 00000000 1000 0280 0c00 0280 0800 0100 00000001");
}

static void builds_elements(void **state)
{
	static const uint8_t key[] = {6, 0, 0, 0, 0x1f, 0x90, 0, 0}, data[] = {172, 20, 0, 2, 0, 80, 0, 0};

	(void)state;
	begin();
	nf_element(&nl, key, sizeof(key), data, sizeof(data));
	expect_attributes("element", "2400 0180"
			  "1000 0180 0c00 0100 06000000 1f900000"
			  "1000 0280 0c00 0100 ac140002 00500000");
	begin();
	nf_element(&nl, key, sizeof(key), NULL, 0);
	expect_attributes("key", "1400 0180 1000 0180 0c00 0100 06000000 1f900000");
}

static void builds_transactions(void **state)
{
	(void)state;
	nf_batch_begin(&nl);
	nf_batch_end(&nl);
	expect("batch", "14000000 1000 0100 00000000 00000000 00 00 000a"
			"14000000 1100 0100 00000000 00000000 00 00 000a");
}

// Every port that a spec can hold goes in one transaction (phase nft), each in a message of its own.
static void holds_every_port_of_a_spec(void **state)
{
	static const uint8_t key[12], data[8];

	(void)state;
	nf_batch_begin(&nl);
	for (unsigned i = 0; i < MAX_PORTS; i++) {
		size_t list;

		nf_begin(&nl, NFT_MSG_NEWSETELEM, NLM_F_CREATE, NFPROTO_INET, "initbox-0123456789abcde",
			 "NFT_MSG_NEWSETELEM", "port");
		nl_str(&nl, NFTA_SET_ELEM_LIST_SET, "address_ports");
		list = nl_nest(&nl, NFTA_SET_ELEM_LIST_ELEMENTS);
		nf_element(&nl, key, sizeof(key), data, sizeof(data));
		nl_end(&nl, list);
	}
	nf_batch_end(&nl);
	assert_false(nl.overflow);
	assert_int_equal(nl.count, MAX_PORTS + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(builds_a_rule, fresh),
		cmocka_unit_test_setup(builds_loads, fresh),
		cmocka_unit_test_setup(builds_tests, fresh),
		cmocka_unit_test_setup(builds_ends, fresh),
		cmocka_unit_test_setup(builds_elements, fresh),
		cmocka_unit_test_setup(builds_transactions, fresh),
		cmocka_unit_test_setup(holds_every_port_of_a_spec, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
