// SPDX-License-Identifier: MIT
/*
 * bench-entry - measure inits around one program as PID 1 and hold initbox to its targets.
 *
 *   bench-entry [--starts N] [--no-assert] PROGRAM TREE INITS
 *
 * PROGRAM ends at once, TREE is entry-tree. INITS is a file; each line is NAME, ROLE, SYSCALLS and the init's own
 * command line, with tabs between. ROLE is floor, initbox, peer or extra: the program without an init, whose command
 * line is empty. SYSCALLS is the number of them in one start.
 *
 * Every round runs each init once, in a new random order. Exit: 0, 1 a target is missed, 2 trouble.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "bench-base.h"
#include "bench-entry.h"

#define WARM_UPS 2

static struct bench bench;

static void parse_line(void *arg, char *words[], size_t n)
{
	struct bench *b = arg;
	struct init *in = &b->inits[b->count];

	if (b->count == MAX_INITS)
		bench_die(b->file, "too many inits");
	if (n < 3)
		bench_die(b->file, "an init is NAME ROLE SYSCALLS [COMMAND...], with tabs between");
	in->name = words[0];
	in->role = bench_role(words[1]);
	in->syscalls = (int)bench_number(in->name, words[2], 0, 1e6);
	in->count = n - 3;
	memcpy(in->words, words + 3, in->count * sizeof(*words));
	if ((in->role == ROLE_EXTRA) != (in->count == 0))
		bench_die(in->name, "role extra goes without a command, the others with one");
	b->count++;
}

static void parse(struct bench *b, int argc, char *argv[])
{
	int i;

	b->starts = 500;
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--starts") == 0)
			b->starts = (long)bench_number("--starts", argv[++i], BLOCKS, MAX_STARTS);
		else if (strcmp(argv[i], "--no-assert") == 0)
			b->no_assert = 1;
		else
			bench_die(argv[i], "no such option");
	}
	if (i != argc - 3)
		bench_die("usage", "bench-entry [--starts N] [--no-assert] PROGRAM TREE INITS");
	b->program = argv[i];
	b->tree = argv[i + 1];
	b->file = argv[i + 2];
	bench_read(b->file, 3 + MAX_WORDS, parse_line, b);
	if (!b->count || b->inits[0].role != ROLE_EXTRA)
		bench_die(b->file, "the first line has to be the program alone (role extra)");
}

/* A peer that can't run here is left out and named; all else has to run. */
static void warm_up(struct bench *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->count; i++) {
		struct init *in = &b->inits[i];
		struct launch l;
		int status = 0;

		for (int k = 0; k < WARM_UPS && status == 0; k++)
			status = entry_start(b, in, &l);
		if (status != 0 && in->role != ROLE_PEER)
			bench_die(in->name, bench_status_text(status));
		if (status != 0) {
			fprintf(stderr, "skipped: %s: %s\n", in->name, bench_status_text(status));
			continue;
		}
		if (kept != i)
			b->inits[kept] = *in;
		kept++;
	}
	b->count = kept;
}

int main(int argc, char *argv[])
{
	parse(&bench, argc, argv);
	warm_up(&bench);
	entry_measure_starts(&bench);
	entry_measure_idle(&bench);
	entry_measure_stops(&bench);
	return entry_report(&bench) ? 1 : 0;
}
