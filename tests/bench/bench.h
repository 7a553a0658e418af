// SPDX-License-Identifier: MIT
/* What the three files of bench-run share: who runs, what was measured, what was asked for.
 * bench-base.h comes before it. */
#ifndef BENCH_H
#define BENCH_H

#define MAX_CANDIDATES 24
#define MAX_ARGS       48
#define MAX_ROUNDS     1000

struct candidate {
	const char *name, *net, *mounts;
	enum role role;
	char *argv[MAX_ARGS + 1];
	int64_t wall[MAX_ROUNDS], cpu[MAX_ROUNDS]; /* ns */
	long rss;				   /* KiB, the most of all rounds */
	double median, min, cpu_median;		   /* ms */
};

struct bench {
	struct candidate candidates[MAX_CANDIDATES];
	size_t count;
	long rounds, gap; /* gap: ms of rest before each run */
	double limit;	  /* initbox / floor */
	int json, no_assert;
	const char *file;
};

/* Fill *b from the command line and from the file of candidates it names; bad input ends the program with 2. */
void bench_parse(struct bench *b, int argc, char *argv[]);

/* Sort the samples, judge initbox unless --no-assert, print the table or JSON to stdout.
 * own_rss: KiB, peak of the runner itself. Returns the number of missed targets. */
int bench_report(struct bench *b, long own_rss);

#endif
