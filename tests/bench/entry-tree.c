// SPDX-License-Identifier: MIT
/*
 * entry-tree - the program under the inits of bench-entry that does not end by itself.
 *
 *   entry-tree           sleeps, nothing else
 *   entry-tree N MS      forks N children, which need MS ms to end after SIGTERM
 *
 * With N it writes a mark to stdout as soon as all of them are there, and each child one as its last act when it
 * came to its orderly end. A mark is the time: eight bytes, ns of the monotonic clock. The parent ends at once on
 * SIGTERM, as most programs do that leave their children behind.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct timespec delay;

static void write_mark(void)
{
	struct timespec ts;
	int64_t mark;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	mark = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	if (write(1, &mark, sizeof(mark)) != sizeof(mark))
		_exit(1);
}

/* Every call in it may stand in a handler. A second SIGTERM waits until the handler has returned: it never does. */
static void end_orderly(int sig)
{
	(void)sig;
	nanosleep(&delay, NULL);
	write_mark();
	_exit(0);
}

int main(int argc, char *argv[])
{
	long count = argc > 2 ? atol(argv[1]) : 0, ms = argc > 2 ? atol(argv[2]) : 0;
	pid_t pid = 1;

	delay = (struct timespec){ms / 1000, ms % 1000 * 1000000};
	if (count)
		signal(SIGTERM, end_orderly);
	for (long i = 0; i < count && pid > 0; i++)
		pid = fork();
	if (pid < 0)
		return 1;
	if (pid > 0 && count) {
		signal(SIGTERM, SIG_DFL);
		write_mark();
	}
	for (;;)
		pause();
}
