// SPDX-License-Identifier: MIT
// PID 1 of somebody else's container, or a supervisor anywhere else: one program, its signals, its orphans, its end.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/phase.h"
#include "role/entry.h"
#include "role/names.h"
#include "role/post_mortem.h"
#include "role/spawn.h"
#include "role/terminal.h"
#include "spec/parse.h"
#include "base/signals.h"

static const struct phase *const identity[] = {&phase_identity, NULL};
static const struct phase *const program[] = {&phase_session, &phase_environ, &phase_limits, &phase_privileges,
					      &phase_lookup,  &phase_filter,  &phase_exec,   NULL};

static int help(const struct name *name)
{
	char text[8192];
	struct buf b = BUF(text);

	if (name->help_on_stderr) {
		log_raw(name->help);
		return 0;
	}
	if (name->help)
		return log_print(name->help);
	b.p[0] = '\0';
	buf_str(&b, "usage: initbox [OPTIONS] [--] PROGRAM [ARGUMENTS]\n"
		    "       initbox run --help\n"
		    "       initbox check                         what works here; --config FILE: what is wrong in FILE\n"
		    "       initbox gc                            removes what killed launchers left\n"
		    "       initbox poweroff | reboot | halt      in a machine\n"
		    "Init of a container: starts PROGRAM, forwards signals to it, reaps, and when it has ended waits until "
		    "all that\n"
		    "it started has ended, too. The first word that is not an option is PROGRAM.\n\n");
	key_help(&b, SCOPE_ENTRY);
	buf_str(&b, "      --version\n\n"
		    "Each option is also a variable: INITBOX_ON_EXIT=wait is --on-exit wait; several words where an "
		    "option may be\n"
		    "repeated. TINI_* and DUMB_INIT_* are understood. None of them reaches PROGRAM.\n"
		    "Called tini, docker-init, dumb-init, catatonit or pause it takes the options of that program.\n"
		    "Exit code: PROGRAM's; 128+N when signal N killed it; 125 when initbox failed, 126 when PROGRAM "
		    "can't be\n"
		    "executed, 127 when it is not found.\n");
	return log_print(b.p);
}

static int version(const struct name *name)
{
	if (!name->help_on_stderr || name->version[0] == 't')
		return log_print(name->version);
	log_raw(name->version);
	return 0;
}

// A mistake in what was asked for, or a program that can't be started (exec).
static int refuse(const struct name *name, const char *argv0, bool usage)
{
	bool exec = !strcmp(err_last.phase, "exec");

	if (name->refuse)
		name->refuse(argv0, &err_last, exec);
	else
		log_err(&err_last);
	if (usage && name->usage)
		log_raw(name->usage);
	if (usage && name->usage_code)
		return name->usage_code;
	if (exec)
		return name->exec_code ? name->exec_code : err_last.code;
	return name->own_code ? name->own_code : err_last.code;
}

static void say(enum reap_event event, int a, int b)
{
	static const char *const about_signals[] = {
		[REAP_RECEIVED] = "Received",
		[REAP_FORWARDED] = "Forwarded",
		[REAP_DROPPED] = "Dropped by rule:",
		[REAP_HANDOFF] = "Comes from giving the terminal away:",
		[REAP_DRAIN] = "To all that is left:",
	};
	char sig[16];

	switch (event) {
	case REAP_SPAWNED:
		log_line(LOG_DETAIL, "started %d", a);
		return;
	case REAP_ENDED:
		if (WIFSIGNALED(b))
			log_line(LOG_DETAIL, "%d ended: %s", a, signal_name(sig, WTERMSIG(b)));
		else
			log_line(LOG_DETAIL, "%d ended: exit code %d", a, WEXITSTATUS(b));
		return;
	case REAP_OVER:
		return;
	case REAP_ORPHAN:
		post_mortem_orphan(a, b);
		return;
	case REAP_CONTINUED:
		log_line(LOG_NOTE, "%d was stopped by %s and goes on: nobody here could ever continue it", b,
			 signal_name(sig, a));
		return;
	case REAP_LEFT:
		log_line(LOG_ERROR, "some processes are still there 2 s after SIGKILL; they are left behind");
		return;
	default:
		log_line(LOG_DETAIL, "%s %s", about_signals[event], signal_name(sig, a));
	}
}

static void say_nothing(enum reap_event event, int a, int b)
{
	(void)event;
	(void)a;
	(void)b;
}

// SIGCHLD ignored would let the kernel reap for us, and nothing could be waited for; the program gets it back.
static int take_sigchld(bool *ignored)
{
	const struct kernel_sigaction by_default = {0};
	struct kernel_sigaction old;

	if (sys_rt_sigaction(SIGCHLD, &by_default, &old))
		return fail("rt_sigaction", "SIGCHLD");
	*ignored = old.handler == (void *)SIG_IGN;
	return 0;
}

static int adopt(const struct spec *s)
{
	pid_t parent = getppid();

	if (getpid() != 1 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		return fail("PR_SET_CHILD_SUBREAPER", "orphans");
	if (!s->parent_death)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, s->parent_death, 0, 0, 0))
		return fail("PR_SET_PDEATHSIG", "parent-death");
	if (getppid() != parent) // it ended just now
		kill(getpid(), s->parent_death);
	return 0;
}

// A session leader that lets its terminal go gets HUP and CONT from the kernel for it (tty_ioctl(4)); they are not the program's.
static void let_terminal_go(struct reap *r)
{
	if (ioctl(STDIN_FILENO, TIOCNOTTY) == 0 && getsid(0) == getpid())
		r->skip = 1ull << (SIGHUP - 1) | 1ull << (SIGCONT - 1);
}

static int start(struct box *box, struct reap *r, struct terminal *t)
{
	const struct spec *s = box->spec;

	if (adopt(s) || (s->user && phase_run(box, identity)))
		return -1;
	if (s->setsid)
		let_terminal_go(r);
	else
		box->terminal = terminal_find(t) ? t->fd : -1;
	r->main = spawn(box, program);
	if (r->main < 0) {
		if (t->given)
			tcsetpgrp(t->fd, getpgrp()); // the child may have taken it, and is gone
		return -1;
	}
	t->group = r->main;
	r->terminal = s->setsid ? NULL : t;
	r->say(REAP_SPAWNED, r->main, s->setsid);
	return 0;
}

// Init holds nothing of what its caller had: no end of a pipe, no directory that could not be unmounted. The program is on
// its way meanwhile: what can be done after its start is not in the way of it.
static int let_go(const struct terminal *t)
{
	int first = 3;

	if (t->fd >= first) {
		if (t->fd > first && dup2(t->fd, first) < 0)
			return fail("dup2", "terminal");
		first++;
	}
	if (file_close_from(first) || spec_freeze())
		return -1;
	return chdir("/") ? fail("chdir", "/") : 0;
}

static int live(const struct name *name, const char *argv0, struct spec *s, struct box *box, struct reap *r)
{
	static struct terminal t = {.fd = -1};
	uint64_t from = sys_now_ms();
	int code;

	if (!s->quiet)
		r->settled = post_mortem_begin;
	if (s->pause ? adopt(s) : start(box, r, &t))
		return refuse(name, argv0, false);
	if (let_go(&t))
		log_err(&err_last);
	if (t.fd > 3)
		t.fd = 3;
	code = reap_run(r);
	r->say(REAP_OVER, code, 0);
	if (code && !s->quiet && r->main)
		post_mortem(s->command[0], r, sys_now_ms() - from);
	return code;
}

int entry_main(uint64_t inherited, int argc, char **argv)
{
	static struct box box;
	static struct reap r;
	const char *argv0 = argc > 0 ? argv[0] : "initbox";
	const struct name *name = name_find(argv0);
	struct spec *s = spec_new();

	box.spec = r.spec = s;
	box.terminal = -1;
	box.program_mask = inherited;
	r.mask = ~0ull;
	r.scratch = true;
	r.say = name->say ? name->say : say;
	s->entry = true;
	s->seccomp = SECCOMP_FILTER_NONE;
	s->kill_after = 0;
	if (name->before)
		name->before(s);
	if (take_sigchld(&box.ignore_sigchld) || parse_environment(s, environ))
		return refuse(name, argv0, true);
	switch (parse_options(s, SCOPE_ENTRY, name->options, argc - 1, argv + 1)) {
	case PARSE_OK:
		break;
	case PARSE_HELP:
		return help(name);
	case PARSE_VERSION:
		return version(name);
	case PARSE_LICENCE:
		return log_print("initbox is free software under the MIT licence.\n");
	case PARSE_BAD:
		return refuse(name, argv0, true);
	}
	if (name->say && !s->verbose)
		r.say = say_nothing;
	if ((name->after && name->after(s, &r)) || spec_check_entry(s))
		return refuse(name, argv0, true);
	log_setup.level = s->verbose && !name->say ? LOG_DETAIL : LOG_NOTE;
	return live(name, argv0, s, &box, &r);
}
