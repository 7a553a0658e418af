// SPDX-License-Identifier: MIT
/* What the measuring programs share: candidates' roles, launches, medians, a verdict. */
#ifndef BENCH_BASE_H
#define BENCH_BASE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum role { ROLE_FLOOR, ROLE_INITBOX, ROLE_PEER, ROLE_EXTRA, ROLE_COUNT };

/* "floor", "initbox", "peer", "extra". */
extern const char *const bench_role_names[ROLE_COUNT];

/* One program that is run and waited for. */
struct launch {
	char *const *argv; /* argv[0] is its path */
	int namespaces;	   /* CLONE_NEW...: with any it leads a session of its own, too, as in a container */
	int out, err;	   /* what is its stdout and stderr; 0: /dev/null and the caller's */
	pid_t pid;
	int64_t started, ended; /* ns, see bench_now */
	int64_t cpu;		/* ns, with all that it waited for; so are the next two */
	long faults, rss;	/* page faults without I/O; KiB, peak */
	int status;		/* of wait; -1: not started, see errno */
};

/* Print one error line that names the object, and exit with 2. */
_Noreturn void bench_die(const char *object, const char *reason);

/* The monotonic clock, in ns. */
int64_t bench_now(void);

void bench_sleep_ms(long ms);

/* Rest for gap ms, then wait until nothing else wants a CPU, at most limit ms: what the run before left to the
 * kernel (a namespace dies late) must not fall on the next one. */
void bench_wait_quiet(long gap, long limit);

/* Start l->argv with stdin from /dev/null, and return when it has been executed. Returns 0, or -1 with errno set and
 * l->status -1. What has not ended half a minute later is killed, as long as nothing else was started. */
int bench_start(struct launch *l);

/* Wait for what bench_start started and fill the rest of *l. Returns l->status. */
int bench_wait(struct launch *l);

/* "exit status 3" and the like, of a struct launch's status; in a static buffer. */
const char *bench_status_text(int status);

/* Fill order with 0 to n - 1 in random order. */
void bench_shuffle(size_t *order, size_t n);

/* Sort values, and return the median. n is at least 1. */
double bench_median(int64_t *values, size_t n);

/* The number that word is; none, or not min <= number <= max, ends the program with 2. */
double bench_number(const char *name, const char *word, double min, double max);

/* The role of that name; none ends the program with 2. */
enum role bench_role(const char *word);

/* Call line(arg, words, n) for each line of the file, split at tabs; words[n] is NULL and the words last as long
 * as the program. Trouble with the file, or more than max words, ends the program with 2. */
void bench_read(const char *file, size_t max, void (*line)(void *arg, char *words[], size_t n), void *arg);

/* Add one line to the verdict: "ok: ..." or "FAIL: ...". */
__attribute__((format(printf, 2, 3))) void bench_expect(int ok, const char *format, ...);

/* Line i of the verdict, NULL behind the last one. */
const char *bench_verdict(size_t i);

/* How many lines of the verdict are "FAIL: ...". */
int bench_failures(void);

#endif
