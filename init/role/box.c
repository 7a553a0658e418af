// SPDX-License-Identifier: MIT
// The corridor: runs the phases of a box in order on both sides of the clone, supervises, unwinds.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
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
static const struct phase *const before_gate[] = {&phase_namespaces, &phase_root, &phase_mounts, &phase_identity, NULL};
// Inside, when the host's side is done.
static const struct phase *const after_gate[] = {&phase_net, NULL};
// In the process that becomes the program.
static const struct phase *const program[] = {&phase_prepare, &phase_privileges, &phase_filter, &phase_exec, NULL};

#define BIT(sig) (1ull << ((sig)-1))

// Faults of initbox itself must kill it, a launcher can be stopped from its terminal, and SIGPIPE is ignored.
static const uint64_t blocked = ~(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) |
				  BIT(SIGSYS) | BIT(SIGPIPE) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU));

// Dispositions start afresh: what a caller ignores (nohup, a shell's & for SIGINT) would be ignored in the box, too, and
// with SIGCHLD ignored nothing could be waited for. The raw calls reach signals 32 to 34.
int box_block_signals(void)
{
	const struct kernel_sigaction by_default = {0}, ignored = {.handler = (void *)SIG_IGN};

	if (sys_rt_sigprocmask(SIG_SETMASK, &blocked, NULL))
		return fail("rt_sigprocmask", "signals");
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP &&
		    sys_rt_sigaction(sig, sig == SIGPIPE ? &ignored : &by_default, NULL))
			return fail("rt_sigaction", "signal %d", sig);
	return 0;
}

static struct {
	char *p;
	size_t n;
} arguments;

int box_take_arguments(int argc, char **argv)
{
	char *copy;

	if (argc < 1)
		return 0;
	arguments.p = argv[0];
	arguments.n = (size_t)(argv[argc - 1] - argv[0]) + strlen(argv[argc - 1]) + 1;
	copy = arguments.n <= 4096 ? arena_copy(arguments.p, arguments.n) : NULL; // long ones must not fill it
	if (!copy) {
		copy = mmap(NULL, arguments.n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (copy == MAP_FAILED)
			return fail("mmap", "arguments");
		memcpy(copy, arguments.p, arguments.n);
	}
	for (int i = 0; i < argc; i++)
		argv[i] = copy + (argv[i] - arguments.p);
	return 0;
}

static void wipe_arguments(void)
{
	if (arguments.p) { // not a machine's /init
		memset(arguments.p, 0, arguments.n);
		memcpy(arguments.p, "initbox", arguments.n < 8 ? arguments.n - 1 : 7);
	}
	prctl(PR_SET_NAME, "initbox");
}

// Names the phase of an error outside of the phase runner. Returns ret.
static int stamp(const char *phase, int ret)
{
	if (ret < 0)
		strcpy(err_last.phase, phase);
	return ret;
}

static int program_main(void *arg)
{
	struct box *box = arg;

	if (phase_run(box, program))
		box->start_failed = true;
	_exit(err_last.code);
}

// Starts the program. Returns its pid, or -1 with err_last set, which the process that should have become it has filled.
static pid_t start_program(struct box *box)
{
	static LARGE_BSS _Alignas(16) char stack[32 * 1024]; // the parent stands still: one is enough
	uint64_t from = trace_now();
	pid_t pid = clone(program_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, box);

	if (pid < 0)
		return stamp("start", fail("clone", "%s", box->spec->command[0]));
	if (box->start_failed)
		return -1;
	trace_add("start", from, trace_now());
	return stamp("start", privileges_drop_init()) ? -1 : pid;
}

static pid_t build_inside(struct box *box)
{
	int gate;

	if (phase_run(box, before_gate))
		return -1;
	gate = gate_wait(box);
	if (gate > 0)
		_exit(EXIT_OWN_FAILURE);
	if (stamp("gate", gate) || phase_run(box, after_gate))
		return -1;
	return start_program(box);
}

// The box's PID 1. It sends an error record through the channel, or closes it once the program runs.
static _Noreturn void box_init(struct box *box)
{
	pid_t pid;

	trace_set_side(TRACE_BOX);
	wipe_arguments();
	pid = build_inside(box);
	if (pid > 0) {
		sys_close_range(0, ~0u, 0);
		_exit(reap_until(pid, blocked));
	}
	if (send(box->channel[1], &err_last, sizeof(err_last), MSG_NOSIGNAL) < 0)
		log_err(&err_last);
	_exit(err_last.code);
}

// Prints the error record that the box's PID 1 has sent, if it has; it has ended, so that nothing more comes.
static bool take_record(const struct box *box)
{
	struct err record;
	ssize_t n;

	// A gate byte that was never read makes the first recv fail; the record stands behind that error.
	do
		n = recv(box->channel[0], &record, sizeof(record), MSG_DONTWAIT);
	while (n < 0 && (errno == ECONNRESET || errno == EINTR));
	if (n != (ssize_t)sizeof(record))
		return false;
	log_err(&record);
	return true;
}

static void report_oom(const struct box *box, int code)
{
	uint64_t kills = cgroup_oom_kills(box);

	if (kills > 0)
		log_line(LOG_NOTE,
			 "%s: the kernel killed %lu of its processes for want of memory (cgroup /%s: oom_kill %lu, "
			 "memory.max %lu), exit code %d",
			 box->spec->name, (unsigned long)kills, box->cgroup, (unsigned long)kills,
			 (unsigned long)box->spec->memory, code);
}

// Ends a box that has not been let through the gate. It may have failed first, and that may be why this side did: then
// its own words are the ones to show.
static int kill_box(const struct box *box)
{
	kill(box->pid, SIGKILL);
	while (waitpid(box->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return take_record(box) ? 0 : -1;
}

// Returns 0 when the box's PID 1 has ended: *code is its exit code, *failed tells whether the program never ran.
static int run_phases(struct box *box, int *code, bool *failed)
{
	struct err mine;
	pid_t pid;

	*failed = true;
	if (phase_run(box, before_clone))
		return -1;
	pid = namespaces_clone(box);
	if (pid < 0)
		return stamp("clone", -1);
	if (pid == 0)
		box_init(box);
	log_line(LOG_DETAIL, "%s: its PID 1 is %d here", box->spec->name, (int)pid);
	if (phase_run(box, after_clone) || stamp("gate", gate_open(box))) {
		mine = err_last;
		if (kill_box(box) == 0)
			return 0;
		err_last = mine;
		return -1;
	}
	*code = reap_until(pid, blocked);
	*failed = take_record(box);
	return 0;
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
	int ret, code = EXIT_OWN_FAILURE;

	box = (struct box){.spec = spec,
			   .cgroup_fd = -1,
			   .cgroup_root_fd = -1,
			   .state_fd = -1,
			   .users_fd = -1,
			   .namespace_users_fd = -1,
			   .address_fd = -1,
			   .console_fd = -1,
			   .channel = {-1, -1}};
	if (spec->dry_run) {
		ret = explain_all(&box);
		*failed = ret != 0;
		return ret ? EXIT_OWN_FAILURE : 0;
	}
	ret = run_phases(&box, &code, failed);
	if (ret)
		log_err(&err_last);
	if (!*failed)
		report_oom(&box, code);
	if (undo_unwind(&box.undo) && !*failed)
		log_line(LOG_ERROR, "%s: something of it was left behind", spec->name);
	return code;
}
