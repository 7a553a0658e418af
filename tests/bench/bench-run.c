// SPDX-License-Identifier: MIT
/*
 * bench-run - time launchers against each other and hold initbox to its targets.
 *
 *   bench-run [--rounds N] [--gap MS] [--limit RATIO] [--json] [--no-assert] CANDIDATES
 *
 * CANDIDATES is a file; each line is NAME, ROLE, NET, MOUNTS, PROGRAM and its arguments, with tabs between.
 * ROLE is floor, initbox, peer or extra (shown, not judged). NET and MOUNTS say what the candidate sets up:
 * initbox is judged against the floor with the same two, and against each peer with the same NET.
 *
 * Every round runs each candidate once, in a new random order, on a machine that is otherwise idle as far
 * as it can wait for that: whatever else goes on hits all of them alike. Exit: 0, 1 a target is missed, 2 trouble.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench-base.h"
#include "bench.h"

#define WARM_UPS 2
#define QUIET_MS 100 /* how long to wait for an idle machine before each run */

static struct bench bench;

/* One launch: its wall and CPU time in ns, its peak memory. Returns the wait status, -1 if it did not start. */
static int launch(struct candidate *c, int64_t *wall, int64_t *cpu)
{
	struct launch l = {.argv = c->argv};

	bench_wait_quiet(bench.gap, QUIET_MS);
	if (bench_start(&l) < 0)
		return -1;
	bench_wait(&l);
	*wall = l.ended - l.started;
	*cpu = l.cpu;
	if (l.rss > c->rss)
		c->rss = l.rss;
	return l.status;
}

/* A peer that can't run here is left out and named; the floor and initbox have to run. */
static void warm_up(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < bench.count; i++) {
		struct candidate *c = &bench.candidates[i];
		int64_t wall, cpu;
		int status = 0;

		for (int k = 0; k < WARM_UPS && status == 0; k++)
			status = launch(c, &wall, &cpu);
		if (status != 0 && (c->role == ROLE_FLOOR || c->role == ROLE_INITBOX))
			bench_die(c->name, bench_status_text(status));
		if (status != 0) {
			fprintf(stderr, "skipped: %s: %s\n", c->name, bench_status_text(status));
			continue;
		}
		if (kept != i)
			bench.candidates[kept] = *c;
		kept++;
	}
	bench.count = kept;
}

static void run_round(long round)
{
	size_t order[MAX_CANDIDATES];

	bench_shuffle(order, bench.count);
	for (size_t i = 0; i < bench.count; i++) {
		struct candidate *c = &bench.candidates[order[i]];
		int status = launch(c, &c->wall[round], &c->cpu[round]);

		if (status != 0)
			bench_die(c->name, bench_status_text(status));
	}
}

/* KiB, 0 where it can't be read. Not ru_maxrss: that one remembers the shell this process was before its exec. */
static long own_peak(void)
{
	char buf[2048];
	const char *p;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	p = strstr(buf, "VmHWM:");
	return p ? atol(p + 6) : 0;
}

int main(int argc, char *argv[])
{
	bench_parse(&bench, argc, argv);
	warm_up();
	for (long round = 0; round < bench.rounds; round++)
		run_round(round);
	return bench_report(&bench, own_peak()) ? 1 : 0;
}
