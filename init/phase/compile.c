// SPDX-License-Identifier: MIT
// Runs boxfilter, the compiler of seccomp profiles. It gets the profile as a file in memory, and gives the program and its
// words back the same way.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/compile.h"

#define NAME	  "boxfilter"
#define INSTALLED INITBOX_LIBEXECDIR "/" NAME

int compile_find(struct compiler *c)
{
	char path[PATH_MAX + sizeof(NAME)];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);

	if (n < 0)
		return fail("readlink", "/proc/self/exe");
	while (n > 0 && path[n - 1] != '/')
		n--;
	c->fd = -1;
	if (n > 0) {
		strcpy(path + n, NAME);
		c->fd = open(path, O_PATH | O_CLOEXEC);
	}
	if (c->fd < 0)
		c->fd = open(INSTALLED, O_PATH | O_CLOEXEC);
	if (c->fd < 0)
		return fail_text("is neither beside initbox nor " INSTALLED
				 "; a profile in JSON needs it (one that it has made, FILE.bpf, does not)", NAME);
	return fstat(c->fd, &c->st) ? fail("fstat", NAME) : 0;
}

struct child {
	const struct compiler *compiler;
	int fd[3]; // what it reads, writes, and says
	const char *argv[16];
	int error; // of execveat(2)
};

// Shares its memory with the launcher, which stands still.
static int child_main(void *arg)
{
	static const char *const environment[] = {NULL};
	const uint64_t none = 0;
	struct child *c = arg;

	for (int i = 0; i < 3; i++) // all of them are above 2, and close-on-exec
		if (dup2(c->fd[i], i) < 0)
			goto out;
	sys_rt_sigprocmask(SIG_SETMASK, &none, NULL);
	syscall(SYS_execveat, c->compiler->fd, "", c->argv, environment, AT_EMPTY_PATH);
out:
	c->error = errno;
	_exit(EXIT_OWN_FAILURE);
}

// "boxfilter: FILE:LINE:COLUMN: what is wrong"
static int fail_as_said(char *text)
{
	char *object = text, *colon;

	text[strcspn(text, "\n")] = '\0';
	if (!strncmp(object, NAME ": ", sizeof(NAME) + 1))
		object += sizeof(NAME) + 1;
	colon = str_find(object, ": ");
	if (!colon)
		return fail_text(*object ? object : "failed without a word", NAME);
	*colon = '\0';
	return fail_text(colon + 2, "%s", object);
}

static void show_notes(char *text)
{
	for (char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		log_line(LOG_NOTE, "%.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

// Both descriptors are in memory. fd[2] is closed.
static int judge(struct child *c, int status)
{
	static LARGE_BSS char text[16 * 1024];
	long n = pread(c->fd[2], text, sizeof(text) - 1, 0);

	close(c->fd[2]);
	if (n < 0)
		return fail("pread", NAME);
	text[n] = '\0';
	if (c->error) {
		errno = c->error;
		return fail("execveat", NAME);
	}
	if (WIFSIGNALED(status))
		return fail_text("", NAME), fail_because("was killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		return fail_as_said(text);
	show_notes(text);
	return lseek(c->fd[1], 0, SEEK_SET) < 0 ? fail("lseek", NAME) : 0;
}

int compile_run(const struct compiler *compiler, int fd, const char *name, uint64_t caps, const char *release)
{
	static LARGE_BSS _Alignas(16) char stack[16 * 1024];
	char mask[20];
	struct child c = {
		.compiler = compiler,
		.fd = {fd, memfd_create("filter", MFD_CLOEXEC), memfd_create("words", MFD_CLOEXEC)},
		.argv = {NAME, "--format", "box", "--caps", mask, "--kernel", release, "--name", name, "-"},
	};
	int status = 0, ret;
	pid_t pid;

	if (c.fd[1] < 0 || c.fd[2] < 0)
		return fail("memfd_create", NAME);
	if (fmt(mask, sizeof(mask), "0x%lx", (unsigned long)caps))
		return fail("execveat", NAME);
	pid = clone(child_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &c);
	if (pid < 0)
		return fail("clone", NAME);
	while ((ret = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	ret = ret < 0 ? fail("waitpid", NAME) : judge(&c, status);
	if (ret)
		close(c.fd[1]);
	return ret ? -1 : c.fd[1];
}
