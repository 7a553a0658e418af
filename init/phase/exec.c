// SPDX-License-Identifier: MIT
// The program itself: signals as it shall find them, execve(2). Runs in a process that shares its memory with init (vfork),
// so that a failure is simply there in err_last. Nothing here comes back on success.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/exec_why.h"
#include "phase/phase.h"

static const char shell[] = "/bin/sh";

static void execute(const struct box *box, const char *path, const char *const *words)
{
	execve(path, (char *const *)(uintptr_t)words, (char *const *)(uintptr_t)box->environment);
}

// A text without a #! line is a script of the shell, as execvp(3) has it.
static void execute_by_shell(const struct box *box, const char *path)
{
	size_t n = box->spec->command_count;
	const char **words = mmap(NULL, (n + 2) * sizeof(*words), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);

	if (words == MAP_FAILED)
		return;
	words[0] = shell;
	words[1] = path;
	memcpy(words + 2, box->spec->command + 1, n * sizeof(*words)); // with the NULL at the end
	execute(box, shell, words);
}

// 127: there is no such program. 126: it is there and can't be run.
static int exec_one(struct box *box, const char *path)
{
	int no;

	execute(box, path, box->spec->command);
	no = errno;
	if (no == ENOEXEC && exec_is_text(path)) {
		execute_by_shell(box, path);
		path = shell;
		no = errno;
	}
	errno = no;
	fail("execve", "%s", path);
	fail_code(no == ENOENT || no == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
	box->exec_failed = true;
	exec_why(path);
	if (no == EACCES && box->spec->landlock_count && !err_last.text[0])
		fail_because("no rule of --landlock lets it be executed");
	return -1;
}

// Cuts the next directory off *path and puts name behind it. Returns false at the end; a path that is too long is empty.
static bool next_candidate(const char **path, const char *name, char full[PATH_MAX])
{
	size_t n;

	if (!*path)
		return false;
	n = strcspn(*path, ":");
	if (fmt(full, PATH_MAX, "%.*s/%s", n ? (int)n : 1, n ? *path : ".", name))
		full[0] = '\0';
	*path = (*path)[n] ? *path + n + 1 : NULL;
	return true;
}

// What has to be done before the filter, which need not allow it: signals as the program shall find them, and a name without
// a slash is looked up in PATH; box->path is what is left of that, from the first directory that has it.
// (Not inline: its large frame would cost every start a page.)
static __attribute__((noinline)) int look_up(struct box *box)
{
	const char *name = box->spec->command[0], *p = box->path;
	char full[PATH_MAX];

	while (next_candidate(&p, name, full)) {
		if (!access(full, F_OK)) // a tenth of what a failing execve(2) costs
			return 0;
		box->path = p;
	}
	fail_text("not found in PATH", "%s", name);
	return fail_code(EXIT_NOT_FOUND);
}

static bool has_path(const struct box *box)
{
	return strchr(box->spec->command[0], '/') || !box->spec->command[0][0];
}

// Ignored by initbox alone, whose words may have no reader. As long as more of them follow it has to wait.
static int reset_sigpipe(const struct box *box, bool last)
{
	const struct kernel_sigaction by_default = {0};
	bool more = log_setup.level >= LOG_DETAIL || log_setup.explain;

	if (!box->spec->entry && more == last && sys_rt_sigaction(SIGPIPE, &by_default, NULL))
		return fail("rt_sigaction", "SIGPIPE");
	return 0;
}

static int lookup_up(struct box *box)
{
	const struct kernel_sigaction ignored = {.handler = (void *)SIG_IGN};

	if (reset_sigpipe(box, false))
		return -1;
	if (box->ignore_sigchld && sys_rt_sigaction(SIGCHLD, &ignored, NULL))
		return fail("rt_sigaction", "SIGCHLD");
	if (sys_rt_sigprocmask(SIG_SETMASK, &box->program_mask, NULL))
		return fail("rt_sigprocmask", "signals");
	return has_path(box) ? 0 : look_up(box);
}

const struct phase phase_lookup = {"exec", NULL, lookup_up};

// When none of those in PATH could be executed the first one is asked why: a file without permission, or one whose interpreter
// is missing, says more than "not found".
static __attribute__((noinline)) int exec_in_path(struct box *box)
{
	const char *name = box->spec->command[0], *p = box->path;
	char full[PATH_MAX];

	while (next_candidate(&p, name, full)) {
		execute(box, full, box->spec->command);
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			return exec_one(box, full);
	}
	p = box->path;
	next_candidate(&p, name, full);
	return exec_one(box, full);
}

static int exec_up(struct box *box)
{
	const struct spec *s = box->spec;

	if (reset_sigpipe(box, true))
		return -1;
	// In its own pid namespace it ends with PID 1; here after all that would take it back (setresuid, prctl(2)).
	if (s->join[JOIN_PID] && prctl(PR_SET_PDEATHSIG, SIGKILL))
		return fail("PR_SET_PDEATHSIG", "program");
	return has_path(box) ? exec_one(box, s->command[0]) : exec_in_path(box);
}

// A word as a shell reads it back.
static void quote(struct buf *b, const char *word)
{
	bool plain = word[0] != '\0';

	for (const char *p = word; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+-@%", *p))
			plain = false;
	if (plain) {
		buf_str(b, word);
		return;
	}
	buf_char(b, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_str(b, "'\\''");
		else
			buf_char(b, *word);
	buf_char(b, '\'');
}

static void exec_explain(const struct box *box)
{
	char text[768];
	struct buf b = BUF(text);

	b.p[0] = '\0';
	for (unsigned i = 0; i < box->spec->command_count; i++) {
		buf_char(&b, ' ');
		quote(&b, box->spec->command[i]);
	}
	explain("clone(CLONE_VM|CLONE_VFORK) execve", "cd %s; exec%s%s", box->spec->workdir ? box->spec->workdir : "/",
		b.p, b.cut ? " [more words]" : "");
}

const struct phase phase_exec = {"exec", exec_explain, exec_up};
