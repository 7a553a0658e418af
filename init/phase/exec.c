// SPDX-License-Identifier: MIT
// The program itself: descriptors, terminal, signals, directory, environment, execve(2). Runs in a process that shares its
// memory with the box's PID 1 (vfork), so that a failure is simply there in err_last. Nothing here comes back on success.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/sys.h"
#include "phase/phase.h"

static const char default_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static const char *environment[MAX_ENV + 8];

static const char *lookup(const char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (!strncmp(*env, name, n) && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strcspn(b, "=") == n && !memcmp(a, b, n);
}

// The last value of a name wins; what the user gives wins over the defaults.
static void add(unsigned *n, const char *entry)
{
	for (unsigned i = 0; i < *n; i++) {
		if (!same_name(environment[i], entry))
			continue;
		environment[i] = entry;
		return;
	}
	environment[(*n)++] = entry;
}

static int build_environment(const struct box *box)
{
	static char hostname[96], home[512], term[64];
	const struct spec *s = box->spec;
	const char *terminal = lookup((const char *const *)environ, "TERM");
	unsigned n = 0;

	if (fmt(hostname, sizeof(hostname), "HOSTNAME=%s", s->hostname) ||
	    fmt(home, sizeof(home), "HOME=%s", box->home))
		return fail("execve", "HOME");
	add(&n, default_path);
	add(&n, hostname);
	add(&n, home);
	add(&n, "container=initbox");
	if (terminal && isatty(STDIN_FILENO) && !fmt(term, sizeof(term), "TERM=%s", terminal))
		add(&n, term);
	for (unsigned i = 0; i < s->env_count; i++)
		add(&n, s->env[i]);
	environment[n] = NULL;
	return 0;
}

// The machine's console becomes the program's controlling terminal; a terminal that belongs to the session of a
// launcher's caller stays with it (EPERM).
static int take_stdin(const struct spec *s)
{
	if (s->stdin_from == STDIN_NULL) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd < 0 || (fd != STDIN_FILENO && (dup2(fd, STDIN_FILENO) < 0 || close(fd))))
			return fail("open", "/dev/null");
	}
	setsid();
	if (isatty(STDIN_FILENO))
		ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	return 0;
}

// 127: there is no such program. 126: it is there and can't be run.
static int fail_exec(const char *path)
{
	int no = errno;

	fail("execve", "%s", path);
	return fail_code(no == ENOENT || no == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

static int exec_one(const struct box *box, const char *path)
{
	execve(path, (char *const *)(uintptr_t)box->spec->command, (char *const *)(uintptr_t)environment);
	return fail_exec(path);
}

// Looks a name without a slash up in the box's PATH. An EACCES on the way is kept: it says more than a later ENOENT.
static int exec_in_path(const struct box *box, const char *path)
{
	const char *name = box->spec->command[0];
	char full[PATH_MAX];
	bool denied = false;

	for (;; path++) {
		size_t n = strcspn(path, ":");

		if (!fmt(full, sizeof(full), "%.*s/%s", n ? (int)n : 1, n ? path : ".", name)) {
			exec_one(box, full);
			if (err_last.no == EACCES)
				denied = true;
			else if (err_last.no != ENOENT && err_last.no != ENOTDIR)
				return -1;
		}
		path += n;
		if (!*path)
			break;
	}
	if (denied) {
		errno = EACCES;
		return fail_exec(name);
	}
	fail_text("not found in the box's PATH", "%s", name);
	return fail_code(EXIT_NOT_FOUND);
}

static int exec_up(struct box *box)
{
	const struct spec *s = box->spec;
	const struct kernel_sigaction by_default = {0};
	const uint64_t none = 0;
	const char *path;

	sys_rt_sigaction(SIGPIPE, &by_default, NULL); // ignored by initbox alone
	sys_rt_sigprocmask(SIG_SETMASK, &none, NULL);
	if (strchr(s->command[0], '/'))
		return exec_one(box, s->command[0]);
	path = lookup(environment, "PATH");
	return exec_in_path(box, path ? path : "");
}

static int enter_workdir(const char *path)
{
	int fd = path_open(path, O_PATH | O_DIRECTORY), ret = 0;

	if (fd < 0)
		return -1;
	if (fchdir(fd))
		ret = fail("fchdir", "workdir %s", path);
	close(fd);
	return ret;
}

static int prepare_up(struct box *box)
{
	// Nothing that the launcher, or its caller, had open goes on into the box (CVE-2024-21626).
	if (sys_close_range(3, ~0u, 0))
		return fail("close_range", "descriptors");
	if (take_stdin(box->spec))
		return -1;
	if (box->spec->workdir && enter_workdir(box->spec->workdir))
		return -1;
	return build_environment(box);
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

const struct phase phase_prepare = {"prepare", NULL, prepare_up};
const struct phase phase_exec = {"exec", exec_explain, exec_up};
