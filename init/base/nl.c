// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/nl.h"

// NLA_HDRLEN of linux/netlink.h is an int.
enum { MAX_ERRNO = 4095 };

#define ATTR_HEADER   sizeof(struct nlattr)
#define ATTR_ALIGN(n) (((size_t)(n) + 3) & ~(size_t)3)

uint32_t nl_next_seq(void)
{
	static uint32_t last;

	return ++last;
}

int nl_open(struct nl *nl, int protocol)
{
	const int on = 1;

	nl_reset(nl);
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->fd < 0)
		return fail("socket", "netlink %d", protocol);
	if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) ||
	    (protocol == NETLINK_ROUTE && setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)))) {
		fail("setsockopt", "netlink %d", protocol);
		nl_close(nl);
		return -1;
	}
	return 0;
}

void nl_close(struct nl *nl)
{
	close(nl->fd);
	nl->fd = -1;
}

void nl_use(struct nl *nl, int fd)
{
	nl_reset(nl);
	nl->fd = fd;
}

void nl_reset(struct nl *nl)
{
	nl->count = 0;
	nl->len = nl->start = 0;
	nl->overflow = false;
}

// Reserves n bytes, zeroed up to the next multiple of 4. Returns NULL on overflow.
static void *reserve(struct nl *nl, size_t n)
{
	size_t padded = NLMSG_ALIGN(n);
	char *p = nl->buf + nl->len;

	if (padded < n || padded > sizeof(nl->buf) - nl->len) {
		nl->overflow = true;
		return NULL;
	}
	memset(p + n, 0, padded - n);
	nl->len += padded;
	((struct nlmsghdr *)(void *)(nl->buf + nl->start))->nlmsg_len = (uint32_t)(nl->len - nl->start);
	return p;
}

void nl_begin(struct nl *nl, uint16_t type, uint16_t flags, const void *header, size_t n, const char *call,
	      const char *object, ...)
{
	struct nlmsghdr *h;
	va_list ap;

	if (nl->count == NL_MAX_MESSAGES) {
		nl->overflow = true;
		return;
	}
	struct nl_label *label = &nl->label[nl->count];
	struct buf text = BUF(label->object);

	label->call = call;
	label->object[0] = '\0';
	va_start(ap, object);
	buf_vfmt(&text, object, ap);
	va_end(ap);
	if (sizeof(nl->buf) - nl->len < sizeof(*h)) {
		nl->overflow = true;
		return;
	}
	nl->start = nl->len;
	h = reserve(nl, sizeof(*h));
	*h = (struct nlmsghdr){.nlmsg_len = sizeof(*h), .nlmsg_type = type};
	h->nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST);
	h->nlmsg_seq = nl_next_seq();
	if (nl->count == 0)
		nl->seq = h->nlmsg_seq;
	nl->count++;
	nl_raw(nl, header, n);
}

void nl_raw(struct nl *nl, const void *data, size_t n)
{
	void *p = reserve(nl, n);

	if (p)
		memcpy(p, data, n);
}

void nl_put(struct nl *nl, uint16_t attr, const void *data, size_t n)
{
	struct nlattr *a = reserve(nl, ATTR_HEADER + n);

	if (!a)
		return;
	a->nla_type = attr;
	a->nla_len = (uint16_t)(ATTR_HEADER + n);
	if (n)
		memcpy((char *)a + ATTR_HEADER, data, n);
}

void nl_str(struct nl *nl, uint16_t attr, const char *s)
{
	nl_put(nl, attr, s, strlen(s) + 1);
}

void nl_u8(struct nl *nl, uint16_t attr, uint8_t v)
{
	nl_put(nl, attr, &v, sizeof(v));
}

void nl_u32(struct nl *nl, uint16_t attr, uint32_t v)
{
	nl_put(nl, attr, &v, sizeof(v));
}

void nl_be32(struct nl *nl, uint16_t attr, uint32_t v)
{
	nl_u32(nl, attr, htonl(v));
}

size_t nl_nest(struct nl *nl, uint16_t attr)
{
	size_t at = nl->len;

	nl_put(nl, attr | NLA_F_NESTED, NULL, 0);
	return at;
}

void nl_end(struct nl *nl, size_t nest)
{
	struct nlattr *a = (struct nlattr *)(void *)(nl->buf + nest);
	size_t n = nl->len - nest;

	if (nl->overflow)
		return;
	if (n > UINT16_MAX)
		nl->overflow = true; // nla_len is 16 bits wide
	a->nla_len = (uint16_t)n;
}

static struct nlmsghdr *message(struct nl *nl, unsigned wanted)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)nl->buf;

	while (wanted-- > 0)
		h = (struct nlmsghdr *)(void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));
	return h;
}

void nl_kernel_words(const struct nlmsghdr *h, size_t at)
{
	while (at + ATTR_HEADER <= h->nlmsg_len) {
		const struct nlattr *a = (const struct nlattr *)(const void *)((const char *)h + at);

		if (a->nla_len < ATTR_HEADER || a->nla_len > h->nlmsg_len - at)
			return;
		if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			fail_kernel_words((const char *)a + ATTR_HEADER, a->nla_len - (size_t)ATTR_HEADER);
		at += ATTR_ALIGN(a->nla_len);
	}
}

// They sit behind the error, which echoes only the header (NETLINK_CAP_ACK).
static void error_words(const struct nlmsghdr *h)
{
	size_t at = NLMSG_LENGTH(sizeof(struct nlmsgerr));

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED)) {
		const struct nlmsgerr *e = (const struct nlmsgerr *)((const char *)h + NLMSG_HDRLEN);

		if (e->msg.nlmsg_len < sizeof(e->msg) || e->msg.nlmsg_len > h->nlmsg_len)
			return;
		at += NLMSG_ALIGN(e->msg.nlmsg_len - sizeof(e->msg));
	}
	nl_kernel_words(h, at);
}

int nl_parse(const struct nl *nl, const void *data, size_t n, uint32_t *acked)
{
	const struct nlmsghdr *h = data;

	for (; NLMSG_OK(h, n); h = (const void *)((const char *)h + NLMSG_ALIGN(h->nlmsg_len))) {
		const struct nlmsgerr *e = (const struct nlmsgerr *)((const char *)h + NLMSG_HDRLEN);
		uint32_t i = h->nlmsg_seq - nl->seq;
		size_t step = NLMSG_ALIGN(h->nlmsg_len);

		if (h->nlmsg_type == NLMSG_ERROR) {
			if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) || i >= nl->count || e->error > 0 ||
			    e->error < -MAX_ERRNO) {
				errno = EPROTO;
				return fail("recvmsg", "netlink answer to nothing that was asked");
			}
			if (e->error) {
				errno = -e->error;
				fail(nl->label[i].call, "%s", nl->label[i].object);
				error_words(h);
				errno = -e->error;
				return -1;
			}
			*acked = h->nlmsg_seq;
		}
		n -= step < n ? step : n;
	}
	if (n == 0)
		return 0;
	errno = EPROTO;
	return fail("recvmsg", "netlink answer with a broken frame");
}

unsigned nl_strangers;

ssize_t nl_receive(const struct nl *nl, char *dst, size_t cap)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = {dst, cap};
	struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};

	for (;;) {
		ssize_t n = recvmsg(nl->fd, &m, MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail("recvmsg", "netlink");
		if (m.msg_flags & MSG_TRUNC) {
			errno = EMSGSIZE;
			return fail("recvmsg", "netlink answer cut short");
		}
		if (from.nl_pid == 0 && n > 0)
			return n;
		m.msg_namelen = sizeof(from); // from another process: not an answer
		nl_strangers++;
	}
}

int nl_transmit(const struct nl *nl)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	return sendto(nl->fd, nl->buf, nl->len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) == (ssize_t)nl->len
		       ? 0
		       : fail("sendto", "netlink");
}

int nl_send(struct nl *nl, bool batch)
{
	_Alignas(8) char answer[8192];
	unsigned last = nl->count - (batch ? 2 : 1);
	uint32_t acked = 0, wanted = nl->seq + last;
	ssize_t n;
	int ret = 0, no = 0;

	if (nl->overflow || nl->count < (batch ? 3 : 1)) {
		errno = EMSGSIZE;
		return fail("sendmsg", "netlink: %u messages, %zu bytes", nl->count, nl->len);
	}
	message(nl, last)->nlmsg_flags |= NLM_F_ACK;
	if (nl_transmit(nl)) {
		no = errno;
		nl_reset(nl);
		errno = no;
		return -1;
	}
	// Every answer is read, also after a failure: one left behind would be taken for the next send's.
	while ((batch || acked != wanted) && (n = nl_receive(nl, answer, sizeof(answer))) != 0) {
		if (n < 0 && ret)
			break;
		if (ret == 0 && (n < 0 || nl_parse(nl, answer, (size_t)n, &acked))) {
			ret = -1;
			no = errno;
		}
	}
	if (ret == 0 && acked != wanted) {
		errno = no = EPROTO;
		ret = fail(nl->label[last].call, "%s: no answer from the kernel", nl->label[last].object);
	}
	nl_reset(nl);
	errno = no;
	return ret;
}

unsigned nl_ifindex(const struct nl *nl, const char *name)
{
	struct ifreq ifr = {0};

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	if (ioctl(nl->fd, SIOCGIFINDEX, &ifr)) {
		fail("SIOCGIFINDEX", "%s", name);
		return 0;
	}
	return (unsigned)ifr.ifr_ifindex;
}
