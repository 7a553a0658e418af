// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "base/sys.h"
#include "role/drain.h"
#include "role/forward.h"
#include "role/terminal.h"
#include "role/tree.h"

// A box is stopped by TERM to its launcher, as docker stop does it: INT and QUIT are from a terminal, for the program.
static bool is_stop(const struct life *l, int sig)
{
	const struct spec *s = l->r->spec;

	return s && (sig == SIGTERM || (s->entry && (sig == SIGINT || sig == SIGQUIT)) || sig == s->stop_signal) &&
	       s->signal[sig].to != SIGNAL_DROPPED;
}

// A second order: somebody does not want to wait. A box's may be the first one again, once from its launcher and once from
// whoever tells all of a cgroup.
static bool is_impatient(const struct life *l)
{
	return l->stops > 1 && l->r->spec->entry;
}

// A payload (sigqueue(3)) goes with a signal to the program alone; kill(2) has none for a group.
static void send_one(pid_t pid, int sig, const siginfo_t *info)
{
	if (info && info->si_code < 0 && info->si_code != SI_TKILL && !sys_rt_sigqueueinfo(pid, sig, info))
		return;
	kill(pid, sig);
}

static void deliver(struct life *l, int sig, const siginfo_t *info)
{
	static const struct signal_rule as_it_is = {0};
	const struct spec *s = l->r->spec;
	const struct signal_rule *rule = s ? &s->signal[sig] : &as_it_is;
	int to = rule->to ? rule->to : sig;
	pid_t main = l->r->main;

	if (to == SIGNAL_DROPPED) {
		life_say(l, REAP_DROPPED, sig, 0);
		return;
	}
	if (is_stop(l, sig) && s->kill_after && is_impatient(l)) {
		drain_kill(l);
		return;
	}
	if (rule->target == TARGET_ALL)
		tree_signal(to);
	else if (rule->target == TARGET_GROUP || (!rule->target && s && s->group))
		kill(-main, to);
	else
		send_one(main, to, info);
	life_say(l, REAP_FORWARDED, to, 0);
	if (to == SIGCONT)
		l->main_stopped = false;
	if (!is_stop(l, sig))
		return;
	l->r->stopped = true;
	if (l->main_stopped)
		kill(main, SIGCONT);
	if (s->kill_after && !l->kill_at)
		l->kill_at = sys_now_ms() + s->kill_after;
}

// When the program is gone: its rest is told, or, if that has been done already, killed.
static void signal_rest(struct life *l, int sig)
{
	if (!is_stop(l, sig))
		tree_signal(sig);
	else if (!l->draining)
		drain_start(l, SIGTERM);
	else if (is_impatient(l))
		drain_kill(l);
}

// Another process of our own group reads from the terminal (initbox PROGRAM | less): it gets what it wants. When it is
// not ours to give, we are a background job that has to wait for its turn.
static void terminal_wanted(struct life *l)
{
	const uint64_t cont = 1ull << (SIGCONT - 1);
	const struct timespec now = {0};
	struct terminal *t = l->r->terminal;

	if (t->given) {
		terminal_take(t);
		kill(0, SIGCONT);
		sys_rt_sigtimedwait(&cont, NULL, &now); // our own
	} else if (terminal_stop_self(t)) {
		terminal_give(t);
	}
}

// A second order to stop, whichever it is, ends the wait of the first one.
static bool stop_is_due(const struct life *l)
{
	for (int sig = 1; sig <= MAX_SIGNAL; sig++)
		if (l->due[sig] && is_stop(l, sig))
			return true;
	return false;
}

void forward_signal(struct life *l, int sig, const siginfo_t *info)
{
	const struct reap *r = l->r;
	bool job = sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
	uint32_t delay;

	if (sig == SIGPIPE && info->si_code == SI_USER && info->si_pid == getpid())
		return; // a line of our own that nobody reads
	life_say(l, REAP_RECEIVED, sig, 0);
	if (r->skip >> (sig - 1) & 1) {
		l->r->skip &= ~(1ull << (sig - 1));
		life_say(l, REAP_HANDOFF, sig, 0);
		return;
	}
	if (r->order)
		sig = r->order(sig, info, l->over ? 0 : r->main);
	if (!sig)
		return;
	if (!r->main) {
		l->done = sig == SIGINT || sig == SIGTERM;
		return;
	}
	l->stops += is_stop(l, sig);
	if (l->over) {
		signal_rest(l, sig);
		return;
	}
	if (r->terminal && job && sig != SIGTSTP && info->si_code == SI_KERNEL) {
		terminal_wanted(l);
		return;
	}
	if (r->terminal && sig == SIGCONT)
		terminal_give(r->terminal);
	if (is_stop(l, sig) && stop_is_due(l)) {
		l->stops = 1; // only now is the first one sent
		forward_due(l, UINT64_MAX);
		return;
	}
	delay = r->spec ? r->spec->signal[sig].delay : 0;
	if (delay && !l->due[sig]) {
		l->due[sig] = sys_now_ms() + delay;
		return;
	}
	l->due[sig] = 0;
	deliver(l, sig, info);
	if (r->suspend && job && getpid() != 1)
		kill(getpid(), SIGSTOP);
}

static void go_on(struct life *l)
{
	terminal_give(l->r->terminal);
	l->main_stopped = false;
	kill(-l->r->main, SIGCONT);
}

// Stopped by job control: the shell that waits for us sees a stopped job. Where there is none (PID 1 of a container with a
// terminal) nobody could ever let it go on, so it goes on at once; but who sends STOP wants just that.
void forward_stopped(struct life *l, int sig)
{
	struct terminal *t = l->r->terminal;
	bool of_terminal = sig == SIGTTIN || sig == SIGTTOU;

	l->main_stopped = true;
	if (!t || t->fd < 0 || l->r->suspend)
		return;
	// A shell that brings a running job to the foreground sends it nothing: the terminal is here, and is wanted there.
	if (of_terminal && tcgetpgrp(t->fd) == getpgrp()) {
		go_on(l);
		return;
	}
	if (!terminal_stop_self(t)) {
		if (sig == SIGSTOP)
			return;
		if (of_terminal && getsid(0) == getpid())
			tcsetpgrp(t->fd, t->group);
		if (of_terminal && tcgetpgrp(t->fd) != t->group)
			return; // it would only be stopped again
		life_say(l, REAP_CONTINUED, sig, l->r->main);
	}
	go_on(l);
}

void forward_due(struct life *l, uint64_t now)
{
	for (int sig = 1; sig <= MAX_SIGNAL; sig++) {
		if (!l->due[sig] || l->due[sig] > now)
			continue;
		l->due[sig] = 0;
		if (!l->over)
			deliver(l, sig, NULL);
	}
}
