// SPDX-License-Identifier: MIT
// Processes that are hard to catch: chains of them, where each one ignores SIGTERM, leaves its session and is followed by
// another after a short life.
//
//   try-storm CHAINS MICROSECONDS    starts them and ends; they end by themselves after 8 s
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void chain(time_t until, unsigned life_us)
{
	while (time(NULL) < until) {
		pid_t pid;

		setsid();
		usleep(life_us);
		pid = fork();
		if (pid > 0)
			_exit(0);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	time_t until = time(NULL) + 8;

	if (argc != 3)
		return 64;
	signal(SIGTERM, SIG_IGN);
	for (int i = atoi(argv[1]); i > 0; i--)
		if (fork() == 0)
			chain(until, (unsigned)atoi(argv[2]));
	return 0;
}
