// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "phase/namespaces.h"

// In the same clone3 as CLONE_INTO_CGROUP the root of a new cgroup namespace would be the launcher's cgroup: the box's
// PID 1 unshares it itself, once it is inside (namespaces_up).
static uint64_t clone_flags(const struct spec *s)
{
	return CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC |
	       (s->network == NETWORK_HOST ? 0 : CLONE_NEWNET);
}

pid_t namespaces_clone(struct box *box)
{
	struct clone_args args = {
		.flags = clone_flags(box->spec) | (box->cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0),
		.exit_signal = SIGCHLD,
		.cgroup = (unsigned)box->cgroup_fd,
	};
	pid_t pid;

	box->in_machine = getpid() == 1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, box->channel))
		return fail("socketpair", "channel");
	pid = sys_clone3(&args);
	if (pid < 0)
		return fail("clone3", "%s", box->spec->name);
	if (pid > 0) {
		close(box->channel[1]);
		box->pid = pid;
		return pid;
	}
	return 0;
}

int gate_open(struct box *box)
{
	if (write(box->channel[0], "", 1) != 1)
		return fail("write", "gate");
	return 0;
}

int gate_wait(const struct box *box)
{
	char byte;
	ssize_t n = read(box->channel[1], &byte, 1);

	return n == 1 ? 0 : n == 0 ? 1 : fail("read", "gate");
}

enum { CHANNEL_FD = 3 };

static int keep_to_oneself(struct box *box)
{
	// Only the channel goes on: the launcher's descriptors (cgroups, state, what its caller had open) lead to the host.
	if (box->channel[1] != CHANNEL_FD && dup3(box->channel[1], CHANNEL_FD, O_CLOEXEC) < 0)
		return fail("dup3", "channel");
	box->channel[1] = CHANNEL_FD;
	box->channel[0] = box->cgroup_root_fd = box->state_fd = box->users_fd = box->address_fd = -1;
	if (sys_close_range(CHANNEL_FD + 1, ~0u, 0))
		return fail("close_range", "descriptors");
	// A launcher that is killed takes the box with it; one that died before this line has closed the gate.
	// Not a machine's PID 1, which can't be killed.
	if (!box->in_machine && prctl(PR_SET_PDEATHSIG, SIGKILL))
		return fail("PR_SET_PDEATHSIG", "PID 1");
	// No memory or descriptor of this process is for the box's processes to look at (CVE-2016-9962).
	if (prctl(PR_SET_DUMPABLE, 0))
		return fail("PR_SET_DUMPABLE", "PID 1");
	// Not in the launcher's group: what a terminal sends to all of it would come twice, once by the launcher.
	return setpgid(0, 0) ? fail("setpgid", "PID 1") : 0;
}

static int namespaces_up(struct box *box)
{
	const char *hostname = box->spec->hostname;

	if (keep_to_oneself(box))
		return -1;
	if (unshare(CLONE_NEWCGROUP))
		return fail("unshare", "cgroup namespace");
	if (sethostname(hostname, strlen(hostname)))
		return fail("sethostname", "%s", hostname);
	return 0;
}

static void namespaces_explain(const struct box *box)
{
	explain("clone3(CLONE_INTO_CGROUP)", "unshare --mount --pid --uts --ipc%s --fork",
		box->spec->network == NETWORK_HOST ? "" : " --net");
	explain("unshare(CLONE_NEWCGROUP)", "unshare --cgroup");
	explain("sethostname", "hostname %s", box->spec->hostname);
}

const struct phase phase_namespaces = {"namespaces", namespaces_explain, namespaces_up};
