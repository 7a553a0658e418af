// SPDX-License-Identifier: MIT
// Sends signals, and tells which ones arrive.
//
//   try-signals [COUNT]                     prints "ready", then a line for each signal: "NUMBER user" for one of
//                                           kill(2), "NUMBER queue VALUE" for one of sigqueue(3), "NUMBER CODE" for
//                                           others; ends with 0 after COUNT of them, with 9 after 20 s without
//   try-signals send PID SIGNAL[=VALUE]…    kill, or sigqueue with a value
//
// All numbers from 1 to 64 are the kernel's: a C library keeps 32 and 33 for itself.
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int receive(long count)
{
	const struct timespec limit = {.tv_sec = 20};
	const uint64_t all = ~0ull;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (count--) {
		siginfo_t info;
		long sig = syscall(SYS_rt_sigtimedwait, &all, &info, &limit, sizeof(all));

		if (sig < 0)
			return 9;
		if (info.si_code == SI_USER)
			printf("%ld user\n", sig);
		else if (info.si_code == SI_QUEUE)
			printf("%ld queue %d\n", sig, info.si_value.sival_int);
		else
			printf("%ld %d\n", sig, info.si_code);
	}
	return 0;
}

static int send_one(pid_t pid, char *word)
{
	char *value = strchr(word, '=');
	siginfo_t info = {0};

	info.si_signo = atoi(word);
	if (!value)
		return kill(pid, info.si_signo);
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = atoi(value + 1);
	return (int)syscall(SYS_rt_sigqueueinfo, pid, info.si_signo, &info);
}

int main(int argc, char **argv)
{
	if (argc < 4 || strcmp(argv[1], "send"))
		return receive(argc > 1 ? atol(argv[1]) : -1);
	for (int i = 3; i < argc; i++) {
		if (send_one(atoi(argv[2]), argv[i]) == 0)
			continue;
		fprintf(stderr, "try-signals: %s: %s\n", argv[i], strerror(errno));
		return 1;
	}
	return 0;
}
