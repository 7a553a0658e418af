// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/handover.h"
#include "phase/join.h"
#include "phase/namespaces.h"
#include "phase/slirp.h"
#include "phase/timens.h"

// In the same clone3 as CLONE_INTO_CGROUP the root of a new cgroup namespace would be the launcher's cgroup: the box's
// PID 1 unshares it itself, once it is inside (namespaces_up).
static uint64_t clone_flags(const struct spec *s)
{
	return CLONE_NEWNS | (s->join[JOIN_PID] ? 0 : CLONE_NEWPID) | (s->join[JOIN_UTS] ? 0 : CLONE_NEWUTS) |
	       (s->join[JOIN_IPC] ? 0 : CLONE_NEWIPC) | (s->network >= NETWORK_HOST ? 0 : CLONE_NEWNET);
}

static pid_t clone_box(struct box *box, struct clone_args *args)
{
	pid_t pid = sys_clone3(args);

	if (pid >= 0 || errno != ENOSYS)
		return pid < 0 ? fail("clone3", "%s", box->spec->name) : pid;
	// Linux before 5.7, or a filter that can't look into its arguments.
	box->enter_cgroup = box->cgroup_fd >= 0;
	pid = sys_clone((args->flags & ~CLONE_INTO_CGROUP) | SIGCHLD);
	return pid < 0 ? fail("clone", "%s", box->spec->name) : pid;
}

pid_t namespaces_clone(struct box *box)
{
	struct clone_args args = {
		.flags = clone_flags(box->spec) | (box->cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0) |
			 (box->userns ? CLONE_NEWUSER : 0),
		.exit_signal = SIGCHLD,
		.cgroup = (unsigned)box->cgroup_fd,
	};
	pid_t pid;

	box->in_machine = getpid() == 1;
	if (sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, box->channel))
		return fail("socketpair", "channel");
	pid = join_enter(box) ? -1 : clone_box(box, &args);
	if (pid && join_leave(box)) {
		if (pid > 0)
			kill(pid, SIGKILL);
		return -1;
	}
	if (pid < 0)
		return -1;
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

// The launcher may have opened the gate and died before this side asked for its death signal. A process closes what it has
// open before it sends those, so who still finds it open now will get one (kernel kernel/exit.c, do_exit).
int gate_wait(const struct box *box)
{
	struct pollfd launcher = {.fd = box->channel[1]};
	char byte;
	ssize_t n = read(box->channel[1], &byte, 1);

	if (n < 0 || poll(&launcher, 1, 0) < 0)
		return fail("read", "gate");
	return n == 0 || launcher.revents & POLLHUP;
}

enum { CHANNEL_FD = 3 };

static bool net_is_brought(const struct box *box)
{
	return box->userns && box->spec->network == NETWORK_SLIRP;
}

static int keep_to_oneself(struct box *box)
{
	// Only the channel goes on: the launcher's descriptors (cgroups, state, what its caller had open) lead to the host.
	if (box->channel[1] != CHANNEL_FD && sys_dup3(box->channel[1], CHANNEL_FD, O_CLOEXEC) < 0)
		return fail("dup3", "channel");
	box->channel[1] = CHANNEL_FD;
	box->channel[0] = box->cgroup_root_fd = box->state_fd = box->users_fd = box->address_fd = -1;
	if (file_close_from(CHANNEL_FD + 1))
		return -1;
	if (timens_enter(box->spec) || (box->userns && handover_take(box)))
		return -1;
	// A launcher that is killed takes the box with it; one that died before this line has closed the gate (gate_wait).
	// Not a machine's PID 1, which can't be killed.
	// In a joined pid namespace nothing ends with this process: there it is told to stop, and takes all with it.
	if (!box->in_machine && prctl(PR_SET_PDEATHSIG, box->spec->join[JOIN_PID] ? SIGTERM : SIGKILL))
		return fail("PR_SET_PDEATHSIG", "PID 1");
	// Not PID 1, but orphans of its program are its own all the same.
	if (box->spec->join[JOIN_PID] && prctl(PR_SET_CHILD_SUBREAPER, 1))
		return fail("PR_SET_CHILD_SUBREAPER", "init");
	// No memory or descriptor of this process is for the box's processes to look at (CVE-2016-9962).
	// Who brings the network of a user's box has to find its namespaces first; that is before anything of the box runs, and
	// then phase net does it.
	if (!net_is_brought(box) && prctl(PR_SET_DUMPABLE, 0))
		return fail("PR_SET_DUMPABLE", "PID 1");
	// Not in the launcher's group: what a terminal sends to all of it would come twice, once by the launcher.
	return setpgid(0, 0) ? fail("setpgid", "PID 1") : 0;
}

static int namespaces_up(struct box *box)
{
	const char *hostname = box->spec->hostname;

	if (box->enter_cgroup && file_write(box->cgroup_fd, "cgroup.procs", "0"))
		return -1;
	if (keep_to_oneself(box))
		return -1;
	if (unshare(CLONE_NEWCGROUP))
		return fail("unshare", "cgroup namespace");
	if (hostname && sethostname(hostname, strlen(hostname)))
		return fail("sethostname", "%s", hostname);
	return slirp_give(box);
}

static void namespaces_explain(const struct box *box)
{
	uint64_t flags = clone_flags(box->spec);

	explain("clone3(CLONE_INTO_CGROUP)", "unshare%s --mount%s%s%s%s --fork", box->userns ? " --user" : "",
		flags & CLONE_NEWPID ? " --pid" : "", flags & CLONE_NEWUTS ? " --uts" : "",
		flags & CLONE_NEWIPC ? " --ipc" : "", flags & CLONE_NEWNET ? " --net" : "");
	timens_explain(box->spec);
	explain("unshare(CLONE_NEWCGROUP)", "unshare --cgroup");
	if (box->spec->hostname)
		explain("sethostname", "hostname %s", box->spec->hostname);
}

const struct phase phase_namespaces = {"namespaces", namespaces_explain, namespaces_up};
