// SPDX-License-Identifier: MIT
// Runs a command and lets one system call of one of its processes fail, without it being made. strace(1) counts for each
// process on its own, so that its Nth call of a name fails in all of them; here the process is named, too.
//
// inject REPORT COMMAND…                      counts: one line "PROCESS SYSCALL N" for each call that was made
// inject REPORT PROCESS:SYSCALL:N:ERRNO COMMAND…   "hit" is written when it has failed
//
// SYSCALL flock_un is flock(2) with LOCK_UN, which can't fail (flock(2)), and flock the others. message is one netlink
// message of those that a sendto(2) has, and answer a recvmsg(2) of a netlink socket that has read something; what happens
// to them stands in the place of ERRNO: refused; lost, short, trunc, seq, sender (netlink.h).
// INJECT_USER in the environment is the number of the user and group that the command runs as.
// Processes are numbered as they come: 0 is the command. One that executes another program is not followed any further.
// The end is the command's: its exit code, 128+N, or 200 when it did not end in time; what is alive then is killed and
// written as "alive PROCESS".
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/ptrace.h>

#include "netlink.h"
#include "syscalls.h" // static const struct call { const char *name; int nr; } calls[]

#ifndef __x86_64__
#error "how to change a system call is known for x86-64 only"
#endif

enum {
	MAX_TRACEES = 64,
	MAX_NR = 1024,
	FLOCK_UN = MAX_NR - 1,
	MESSAGE = MAX_NR - 2,
	ANSWER = MAX_NR - 3,
	SECONDS = 40,
	SECONDS_AFTER = 2,
	HANG = 200
};

static struct tracee {
	pid_t pid;
	bool alive, injected; // the call that it is in is to fail
	int nr;		      // of the call that it is in
	uint64_t msghdr;      // of recvmsg(2)
	unsigned count[MAX_NR];
} tracees[MAX_TRACEES];
static int tracee_count;

static struct {
	int process, nr, no;
	enum effect effect;
	unsigned n;
} fault = {.process = -1};
static FILE *report;
static bool started; // the command has been executed

static void die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(201);
}

static const struct call own_calls[] = {{"flock_un", FLOCK_UN}, {"message", MESSAGE}, {"answer", ANSWER}};

static const char *name_of(int nr)
{
	for (size_t i = 0; i < sizeof(own_calls) / sizeof(own_calls[0]); i++)
		if (own_calls[i].nr == nr)
			return own_calls[i].name;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	return "?";
}

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].nr;
	for (size_t i = 0; i < sizeof(own_calls) / sizeof(own_calls[0]); i++)
		if (!strcmp(own_calls[i].name, name))
			return own_calls[i].nr;
	errno = ENOSYS;
	die(name);
	return -1;
}

static struct tracee *find(pid_t pid)
{
	for (int i = 0; i < tracee_count; i++)
		if (tracees[i].pid == pid && tracees[i].alive)
			return &tracees[i];
	if (tracee_count == MAX_TRACEES)
		die("too many processes");
	tracees[tracee_count] = (struct tracee){.pid = pid, .alive = true};
	return &tracees[tracee_count++];
}

// Sets the number of the call that is about to be made, or what the one that was made returns.
static void change(pid_t pid, bool entry, int64_t value)
{
	struct user_regs_struct regs;
	struct iovec iov = {&regs, sizeof(regs)};

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov))
		return; // it was killed
	*(entry ? &regs.orig_rax : &regs.rax) = (unsigned long long)value;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
}

// Counts one call, request or answer. Returns true when it is the one that is to fail.
static bool count(struct tracee *t, int nr)
{
	int process = (int)(t - tracees);

	t->count[nr]++;
	if (fault.process < 0)
		fprintf(report, "%d %s %u\n", process, name_of(nr), t->count[nr]);
	if (process != fault.process || nr != fault.nr || t->count[nr] != fault.n)
		return false;
	fprintf(report, "hit\n");
	return true;
}

static void on_entry(struct tracee *t, int nr, const uint64_t args[6])
{
	if (nr >= ANSWER)
		return;
	if (nr == SYS_flock && args[1] == LOCK_UN)
		nr = FLOCK_UN;
	t->nr = nr;
	t->msghdr = args[1];
	t->injected = count(t, nr);
	if (t->injected)
		change(t->pid, true, -1); // no call is made
	if (nr != SYS_sendto)
		return;
	for (unsigned i = 0, n = requests_in(t->pid, args); i < n; i++)
		if (count(t, MESSAGE))
			request_refuse(t->pid, args, i);
}

static void on_exit_of(struct tracee *t, int64_t result)
{
	if (t->injected)
		change(t->pid, false, -fault.no);
	else if (t->nr == SYS_recvmsg && is_answer(t->pid, t->msghdr, result) && count(t, ANSWER))
		change(t->pid, false, answer_spoil(t->pid, t->msghdr, result, fault.effect));
	t->injected = false;
}

static void on_call(struct tracee *t)
{
	struct ptrace_syscall_info info;

	if (!started || ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		on_exit_of(t, info.exit.rval);
	else if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, (int)info.entry.nr, (const uint64_t *)info.entry.args);
}

// Returns false when it is not traced any more.
static bool on_exec(struct tracee *t)
{
	if (t == tracees && !started) {
		started = true;
		return true;
	}
	t->alive = false;
	ptrace(PTRACE_DETACH, t->pid, 0, 0);
	return false;
}

static void on_stop(struct tracee *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16, pass = 0;

	if (sig == (SIGTRAP | 0x80))
		on_call(t);
	else if (event == PTRACE_EVENT_EXEC && !on_exec(t))
		return;
	else if (event == PTRACE_EVENT_STOP && (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)) {
		ptrace(PTRACE_LISTEN, t->pid, 0, 0);
		return;
	} else if (!event)
		pass = sig;
	ptrace(PTRACE_SYSCALL, t->pid, 0, pass);
}

static int become(const char *user)
{
	unsigned id = user ? (unsigned)atoi(user) : 0;

	return user && (unsetenv("INJECT_USER") || setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id));
}

static pid_t start(char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int gate[2];
	char byte;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) || (pid = fork()) < 0)
		die("start");
	if (pid == 0) {
		fclose(report);
		close(gate[1]);
		if (read(gate[0], &byte, 1) == 0 && !become(getenv("INJECT_USER")))
			execvp(argv[0], argv);
		die(argv[0]);
	}
	find(pid);
	if (ptrace(PTRACE_SEIZE, pid, 0, options) || ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		die("PTRACE_SEIZE");
	close(gate[0]);
	close(gate[1]);
	return pid;
}

static void on_alarm(int sig)
{
	(void)sig;
}

static int follow(pid_t command)
{
	struct sigaction wake = {.sa_handler = on_alarm};
	int status, code = HANG;
	pid_t pid;

	sigaction(SIGALRM, &wake, NULL);
	alarm(SECONDS);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		struct tracee *t = find(pid);

		if (WIFSTOPPED(status)) {
			on_stop(t, status);
			continue;
		}
		t->alive = false;
		if (pid != command)
			continue;
		code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		alarm(SECONDS_AFTER);
	}
	for (int i = 0; i < tracee_count; i++)
		if (tracees[i].alive)
			fprintf(report, "alive %d\n", i);
	return code;
}

static void parse(char *text)
{
	char *name = strchr(text, ':'), *n = name ? strchr(name + 1, ':') : NULL, *no = n ? strchr(n + 1, ':') : NULL;

	if (!no) {
		errno = EINVAL;
		die(text);
	}
	*n = '\0';
	fault.process = atoi(text);
	fault.nr = number_of(name + 1);
	fault.n = (unsigned)atoi(n + 1);
	fault.no = atoi(no + 1);
	fault.effect = effect_named(no + 1);
}

int main(int argc, char **argv)
{
	int first = 2;

	if (argc < 3) {
		fprintf(stderr, "usage: inject REPORT [PROCESS:SYSCALL:N:ERRNO] COMMAND…\n");
		return 201;
	}
	if (argc > 3 && argv[2][0] >= '0' && argv[2][0] <= '9') {
		parse(argv[2]);
		first = 3;
	}
	report = fopen(argv[1], "we");
	if (!report)
		die(argv[1]);
	return follow(start(argv + first));
}
