// SPDX-License-Identifier: MIT
/* bench-net: many boxes on one bridge. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-base.h"
#include "bench-net.h"

#define MAX_BOXES      501
#define AT_ONCE	       50
#define SAMPLE	       9  /* starts that one figure is the median of */
#define ROUNDS	       15 /* of each path */
#define MIB	       64 /* bytes of one round */
#define MIN_THROUGHPUT 0.95
#define END_MS	       120000
#define SLACK_MS       10
#define OUTSIDE	       "/run/netns/outside"

static struct launch boxes[MAX_BOXES];
static size_t running;
static int outside_fd, own_fd;

static void end_launchers(void)
{
	for (size_t i = 0; i < running; i++)
		if (boxes[i].pid > 0)
			kill(boxes[i].pid, SIGTERM);
}

_Noreturn static void die(const struct bench_net *b, const char *object, const char *reason)
{
	end_launchers();
	net_die(b, object, reason);
}

static void launch(const struct bench_net *b, char *const argv[])
{
	struct launch *l = &boxes[running];

	*l = (struct launch){.argv = argv, .out = b->marks[1], .err = b->words};
	if (bench_start(l) < 0)
		die(b, b->initbox, strerror(errno));
	running++;
}

static void launch_box(const struct bench_net *b, unsigned number)
{
	static char name[MAX_BOXES][16], port[MAX_BOXES][24];
	const char *argv[] = {b->initbox, "run",	"--rootfs", b->root,	  "--network", "bridge", "-q",
			      "--name",	  name[number], "-p",	    port[number], "--",	       "/hold",	 NULL};

	snprintf(name[number], sizeof(name[number]), "b%u", number);
	snprintf(port[number], sizeof(port[number]), "%u:80", 20000 + number);
	launch(b, (char *const *)(uintptr_t)argv);
}

static void end_all(const struct bench_net *b)
{
	int64_t deadline = bench_now() + (int64_t)END_MS * 1000000;

	end_launchers();
	for (size_t i = 0; i < running; i++) {
		int status;
		pid_t pid;

		while ((pid = waitpid(boxes[i].pid, &status, WNOHANG)) == 0 && bench_now() < deadline)
			bench_sleep_ms(1);
		if (pid == 0)
			net_die(b, "box", "does not end");
	}
	running = 0;
	alarm(0); /* of bench_start */
}

/* Chains, rules and sets of the table: each has a handle in nft's listing. */
static long count_objects(const struct bench_net *b, const char *command)
{
	FILE *p = popen(command, "re");
	long n = 0;

	if (!p || fscanf(p, "%ld", &n) != 1)
		die(b, command, "no number");
	pclose(p);
	return n;
}

/* Sends MIB MiB from the network outside. Returns ns until the other end has them all. */
static int64_t send_bytes(const struct bench_net *b, const char *address, uint16_t port)
{
	static char bytes[256 * 1024];
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(address)};
	struct timeval limit = {.tv_sec = 20};
	int64_t from;
	int fd;

	if (setns(outside_fd, CLONE_NEWNET) < 0 || (fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 ||
	    setns(own_fd, CLONE_NEWNET) < 0)
		die(b, OUTSIDE, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	from = bench_now();
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(b, address, strerror(errno));
	for (size_t left = (size_t)MIB << 20; left > 0;) {
		ssize_t n = send(fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes), MSG_NOSIGNAL);

		if (n <= 0)
			die(b, address, strerror(errno));
		left -= (size_t)n;
	}
	shutdown(fd, SHUT_WR);
	if (read(fd, bytes, 1) != 1)
		die(b, address, "no answer");
	close(fd);
	return bench_now() - from;
}

/* A published port beside the same way to a box whose network initbox has not made. Prints, returns the ratio. */
static double throughput(const struct bench_net *b)
{
	static int64_t published[ROUNDS], plain[ROUNDS], ratio[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		/* In turns first: what else goes on hits both alike. */
		if (i % 2)
			plain[i] = send_bytes(b, "10.77.0.2", 80);
		published[i] = send_bytes(b, "198.51.100.1", 8080);
		if (i % 2 == 0)
			plain[i] = send_bytes(b, "10.77.0.2", 80);
		ratio[i] = plain[i] * 1000000 / published[i];
	}
	printf(", published port %.0f MiB/s, plain path %.0f", MIB / (bench_median(published, ROUNDS) / 1e9),
	       MIB / (bench_median(plain, ROUNDS) / 1e9));
	return bench_median(ratio, ROUNDS) / 1e6;
}

static double start_up_to(const struct bench_net *b, size_t wanted)
{
	static int64_t starts[MAX_BOXES];
	size_t n = 0, sample;

	while (running < wanted) {
		int64_t mark;

		bench_wait_quiet(1, SLACK_MS);
		launch_box(b, (unsigned)running);
		mark = net_take_mark(b, "/hold");
		starts[n++] = mark - boxes[running - 1].started;
	}
	sample = n < SAMPLE ? n : SAMPLE;
	return bench_median(starts + n - sample, sample) / 1e6;
}

static void many_one_by_one(const struct bench_net *b)
{
	static const size_t steps[] = {1, 10, 100, 500};
	const char *sink[] = {b->initbox, "run",    "--rootfs", b->root, "--network",  "bridge",
			      "-q",	  "--name", "sink",	"--ip",	 "172.20.0.9", "-p",
			      "8080:80",  "--",	    "/sink",	"80",	 NULL};
	long objects = 0, before = 0;

	launch(b, (char *const *)(uintptr_t)sink);
	net_take_mark(b, "/sink");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && steps[i] <= b->boxes; i++) {
		double start = start_up_to(b, steps[i] + 1), ratio;

		objects = count_objects(b, "nft -a list table inet initbox | grep -c 'handle [0-9]*$'");
		printf("%3zu boxes: the last ones start in %.2f ms, %ld chains, rules and maps", steps[i], start,
		       objects);
		ratio = throughput(b);
		printf(": %.2f\n", ratio);
		if (!b->no_assert)
			bench_expect(ratio >= MIN_THROUGHPUT,
				     "%zu boxes: a published port carries %.2f of a plain path (at least %.2f)",
				     steps[i], ratio, MIN_THROUGHPUT);
		if (i > 0 && !b->no_assert)
			bench_expect(objects == before, "%zu boxes: %ld chains, rules and maps, as with fewer",
				     steps[i], objects);
		before = objects;
	}
	end_all(b);
}

static void many_at_once(const struct bench_net *b)
{
	static const char count_links[] = "ip -o link show master initbox0 | grep -c .";
	long before, links, addresses;
	int64_t from;

	/* Links go a moment after their boxes; that of the standing one stays. */
	for (int i = 0; (before = count_objects(b, count_links)) > 1 && i < 200; i++)
		bench_sleep_ms(20);
	from = bench_now();
	for (unsigned i = 0; i < AT_ONCE; i++)
		launch_box(b, i);
	for (unsigned i = 0; i < AT_ONCE; i++)
		net_take_mark(b, "/hold");
	printf("%d boxes started at once run after %.0f ms", AT_ONCE, (double)(bench_now() - from) / 1e6);
	links = count_objects(b, count_links) - before;
	addresses = count_objects(b, "nft list map inet initbox ports | grep -o ': 172[0-9.]*' | sort -u | grep -c .");
	printf(": %ld links, %ld addresses\n", links, addresses);
	if (!b->no_assert)
		bench_expect(links == AT_ONCE && addresses == AT_ONCE,
			     "%d boxes started at once: %ld links, %ld different addresses", AT_ONCE, links, addresses);
	end_all(b);
}

void net_many(const struct bench_net *b)
{
	outside_fd = open(OUTSIDE, O_RDONLY | O_CLOEXEC);
	own_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (outside_fd < 0 || own_fd < 0)
		bench_die(OUTSIDE, strerror(errno));
	many_one_by_one(b);
	many_at_once(b);
}
