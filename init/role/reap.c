// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys.h"
#include "role/reap.h"

int reap_code(int status)
{
	return WIFSIGNALED(status) ? EXIT_BY_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

// SIGCHLD stands for any number of ended children: all are taken.
static bool reap_all(pid_t main, int *code)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != main)
			continue;
		*code = reap_code(status);
		ended = true;
	}
	return ended || (pid < 0 && errno == ECHILD); // no child is left at all: nothing will ever come
}

int reap_until(pid_t main, uint64_t mask)
{
	siginfo_t info;
	int code = EXIT_OWN_FAILURE;

	// Whoever waited for something else before may have taken the signal.
	if (reap_all(main, &code))
		return code;
	for (;;) {
		int sig = sys_rt_sigwaitinfo(&mask, &info);

		if (sig == SIGCHLD && reap_all(main, &code))
			return code;
		if (sig > 0 && sig != SIGCHLD)
			kill(main, sig);
	}
}
