// SPDX-License-Identifier: MIT
/* bench-run: its command line and its list of candidates. */
#define _GNU_SOURCE
#include <string.h>

#include "bench-base.h"
#include "bench.h"

static void parse_line(void *arg, char *words[], size_t n)
{
	struct bench *b = arg;
	struct candidate *c = &b->candidates[b->count];

	if (b->count == MAX_CANDIDATES)
		bench_die(b->file, "too many candidates");
	for (size_t i = 0; i < n; i++)
		if (strpbrk(words[i], "\"\\"))
			bench_die(words[i], "a quote or a backslash can't be shown in JSON");
	if (n < 5)
		bench_die(b->file, "a candidate is NAME ROLE NET MOUNTS PROGRAM [ARG...], with tabs between");
	c->name = words[0];
	c->role = bench_role(words[1]);
	c->net = words[2];
	c->mounts = words[3];
	memcpy(c->argv, words + 4, (n - 4) * sizeof(*words));
	b->count++;
}

static void parse_options(struct bench *b, int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--rounds") == 0)
			b->rounds = (long)bench_number("--rounds", argv[++i], 1, MAX_ROUNDS);
		else if (strcmp(argv[i], "--gap") == 0)
			b->gap = (long)bench_number("--gap", argv[++i], 0, 1000);
		else if (strcmp(argv[i], "--limit") == 0)
			b->limit = bench_number("--limit", argv[++i], 1, 100);
		else if (strcmp(argv[i], "--json") == 0)
			b->json = 1;
		else if (strcmp(argv[i], "--no-assert") == 0)
			b->no_assert = 1;
		else
			bench_die(argv[i], "no such option");
	}
	if (i != argc - 1)
		bench_die("usage", "bench-run [--rounds N] [--gap MS] [--limit RATIO] [--json] [--no-assert] "
				   "CANDIDATES");
	b->file = argv[i];
}

void bench_parse(struct bench *b, int argc, char *argv[])
{
	b->rounds = 60;
	b->gap = 10;
	b->limit = 1.25;
	parse_options(b, argc, argv);
	bench_read(b->file, 4 + MAX_ARGS, parse_line, b);
	if (!b->count)
		bench_die(b->file, "no candidate in it");
}
