// SPDX-License-Identifier: MIT
#include <errno.h>
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
	pid_t pid, launcher = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, box->channel))
		return fail("socketpair", "channel");
	pid = sys_clone3(&args);
	if (pid < 0) {
		fail("clone3", "%s", box->spec->name);
		strcpy(err_last.phase, "clone");
		return -1;
	}
	if (pid > 0) {
		close(box->channel[1]);
		box->pid = pid;
		return pid;
	}
	close(box->channel[0]);
	// A launcher that is killed takes the box with it. One that died before this line has closed the gate.
	if (launcher != 1)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	// No file of the host that this process still has open may be reached through /proc (CVE-2016-9962).
	prctl(PR_SET_DUMPABLE, 0);
	setsid();
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

	return read(box->channel[1], &byte, 1) == 1 ? 0 : -1;
}

static int namespaces_up(struct box *box)
{
	const char *hostname = box->spec->hostname;

	if (box->cgroup_fd >= 0 && unshare(CLONE_NEWCGROUP))
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
