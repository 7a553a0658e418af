// SPDX-License-Identifier: MIT
/* bench-entry: the verdict and the table. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench-base.h"
#include "bench-entry.h"

#define MAX_RSS		40	   /* KiB */
#define MAX_RSS_RATIO	(1.0 / 15) /* of tini-static's */
#define MAX_START_RATIO 0.35	   /* of tini-static's */
#define MAX_FLOOR_RATIO 1.3	   /* of the floor's */
#define MAX_BEHIND_MS	50	   /* from the end of the last process to that of the init */

/* What the program under an init costs more than the program alone, and the medians of the other samples. */
struct result {
	long size;		   /* of the file, bytes */
	double wall, cpu, faults;  /* us, us, count */
	double spread;		   /* us: half of what the blocks of starts differ by in wall */
	long memory[MEMORY_COUNT]; /* KiB */
	double stop, behind;	   /* ms; behind is below 0 when no process came to its orderly end */
	long orderly;		   /* the fewest of all rounds */
};

static struct result results[MAX_INITS];

/* Sorts each block of in->wall and of alone->wall, no more. */
static double blocks_spread(struct init *in, struct init *alone, long starts)
{
	double least = 0, most = 0;

	for (long k = 0; k < BLOCKS; k++) {
		long from = starts * k / BLOCKS, to = starts * (k + 1) / BLOCKS;
		double us = (bench_median(in->wall + from, (size_t)(to - from)) -
			     bench_median(alone->wall + from, (size_t)(to - from))) /
			    1e3;

		if (k == 0 || us < least)
			least = us;
		if (k == 0 || us > most)
			most = us;
	}
	return (most - least) / 2;
}

static void sum_up(struct init *in, struct result *r, const double alone[3], size_t starts)
{
	struct stat st;

	if (stat(in->words[0], &st) < 0)
		bench_die(in->words[0], strerror(errno));
	r->size = (long)st.st_size;
	r->wall = (bench_median(in->wall, starts) - alone[0]) / 1e3;
	r->cpu = (bench_median(in->cpu, starts) - alone[1]) / 1e3;
	r->faults = bench_median(in->faults, starts) - alone[2];
	for (int row = 0; row < MEMORY_COUNT; row++)
		r->memory[row] = (long)bench_median(in->memory[row], MEMORY_ROUNDS);
	r->stop = bench_median(in->stop, STOP_ROUNDS) / 1e6;
	bench_median(in->orderly, STOP_ROUNDS);
	r->orderly = (long)in->orderly[0];
	r->behind = r->orderly ? bench_median(in->behind, STOP_ROUNDS) / 1e6 : -1;
}

static const struct result *find(const struct bench *b, enum role role, const char *name)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->inits[i].role == role && (!name || strcmp(b->inits[i].name, name) == 0))
			return &results[i];
	return NULL;
}

static void judge_ratio(const char *what, double own, double other, const char *name, double limit)
{
	bench_expect(own <= limit * other, "%s: %.3f x %s (limit %.3f)", what, own / other, name, limit);
}

static void judge(const struct bench *b, size_t i)
{
	const struct result *r = &results[i], *peer = find(b, ROLE_PEER, "tini-static");
	const struct result *floor = find(b, ROLE_FLOOR, NULL);

	bench_expect(r->memory[MEMORY_RSS] <= MAX_RSS, "memory: %ld KiB (limit %d)", r->memory[MEMORY_RSS], MAX_RSS);
	if (peer) {
		judge_ratio("memory", (double)r->memory[MEMORY_RSS], (double)peer->memory[MEMORY_RSS], "tini-static",
			    MAX_RSS_RATIO);
		judge_ratio("start", r->wall, peer->wall, "tini-static", MAX_START_RATIO);
	} else {
		bench_expect(0, "no tini-static to compare with");
	}
	if (floor)
		judge_ratio("start", r->wall, floor->wall, "the floor", MAX_FLOOR_RATIO);
	else
		bench_expect(0, "no floor to compare with");
	bench_expect(b->inits[i].wakeups == 0, "idle: %ld wakeups (limit 0)", b->inits[i].wakeups);
	bench_expect(r->orderly == TREE_SIZE, "stop: %ld of %d processes ended orderly", r->orderly, TREE_SIZE);
	if (r->orderly)
		bench_expect(r->behind <= MAX_BEHIND_MS, "stop: ended %.2f ms after the last process (limit %d)",
			     r->behind, MAX_BEHIND_MS);
}

static void judge_all(const struct bench *b)
{
	int judged = 0;

	for (size_t i = 0; i < b->count; i++) {
		if (b->inits[i].role == ROLE_INITBOX) {
			judge(b, i);
			judged++;
		}
	}
	if (!judged)
		bench_expect(0, "no init is initbox");
}

static void print_row(const struct bench *b, size_t i)
{
	const struct init *in = &b->inits[i];
	const struct result *r = &results[i], *floor = find(b, ROLE_FLOOR, NULL);

	printf("%-12s %7ld |", in->name, r->size);
	for (int row = 0; row < MEMORY_COUNT; row++)
		printf(" %5ld", r->memory[row]);
	printf(" | %7.0f %4.0f %6.0f %6.0f %8d", r->wall, r->spread, r->cpu, r->faults, in->syscalls);
	if (floor)
		printf(" %7.2f |", r->wall / floor->wall);
	else
		printf(" %7s |", "-");
	printf(" %7ld | %6.1f %7ld", in->wakeups, r->stop, r->orderly);
	if (r->behind >= 0)
		printf(" %6.2f\n", r->behind);
	else
		printf(" %6s\n", "-");
}

static void print_table(const struct bench *b, const double alone[3])
{
	printf("%ld starts, %d times idle, %d stops of %d processes that need %d ms; interleaved in random order, "
	       "medians\n",
	       b->starts, MEMORY_ROUNDS, STOP_ROUNDS, TREE_SIZE, TREE_MS);
	printf("size in bytes, memory in KiB; start: what it adds to the program alone (%.0f us, %.0f us of cpu, %.0f "
	       "page faults), in us\n",
	       alone[0] / 1e3, alone[1] / 1e3, alone[2]);
	printf("%-12s %7s | %5s %5s %5s %5s | %7s %4s %6s %6s %8s %7s | %7s | %6s %7s %6s\n", "init", "size", "rss",
	       "peak", "pss", "dirty", "start", "+-", "cpu", "faults", "syscalls", "x floor", "wakeups", "stop",
	       "orderly", "behind");
	for (size_t i = 0; i < b->count; i++)
		if (b->inits[i].role != ROLE_EXTRA)
			print_row(b, i);
	for (size_t i = 0; bench_verdict(i); i++)
		puts(bench_verdict(i));
}

int entry_report(struct bench *b)
{
	struct init *first = &b->inits[0];
	size_t starts = (size_t)b->starts;
	double alone[3];

	for (size_t i = 1; i < b->count; i++)
		results[i].spread = blocks_spread(&b->inits[i], first, b->starts);
	alone[0] = bench_median(first->wall, starts);
	alone[1] = bench_median(first->cpu, starts);
	alone[2] = bench_median(first->faults, starts);
	for (size_t i = 1; i < b->count; i++)
		sum_up(&b->inits[i], &results[i], alone, starts);
	if (!b->no_assert)
		judge_all(b);
	print_table(b, alone);
	return bench_failures();
}
