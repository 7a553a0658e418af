// SPDX-License-Identifier: MIT
/* What the files of bench-net share. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <stddef.h>
#include <stdint.h>

#define NET_MAX_ROUNDS 1000

struct bench_net {
	const char *initbox, *root, *candidates;
	long rounds;
	size_t boxes;
	int no_assert;
	int marks[2]; /* the pipe that is the boxes' stdout */
	int words;    /* the file that is their stderr */
};

/* Ends the program with 2, after what the boxes said. */
_Noreturn void net_die(const struct bench_net *b, const char *object, const char *reason);

/* Takes a mark out of the pipe: ns of the monotonic clock. */
int64_t net_take_mark(const struct bench_net *b, const char *who);

/* Starts and ends of single boxes beside the floor's and the peers'; prints a table. */
void net_starts(const struct bench_net *b);

/* Many boxes: starts, rules, throughput of a published port; many at once. */
void net_many(const struct bench_net *b);

#endif
