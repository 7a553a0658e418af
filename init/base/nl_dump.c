// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/nl.h"

enum { MAX_TRIES = 16, MAX_ERRNO = 4095 };

static int protocol_error(const char *text)
{
	errno = EPROTO;
	return fail("recvmsg", "%s", text);
}

// The end of a dump has its result, as an int.
static int take_end(const struct nl *nl, const struct nlmsghdr *h)
{
	int result;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(result)))
		return protocol_error("netlink answer with a broken frame");
	memcpy(&result, (const char *)h + NLMSG_HDRLEN, sizeof(result));
	if (result >= 0)
		return 0;
	errno = result < -MAX_ERRNO ? EPROTO : -result;
	fail(nl->label[0].call, "%s", nl->label[0].object);
	if (h->nlmsg_flags & NLM_F_ACK_TLVS)
		nl_kernel_words(h, NLMSG_LENGTH(sizeof(result)));
	errno = err_last.no;
	return -1;
}

int nl_parse_dump(const struct nl *nl, const void *data, size_t n, struct nl_dump *d)
{
	const struct nlmsghdr *h = data;
	uint32_t acked;

	for (; NLMSG_OK(h, n) && !d->done; h = (const void *)((const char *)h + NLMSG_ALIGN(h->nlmsg_len))) {
		size_t step = NLMSG_ALIGN(h->nlmsg_len);

		if (h->nlmsg_seq != nl->seq)
			return protocol_error("netlink answer to nothing that was asked");
		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			d->interrupted = true;
		if (h->nlmsg_type == NLMSG_ERROR) {
			if (nl_parse(nl, h, h->nlmsg_len, &acked))
				return -1;
		} else if (h->nlmsg_type == NLMSG_DONE) {
			if (take_end(nl, h))
				return -1;
			d->done = true;
		} else if (d->each(d->arg, h)) {
			return -1;
		}
		n -= step < n ? step : n;
	}
	return n == 0 ? 0 : protocol_error("netlink answer with a broken frame");
}

// One try. The kernel has made each part when recvmsg asks for it, so that nothing here waits.
static int dump_once(struct nl *nl, struct nl_dump *d)
{
	_Alignas(8) char answer[16 * 1024];
	struct nlmsghdr *h = (void *)nl->buf;
	unsigned strangers = nl_strangers;
	ssize_t n;
	int no;

	nl->seq = h->nlmsg_seq = nl_next_seq();
	d->done = d->interrupted = false;
	if (d->each(d->arg, NULL) || nl_transmit(nl))
		return -1;
	do {
		n = nl_receive(nl, answer, sizeof(answer));
		if (n == 0) {
			errno = EPROTO;
			fail(nl->label[0].call, "%s: no end of the answer from the kernel", nl->label[0].object);
		}
		if (n > 0 && nl_parse_dump(nl, answer, (size_t)n, d))
			n = -1;
	} while (n > 0 && !d->done);
	if (n > 0 && nl_strangers == strangers)
		return 0;
	if (n > 0) {
		errno = EPROTO;
		fail(nl->label[0].call, "%s: part of the answer is not the kernel's", nl->label[0].object);
	}
	no = errno;
	// What is left would be taken for the next request's.
	while (nl_receive(nl, answer, sizeof(answer)) > 0)
		;
	errno = no;
	return -1;
}

int nl_dump(struct nl *nl, int (*each)(void *arg, const struct nlmsghdr *h), void *arg)
{
	struct nl_dump d = {.each = each, .arg = arg, .interrupted = true};
	int ret = 0, no;

	if (nl->overflow || nl->count != 1) {
		errno = EMSGSIZE;
		ret = fail("sendmsg", "netlink: %u messages, %zu bytes", nl->count, nl->len);
	}
	for (int i = 0; ret == 0 && d.interrupted && i < MAX_TRIES; i++)
		ret = dump_once(nl, &d);
	if (ret == 0 && d.interrupted) {
		errno = EAGAIN;
		ret = fail(nl->label[0].call, "%s: changed each time it was read", nl->label[0].object);
	}
	no = errno;
	nl_reset(nl);
	errno = no;
	return ret;
}

const void *nl_find(const struct nlmsghdr *h, size_t header, uint16_t attr, size_t *n)
{
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(header);

	while (at + sizeof(struct nlattr) <= h->nlmsg_len) {
		const struct nlattr *a = (const void *)((const char *)h + at);

		if (a->nla_len < sizeof(*a) || a->nla_len > h->nlmsg_len - at)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == attr) {
			*n = a->nla_len - sizeof(*a);
			return a + 1;
		}
		at += NLMSG_ALIGN(a->nla_len);
	}
	return NULL;
}
