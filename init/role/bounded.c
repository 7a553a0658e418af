// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/watch.h"
#include "role/bounded.h"
#include "role/box.h"
#include "role/order.h"

// Waits for one signal, at the latest until the time (ms), and does what is to be done beside.
static void wait_beside(uint64_t until)
{
	uint64_t now = sys_now_ms(), at = watch_deadline(), ms;
	struct timespec timeout;
	siginfo_t info;
	int sig;

	if (!at || at > until)
		at = until;
	ms = at > now ? at - now : 0;
	timeout = (struct timespec){(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
	sig = sys_rt_sigtimedwait(&box_signals, &info, &timeout);
	if (sig > 0 && sig != SIGCHLD && sig != SIGIO)
		order_take(sig, &info, 0);
	watch_serve(sig == SIGIO);
}

int bounded_wait(pid_t pid, uint64_t ms, int *status)
{
	uint64_t until = sys_now_ms() + ms;

	for (;;) {
		int s;
		pid_t got = waitpid(-1, &s, WNOHANG);

		if (got > 0 && got == pid) {
			*status = s;
			return 0;
		}
		if (got < 0 && errno == ECHILD)
			return pid ? -1 : 0;
		errno = !pid && order_is_urgent() ? EINTR : ETIMEDOUT;
		if (got <= 0 && (errno == EINTR || sys_now_ms() >= until))
			return -1;
		if (got <= 0)
			wait_beside(until);
	}
}

int bounded_call(const char *what, uint64_t ms, int (*work)(void *arg), void *arg)
{
	pid_t pid = sys_clone(SIGCHLD);
	int status = 0;

	if (pid == 0)
		_exit(work(arg) ? 1 : 0);
	if (pid < 0) { // for want of memory or processes: then here
		fail("fork", "%s", what);
		log_err(&err_last);
		return work(arg);
	}
	if (!bounded_wait(pid, ms, &status))
		return status ? -1 : 0;
	kill(pid, SIGKILL);
	log_line(LOG_ERROR, "%s: not over after %lu s: going on without", what, (unsigned long)(ms / 1000));
	return -1;
}
