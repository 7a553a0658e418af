// SPDX-License-Identifier: MIT
/*
 * bench-boxes - what a box costs that does nothing, and what the many beside it cost one more.
 *
 *   bench-boxes [--count N] [--json] [--no-assert] INITBOX ROOT [FLOOR ARGUMENTS... /mark]
 *
 * ROOT has /hold, a program that says when it runs and then sleeps. Measured are the resident memory of launcher and PID 1 of
 * an idle box (one with a terminal is shown, not judged), and how long each of N boxes (500) takes from the launcher's exec
 * to the program's first word while those before it run on: pivot_root(2) looks at every process of the machine, a mount
 * of sysfs at those of all network namespaces. How much of it is the kernel's own is what the floor's start shows, which
 * makes the same box by bare system calls: its median before the first box, and with all of them. Then all are ended, and nothing of them may be left.
 *
 * Exit: 0, 1 a target is missed, 2 trouble.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-base.h"

#define MAX_BOXES     1000
#define MAX_IDLE_KB   150 /* of launcher and PID 1 together */
#define MAX_SLOWDOWN  1.5 /* the last box's start beside the first one's */
#define SAMPLE	      20  /* so many are the first, and the last */
#define IDLE_MS	      1000
#define GAP_MS	      1
#define QUIET_MS      20
#define ANSWER_MS     10000
#define END_MS	      60000
#define ENDED_BY_TERM (128 + SIGTERM)
#define CGROUPS	      "/sys/fs/cgroup"

struct idle {
	const char *name;
	long launcher, init; /* kB */
};

static struct {
	const char *initbox, *root;
	char *const *floor; /* NULL: not measured */
	size_t count;
	int json, no_assert;
	int marks[2]; /* the pipe that is the boxes' stdout */
	int words;    /* the file that is their stderr: each says what it died of */
} bench = {.count = 500};

static struct launch boxes[MAX_BOXES];
static int64_t starts[MAX_BOXES]; /* ns */
static size_t running;

/* The launchers that are there end with this: whatever it dies of nothing goes on. */
static void end_launchers(int sig)
{
	for (size_t i = 0; i < running; i++)
		if (boxes[i].pid > 0)
			kill(boxes[i].pid, sig);
}

_Noreturn static void die(const char *object, const char *reason)
{
	char text[1024];
	ssize_t n = pread(bench.words, text, sizeof(text), 0);

	if (n > 0)
		fwrite(text, 1, (size_t)n, stderr);
	end_launchers(SIGTERM);
	bench_die(object, reason);
}

/* Starts one more box and waits for its word. With a terminal that is not the time: returns when it came, in ns. */
static int64_t start_box(const char *option)
{
	const char *argv[] = {bench.initbox, "run", "--rootfs", bench.root, "--network", "none", "--", "/hold", NULL};
	const char *with[] = {bench.initbox, "run", "--rootfs", bench.root, option, "--", "/hold", NULL};
	struct launch *l = &boxes[running];
	struct pollfd p = {.fd = bench.marks[0], .events = POLLIN};
	int64_t mark;

	*l = (struct launch){
		.argv = (char *const *)(uintptr_t)(option ? with : argv), .out = bench.marks[1], .err = bench.words};
	if (bench_start(l) < 0)
		die(bench.initbox, strerror(errno));
	running++;
	if (poll(&p, 1, ANSWER_MS) != 1 || read(bench.marks[0], &mark, sizeof(mark)) != sizeof(mark))
		die("/hold", "it does not say that it runs");
	return mark - l->started;
}

/* Returns how many did not end as they should. */
static size_t end_all(void)
{
	int64_t deadline = bench_now() + (int64_t)END_MS * 1000000;
	size_t wrong = 0;

	end_launchers(SIGTERM);
	for (size_t i = 0; i < running; i++) {
		int status;
		pid_t pid;

		while ((pid = waitpid(boxes[i].pid, &status, WNOHANG)) == 0 && bench_now() < deadline)
			bench_sleep_ms(1);
		if (pid == 0) {
			kill(boxes[i].pid, SIGKILL);
			waitpid(boxes[i].pid, &status, 0);
		}
		boxes[i].pid = 0;
		wrong += !WIFEXITED(status) || WEXITSTATUS(status) != ENDED_BY_TERM;
	}
	running = 0;
	alarm(0); /* of bench_start */
	return wrong;
}

static void read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (n < 0)
		die(path, strerror(errno));
	close(fd);
	buf[n] = '\0';
}

static long resident(pid_t pid)
{
	char path[64], text[4096];
	const char *p;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	read_text(path, text, sizeof(text));
	p = strstr(text, "VmRSS:");
	if (!p)
		die(path, "no VmRSS in it");
	return atol(p + 6);
}

static pid_t first_child(pid_t pid)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	read_text(path, text, sizeof(text));
	if (!atoi(text))
		die(path, "no child");
	return (pid_t)atoi(text);
}

static void measure_idle(struct idle *idle, const char *option)
{
	start_box(option);
	bench_sleep_ms(IDLE_MS);
	idle->launcher = resident(boxes[0].pid);
	idle->init = resident(first_child(boxes[0].pid));
	if (end_all())
		die(idle->name, "an idle box did not end as told");
	if (!option && !bench.no_assert)
		bench_expect(idle->launcher + idle->init <= MAX_IDLE_KB,
			     "%s: launcher %ld + PID 1 %ld = %ld kB resident (limit %d)", idle->name, idle->launcher,
			     idle->init, idle->launcher + idle->init, MAX_IDLE_KB);
}

/* What boxes might leave behind: cgroups, and mounts outside of them. */
static long count_traces(void)
{
	long n = 0;
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	DIR *d = opendir(CGROUPS);
	const struct dirent *e;
	int c;

	if (!mounts || !d)
		die(mounts ? CGROUPS : "/proc/self/mountinfo", strerror(errno));
	while ((e = readdir(d)))
		n += strncmp(e->d_name, "initbox-", 8) == 0;
	while ((c = getc(mounts)) != EOF)
		n += c == '\n';
	closedir(d);
	fclose(mounts);
	return n;
}

/* Median of the floor's start, in ms; 0 where there is none. */
static double measure_floor(void)
{
	static int64_t took[SAMPLE];
	struct pollfd p = {.fd = bench.marks[0], .events = POLLIN};
	int64_t mark;

	for (size_t i = 0; bench.floor && i < SAMPLE; i++) {
		struct launch l = {.argv = bench.floor, .out = bench.marks[1], .err = bench.words};

		bench_wait_quiet(GAP_MS, QUIET_MS);
		if (bench_start(&l) < 0 || bench_wait(&l) != 0 || poll(&p, 1, 0) != 1 ||
		    read(bench.marks[0], &mark, sizeof(mark)) != sizeof(mark))
			die(bench.floor[0], "it does not run");
		took[i] = mark - l.started;
	}
	return bench.floor ? bench_median(took, SAMPLE) / 1e6 : 0;
}

static void measure_many(double *first, double *last, double floors[2])
{
	long before = count_traces();
	size_t wrong;

	floors[0] = measure_floor();
	for (size_t i = 0; i < bench.count; i++) {
		bench_wait_quiet(GAP_MS, QUIET_MS);
		starts[i] = start_box(NULL);
	}
	floors[1] = measure_floor();
	wrong = end_all();
	*first = bench_median(starts, SAMPLE) / 1e6;
	*last = bench_median(starts + bench.count - SAMPLE, SAMPLE) / 1e6;
	if (bench.no_assert)
		return;
	bench_expect(*last <= MAX_SLOWDOWN * *first,
		     "box %zu of %zu starts in %.2f ms, the first one in %.2f: %.2f x (limit %.2f)", bench.count,
		     bench.count, *last, *first, *last / *first, MAX_SLOWDOWN);
	bench_expect(!wrong, "all but %zu of %zu boxes ended as told", wrong, bench.count);
	bench_expect(count_traces() == before, "nothing is left of %zu boxes", bench.count);
}

static void parse(int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--count") == 0)
			bench.count = (size_t)bench_number("--count", argv[++i], 2 * SAMPLE, MAX_BOXES);
		else if (strcmp(argv[i], "--json") == 0)
			bench.json = 1;
		else if (strcmp(argv[i], "--no-assert") == 0)
			bench.no_assert = 1;
		else
			bench_die(argv[i], "no such option");
	}
	if (argc - i < 2)
		bench_die("usage",
			  "bench-boxes [--count N] [--json] [--no-assert] INITBOX ROOT [FLOOR ARGUMENTS... /mark]");
	bench.floor = argc - i > 2 ? argv + i + 2 : NULL;
	bench.initbox = argv[i];
	bench.root = argv[i + 1];
}

static void report(const struct idle idle[2], double first, double last, const double floors[2])
{
	if (bench.json) {
		printf("{\"idle_kb\":[");
		for (int i = 0; i < 2; i++)
			printf("%s{\"name\":\"%s\",\"launcher\":%ld,\"init\":%ld}", i ? "," : "", idle[i].name,
			       idle[i].launcher, idle[i].init);
		printf("],\"boxes\":%zu,\"first_ms\":%.4f,\"last_ms\":%.4f,\"floor_before_ms\":%.4f,\"floor_beside_"
		       "ms\":%.4f,"
		       "\"assertions\":[",
		       bench.count, first, last, floors[0], floors[1]);
		for (size_t i = 0; bench_verdict(i); i++)
			printf("%s\"%s\"", i ? "," : "", bench_verdict(i));
		printf("]}\n");
		return;
	}
	for (int i = !bench.no_assert; i < 2; i++)
		printf("%s: launcher %ld + PID 1 %ld kB resident\n", idle[i].name, idle[i].launcher, idle[i].init);
	if (bench.no_assert)
		printf("box %zu of %zu starts in %.2f ms, the first one in %.2f\n", bench.count, bench.count, last,
		       first);
	if (bench.floor)
		printf("the floor starts in %.2f ms beside %zu boxes, in %.2f before: %.2f x\n", floors[1], bench.count,
		       floors[0], floors[1] / floors[0]);
	for (size_t i = 0; bench_verdict(i); i++)
		puts(bench_verdict(i));
}

int main(int argc, char *argv[])
{
	struct idle idle[2] = {{.name = "idle box"}, {.name = "idle box with -t"}};
	double first, last, floors[2];

	parse(argc, argv);
	bench.words = open(bench.root, O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
	if (bench.words < 0 || pipe2(bench.marks, O_CLOEXEC) < 0)
		bench_die(bench.root, strerror(errno));
	measure_idle(&idle[0], NULL);
	measure_idle(&idle[1], "-t");
	measure_many(&first, &last, floors);
	report(idle, first, last, floors);
	return bench_failures() ? 1 : 0;
}
