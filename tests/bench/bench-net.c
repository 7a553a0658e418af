// SPDX-License-Identifier: MIT
/*
 * bench-net - what the network of a box costs: beside bare messages, beside ip and nft, and with many boxes.
 *
 *   bench-net [--rounds N] [--boxes N] [--no-assert] INITBOX ROOT CANDIDATES
 *
 * Called by bench-net.sh in network namespaces of its own: outside - this one - boxes. ROOT has /mark, /hold and /sink.
 * CANDIDATES is a file; each line is NAME, ROLE, FASTER (how many times a box with a bridge has to be, 0: it is not
 * judged), PROGRAM and its arguments, with tabs between. "initbox none", "initbox bridge", "floor none" and "floor bridge" have to be there; their program is /mark, and their start ends with its word.
 *
 * Exit: 0, 1 a target is missed, 2 trouble.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench-base.h"
#include "bench-net.h"

#define ANSWER_MS 20000

_Noreturn void net_die(const struct bench_net *b, const char *object, const char *reason)
{
	char text[1024];
	ssize_t n = pread(b->words, text, sizeof(text), 0);

	if (n > 0)
		fwrite(text, 1, (size_t)n, stderr);
	bench_die(object, reason);
}

int64_t net_take_mark(const struct bench_net *b, const char *who)
{
	struct pollfd p = {.fd = b->marks[0], .events = POLLIN};
	int64_t mark;

	if (poll(&p, 1, ANSWER_MS) != 1 || read(b->marks[0], &mark, sizeof(mark)) != sizeof(mark))
		net_die(b, who, "it does not say that it runs");
	return mark;
}

static void parse(struct bench_net *b, int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--rounds") == 0)
			b->rounds = (long)bench_number("--rounds", argv[++i], 1, NET_MAX_ROUNDS);
		else if (strcmp(argv[i], "--boxes") == 0)
			b->boxes = (size_t)bench_number("--boxes", argv[++i], 20, 500);
		else if (strcmp(argv[i], "--no-assert") == 0)
			b->no_assert = 1;
		else
			bench_die(argv[i], "no such option");
	}
	if (argc - i != 3)
		bench_die("usage", "bench-net [--rounds N] [--boxes N] [--no-assert] INITBOX ROOT CANDIDATES");
	b->initbox = argv[i];
	b->root = argv[i + 1];
	b->candidates = argv[i + 2];
}

int main(int argc, char *argv[])
{
	static struct bench_net b = {.rounds = 100, .boxes = 500};

	parse(&b, argc, argv);
	b.words = open(b.root, O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
	if (b.words < 0 || pipe2(b.marks, O_CLOEXEC) < 0)
		bench_die(b.root, strerror(errno));
	net_starts(&b);
	net_many(&b);
	for (size_t i = 0; bench_verdict(i); i++)
		puts(bench_verdict(i));
	return bench_failures() ? 1 : 0;
}
