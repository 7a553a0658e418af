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
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define WARM_UPS     2
#define HANG_SECONDS 30
#define QUIET_MS     100 /* how long to wait for an idle machine before each run */

static struct bench bench;
static volatile pid_t running;
extern char **environ;

void bench_die(const char *object, const char *reason)
{
	fprintf(stderr, "bench-run: %s: %s\n", object, reason);
	exit(2);
}

static int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void sleep_ms(long ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&ts, NULL);
}

/* Threads that want a CPU now, this one included; the fourth field of /proc/loadavg is "running/all". */
static int runnable_count(void)
{
	char buf[128];
	const char *p = buf;
	int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 1;
	buf[n] = '\0';
	for (int i = 0; i < 3 && (p = strchr(p, ' ')) != NULL; i++)
		p++;
	return p ? atoi(p) : 1;
}

/* What the run before left to the kernel (a network namespace dies late) must not fall on the next one. */
static void wait_quiet(void)
{
	sleep_ms(bench.gap);
	for (int i = 0; i < QUIET_MS && runnable_count() > 1; i++)
		sleep_ms(1);
}

static void kill_hung(int sig)
{
	(void)sig;
	if (running > 0)
		kill(running, SIGKILL);
}

static int64_t timeval_ns(struct timeval tv)
{
	return (int64_t)tv.tv_sec * 1000000000 + (int64_t)tv.tv_usec * 1000;
}

/* One launch: its wall and CPU time in ns, its peak memory. Returns the wait status, -1 if it did not start. */
static int launch(struct candidate *c, int64_t *wall, int64_t *cpu)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	int64_t start;
	int status = 0, err;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	wait_quiet();
	alarm(HANG_SECONDS);
	start = clock_ns();
	err = posix_spawn(&pid, c->argv[0], &actions, NULL, c->argv, environ);
	if (err == 0) {
		running = pid;
		while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
			;
	}
	*wall = clock_ns() - start;
	running = 0;
	alarm(0);
	posix_spawn_file_actions_destroy(&actions);
	if (err) {
		errno = err;
		return -1;
	}
	*cpu = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
	if (usage.ru_maxrss > c->rss)
		c->rss = usage.ru_maxrss;
	return status;
}

static const char *status_text(int status)
{
	static char buf[64];

	if (status == -1)
		snprintf(buf, sizeof(buf), "can't start: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		snprintf(buf, sizeof(buf), "killed by signal %d", WTERMSIG(status));
	else
		snprintf(buf, sizeof(buf), "exit status %d", WEXITSTATUS(status));
	return buf;
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
			bench_die(c->name, status_text(status));
		if (status != 0) {
			fprintf(stderr, "skipped: %s: %s\n", c->name, status_text(status));
			continue;
		}
		if (kept != i)
			bench.candidates[kept] = *c;
		kept++;
	}
	bench.count = kept;
}

static uint32_t random_next(void)
{
	static uint32_t state = 2463534242U;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void run_round(long round)
{
	size_t order[MAX_CANDIDATES];

	for (size_t i = 0; i < bench.count; i++) {
		size_t j = random_next() % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (size_t i = 0; i < bench.count; i++) {
		struct candidate *c = &bench.candidates[order[i]];
		int status = launch(c, &c->wall[round], &c->cpu[round]);

		if (status != 0)
			bench_die(c->name, status_text(status));
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
	struct sigaction sa = {.sa_handler = kill_hung, .sa_flags = SA_RESTART};

	bench_parse(&bench, argc, argv);
	sigaction(SIGALRM, &sa, NULL);
	warm_up();
	for (long round = 0; round < bench.rounds; round++)
		run_round(round);
	return bench_report(&bench, own_peak()) ? 1 : 0;
}
