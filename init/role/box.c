// SPDX-License-Identifier: MIT
// The corridor: runs the phases of a box in order on both sides of the clone, supervises, unwinds.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "phase/cgroup.h"
#include "phase/namespaces.h"
#include "phase/privileges.h"
#include "phase/trace.h"
#include "role/box.h"
#include "role/reap.h"

// On the host's side, before anything of the box runs.
static const struct phase *const before_clone[] = {&phase_cgroup, &phase_address, NULL};
// On the host's side, while the box's PID 1 mounts its root.
static const struct phase *const after_clone[] = {&phase_link, &phase_nft, NULL};
// Inside, at the same time.
static const struct phase *const before_gate[] = {&phase_namespaces, &phase_root, &phase_mounts, NULL};
// Inside, when the host's side is done.
static const struct phase *const after_gate[] = {&phase_net, &phase_identity, NULL};
// In the process that becomes the program.
static const struct phase *const program[] = {&phase_prepare, &phase_privileges, &phase_filter, &phase_exec, NULL};

#define BIT(sig) (1ull << ((sig)-1))

// Faults of initbox itself must kill it, and a launcher can be stopped from its terminal.
static const uint64_t blocked = ~(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) |
				  BIT(SIGSYS) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU));

int box_block_signals(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};

	if (sys_rt_sigprocmask(SIG_SETMASK, &blocked, NULL) || sigaction(SIGCHLD, &sa, NULL))
		return fail("rt_sigprocmask", "signals");
	return 0;
}

static struct {
	char *p;
	size_t n;
} arguments;

void box_remember_arguments(int argc, char **argv)
{
	if (argc < 1)
		return;
	arguments.p = argv[0];
	arguments.n = (size_t)(argv[argc - 1] - argv[0]) + strlen(argv[argc - 1]);
}

static void wipe_arguments(void)
{
	memset(arguments.p, 0, arguments.n);
	memcpy(arguments.p, "initbox", arguments.n < 7 ? arguments.n : 7);
	prctl(PR_SET_NAME, "initbox");
}

static int program_main(void *arg)
{
	struct box *box = arg;

	if (phase_run(box, program))
		_exit(err_last.code);
	_exit(0);
}

// The box's PID 1. It sends an error record through the channel, or closes it once the program runs.
static _Noreturn void box_init(struct box *box)
{
	static _Alignas(16) char stack[32 * 1024]; // the parent stands still: one is enough
	uint64_t from;
	pid_t pid = -1;

	trace_set_side(TRACE_BOX);
	if (phase_run(box, before_gate))
		goto failed;
	if (gate_wait(box))
		_exit(EXIT_OWN_FAILURE);
	if (phase_run(box, after_gate))
		goto failed;
	from = trace_now();
	memset(&err_last, 0, sizeof(err_last)); // what is in it afterwards, the program's side has put there
	pid = clone(program_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, box);
	if (pid < 0) {
		fail("clone", "program");
		goto failed;
	}
	if (err_last.code)
		goto failed;
	trace_add("start", from, trace_now());
	if (privileges_drop_init())
		goto failed;
	wipe_arguments();
	sys_close_range(0, ~0u, 0); // the channel too: the launcher sees that the program runs
	_exit(reap_until(pid, blocked));
failed:
	if (send(box->channel[1], &err_last, sizeof(err_last), MSG_NOSIGNAL) < 0)
		log_err(&err_last);
	_exit(err_last.code ? err_last.code : EXIT_OWN_FAILURE);
}

struct watch {
	struct box *box;
	bool reported; // an error record came
	int code;
};

// Takes the error record of the box's PID 1; end of file means that the program runs.
static void take_record(struct watch *w, struct pollfd *channel)
{
	struct err record;
	ssize_t n = recv(channel->fd, &record, sizeof(record), MSG_DONTWAIT);

	if (n == (ssize_t)sizeof(record)) {
		log_err(&record);
		w->reported = true;
		return;
	}
	if (n < 0 && errno == EAGAIN)
		return;
	channel->fd = -1;
}

// Reaps. Returns true when the box's PID 1 has ended.
static bool take_children(struct watch *w)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != w->box->pid)
			continue; // an orphan that a machine's PID 1 has inherited
		w->code = reap_code(status);
		ended = true;
	}
	return ended;
}

// What came by a signal's own way is passed on to the box; what the kernel says about this process alone is not.
static void forward(const struct box *box, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo != SIGCHLD && info->ssi_signo != SIGPIPE)
		kill(box->pid, (int)info->ssi_signo);
}

// Returns when the box's PID 1 has ended, with its exit code in w->code. Nothing wakes it but an event.
static int supervise(struct watch *w)
{
	struct pollfd fds[2] = {
		{.fd = sys_signalfd4(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN},
		{.fd = w->box->channel[0], .events = POLLIN},
	};
	bool ended = false;

	if (fds[0].fd < 0)
		return fail("signalfd4", "signals");
	ended = take_children(w); // a child that ended before the signals were watched
	while (!ended) {
		struct signalfd_siginfo info;

		if (poll(fds, COUNT(fds), -1) < 0 && errno != EINTR) {
			close(fds[0].fd);
			return fail("poll", "signals");
		}
		if (fds[1].fd >= 0 && fds[1].revents)
			take_record(w, &fds[1]);
		while (read(fds[0].fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
			if (info.ssi_signo == SIGCHLD)
				ended = take_children(w) || ended;
			else
				forward(w->box, &info);
		}
	}
	while (fds[1].fd >= 0 && !w->reported)
		take_record(w, &fds[1]); // the other end is closed: never waits
	close(fds[0].fd);
	return 0;
}

static void report_oom(const struct box *box, int code)
{
	uint64_t kills = cgroup_oom_kills(box);

	if (kills > 0)
		log_line(LOG_NOTE, "%s: the kernel killed %lu of its processes for want of memory (cgroup /%s: oom_kill %lu, memory.max %lu), exit code %d",
			 box->spec->name, (unsigned long)kills, box->cgroup, (unsigned long)kills,
			 (unsigned long)box->spec->memory, code);
}

// Ends a box that has not been let through the gate, or whose supervisor can't go on.
static void kill_box(const struct box *box)
{
	kill(box->pid, SIGKILL);
	while (waitpid(box->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int run_phases(struct box *box, struct watch *w)
{
	pid_t pid;

	if (phase_run(box, before_clone))
		return -1;
	pid = namespaces_clone(box);
	if (pid < 0)
		return -1;
	if (pid == 0)
		box_init(box);
	log_line(LOG_DETAIL, "%s: its PID 1 is %d here", box->spec->name, (int)pid);
	if (phase_run(box, after_clone) || gate_open(box)) {
		struct err mine = err_last;

		// The box may have failed first, and that is why this side did.
		kill_box(box);
		take_record(w, &(struct pollfd){.fd = box->channel[0]});
		if (w->reported)
			return 0;
		err_last = mine;
		return -1;
	}
	return supervise(w);
}

// --dry-run: every phase of both sides explains itself.
static int explain_all(struct box *box)
{
	return phase_run(box, before_clone) || phase_run(box, before_gate) || phase_run(box, after_clone) ||
		       phase_run(box, after_gate) || phase_run(box, program)
		       ? -1
		       : 0;
}

int box_run(const struct spec *spec, bool *failed)
{
	static struct box box;
	struct watch w = {.box = &box, .code = EXIT_OWN_FAILURE};
	int ret;

	box = (struct box){.spec = spec,
			   .cgroup_fd = -1,
			   .cgroup_root_fd = -1,
			   .state_fd = -1,
			   .users_fd = -1,
			   .console_fd = -1,
			   .channel = {-1, -1}};
	if (spec->dry_run) {
		ret = explain_all(&box);
		*failed = ret != 0;
		return ret ? EXIT_OWN_FAILURE : 0;
	}
	ret = run_phases(&box, &w);
	if (ret)
		log_err(&err_last);
	*failed = ret || w.reported;
	if (!*failed)
		report_oom(&box, w.code);
	if (undo_unwind(&box.undo) && !*failed)
		log_line(LOG_ERROR, "%s: something of it was left behind", spec->name);
	return w.code;
}
