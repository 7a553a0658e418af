// SPDX-License-Identifier: MIT
// For inject.c: requests that the kernel refuses, and answers of it that do not come as they were sent.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum effect {
	EFFECT_NONE,
	EFFECT_REFUSED, // a request: of a type that the kernel does not know
	EFFECT_LOST,	// an answer: the read finds nothing
	EFFECT_SHORT,	// half of it
	EFFECT_TRUNC,	// the kernel says that there was more
	EFFECT_SEQ,	// to a request that was not made
	EFFECT_SENDER,	// of another process
};

// The effect of that name; EFFECT_NONE where there is none.
enum effect effect_named(const char *name);

// How many netlink messages the process is about to send by sendto(2), whose arguments these are; 0: it is something else.
unsigned requests_in(pid_t pid, const uint64_t args[6]);

// Makes message number n, from 0, of them one that the kernel refuses.
void request_refuse(pid_t pid, const uint64_t args[6], unsigned n);

// Whether recvmsg(2), with its msghdr there, has read got bytes from a netlink socket.
bool is_answer(pid_t pid, uint64_t msghdr, int64_t got);

// Changes what was read. Returns what recvmsg(2) is to return.
int64_t answer_spoil(pid_t pid, uint64_t msghdr, int64_t got, enum effect effect);
