// SPDX-License-Identifier: MIT
/* bench-entry: the three measurements. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-base.h"
#include "bench-entry.h"

#define MAX_ARGV	(MAX_WORDS + 4)
#define START_GAP_MS	1
#define START_QUIET_MS	30
#define STOP_GAP_MS	20
#define STOP_QUIET_MS	200
#define MEMORY_AFTER_MS 1000
#define IDLE_MS		10000

/* The file of /proc/PID, and the word in it, that a number of enum memory is read from. */
static const struct {
	const char *file, *key;
} memory_rows[MEMORY_COUNT] = {
	[MEMORY_RSS] = {"status", "VmRSS:"},
	[MEMORY_PEAK] = {"status", "VmHWM:"},
	[MEMORY_PSS] = {"smaps_rollup", "Pss:"},
	[MEMORY_DIRTY] = {"smaps_rollup", "Private_Dirty:"},
};

#define WORD(x)	  #x
#define NUMBER(x) WORD(x)

static char tree_size[] = NUMBER(TREE_SIZE), tree_ms[] = NUMBER(TREE_MS);

/* argv of size MAX_ARGV: the init's own words, then the program's. */
static void join(char *argv[], const struct init *in, char *const program[])
{
	size_t n = 0;

	for (size_t i = 0; i < in->count; i++)
		argv[n++] = in->words[i];
	for (size_t i = 0; program[i]; i++)
		argv[n++] = program[i];
	argv[n] = NULL;
}

_Noreturn static void die(const struct init *in, const char *when, int status)
{
	char object[64];

	snprintf(object, sizeof(object), "%s, %s", in->name, when);
	bench_die(object, bench_status_text(status));
}

int entry_start(const struct bench *b, const struct init *in, struct launch *l)
{
	char *const program[] = {b->program, NULL};
	char *argv[MAX_ARGV];

	join(argv, in, program);
	*l = (struct launch){.argv = argv, .namespaces = CLONE_NEWPID};
	bench_wait_quiet(START_GAP_MS, START_QUIET_MS);
	return bench_start(l) < 0 ? -1 : bench_wait(l);
}

void entry_measure_starts(struct bench *b)
{
	size_t order[MAX_INITS];

	for (long round = 0; round < b->starts; round++) {
		bench_shuffle(order, b->count);
		for (size_t i = 0; i < b->count; i++) {
			struct init *in = &b->inits[order[i]];
			struct launch l;
			int status = entry_start(b, in, &l);

			if (status != 0)
				die(in, "started", status);
			in->wall[round] = l.ended - l.started;
			in->cpu[round] = l.cpu;
			in->faults[round] = l.faults;
		}
	}
}

/* The number behind key in /proc/PID/FILE. */
static long proc_number(const struct init *in, pid_t pid, const char *file, const char *key)
{
	char buf[4096], path[64];
	const char *p = NULL;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		bench_die(in->name, strerror(errno));
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n > 0) {
		buf[n] = '\0';
		/* It stands at the beginning of a line: "Pss:" is in "SwapPss:", too. */
		for (p = buf; p && strncmp(p, key, strlen(key)) != 0;)
			p = (p = strchr(p, '\n')) ? p + 1 : NULL;
	}
	if (!p)
		bench_die(path, "no such line");
	return atol(p + strlen(key));
}

static long switches(const struct init *in, pid_t pid)
{
	return proc_number(in, pid, "status", "voluntary_ctxt_switches:") +
	       proc_number(in, pid, "status", "nonvoluntary_ctxt_switches:");
}

/* All of them side by side, so that whatever else goes on hits them alike. */
static void start_all(struct bench *b, struct launch launches[])
{
	char *const program[] = {b->tree, NULL};
	char *argv[MAX_ARGV];
	size_t order[MAX_INITS];

	bench_shuffle(order, b->count);
	for (size_t i = 0; i < b->count; i++) {
		const struct init *in = &b->inits[order[i]];
		struct launch *l = &launches[order[i]];

		if (in->role == ROLE_EXTRA)
			continue;
		join(argv, in, program);
		*l = (struct launch){.argv = argv, .namespaces = CLONE_NEWPID};
		if (bench_start(l) < 0)
			die(in, "idle", -1);
	}
}

/* An init that ended before its time was measured as something else. */
static void end_all(struct bench *b, struct launch launches[])
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->inits[i].role == ROLE_EXTRA)
			continue;
		kill(launches[i].pid, SIGKILL);
		bench_wait(&launches[i]);
		if (!WIFSIGNALED(launches[i].status))
			die(&b->inits[i], "idle", launches[i].status);
	}
}

static void read_memory(struct init *in, pid_t pid, int round)
{
	for (int row = 0; row < MEMORY_COUNT; row++)
		in->memory[row][round] = proc_number(in, pid, memory_rows[row].file, memory_rows[row].key);
}

static void measure_wakeups(struct bench *b, const struct launch launches[])
{
	for (size_t i = 0; i < b->count; i++)
		if (b->inits[i].role != ROLE_EXTRA)
			b->inits[i].wakeups = -switches(&b->inits[i], launches[i].pid);
	bench_sleep_ms(IDLE_MS);
	for (size_t i = 0; i < b->count; i++)
		if (b->inits[i].role != ROLE_EXTRA)
			b->inits[i].wakeups += switches(&b->inits[i], launches[i].pid);
}

void entry_measure_idle(struct bench *b)
{
	struct launch launches[MAX_INITS];

	for (int round = 0; round < MEMORY_ROUNDS; round++) {
		start_all(b, launches);
		bench_sleep_ms(MEMORY_AFTER_MS);
		for (size_t i = 0; i < b->count; i++)
			if (b->inits[i].role != ROLE_EXTRA)
				read_memory(&b->inits[i], launches[i].pid, round);
		if (round == MEMORY_ROUNDS - 1)
			measure_wakeups(b, launches);
		end_all(b, launches);
	}
}

/* Count the marks in the pipe up to its end, *last is the latest of them. */
static int read_marks(int fd, int64_t *last)
{
	int64_t mark;
	int n = 0;

	for (*last = 0; read(fd, &mark, sizeof(mark)) == sizeof(mark); n++)
		if (mark > *last)
			*last = mark;
	return n;
}

/* One tree is stopped through its init. What the inits say of a program that a signal ended is not wanted here. */
static void stop_once(const struct bench *b, struct init *in, int null_fd, int round)
{
	char *const program[] = {b->tree, tree_size, tree_ms, NULL};
	char *argv[MAX_ARGV];
	struct launch l = {.argv = argv, .namespaces = CLONE_NEWPID, .err = null_fd};
	int64_t sent, last;
	int pipe_fd[2];

	join(argv, in, program);
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		bench_die("pipe", strerror(errno));
	l.out = pipe_fd[1];
	bench_wait_quiet(STOP_GAP_MS, STOP_QUIET_MS);
	if (bench_start(&l) < 0)
		die(in, "to be stopped", -1);
	close(pipe_fd[1]);
	if (read(pipe_fd[0], &last, sizeof(last)) != sizeof(last))
		bench_die(in->name, "the tree did not come up");
	sent = bench_now();
	kill(l.pid, SIGTERM);
	bench_wait(&l);
	if (!WIFEXITED(l.status) || WEXITSTATUS(l.status) != 128 + SIGTERM)
		die(in, "stopped by SIGTERM", l.status);
	in->stop[round] = l.ended - sent;
	in->orderly[round] = read_marks(pipe_fd[0], &last);
	in->behind[round] = l.ended - last;
	close(pipe_fd[0]);
}

void entry_measure_stops(struct bench *b)
{
	size_t order[MAX_INITS];
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null_fd < 0)
		bench_die("/dev/null", strerror(errno));
	for (int round = 0; round < STOP_ROUNDS; round++) {
		bench_shuffle(order, b->count);
		for (size_t i = 0; i < b->count; i++)
			if (b->inits[order[i]].role != ROLE_EXTRA)
				stop_once(b, &b->inits[order[i]], null_fd, round);
	}
	close(null_fd);
}
