// SPDX-License-Identifier: MIT
// Netlink messages by hand: built in a fixed buffer, several in one send, errors matched to what was asked.
// Source: netlink(7), rtnetlink(7), linux/netlink.h; extended acks: kernel Documentation/userspace-api/netlink/intro.rst.
//
// A builder never fails half way: an overflow is remembered and reported by nl_send.
#pragma once
#include <sys/types.h>
#include <linux/netlink.h>

#include "base/err.h"

#define NL_MAX_MESSAGES 80

struct nl_label {
	const char *call; // a literal: "RTM_NEWLINK"
	char object[40];
};

struct nl {
	int fd;
	uint32_t seq;	// sequence number of message 0, from a counter
	unsigned count; // messages in buf
	bool overflow;
	size_t len, start; // start: offset of the message being built
	struct nl_label label[NL_MAX_MESSAGES];
	_Alignas(8) char buf[24 * 1024];
};

// Opens a socket of protocol (NETLINK_ROUTE, NETLINK_NETFILTER) in the caller's network namespace, with extended acks
// and strict checking. Returns 0, or -1 with err_last set.
int nl_open(struct nl *nl, int protocol) must_check;
void nl_close(struct nl *nl);

// Takes a socket that is open already, in place of nl_open.
void nl_use(struct nl *nl, int fd);

// Closes the socket of a process that is about to end, and has a child of it wait: after a deletion in nf_tables the last
// close(2) waits for RCU, 5 ms and more (kernel nft_rcv_nl_event). Where there can't be a child it waits itself.
void nl_close_behind(int fd);

// Drops what was built, so that the next messages start a new send.
void nl_reset(struct nl *nl);

// Starts a message: type, NLM_F_* flags (NLM_F_REQUEST is added), the family's own header, and for errors the name of
// the message (a literal) and the object it is about (formatted, cut at 39 bytes).
void nl_begin(struct nl *nl, uint16_t type, uint16_t flags, const void *header, size_t n, const char *call,
	      const char *object, ...) __attribute__((format(printf, 7, 8)));

// Attributes of the message being built.
void nl_put(struct nl *nl, uint16_t attr, const void *data, size_t n);
void nl_str(struct nl *nl, uint16_t attr, const char *s); // with its NUL
void nl_u8(struct nl *nl, uint16_t attr, uint8_t v);
void nl_u32(struct nl *nl, uint16_t attr, uint32_t v);	// host order (rtnetlink)
void nl_be32(struct nl *nl, uint16_t attr, uint32_t v); // network order (nf_tables)
void nl_raw(struct nl *nl, const void *data, size_t n); // bytes without an attribute header

// Opens a nested attribute, and closes it. Returns the offset that nl_end wants.
size_t nl_nest(struct nl *nl, uint16_t attr);
void nl_end(struct nl *nl, size_t nest);

// Sends all messages in one sendmsg and reads the answers. Only the last message asks for an acknowledgement (errors
// always come); the kernel has answered everything before sendmsg returns, so that nothing here waits.
// Returns 0 when all succeeded, or -1 with err_last set to the first message that failed: object, errno and the
// kernel's own words; errno is the kernel's too.
// With batch, messages 0 and count-1 are NFNL_MSG_BATCH_BEGIN and _END. Before Linux 6.10 the END is not acknowledged
// and an acknowledged message may still be rolled back, but then an error for another one comes: all answers are read.
int nl_send(struct nl *nl, bool batch) must_check;

// Reads one datagram of answers, n bytes. For each message failed or acknowledged it updates *acked (the last
// sequence number acknowledged) and, for the first failure, err_last. Returns 0, or -1 after a failure or when the
// datagram is not well formed. Separate from the socket for tests and fuzzing.
int nl_parse(const struct nl *nl, const void *data, size_t n, uint32_t *acked) must_check;

// Sends the one message that was built, a request with NLM_F_DUMP, and calls each for every message of the answer, whose
// frame is right and whose length is at least that of its header; what is in it each has to check (nl_find does).
// A dump that others changed meanwhile (NLM_F_DUMP_INTR) is asked for again, a few times: each is called with h NULL before
// every try, to forget what it has seen. It returns 0, or other than 0 with err_last set, which ends the dump.
// Returns 0, or -1 with err_last and errno set: EAGAIN after the last try. Source: netlink(7), kernel net/netlink/af_netlink.c.
int nl_dump(struct nl *nl, int (*each)(void *arg, const struct nlmsghdr *h), void *arg) must_check;

// Reads one datagram of a dump, as nl_parse does. Separate from the socket for tests and fuzzing.
struct nl_dump {
	int (*each)(void *arg, const struct nlmsghdr *h);
	void *arg;
	bool done, interrupted;
};
int nl_parse_dump(const struct nl *nl, const void *data, size_t n, struct nl_dump *d) must_check;

// Finds an attribute of a message whose family's own header has so many bytes. Returns what is in it, *n bytes, or NULL.
const void *nl_find(const struct nlmsghdr *h, size_t header, uint16_t attr, size_t *n) must_check;

// For nl_dump: the next sequence number; the kernel's text in the TLVs that start at an offset of a message; sends what was
// built; takes one datagram of the kernel's: its length, 0 when none is there.
uint32_t nl_next_seq(void);
void nl_kernel_words(const struct nlmsghdr *h, size_t at);
int nl_transmit(const struct nl *nl) must_check;
ssize_t nl_receive(const struct nl *nl, char *dst, size_t cap) must_check;

// How many datagrams of others nl_receive has passed over: where nothing is missed at the end, as in a dump, one may stand
// in the place of the kernel's.
extern unsigned nl_strangers;

// Index of the link called name in the socket's network namespace. Returns 0 (no index is 0) with err_last set
// when there is none.
unsigned nl_ifindex(const struct nl *nl, const char *name) must_check;
