// SPDX-License-Identifier: MIT
/* bench-run: the verdict and how it is printed. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "bench-base.h"
#include "bench.h"

/* The first candidate of that role and network, and of those mounts unless NULL; NULL where there is none. */
static const struct candidate *find(const struct bench *b, enum role role, const char *net, const char *mounts)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct candidate *c = &b->candidates[i];

		if (c->role == role && strcmp(c->net, net) == 0 && (!mounts || strcmp(c->mounts, mounts) == 0))
			return c;
	}
	return NULL;
}

static void judge(const struct bench *b, const struct candidate *box)
{
	const struct candidate *floor = find(b, ROLE_FLOOR, box->net, box->mounts);

	if (floor)
		bench_expect(box->median <= b->limit * floor->median, "%s: %.2f x %s (limit %.2f)", box->name,
			     box->median / floor->median, floor->name, b->limit);
	else
		bench_expect(0, "%s: no floor with net %s and mounts %s", box->name, box->net, box->mounts);
	for (size_t i = 0; i < b->count; i++) {
		const struct candidate *c = &b->candidates[i];

		if (c->role == ROLE_PEER && strcmp(c->net, box->net) == 0)
			bench_expect(box->median < c->median, "%s: %.2f ms, %s: %.2f ms", box->name, box->median,
				     c->name, c->median);
	}
}

static void judge_all(const struct bench *b)
{
	int boxes = 0;

	for (size_t i = 0; i < b->count; i++) {
		if (b->candidates[i].role == ROLE_INITBOX) {
			judge(b, &b->candidates[i]);
			boxes++;
		}
	}
	if (!boxes)
		bench_expect(0, "no candidate is initbox");
}

static void print_ratio(const struct candidate *c, const struct candidate *base)
{
	if (base)
		printf(" %9.2f", c->median / base->median);
	else
		printf(" %9s", "-");
}

static void print_table(const struct bench *b, long own_rss)
{
	printf("%ld rounds, interleaved in random order; medians, times in ms, memory in KiB\n", b->rounds);
	printf("%-27s %-6s %-7s %8s %8s %8s %8s %9s %9s\n", "candidate", "net", "mounts", "wall", "min", "cpu", "rss",
	       "x floor", "x initbox");
	for (size_t i = 0; i < b->count; i++) {
		const struct candidate *c = &b->candidates[i];
		char rss[24];

		/* A spawned child shares the runner's pages until its exec: a peak below that is not seen. */
		snprintf(rss, sizeof(rss), c->rss <= own_rss ? "<%ld" : "%ld", c->rss <= own_rss ? own_rss : c->rss);
		printf("%-27s %-6s %-7s %8.2f %8.2f %8.2f %8s", c->name, c->net, c->mounts, c->median, c->min,
		       c->cpu_median, rss);
		print_ratio(c, find(b, ROLE_FLOOR, c->net, c->mounts));
		print_ratio(c, find(b, ROLE_INITBOX, c->net, NULL));
		printf("\n");
	}
	for (size_t i = 0; bench_verdict(i); i++)
		puts(bench_verdict(i));
}

static void print_json(const struct bench *b)
{
	printf("{\"rounds\":%ld,\"candidates\":[", b->rounds);
	for (size_t i = 0; i < b->count; i++) {
		const struct candidate *c = &b->candidates[i];

		printf("%s\n{\"name\":\"%s\",\"role\":\"%s\",\"net\":\"%s\",\"mounts\":\"%s\",\"wall_ms\":%."
		       "4f,"
		       "\"min_ms\":%.4f,\"cpu_ms\":%.4f,\"rss_kib\":%ld}",
		       i ? "," : "", c->name, bench_role_names[c->role], c->net, c->mounts, c->median, c->min,
		       c->cpu_median, c->rss);
	}
	printf("],\n\"assertions\":[");
	for (size_t i = 0; bench_verdict(i); i++)
		printf("%s\n\"%s\"", i ? "," : "", bench_verdict(i));
	printf("]}\n");
}

int bench_report(struct bench *b, long own_rss)
{
	for (size_t i = 0; i < b->count; i++) {
		struct candidate *c = &b->candidates[i];

		c->median = bench_median(c->wall, (size_t)b->rounds) / 1e6;
		c->min = (double)c->wall[0] / 1e6;
		c->cpu_median = bench_median(c->cpu, (size_t)b->rounds) / 1e6;
	}
	if (!b->no_assert)
		judge_all(b);
	if (b->json)
		print_json(b);
	else
		print_table(b, own_rss);
	return bench_failures();
}
