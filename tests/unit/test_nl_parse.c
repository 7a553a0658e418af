// SPDX-License-Identifier: MIT
// base/nl: answers of the kernel, good ones and broken ones, in memory of exactly their size.
#include "unit.h"

#include <errno.h>
#include <limits.h>

#include "base/nl.h"

static struct nl nl;

// Three messages that have been asked for, and a place for their answers.
static _Alignas(8) unsigned char answer[1024];
static size_t len;

static int fresh(void **state)
{
	(void)state;
	nl_reset(&nl);
	nl_begin(&nl, 16, 0, "abcd", 4, "RTM_NEWLINK", "link a");
	nl_begin(&nl, 20, 0, "abcd", 4, "RTM_NEWADDR", "address b");
	nl_begin(&nl, 24, 0, "abcd", 4, "RTM_NEWROUTE", "route c");
	memset(&err_last, 0, sizeof(err_last));
	memset(answer, 0, sizeof(answer));
	len = 0;
	return 0;
}

static struct nlmsghdr *put_error(uint32_t i, int error, uint16_t flags)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)(answer + len);
	struct nlmsgerr *e = NLMSG_DATA(h);

	*h = (struct nlmsghdr){.nlmsg_type = NLMSG_ERROR, .nlmsg_seq = nl.seq + i, .nlmsg_flags = flags};
	e->error = error;
	e->msg = (struct nlmsghdr){.nlmsg_len = 20, .nlmsg_type = 16, .nlmsg_seq = nl.seq + i};
	h->nlmsg_len = NLMSG_LENGTH(sizeof(*e));
	len += h->nlmsg_len;
	return h;
}

static void put_bytes(struct nlmsghdr *h, const void *data, size_t n)
{
	memcpy((char *)h + h->nlmsg_len, data, n);
	h->nlmsg_len += (uint32_t)n;
	len += n;
}

static void put_tlv(struct nlmsghdr *h, uint16_t type, const char *text)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof(a) + strlen(text) + 1), .nla_type = type};

	put_bytes(h, &a, sizeof(a));
	put_bytes(h, text, strlen(text) + 1);
	put_bytes(h, "\0\0\0", (4 - a.nla_len % 4u) % 4);
}

static int parse(size_t n, uint32_t *acked)
{
	void *copy = unit_exact(answer, n);
	int ret;

	*acked = 0;
	errno = 0;
	ret = nl_parse(&nl, copy, n, acked);
	free(copy);
	return ret;
}

static void expect_bad(size_t n, int no, const char *text)
{
	uint32_t acked;

	assert_int_equal(parse(n, &acked), -1);
	assert_int_equal(errno, no);
	unit_expect_err(text);
}

#define NOT_ASKED "netlink answer to nothing that was asked: recvmsg: Protocol error (EPROTO)"
#define BROKEN	  "netlink answer with a broken frame: recvmsg: Protocol error (EPROTO)"

static void takes_acknowledgements(void **state)
{
	uint32_t acked;

	(void)state;
	put_error(0, 0, NLM_F_CAPPED);
	assert_int_equal(parse(len, &acked), 0);
	assert_int_equal(acked, nl.seq);
	put_error(2, 0, 0);
	assert_int_equal(parse(len, &acked), 0);
	assert_int_equal(acked, nl.seq + 2);
	assert_int_equal(parse(0, &acked), 0);
	assert_int_equal(acked, 0);
	assert_int_equal(err_last.code, 0);
}

static void names_what_failed(void **state)
{
	(void)state;
	put_error(1, -EEXIST, NLM_F_CAPPED);
	expect_bad(len, EEXIST, "address b: RTM_NEWADDR: File exists (EEXIST)");
	put_error(2, 0, 0); // what comes later changes nothing
	expect_bad(len, EEXIST, "address b: RTM_NEWADDR: File exists (EEXIST)");
}

static void keeps_the_first_of_two_failures(void **state)
{
	(void)state;
	put_error(0, -EPERM, NLM_F_CAPPED);
	put_error(1, -EEXIST, NLM_F_CAPPED);
	expect_bad(len, EPERM, "link a: RTM_NEWLINK: Operation not permitted (EPERM)");
}

static void keeps_acknowledgements_before_a_failure(void **state)
{
	uint32_t acked;

	(void)state;
	put_error(0, 0, NLM_F_CAPPED);
	put_error(1, -EEXIST, NLM_F_CAPPED);
	assert_int_equal(parse(len, &acked), -1);
	assert_int_equal(acked, nl.seq);
}

static void takes_the_kernels_words(void **state)
{
	struct nlmsghdr *h = put_error(2, -EINVAL, NLM_F_CAPPED | NLM_F_ACK_TLVS);

	(void)state;
	put_tlv(h, NLMSGERR_ATTR_OFFS, "wxyz"); // 9 bytes, padded
	put_tlv(h, NLMSGERR_ATTR_MSG, "Nexthop has invalid gateway");
	put_tlv(h, NLMSGERR_ATTR_COOKIE, "c");
	expect_bad(len, EINVAL,
		   "route c: RTM_NEWROUTE: Invalid argument (EINVAL): kernel says: Nexthop has invalid gateway");
}

// Without NETLINK_CAP_ACK the whole request comes back in front of the words.
static void finds_words_behind_the_request(void **state)
{
	struct nlmsghdr *h = put_error(0, -EINVAL, NLM_F_ACK_TLVS);

	(void)state;
	put_bytes(h, "body", 4);
	put_tlv(h, NLMSGERR_ATTR_MSG, "words");
	expect_bad(len, EINVAL, "link a: RTM_NEWLINK: Invalid argument (EINVAL): kernel says: words");
}

static void aligns_the_request(void **state)
{
	struct nlmsghdr *h = put_error(0, -EINVAL, NLM_F_ACK_TLVS);
	struct nlmsgerr *e = NLMSG_DATA(h);

	(void)state;
	e->msg.nlmsg_len = 18;
	put_bytes(h, "bo\0\0", 4);
	put_tlv(h, NLMSGERR_ATTR_MSG, "words");
	expect_bad(len, EINVAL, "link a: RTM_NEWLINK: Invalid argument (EINVAL): kernel says: words");
}

static void has_no_words_without_their_flag(void **state)
{
	struct nlmsghdr *h = put_error(0, -EINVAL, NLM_F_CAPPED);

	(void)state;
	put_tlv(h, NLMSGERR_ATTR_MSG, "not words");
	expect_bad(len, EINVAL, "link a: RTM_NEWLINK: Invalid argument (EINVAL)");
}

static void survives_broken_words(void **state)
{
	static const uint16_t lengths[] = {0, 1, 3, 11, 12, 200, 0xfff0, 0xffff};
	static const uint32_t requests[] = {0, 15, 21, 1000, 0x7fffffff, 0xfffffff0, 0xffffffff};
	struct nlmsghdr *h = put_error(0, -EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED);
	struct nlattr *a = (struct nlattr *)(void *)(answer + len);
	struct nlmsgerr *e = NLMSG_DATA(h);

	(void)state;
	put_tlv(h, NLMSGERR_ATTR_MSG, "words..");
	for (size_t i = 0; i < COUNT(lengths); i++) {
		a->nla_len = lengths[i];
		expect_bad(len, EINVAL, lengths[i] == 12 || lengths[i] == 11
						? "link a: RTM_NEWLINK: Invalid argument (EINVAL): kernel says: words.."
						: "link a: RTM_NEWLINK: Invalid argument (EINVAL)");
	}
	a->nla_len = 12;
	h->nlmsg_flags = NLM_F_ACK_TLVS;
	for (size_t i = 0; i < COUNT(requests); i++) {
		e->msg.nlmsg_len = requests[i];
		expect_bad(len, EINVAL, "link a: RTM_NEWLINK: Invalid argument (EINVAL)");
	}
}

// Too little for another attribute's header.
static void survives_a_rest(void **state)
{
	struct nlmsghdr *h = put_error(0, -EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED);

	(void)state;
	put_tlv(h, NLMSGERR_ATTR_MSG, "words");
	for (int i = 0; i < 3; i++) {
		put_bytes(h, "\x09", 1);
		expect_bad(len, EINVAL, "link a: RTM_NEWLINK: Invalid argument (EINVAL): kernel says: words");
	}
}

static void refuses_what_was_not_asked(void **state)
{
	(void)state;
	put_error(3, 0, NLM_F_CAPPED);
	expect_bad(len, EPROTO, NOT_ASKED);
	len = 0;
	put_error((uint32_t)-1, -EPERM, NLM_F_CAPPED);
	expect_bad(len, EPROTO, NOT_ASKED);
	len = 0;
	put_error(0, 0, NLM_F_CAPPED);
	put_error(0x80000000, 0, NLM_F_CAPPED);
	expect_bad(len, EPROTO, NOT_ASKED);
}

static void passes_over_other_messages(void **state)
{
	uint32_t acked;
	struct nlmsghdr *h = put_error(77, -EPERM, 0);

	(void)state;
	h->nlmsg_type = 16;
	put_error(1, 0, NLM_F_CAPPED);
	assert_int_equal(parse(len, &acked), 0);
	assert_int_equal(acked, nl.seq + 1);
}

static void notices_every_truncation(void **state)
{
	struct nlmsghdr *h;
	size_t first;
	uint32_t acked;

	(void)state;
	put_error(0, 0, NLM_F_CAPPED);
	first = len;
	h = put_error(1, -EINVAL, NLM_F_ACK_TLVS);
	put_bytes(h, "body", 4);
	put_tlv(h, NLMSGERR_ATTR_MSG, "words that the kernel says");
	for (size_t n = 1; n < len; n++) {
		if (n == first)
			continue;
		expect_bad(n, EPROTO, BROKEN);
		(void)!parse(n, &acked);
		assert_int_equal(acked, n < first ? 0 : nl.seq);
	}
	expect_bad(len, EINVAL, "address b: RTM_NEWADDR: Invalid argument (EINVAL): kernel says: words that the kernel says");
}

static void refuses_broken_frames(void **state)
{
	static const uint32_t lengths[] = {0, 1, 15, 37, 38, 1000, 0x7fffffff, 0xfffffffc, 0xffffffff};
	struct nlmsghdr *h = put_error(0, -EPERM, NLM_F_CAPPED);

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		h->nlmsg_len = lengths[i];
		expect_bad(len, EPROTO, BROKEN);
	}
	// A frame that is whole, but too short to be an error.
	for (uint32_t n = NLMSG_HDRLEN; n < NLMSG_LENGTH(sizeof(struct nlmsgerr)); n++) {
		h->nlmsg_len = n;
		expect_bad(n, EPROTO, NOT_ASKED);
	}
}

// The last message of a datagram need not be padded.
static void takes_an_unpadded_end(void **state)
{
	struct nlmsghdr *h = put_error(0, 0, NLM_F_CAPPED);
	uint32_t acked;

	(void)state;
	put_bytes(h, "x", 1);
	assert_int_equal(parse(len, &acked), 0);
	assert_int_equal(acked, nl.seq);
}

// The kernel sends 0 or a negative errno. Nothing else may become one.
static int positive(void)
{
	uint32_t acked;

	put_error(0, 5, NLM_F_CAPPED);
	unit_check(parse(len, &acked) == -1);
	unit_check(errno == EPROTO && err_last.no == EPROTO);
	return 0;
}

static int smallest(void)
{
	uint32_t acked;

	put_error(0, INT_MIN, NLM_F_CAPPED);
	unit_check(parse(len, &acked) == -1);
	unit_check(errno == EPROTO && err_last.no == EPROTO);
	return 0;
}

static void refuses_errors_that_are_none(void **state)
{
	(void)state;
	assert_int_equal(unit_child(positive), 0);
	assert_int_equal(unit_child(smallest), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(takes_acknowledgements, fresh),
		cmocka_unit_test_setup(names_what_failed, fresh),
		cmocka_unit_test_setup(keeps_the_first_of_two_failures, fresh),
		cmocka_unit_test_setup(keeps_acknowledgements_before_a_failure, fresh),
		cmocka_unit_test_setup(takes_the_kernels_words, fresh),
		cmocka_unit_test_setup(finds_words_behind_the_request, fresh),
		cmocka_unit_test_setup(aligns_the_request, fresh),
		cmocka_unit_test_setup(has_no_words_without_their_flag, fresh),
		cmocka_unit_test_setup(survives_broken_words, fresh),
		cmocka_unit_test_setup(survives_a_rest, fresh),
		cmocka_unit_test_setup(refuses_what_was_not_asked, fresh),
		cmocka_unit_test_setup(passes_over_other_messages, fresh),
		cmocka_unit_test_setup(notices_every_truncation, fresh),
		cmocka_unit_test_setup(refuses_broken_frames, fresh),
		cmocka_unit_test_setup(takes_an_unpadded_end, fresh),
		cmocka_unit_test_setup(refuses_errors_that_are_none, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
