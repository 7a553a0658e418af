// SPDX-License-Identifier: MIT
// Starts a command with what it is to inherit: signals at their default and none blocked, but for what is asked.
//
//   try-start [OPTION]… COMMAND…
//     --pid1            as process 1 of a pid namespace, with a /proc of its own; it dies with try-start
//     --session         in a session of its own, with the terminal on stdin as its controlling terminal
//     --ignore LIST     these signals are ignored (1,2,34-64)
//     --block LIST      these are blocked
//     --pending SIG     and this one, a blocked one, waits already
//     --close FD        closes it
//     --pid-file FILE   writes the command's pid, as it is seen from here
//
// Ends as the command does; 99 when a signal killed process 1 of the namespace, which an init does not let happen.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(sig) (1ull << ((sig)-1))

// The kernel's own: glibc hides 32 and 33, and may keep more words in the struct.
struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static uint64_t ignored, blocked;
static int pending, closed[16], closed_count;
static int pid1, session;
static const char *pid_file;

static void fail(const char *what)
{
	fprintf(stderr, "try-start: %s: %s\n", what, strerror(errno));
	_exit(98);
}

static uint64_t parse_signals(const char *s)
{
	uint64_t set = 0;

	while (*s) {
		char *end;
		long first = strtol(s, &end, 10), last = first;

		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (end == s || first < 1 || last > 64 || (*end && *end != ',')) {
			errno = EINVAL;
			fail(s);
		}
		for (long sig = first; sig <= last; sig++)
			set |= BIT(sig);
		s = *end ? end + 1 : end;
	}
	return set;
}

// Returns the index of the command.
static int parse(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--pid1"))
			pid1 = 1;
		else if (!strcmp(argv[i], "--session"))
			session = 1;
		else if (i + 1 == argc)
			break;
		else if (!strcmp(argv[i], "--ignore"))
			ignored |= parse_signals(argv[++i]);
		else if (!strcmp(argv[i], "--block"))
			blocked |= parse_signals(argv[++i]);
		else if (!strcmp(argv[i], "--pending"))
			pending = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--close") && closed_count < 16)
			closed[closed_count++] = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--pid-file"))
			pid_file = argv[++i];
		else
			break;
	}
	if (i >= argc || !strncmp(argv[i], "--", 2)) {
		errno = EINVAL;
		fail(i < argc ? argv[i] : "no command");
	}
	return i;
}

static void write_pid(pid_t pid)
{
	char text[16];
	int fd, n = snprintf(text, sizeof(text), "%d\n", pid);

	if (!pid_file)
		return;
	fd = open(pid_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		fail(pid_file);
	close(fd);
}

static void start(char **command)
{
	for (int sig = 1; sig <= 64; sig++) {
		struct kernel_action a = {.handler = ignored & BIT(sig) ? SIG_IGN : SIG_DFL};

		syscall(SYS_rt_sigaction, sig, &a, NULL, sizeof(a.mask));
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof(blocked));
	if (pending && kill(getpid(), pending))
		fail("kill");
	// 1: the terminal may belong to another session.
	if (session && ((getsid(0) != getpid() && setsid() < 0) || (isatty(0) && ioctl(0, TIOCSCTTY, 1))))
		fail("session");
	for (int i = 0; i < closed_count; i++)
		close(closed[i]);
	execvp(command[0], command);
	fail(command[0]);
}

static void start_as_pid1(char **command)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		fail("prctl");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("proc", "/proc", "proc", 0, NULL))
		fail("mount /proc");
	start(command);
}

int main(int argc, char **argv)
{
	char **command = argv + parse(argc, argv);
	int status;
	pid_t pid;

	if (!pid1) {
		write_pid(getpid());
		start(command);
	}
	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		fail("unshare");
	// Keys and a terminal's end are for the command.
	for (int sig = 1; sig < 32; sig++)
		if (sig == SIGHUP || sig == SIGINT || sig == SIGQUIT || sig == SIGTSTP || sig == SIGTTIN ||
		    sig == SIGTTOU)
			signal(sig, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		start_as_pid1(command);
	write_pid(pid);
	// Nobody waits for the end of a pipe because of this process.
	close(0);
	close(1);
	syscall(SYS_close_range, 3, ~0u, 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "try-start: process 1 was killed by signal %d\n", WTERMSIG(status));
	return 99;
}
