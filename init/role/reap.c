// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rest.h"
#include "base/sys.h"
#include "base/watch.h"
#include "role/drain.h"
#include "role/forward.h"
#include "role/reap.h"
#include "role/terminal.h"
#include "role/tree.h"

enum {
	LOOK_MS = 1000, // between two looks for orphans
	SETTLE_MS = 100 // without a signal: then init goes to rest
};

static int final_code(const struct reap *r)
{
	int code = reap_code(r->status);

	if (!r->spec)
		return code;
	if (r->spec->stop_ok && r->stopped)
		code = 0;
	return (code + r->spec->exit_map[code & 255]) & 255;
}

static void main_ended(struct life *l, int status)
{
	l->over = true;
	l->look_at = 0; // what is left is the drain's now
	l->r->status = status;
	if (l->r->terminal)
		terminal_take(l->r->terminal);
	l->done = !l->r->spec || l->r->spec->on_exit == ON_EXIT_NONE || l->r->spec->on_exit == ON_EXIT_TERM;
	if (l->r->spec && l->r->spec->on_exit == ON_EXIT_TERM)
		drain_tell(l, SIGTERM);
}

// The name of a dead process can be read until it is reaped.
static void show_orphan(const struct life *l)
{
	siginfo_t info = {0};

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid || info.si_pid == l->r->main)
		return;
	life_say(l, REAP_ORPHAN, info.si_pid, info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status);
}

// Asked more than once: SIGCHLD does not come again, and an init that misses an end waits for ever.
static pid_t next_child(int *status, int flags, struct rusage *usage)
{
	pid_t pid = -1;

	for (int i = 0; i < 4 && pid < 0; i++) {
		pid = wait4(-1, status, flags, usage);
		if (pid < 0 && errno == ECHILD)
			break;
	}
	return pid;
}

// SIGCHLD stands for any number of children: all are taken.
static void take_children(struct life *l)
{
	int status, flags = WNOHANG | (l->r->spec ? WUNTRACED : 0);
	struct rusage usage;
	pid_t pid;

	while (!l->done) {
		if (l->r->spec && l->r->spec->warn_reaped)
			show_orphan(l);
		pid = next_child(&status, flags, &usage);
		if (pid < 0 && errno != ECHILD) {
			fail("wait4", "children");
			log_err(&err_last);
			l->done = true; // nothing can be waited for
		}
		if (pid <= 0) {
			l->empty = pid < 0;
			return;
		}
		if (WIFSTOPPED(status)) {
			if (pid == l->r->main)
				forward_stopped(l, WSTOPSIG(status));
			continue;
		}
		life_say(l, REAP_ENDED, pid, status);
		tree_forget(pid);
		if (pid != l->r->main || l->over)
			continue;
		l->r->usage = usage;
		main_ended(l, status);
	}
}

// What follows from who is still there.
static void after_children(struct life *l)
{
	const struct reap *r = l->r;

	if (l->empty && (l->over || r->main))
		l->done = true; // without main's end: nothing will ever come
	if (l->done || !l->over)
		return;
	if (l->killing)
		drain_kill(l);
	else if (r->spec->on_exit == ON_EXIT_DRAIN && !l->draining)
		drain_start(l, SIGTERM);
}

static void earlier(uint64_t *first, uint64_t at)
{
	if (at && (!*first || at < *first))
		*first = at;
}

static uint64_t next_deadline(const struct life *l)
{
	uint64_t first = watch_deadline();

	earlier(&first, l->kill_at);
	earlier(&first, l->give_up_at);
	earlier(&first, l->again_at);
	earlier(&first, l->look_at);
	for (int sig = 1; sig <= MAX_SIGNAL; sig++)
		earlier(&first, l->due[sig]);
	return first;
}

static void on_deadline(struct life *l)
{
	uint64_t now = sys_now_ms();

	watch_serve(false);
	forward_due(l, now);
	if (l->look_at && l->look_at <= now) {
		tree_signal_children(l->r->spec->orphans == ORPHANS_KILL ? SIGKILL : SIGTERM, l->r->main);
		l->look_at = now + LOOK_MS;
	}
	if (l->give_up_at && l->give_up_at <= now) {
		life_say(l, REAP_LEFT, 0, 0);
		l->done = true;
	} else if ((l->kill_at && l->kill_at <= now) || (l->again_at && l->again_at <= now)) {
		drain_kill(l);
	}
}

// Where nothing happens for a while nothing will for long: then memory is given back. Busy times don't pay for that.
static int next_signal(struct life *l, uint64_t until, siginfo_t *info)
{
	uint64_t now = sys_now_ms(), ms = until > now ? until - now : 0;
	struct timespec timeout = {0, SETTLE_MS * 1000000};
	int sig;

	if (!l->r->from)
		l->r->from = now;
	if (l->r->wait)
		return l->r->wait(info, until);
	if (!until || ms > SETTLE_MS) {
		sig = sys_rt_sigtimedwait(&l->r->mask, info, &timeout);
		if (sig >= 0 || errno != EAGAIN)
			return sig;
		if (l->r->settled)
			l->r->settled();
		l->r->settled = NULL;
		ms = until ? until - now - SETTLE_MS : 0;
	}
	timeout = (struct timespec){(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
	if (!until || ms > SETTLE_MS)
		return rest_wait(&l->r->mask, info, until ? &timeout : NULL, l->r->scratch);
	return sys_rt_sigtimedwait(&l->r->mask, info, &timeout);
}

static void wait_once(struct life *l)
{
	uint64_t until = next_deadline(l);
	siginfo_t info;
	int sig = next_signal(l, until, &info);

	if (sig == SIGCHLD) {
		life_say(l, REAP_RECEIVED, sig, 0);
		take_children(l);
		after_children(l);
	} else if (sig == SIGIO && info.si_code > 0) { // the kernel's, and not kill(2)'s
		watch_serve(true);
	} else if (sig > 0) {
		forward_signal(l, sig, &info);
	}
	if (until && sys_now_ms() >= until) // signals without end must not hold it up
		on_deadline(l);
}

static bool left;

void reap_leave(void)
{
	left = true;
}

int reap_run(struct reap *r)
{
	struct life l = {.r = r};

	if (r->spec && r->spec->orphans != ORPHANS_KEEP)
		l.look_at = sys_now_ms() + LOOK_MS;
	// Whoever waited for something else before may have taken the signal.
	take_children(&l);
	after_children(&l);
	while (!l.done && !left)
		wait_once(&l);
	left = false;
	if (r->main && !l.over)
		return EXIT_OWN_FAILURE;
	return r->main ? final_code(r) : 0;
}
