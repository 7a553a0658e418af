// SPDX-License-Identifier: MIT
/* bench-run: the verdict and how it is printed. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define MAX_ASSERTIONS 128

static char assertions[MAX_ASSERTIONS][160]; /* "ok: ..." or "FAIL: ..." */
static size_t assertion_count;

static int compare_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Sorts values. */
static double median_ms(int64_t *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare_ns);
	return (double)(values[(n - 1) / 2] + values[n / 2]) / 2e6;
}

/* The first candidate of that role and network, and of those mounts unless NULL; NULL where there is none. */
static const struct candidate *find(const struct bench *b, enum role role, const char *net,
				    const char *mounts)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct candidate *c = &b->candidates[i];

		if (c->role == role && strcmp(c->net, net) == 0 &&
		    (!mounts || strcmp(c->mounts, mounts) == 0))
			return c;
	}
	return NULL;
}

__attribute__((format(printf, 2, 3))) static void expect(int ok, const char *format, ...)
{
	char *line = assertions[assertion_count];
	va_list ap;
	int n;

	if (assertion_count++ == MAX_ASSERTIONS)
		bench_die("report", "too many assertions");
	n = snprintf(line, sizeof(assertions[0]), ok ? "ok: " : "FAIL: ");
	va_start(ap, format);
	vsnprintf(line + n, sizeof(assertions[0]) - (size_t)n, format, ap);
	va_end(ap);
}

static void judge(const struct bench *b, const struct candidate *box)
{
	const struct candidate *floor = find(b, ROLE_FLOOR, box->net, box->mounts);

	if (floor)
		expect(box->median <= b->limit * floor->median, "%s: %.2f x %s (limit %.2f)", box->name,
		       box->median / floor->median, floor->name, b->limit);
	else
		expect(0, "%s: no floor with net %s and mounts %s", box->name, box->net, box->mounts);
	for (size_t i = 0; i < b->count; i++) {
		const struct candidate *c = &b->candidates[i];

		if (c->role == ROLE_PEER && strcmp(c->net, box->net) == 0)
			expect(box->median < c->median, "%s: %.2f ms, %s: %.2f ms", box->name, box->median,
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
		expect(0, "no candidate is initbox");
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
	printf("%-27s %-6s %-7s %8s %8s %8s %8s %9s %9s\n", "candidate", "net", "mounts", "wall", "min",
	       "cpu", "rss", "x floor", "x initbox");
	for (size_t i = 0; i < b->count; i++) {
		const struct candidate *c = &b->candidates[i];
		char rss[24];

		/* A spawned child shares the runner's pages until its exec: a peak below that is not seen. */
		snprintf(rss, sizeof(rss), c->rss <= own_rss ? "<%ld" : "%ld",
			 c->rss <= own_rss ? own_rss : c->rss);
		printf("%-27s %-6s %-7s %8.2f %8.2f %8.2f %8s", c->name, c->net, c->mounts, c->median, c->min,
		       c->cpu_median, rss);
		print_ratio(c, find(b, ROLE_FLOOR, c->net, c->mounts));
		print_ratio(c, find(b, ROLE_INITBOX, c->net, NULL));
		printf("\n");
	}
	for (size_t i = 0; i < assertion_count; i++)
		printf("%s\n", assertions[i]);
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
	for (size_t i = 0; i < assertion_count; i++)
		printf("%s\n\"%s\"", i ? "," : "", assertions[i]);
	printf("]}\n");
}

static int failures(void)
{
	int n = 0;

	for (size_t i = 0; i < assertion_count; i++)
		n += strncmp(assertions[i], "FAIL", 4) == 0;
	return n;
}

int bench_report(struct bench *b, long own_rss)
{
	for (size_t i = 0; i < b->count; i++) {
		struct candidate *c = &b->candidates[i];

		c->median = median_ms(c->wall, (size_t)b->rounds);
		c->min = (double)c->wall[0] / 1e6;
		c->cpu_median = median_ms(c->cpu, (size_t)b->rounds);
	}
	if (!b->no_assert)
		judge_all(b);
	if (b->json)
		print_json(b);
	else
		print_table(b, own_rss);
	return failures();
}
