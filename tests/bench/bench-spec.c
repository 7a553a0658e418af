// SPDX-License-Identifier: MIT
/* bench-run: its command line and its list of candidates. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define MAX_TEXT (64 * 1024)

const char *const bench_role_names[ROLE_COUNT] = {
	[ROLE_FLOOR] = "floor",
	[ROLE_INITBOX] = "initbox",
	[ROLE_PEER] = "peer",
	[ROLE_EXTRA] = "extra",
};

static char text[MAX_TEXT]; /* the names and arguments of the candidates point into it */

static void parse_line(struct bench *b, char *line)
{
	struct candidate *c = &b->candidates[b->count];
	char *word[4 + MAX_ARGS], *save = NULL;
	size_t n = 0;

	if (b->count == MAX_CANDIDATES)
		bench_die(b->file, "too many candidates");
	if (strpbrk(line, "\"\\"))
		bench_die(line, "a quote or a backslash can't be shown in JSON");
	for (char *w = strtok_r(line, "\t", &save); w; w = strtok_r(NULL, "\t", &save)) {
		if (n == 4 + MAX_ARGS)
			bench_die(word[0], "too many arguments");
		word[n++] = w;
	}
	if (n < 5)
		bench_die(line, "a candidate is NAME ROLE NET MOUNTS PROGRAM [ARG...], with tabs between");
	c->name = word[0];
	while (c->role < ROLE_COUNT && strcmp(bench_role_names[c->role], word[1]) != 0)
		c->role++;
	if (c->role == ROLE_COUNT)
		bench_die(word[1], "no role (floor, initbox, peer, extra)");
	c->net = word[2];
	c->mounts = word[3];
	memcpy(c->argv, word + 4, (n - 4) * sizeof(*word));
	b->count++;
}

static void read_candidates(struct bench *b)
{
	FILE *f = fopen(b->file, "re");
	char *save = NULL;
	size_t n;

	if (!f)
		bench_die(b->file, strerror(errno));
	n = fread(text, 1, sizeof(text) - 1, f);
	if (ferror(f) || n == sizeof(text) - 1)
		bench_die(b->file, "can't be read, or longer than 64 KiB");
	fclose(f);
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		parse_line(b, l);
	if (!b->count)
		bench_die(b->file, "no candidate in it");
}

static double number(const char *name, const char *word, double min, double max)
{
	char *end;
	double value;

	if (!word)
		bench_die(name, "needs a number");
	value = strtod(word, &end);
	if (end == word || *end || !(value >= min && value <= max))
		bench_die(name, "number out of range");
	return value;
}

static void parse_options(struct bench *b, int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--rounds") == 0)
			b->rounds = (long)number("--rounds", argv[++i], 1, MAX_ROUNDS);
		else if (strcmp(argv[i], "--gap") == 0)
			b->gap = (long)number("--gap", argv[++i], 0, 1000);
		else if (strcmp(argv[i], "--limit") == 0)
			b->limit = number("--limit", argv[++i], 1, 100);
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
	b->limit = 1.5;
	parse_options(b, argc, argv);
	read_candidates(b);
}
