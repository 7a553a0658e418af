// SPDX-License-Identifier: MIT
/*
 * entry-floor - what the kernel itself needs for an init around one program: the lower bound of bench-entry.
 *
 *   entry-floor /PROGRAM [ARG...]
 *
 * All signals are blocked, the program is started with the mask that was inherited, signals are forwarded to it,
 * and whatever ends is reaped; when the program has ended, so does this, with its status. There is no option, no
 * message, no search in PATH, no terminal and no drain. Signals are the kernel's 64 bits by raw syscalls: the C
 * library keeps some of them for itself.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_OWN       125
#define EXIT_NOT_FOUND 127

extern char **environ;

static long change_mask(const uint64_t *set, uint64_t *old)
{
	return syscall(SYS_rt_sigprocmask, SIG_SETMASK, set, old, sizeof(*set));
}

/* Reap all that has ended. Returns the program's exit code, -1 as long as it runs. */
static int reap(pid_t program)
{
	int status, code = -1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == program)
			code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return code;
}

int main(int argc, char *argv[])
{
	const uint64_t all = ~UINT64_C(0);
	uint64_t inherited;
	int code = -1;
	pid_t program;

	if (argc < 2 || change_mask(&all, &inherited) < 0)
		return EXIT_OWN;
	program = vfork();
	if (program == 0) {
		change_mask(&inherited, NULL);
		execve(argv[1], argv + 1, environ);
		_exit(EXIT_NOT_FOUND);
	}
	if (program < 0)
		return EXIT_OWN;
	while (code < 0) {
		long sig = syscall(SYS_rt_sigtimedwait, &all, NULL, NULL, sizeof(all));

		if (sig == SIGCHLD)
			code = reap(program);
		else if (sig > 0)
			kill(program, (int)sig);
	}
	return code;
}
