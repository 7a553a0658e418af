// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <linux/netlink.h>

#include "netlink.h"

enum { MAX_SEND = 64 * 1024, UNKNOWN_TYPE = 0x7f7f };

static _Alignas(8) char sent[MAX_SEND];

static bool copy_from(pid_t pid, uint64_t at, void *dst, size_t n)
{
	struct iovec here = {dst, n}, there = {(void *)(uintptr_t)at, n};

	return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)n;
}

static void copy_to(pid_t pid, uint64_t at, void *src, size_t n)
{
	struct iovec here = {src, n}, there = {(void *)(uintptr_t)at, n};

	process_vm_writev(pid, &here, 1, &there, 1, 0);
}

enum effect effect_named(const char *name)
{
	static const char *const names[] = {"", "refused", "lost", "short", "trunc", "seq", "sender"};

	for (int i = EFFECT_REFUSED; i <= EFFECT_SENDER; i++)
		if (!strcmp(names[i], name))
			return (enum effect)i;
	return EFFECT_NONE;
}

// Offset of message n in what is sent, or of the end; *count: how many there are up to there.
static size_t offset_of(size_t len, unsigned n, unsigned *count)
{
	size_t at = 0;

	for (*count = 0; *count < n && at + sizeof(struct nlmsghdr) <= len; (*count)++)
		at += NLMSG_ALIGN(((const struct nlmsghdr *)(const void *)(sent + at))->nlmsg_len);
	return at;
}

unsigned requests_in(pid_t pid, const uint64_t args[6])
{
	sa_family_t family;
	unsigned count;

	if (!args[4] || !copy_from(pid, args[4], &family, sizeof(family)) || family != AF_NETLINK ||
	    args[2] > sizeof(sent) || !copy_from(pid, args[1], sent, args[2]))
		return 0;
	offset_of(args[2], ~0u, &count);
	return count;
}

void request_refuse(pid_t pid, const uint64_t args[6], unsigned n)
{
	uint16_t type = UNKNOWN_TYPE;
	unsigned count;

	copy_to(pid, args[1] + offset_of(args[2], n, &count) + offsetof(struct nlmsghdr, nlmsg_type), &type,
		sizeof(type));
}

bool is_answer(pid_t pid, uint64_t msghdr, int64_t got)
{
	struct msghdr m;
	sa_family_t family;

	return got > 0 && copy_from(pid, msghdr, &m, sizeof(m)) && m.msg_name &&
	       copy_from(pid, (uintptr_t)m.msg_name, &family, sizeof(family)) && family == AF_NETLINK;
}

int64_t answer_spoil(pid_t pid, uint64_t msghdr, int64_t got, enum effect effect)
{
	struct sockaddr_nl from;
	struct nlmsghdr h;
	struct iovec iov;
	struct msghdr m;

	if (!copy_from(pid, msghdr, &m, sizeof(m)) || !copy_from(pid, (uintptr_t)m.msg_iov, &iov, sizeof(iov)) ||
	    !copy_from(pid, (uintptr_t)m.msg_name, &from, sizeof(from)) ||
	    !copy_from(pid, (uintptr_t)iov.iov_base, &h, sizeof(h)))
		return got;
	switch (effect) {
	case EFFECT_LOST:
		return -EAGAIN;
	case EFFECT_SHORT:
		return got / 2;
	case EFFECT_TRUNC:
		m.msg_flags |= MSG_TRUNC;
		copy_to(pid, msghdr, &m, sizeof(m));
		return got;
	case EFFECT_SEQ:
		h.nlmsg_seq += 1000;
		copy_to(pid, (uintptr_t)iov.iov_base, &h, sizeof(h));
		return got;
	case EFFECT_SENDER:
		from.nl_pid = 4711;
		copy_to(pid, (uintptr_t)m.msg_name, &from, sizeof(from));
		return got;
	default:
		return got;
	}
}
