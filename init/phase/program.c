// SPDX-License-Identifier: MIT
// What surrounds the program when it starts: descriptors, session and terminal, directory, limits. Runs in the process that
// becomes it, which shares its memory with init (vfork).
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/sys.h"
#include "phase/console.h"
#include "phase/phase.h"

// The machine's console becomes the program's controlling terminal. That of a launcher's caller never does: TIOCSTI would
// type into it (CVE-2017-5226).
static int take_stdin(const struct box *box)
{
	if (box->spec->stdin_from == STDIN_NULL) {
		int fd = openat(box->dev_fd, "null", O_RDONLY | O_NOFOLLOW);

		if (fd < 0 || (fd != STDIN_FILENO && (dup2(fd, STDIN_FILENO) < 0 || close(fd))))
			return fail("open", "/dev/null");
	}
	if (box->spec->tty)
		return console_take(box, box->spec->stdin_from == STDIN_NULL ? 1 : 0);
	if (setsid() < 0)
		return fail("setsid", "program");
	if (box->in_machine)
		ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	return 0;
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
	if (take_stdin(box))
		return -1;
	// Nothing that the launcher, or its caller, had open goes on into the box (CVE-2024-21626).
	if (file_close_from(3))
		return -1;
	// The caller's keys are not for the program, nor for what the kernel looks up in its name; keyrings(7).
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return fail("KEYCTL_JOIN_SESSION_KEYRING", "session keyring");
	return box->spec->workdir ? enter_workdir(box->spec->workdir) : 0;
}

const struct phase phase_prepare = {"prepare", NULL, prepare_up};

// An entry's program has a process group of its own, so that what is sent to it does not come back to init; and the
// terminal's foreground, if init had that to give. SIGTTOU is blocked here (tcsetpgrp(3)).
static int session_up(struct box *box)
{
	const struct spec *s = box->spec;

	if (s->setsid) {
		if (setsid() < 0)
			return fail("setsid", "%s", s->command[0]);
		ioctl(STDIN_FILENO, TIOCSCTTY, 0); // fails where there is none, or it is another session's
	} else if (setpgid(0, 0)) {
		return fail("setpgid", "%s", s->command[0]);
	} else if (box->terminal >= 0 && tcsetpgrp(box->terminal, getpid())) {
		return fail("tcsetpgrp", "terminal");
	}
	if (s->workdir && chdir(s->workdir))
		return fail("chdir", "workdir %s", s->workdir);
	return 0;
}

const struct phase phase_session = {"session", NULL, session_up};

static int set_limit(const struct limit *l)
{
	struct rlimit r = {l->soft, l->hard}, old;

	if (!syscall(SYS_prlimit64, 0, l->resource, &r, NULL))
		return 0;
	fail("prlimit64", "ulimit %s=%ld:%ld", l->name, (long)l->soft, (long)l->hard);
	if (err_last.no == EPERM && !syscall(SYS_prlimit64, 0, l->resource, NULL, &old))
		fail_because("the caller's own hard limit is %ld", (long)old.rlim_max);
	return -1;
}

// In the box's /proc, where nothing but the kernel's own can be. Who is not dumpable has his files there owned by the
// machine's root, who is nobody in a user namespace; nobody else runs in the box yet.
static int set_oom_score(bool userns, int score)
{
	char text[8];
	int ret;

	if (fmt(text, sizeof(text), "%d", score) || (userns && prctl(PR_SET_DUMPABLE, 1)))
		return fail("write", "oom_score_adj");
	ret = file_write(AT_FDCWD, "/proc/self/oom_score_adj", text);
	return userns && prctl(PR_SET_DUMPABLE, 0) && !ret ? fail("PR_SET_DUMPABLE", "oom_score_adj") : ret;
}

static int limits_up(struct box *box)
{
	const struct spec *s = box->spec;

	if (s->umask)
		umask((mode_t)(s->umask - 1));
	for (unsigned i = 0; i < s->limit_count; i++)
		if (set_limit(&s->limit[i]))
			return -1;
	if (s->nice && syscall(SYS_setpriority, PRIO_PROCESS, 0, (int)s->nice - 21))
		return fail("setpriority", "nice %d", (int)s->nice - 21);
	return s->oom_score_adj ? set_oom_score(box->userns, (int)s->oom_score_adj - 1001) : 0;
}

static void limits_explain(const struct box *box)
{
	const struct spec *s = box->spec;

	if (s->umask)
		explain("umask", "umask %03o", (unsigned)s->umask - 1);
	for (unsigned i = 0; i < s->limit_count; i++)
		explain("prlimit64", "prlimit --pid $$ --%s=%ld:%ld", s->limit[i].name, (long)s->limit[i].soft,
			(long)s->limit[i].hard);
	if (s->nice)
		explain("setpriority", "renice -n %d -p $$", (int)s->nice - 21);
	if (s->oom_score_adj)
		explain("open write", "echo %d >/proc/self/oom_score_adj", (int)s->oom_score_adj - 1001);
}

const struct phase phase_limits = {"limits", limits_explain, limits_up};
