// SPDX-License-Identifier: MIT
// What the three files of an init's life share: the loop (reap.c), signals (forward.c), the end (drain.c).
#pragma once
#include "role/reap.h"
#include "base/signals.h"

struct life {
	struct reap *r;
	bool over;		       // main has ended
	bool empty;		       // no child is left
	bool done;		       // nothing more to wait for
	bool draining, killing;	       // TERM, KILL was sent to all
	bool main_stopped;	       // by a signal of job control
	unsigned stops;		       // orders to stop that came
	uint64_t kill_at, give_up_at;  // ms; 0: not set
	uint64_t again_at, look_at;
	uint64_t due[MAX_SIGNAL + 1]; // when a delayed signal is sent
};

static inline void life_say(const struct life *l, enum reap_event event, int a, int b)
{
	if (l->r->say)
		l->r->say(event, a, b);
}
