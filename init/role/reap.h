// SPDX-License-Identifier: MIT
// The life of an init: waits for its program, forwards signals to it, reaps whatever else becomes its child, and ends what
// the program leaves behind. It is the life of an entry, of a box's PID 1, of its launcher, and of a machine's PID 1.
#pragma once
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "spec/spec.h"

// What happens, for whoever wants to say it. a and b: signal, pid, status, as the comment tells.
enum reap_event {
	REAP_SPAWNED,	// the program, as pid a; b: in a session of its own
	REAP_RECEIVED,	// signal a
	REAP_FORWARDED, // signal a
	REAP_DROPPED,	// signal a, by rule
	REAP_HANDOFF,	// signal a came from giving the terminal away
	REAP_ENDED,	// child a with status b
	REAP_ORPHAN,	// child a with status b, which was not the program; its name can still be read
	REAP_CONTINUED, // the program, pid b, was stopped by signal a, and goes on
	REAP_DRAIN,	// signal a goes to all that is left
	REAP_LEFT,	// it is not gone after KILL
	REAP_OVER,	// the exit code is a
};

struct terminal;

struct reap {
	pid_t main;		    // the program; 0: none (pause)
	uint64_t mask;		    // the signals that are blocked, and taken here
	const struct spec *spec;    // the rules; NULL for a launcher: main's end is the end, each signal is forwarded
	struct terminal *terminal;  // NULL: none is looked after
	bool scratch;		    // nothing of LARGE_BSS is needed any more
	bool suspend;		    // stop as well when told to stop by TSTP, TTIN or TTOU, as dumb-init does
	uint64_t skip;		    // signals of which the next one is not forwarded
	void (*say)(enum reap_event event, int a, int b); // NULL: nothing is said
	int (*wait)(siginfo_t *info, uint64_t until); // instead of reap's own: the signal, or -1 at the time (ms; 0: none)
	int (*order)(int sig, const siginfo_t *info, pid_t main); // which signal main gets, 0: none; NULL: sig itself
	void (*settled)(void);	    // called when nothing has happened for a while for the first time; NULL: nothing is
	uint64_t from;		    // ms: when its end was first waited for; 0: it has not been
	int status;		    // of waitpid(2), when main has ended
	struct rusage usage;	    // and what it used
	bool stopped;		    // a stop signal was forwarded to it
};

// Exit code for a status of waitpid(2): the program's, or 128+N.
static inline int reap_code(int status)
{
	return WIFSIGNALED(status) ? EXIT_BY_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

// From a callback of base/watch.h: main can't be waited for any longer (the kernel does not let it go). reap_run returns
// EXIT_OWN_FAILURE then, and main's status stays 0.
void reap_leave(void);

// Waits until it is all over. Returns main's exit code, with the spec's rules for codes applied. Nothing wakes it but a
// signal, and a deadline where one is set.
int reap_run(struct reap *r);
