// SPDX-License-Identifier: MIT
// base/nl: what nl_send makes of a kernel whose answers are lost, cut short, somebody else's or not ours. The test stands
// in for sendto(2) and recvmsg(2).
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/nl.h"

// One answer; i is the message it is for.
struct answer {
	int no; // recvmsg fails with it
	uint32_t i;
	int error;	// 0 or a negative errno
	unsigned cut;	// bytes that are missing at its end
	bool truncated; // the kernel says that the buffer was too small
	uint32_t from;	// sender's port, 0: the kernel
};

static const struct answer *next, *last;
static struct nl nl;
static int send_errno;

// clang-format off
ssize_t sendto(int fd, const void *data, size_t n, int flags, const struct sockaddr *to, socklen_t len)
{
	(void)fd, (void)data, (void)flags, (void)to, (void)len;
	errno = send_errno;
	return send_errno ? -1 : (ssize_t)n;
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	const struct answer *a = next;
	struct nlmsghdr *h = m->msg_iov->iov_base;
	struct sockaddr_nl from = {.nl_family = AF_NETLINK};
	struct nlmsgerr e = {0};

	assert_int_equal(fd, nl.fd);
	assert_true(flags & MSG_DONTWAIT); // nothing here may wait
	if (next == last || next->no) {
		errno = next == last ? EAGAIN : next++->no;
		return -1;
	}
	next++;
	e.error = a->error;
	e.msg = (struct nlmsghdr){.nlmsg_len = sizeof(e.msg), .nlmsg_seq = nl.seq + a->i};
	*h = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(sizeof(e)), .nlmsg_type = NLMSG_ERROR,
			       .nlmsg_flags = NLM_F_CAPPED, .nlmsg_seq = nl.seq + a->i};
	memcpy(NLMSG_DATA(h), &e, sizeof(e));
	from.nl_pid = a->from;
	assert_true(m->msg_namelen >= sizeof(from));
	memcpy(m->msg_name, &from, sizeof(from));
	m->msg_namelen = sizeof(from);
	m->msg_flags = a->truncated ? MSG_TRUNC : 0;
	return (ssize_t)(h->nlmsg_len - a->cut);
}
// clang-format on

// Sends three messages and gives these answers. Returns nl_send's result; so many answers are not read then: last - next.
static int ask(bool batch, const struct answer *answers, size_t count)
{
	int ret;

	next = answers;
	last = answers + count;
	nl.fd = 77;
	nl_reset(&nl);
	nl_begin(&nl, 16, 0, "abcd", 4, "RTM_NEWLINK", "link a");
	nl_begin(&nl, 20, 0, "abcd", 4, "RTM_NEWADDR", "address b");
	nl_begin(&nl, 24, 0, "abcd", 4, "RTM_NEWROUTE", "route c");
	errno = 0;
	ret = nl_send(&nl, batch);
	assert_int_equal(nl.count, 0); // ready for the next ones, whatever came of these
	return ret;
}

#define GOOD(...)                                                         \
	do {                                                              \
		const struct answer answers[] = {__VA_ARGS__};            \
		assert_int_equal(ask(false, answers, COUNT(answers)), 0); \
		assert_ptr_equal(next, last);                             \
	} while (0)

// All answers have been read: one that is left would be taken for the next send's.
#define BAD(number, text, ...)                                             \
	do {                                                               \
		const struct answer answers[] = {__VA_ARGS__};             \
		assert_int_equal(ask(false, answers, COUNT(answers)), -1); \
		assert_int_equal(errno, number);                           \
		unit_expect_err(text);                                     \
		assert_ptr_equal(next, last);                              \
	} while (0)

#define LOST "route c: no answer from the kernel: RTM_NEWROUTE: Protocol error (EPROTO)"

static void takes_the_acknowledgement(void **state)
{
	(void)state;
	GOOD({.i = 2});
	GOOD({.no = EINTR}, {.no = EINTR}, {.i = 2});
	BAD(EEXIST, "link a: RTM_NEWLINK: File exists (EEXIST)", {.error = -EEXIST}, {.i = 2});
	BAD(EPERM, "route c: RTM_NEWROUTE: Operation not permitted (EPERM)", {.i = 2, .error = -EPERM});
}

static void notices_a_lost_answer(void **state)
{
	(void)state;
	assert_int_equal(ask(false, NULL, 0), -1);
	assert_int_equal(errno, EPROTO);
	unit_expect_err(LOST);
	BAD(EPROTO, LOST, {.i = 1}); // one for another message is none for the last
	BAD(ENOBUFS, "netlink: recvmsg: No buffer space available (ENOBUFS)", {.no = ENOBUFS});
}

static void notices_an_answer_that_is_cut_short(void **state)
{
	(void)state;
	BAD(EMSGSIZE, "netlink answer cut short: recvmsg: Message too long (EMSGSIZE)", {.i = 2, .truncated = true});
	for (unsigned cut = 1; cut < NLMSG_LENGTH(sizeof(struct nlmsgerr)); cut++)
		BAD(EPROTO, "netlink answer with a broken frame: recvmsg: Protocol error (EPROTO)",
		    {.i = 2, .cut = cut});
}

static void notices_a_wrong_sequence(void **state)
{
	(void)state;
	BAD(EPROTO, "netlink answer to nothing that was asked: recvmsg: Protocol error (EPROTO)", {.i = 3}, {.i = 2});
	BAD(EPROTO, "netlink answer to nothing that was asked: recvmsg: Protocol error (EPROTO)", {.i = (uint32_t)-1},
	    {.i = 2});
}

// Any process can send to a netlink socket.
static void passes_over_other_senders(void **state)
{
	(void)state;
	GOOD({.i = 0, .error = -EPERM, .from = 4711}, {.i = 2});
	BAD(EPROTO, LOST, {.i = 2, .from = 4711}, {.i = 2, .from = 1});
}

static void reads_all_answers_of_a_batch(void **state)
{
	static const struct answer acked[] = {{.i = 1}}, rolled_back[] = {{.i = 1}, {.i = 0, .error = -ENOSPC}};
	(void)state;
	assert_int_equal(ask(true, acked, COUNT(acked)), 0);
	assert_int_equal(ask(true, rolled_back, COUNT(rolled_back)), -1);
	assert_ptr_equal(next, last);
	unit_expect_err("link a: RTM_NEWLINK: No space left on device (ENOSPC)");
}

static void tells_a_send_that_fails(void **state)
{
	(void)state;
	send_errno = ENOBUFS;
	assert_int_equal(ask(false, NULL, 0), -1);
	send_errno = 0;
	assert_int_equal(errno, ENOBUFS);
	unit_expect_err("netlink: sendto: No buffer space available (ENOBUFS)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_acknowledgement),
		cmocka_unit_test(notices_a_lost_answer),
		cmocka_unit_test(notices_an_answer_that_is_cut_short),
		cmocka_unit_test(notices_a_wrong_sequence),
		cmocka_unit_test(passes_over_other_senders),
		cmocka_unit_test(reads_all_answers_of_a_batch),
		cmocka_unit_test(tells_a_send_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
