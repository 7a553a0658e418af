// SPDX-License-Identifier: MIT
/* What the measuring programs share: a program is started, timed and waited for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-base.h"

#define HANG_SECONDS 30

static _Alignas(16) char child_stack[16 * 1024];
static volatile pid_t running;
static int null_fd = -1;
static int child_errno; /* written by the child, which shares this memory */
extern char **environ;

static void kill_hung(int sig)
{
	(void)sig;
	if (running > 0)
		kill(running, SIGKILL);
}

static int64_t timeval_ns(struct timeval tv)
{
	return (int64_t)tv.tv_sec * 1000000000 + (int64_t)tv.tv_usec * 1000;
}

static int child_main(void *arg)
{
	const struct launch *l = arg;

	/* It dies with the caller; outside of the caller's session ^C does not reach it. */
	if (prctl(PR_SET_PDEATHSIG, l->namespaces ? SIGKILL : SIGTERM) < 0 || (l->namespaces && setsid() < 0))
		_exit(127);
	if (dup2(null_fd, 0) == 0 && dup2(l->out ? l->out : null_fd, 1) == 1 && (!l->err || dup2(l->err, 2) == 2))
		execve(l->argv[0], l->argv, environ);
	child_errno = errno;
	_exit(127);
}

int bench_start(struct launch *l)
{
	struct sigaction sa = {.sa_handler = kill_hung, .sa_flags = SA_RESTART};

	l->status = -1;
	if (null_fd < 0)
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0)
		bench_die("/dev/null", strerror(errno));
	sigaction(SIGALRM, &sa, NULL);
	child_errno = 0;
	running = 0;
	alarm(HANG_SECONDS);
	l->started = bench_now();
	/* The child borrows this memory until its exec: no page table is copied, whatever the size of this program. */
	l->pid = clone(child_main, child_stack + sizeof(child_stack), CLONE_VM | CLONE_VFORK | SIGCHLD | l->namespaces,
		       l);
	if (l->pid < 0)
		return -1;
	running = l->pid;
	if (child_errno) {
		bench_wait(l);
		l->status = -1;
		errno = child_errno;
		return -1;
	}
	return 0;
}

int bench_wait(struct launch *l)
{
	struct rusage usage;

	while (wait4(l->pid, &l->status, 0, &usage) < 0 && errno == EINTR)
		;
	l->ended = bench_now();
	running = 0;
	alarm(0);
	l->cpu = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
	l->faults = usage.ru_minflt;
	l->rss = usage.ru_maxrss;
	return l->status;
}

const char *bench_status_text(int status)
{
	static char buf[64];

	if (status == -1)
		snprintf(buf, sizeof(buf), "can't start: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		snprintf(buf, sizeof(buf), "killed by signal %d", WTERMSIG(status));
	else
		snprintf(buf, sizeof(buf), "exit status %d", WEXITSTATUS(status));
	return buf;
}
