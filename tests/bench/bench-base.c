// SPDX-License-Identifier: MIT
/* What the measuring programs share, but for launching: see bench-base.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench-base.h"

#define MAX_TEXT       (64 * 1024)
#define MAX_WORDS      64
#define MAX_ASSERTIONS 128

const char *const bench_role_names[ROLE_COUNT] = {
	[ROLE_FLOOR] = "floor",
	[ROLE_INITBOX] = "initbox",
	[ROLE_PEER] = "peer",
	[ROLE_EXTRA] = "extra",
};

static char text[MAX_TEXT];		     /* the words of the candidates point into it */
static char assertions[MAX_ASSERTIONS][160]; /* "ok: ..." or "FAIL: ..." */
static size_t assertion_count;

void bench_die(const char *object, const char *reason)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, object, reason);
	exit(2);
}

int64_t bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void bench_sleep_ms(long ms)
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

void bench_wait_quiet(long gap, long limit)
{
	bench_sleep_ms(gap);
	for (long i = 0; i < limit && runnable_count() > 1; i++)
		bench_sleep_ms(1);
}

static uint32_t random_next(void)
{
	static uint32_t state = 2463534242U;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

void bench_shuffle(size_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = random_next() % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

double bench_median(int64_t *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return (double)(values[(n - 1) / 2] + values[n / 2]) / 2;
}

double bench_number(const char *name, const char *word, double min, double max)
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

enum role bench_role(const char *word)
{
	enum role role = 0;

	while (role < ROLE_COUNT && strcmp(bench_role_names[role], word) != 0)
		role++;
	if (role == ROLE_COUNT)
		bench_die(word, "no role (floor, initbox, peer, extra)");
	return role;
}

void bench_read(const char *file, size_t max, void (*line)(void *arg, char *words[], size_t n), void *arg)
{
	FILE *f = fopen(file, "re");
	char *words[MAX_WORDS + 1], *lines = NULL, *save;
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (!f)
		bench_die(file, strerror(errno));
	if (ferror(f) || n == sizeof(text) - 1)
		bench_die(file, "can't be read, or longer than 64 KiB");
	fclose(f);
	for (char *l = strtok_r(text, "\n", &lines); l; l = strtok_r(NULL, "\n", &lines)) {
		n = 0;
		save = NULL;
		for (char *w = strtok_r(l, "\t", &save); w; w = strtok_r(NULL, "\t", &save)) {
			if (n == max || n == MAX_WORDS)
				bench_die(words[0], "too many words");
			words[n++] = w;
		}
		words[n] = NULL;
		line(arg, words, n);
	}
}

void bench_expect(int ok, const char *format, ...)
{
	char *line = assertions[assertion_count];
	va_list ap;
	int n;

	if (assertion_count++ == MAX_ASSERTIONS)
		bench_die("report", "too many assertions");
	n = snprintf(line, sizeof(assertions[0]), ok ? "ok: " : "FAIL: ");
	va_start(ap, format);
	vsnprintf(line + n, sizeof(assertions[0]) - (size_t)n, format, ap);
	va_end(ap);
}

const char *bench_verdict(size_t i)
{
	return i < assertion_count ? assertions[i] : NULL;
}

int bench_failures(void)
{
	int n = 0;

	for (size_t i = 0; i < assertion_count; i++)
		n += strncmp(assertions[i], "FAIL", 4) == 0;
	return n;
}
