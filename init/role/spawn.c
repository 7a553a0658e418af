// SPDX-License-Identifier: MIT
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "role/spawn.h"

struct child {
	struct box *box;
	const struct phase *const *phases;
	bool failed;
};

static int child_main(void *arg)
{
	struct child *c = arg;

	if (phase_run(c->box, c->phases))
		c->failed = true;
	_exit(err_last.code);
}

pid_t spawn(struct box *box, const struct phase *const *phases)
{
	static LARGE_BSS _Alignas(4096) char stack[32 * 1024]; // the parent stands still: one is enough
	struct child c = {box, phases, false};
	pid_t pid = clone(child_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &c);

	if (pid < 0) {
		fail("clone", "%s", box->spec->command[0]);
		strcpy(err_last.phase, "start");
		return -1;
	}
	return c.failed || box->exec_failed ? -1 : pid;
}
