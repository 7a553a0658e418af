// SPDX-License-Identifier: MIT
/* bench-net: single boxes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench-base.h"
#include "bench-net.h"

#define MAX_CANDIDATES 12
#define GAP_MS	       20 /* the namespace of the run before dies late */
#define QUIET_MS       100
#define WARM_UPS       2
#define MAX_ATTACH     1.3  /* of the floor's */
#define MAX_WHOLE      1.25 /* of the floor's start */

static struct candidate {
	const char *name;
	enum role role;
	double faster; /* start and end of a box, at least so many times */
	char *argv[64];
	int64_t wall[NET_MAX_ROUNDS], start[NET_MAX_ROUNDS]; /* ns */
	double wall_median, start_median;		     /* ms */
} candidates[MAX_CANDIDATES];
static size_t count;

static void parse_line(void *arg, char *words[], size_t n)
{
	(void)arg;
	if (count == MAX_CANDIDATES || n < 4)
		bench_die(words[0], "too many candidates, or not NAME ROLE FASTER PROGRAM [ARG...]");
	candidates[count].name = words[0];
	candidates[count].role = bench_role(words[1]);
	candidates[count].faster = bench_number(words[0], words[2], 0, 1000);
	memcpy(candidates[count++].argv, words + 3, (n - 3) * sizeof(*words));
}

/* One launch. Peers say nothing. */
static void launch(const struct bench_net *b, struct candidate *c, long round)
{
	struct launch l = {.argv = c->argv, .out = b->marks[1], .err = b->words};

	bench_wait_quiet(GAP_MS, QUIET_MS);
	if (bench_start(&l) < 0)
		net_die(b, c->argv[0], strerror(errno));
	if (bench_wait(&l) != 0)
		net_die(b, c->name, bench_status_text(l.status));
	c->wall[round] = l.ended - l.started;
	c->start[round] = c->role == ROLE_PEER ? 0 : net_take_mark(b, c->name) - l.started;
}

static const struct candidate *find(const struct bench_net *b, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(candidates[i].name, name) == 0)
			return &candidates[i];
	net_die(b, name, "no such candidate");
}

/* What the network adds, round by round: what else goes on hits both alike. In ms. */
static double attach(const struct bench_net *b, const char *with, const char *without)
{
	static int64_t added[NET_MAX_ROUNDS];
	const struct candidate *w = find(b, with), *wo = find(b, without);

	for (long i = 0; i < b->rounds; i++)
		added[i] = w->start[i] - wo->start[i];
	return bench_median(added, (size_t)b->rounds) / 1e6;
}

static void judge(const struct bench_net *b, double ours, double bare)
{
	const struct candidate *box = find(b, "initbox bridge"), *floor = find(b, "floor bridge");

	bench_expect(ours <= MAX_ATTACH * bare,
		     "bridge, veth, address, route and port add %.2f ms, by bare messages %.2f: %.2f x (limit %.2f)",
		     ours, bare, ours / bare, MAX_ATTACH);
	bench_expect(box->start_median <= MAX_WHOLE * floor->start_median,
		     "a whole box starts in %.2f ms, its steps done bare in %.2f: %.2f x (limit %.2f)",
		     box->start_median, floor->start_median, box->start_median / floor->start_median, MAX_WHOLE);
	for (size_t i = 0; i < count; i++)
		if (candidates[i].faster > 0)
			bench_expect(candidates[i].wall_median >= candidates[i].faster * box->wall_median,
				     "start and end: %s %.2f ms, a whole box %.2f: %.1f x (at least %.0f)",
				     candidates[i].name, candidates[i].wall_median, box->wall_median,
				     candidates[i].wall_median / box->wall_median, candidates[i].faster);
}

void net_starts(const struct bench_net *b)
{
	size_t order[MAX_CANDIDATES];
	double ours, bare;

	bench_read(b->candidates, 60, parse_line, NULL);
	for (long round = -WARM_UPS; round < b->rounds; round++) {
		bench_shuffle(order, count);
		for (size_t i = 0; i < count; i++)
			launch(b, &candidates[order[i]], round < 0 ? 0 : round);
	}
	ours = attach(b, "initbox bridge", "initbox none");
	bare = attach(b, "floor bridge", "floor none");
	printf("%ld rounds, interleaved in random order; medians in ms: to the program's first instruction, and to the "
	       "end of all\n",
	       b->rounds);
	for (size_t i = 0; i < count; i++) {
		struct candidate *c = &candidates[i];

		c->start_median = bench_median(c->start, (size_t)b->rounds) / 1e6;
		c->wall_median = bench_median(c->wall, (size_t)b->rounds) / 1e6;
		if (c->role == ROLE_PEER)
			printf("%-24s %8s %8.2f\n", c->name, "-", c->wall_median);
		else
			printf("%-24s %8.2f %8.2f\n", c->name, c->start_median, c->wall_median);
	}
	if (!b->no_assert)
		judge(b, ours, bare);
	else
		printf("the network adds %.2f ms, by bare messages %.2f\n", ours, bare);
}
