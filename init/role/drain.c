// SPDX-License-Identifier: MIT
#include <signal.h>
#include <unistd.h>

#include "base/sys.h"
#include "role/drain.h"
#include "role/tree.h"

enum {
	AGAIN_MS = 50,	  // between two rounds of KILL: what forks meanwhile is caught by a later one
	STOP_ROUNDS = 3,  // before each round of KILL
	GIVE_UP_MS = 2000 // after KILL; a process that the kernel does not let go can't be waited for
};

void drain_kill(struct life *l)
{
	uint64_t now = sys_now_ms();

	if (!l->killing) {
		life_say(l, REAP_DRAIN, SIGKILL, 0);
		l->give_up_at = now + GIVE_UP_MS;
	}
	l->killing = true;
	l->kill_at = 0;
	l->again_at = now + AGAIN_MS;
	// What forks and ends faster than it is found: stopped, it does neither. As PID 1 the kernel finds all at once.
	for (int i = 0; i < STOP_ROUNDS && getpid() != 1; i++)
		tree_signal(SIGSTOP);
	tree_signal(SIGKILL);
}

void drain_tell(struct life *l, int sig)
{
	life_say(l, REAP_DRAIN, sig, 0);
	tree_signal(sig);
}

void drain_start(struct life *l, int sig)
{
	uint64_t at = sys_now_ms() + l->r->spec->grace;

	if (!l->kill_at || at < l->kill_at)
		l->kill_at = at;
	l->draining = true;
	drain_tell(l, sig);
	tree_signal(SIGCONT); // who is stopped, or about to be, acts on it only when it goes on
}
