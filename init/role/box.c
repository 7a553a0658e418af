// SPDX-License-Identifier: MIT
// The corridor: runs the phases of a box in order on both sides of the clone, supervises, unwinds.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "base/nl.h"
#include "base/sys.h"
#include "base/watch.h"
#include "phase/namespaces.h"
#include "phase/privileges.h"
#include "phase/trace.h"
#include "role/box.h"
#include "role/crash.h"
#include "role/post_mortem.h"
#include "role/pty.h"
#include "role/reap.h"
#include "role/spawn.h"

// On the host's side, before anything of the box runs.
static const struct phase *const before_clone[] = {&phase_own_path, &phase_join,   &phase_userns,  &phase_profile,
						   &phase_upper,    &phase_cgroup, &phase_devices, &phase_address,
						   &phase_names,    NULL};
// On the host's side, while the box's PID 1 mounts its root.
static const struct phase *const after_clone[] = {&phase_maps, &phase_ports, &phase_slirp, &phase_link, &phase_nft, NULL};
// Inside, at the same time.
static const struct phase *const before_gate[] = {&phase_namespaces, &phase_own_file, &phase_host_devices, &phase_root,
						  &phase_mounts,     &phase_allow,    &phase_identity,	   NULL};
// Inside, when the host's side is done.
static const struct phase *const after_gate[] = {&phase_net, &phase_sysctl, NULL};
// In the process that becomes the program.
static const struct phase *const program[] = {&phase_prepare,	 &phase_environ,  &phase_limits,
					      &phase_privileges, &phase_landlock, &phase_lookup,
					      &phase_filter,	 &phase_exec,	  NULL};
// The same without no_new_privs, where the kernel wants CAP_SYS_ADMIN for landlock and a filter.
static const struct phase *const program_that_gains[] = {&phase_prepare,  &phase_environ, &phase_limits,
							 &phase_landlock, &phase_filter,  &phase_privileges,
							 &phase_lookup,	  &phase_exec,	  NULL};

enum { LEAVE_MS = 3000 };

static const struct phase *const *program_of(const struct spec *s)
{
	return s->no_new_privs ? program : program_that_gains;
}

#define BIT(sig) (1ull << ((sig)-1))

// Faults of initbox itself must kill it, a launcher can be stopped from its terminal, and SIGPIPE is ignored.
const uint64_t box_signals = ~(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) |
			       BIT(SIGSYS) | BIT(SIGPIPE) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU));

// Dispositions start afresh: what a caller ignores (nohup, a shell's & for SIGINT) would be ignored in the box, too, and
// with SIGCHLD ignored nothing could be waited for. The raw calls reach signals 32 to 34.
int box_block_signals(void)
{
	const struct kernel_sigaction by_default = {0}, ignored = {.handler = (void *)SIG_IGN};

	if (sys_rt_sigprocmask(SIG_SETMASK, &box_signals, NULL))
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

static pid_t start_program(struct box *box)
{
	uint64_t from = trace_now();
	pid_t pid = spawn(box, program_of(box->spec));

	if (pid < 0)
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

// A machine does not wait for ever for what comes now: the kernel ends this PID 1 only when all in the box has ended, also who
// waits for a server that does not answer (kernel/pid_namespace.c, zap_pid_ns_processes).
static void tell_end(const struct box *box, int status, int code)
{
	box->main_status[0] = status;
	box->main_status[1] = code + 1;
	if (send(0, "", 1, MSG_NOSIGNAL) < 0) // the channel
		log_err(&err_last);
}

// The box's PID 1. What it says at last is that the program runs, or an error record.
static _Noreturn void box_init(struct box *box)
{
	pid_t pid;

	if (box->in_machine)
		crash_forget();
	trace_set_side(TRACE_BOX);
	log_setup.kmsg = false; // no name of the image is the kernel's log
	wipe_arguments();
	pid = build_inside(box);
	if (pid > 0 && send(box->channel[1], CHANNEL_RUNS, sizeof(CHANNEL_RUNS), MSG_NOSIGNAL) < 0)
		pid = stamp("start", fail("send", "channel")); // a launcher that is gone takes this with it
	if (pid > 0) {
		struct reap r = {.main = pid, .mask = box_signals, .spec = box->spec};
		int code;

		// Of a standard descriptor that could not be closed the end can't be seen outside.
		if (box->main_status ? dup2(box->channel[1], 0) || file_close_from(1) : file_close_from(0))
			log_err(&err_last);
		code = reap_run(&r);
		if (box->main_status)
			tell_end(box, r.status, code);
		_exit(code);
	}
	if (send(box->channel[1], &err_last, sizeof(err_last), MSG_NOSIGNAL) < 0)
		log_err(&err_last);
	_exit(err_last.code);
}

enum record { RECORD_NONE, RECORD_RUNS, RECORD_ERROR };

// Takes what the box's PID 1 has said, and prints an error; it has ended, so that nothing more comes.
static enum record take_record(const struct box *box)
{
	struct err record;
	ssize_t n;

	// A gate byte that was never read makes the first recv fail; the record stands behind that error.
	do
		n = recv(box->channel[0], &record, sizeof(record), MSG_DONTWAIT);
	while (n == 1 || (n < 0 && (errno == ECONNRESET || errno == EINTR))); // 1: its terminal, which nobody took
	if (n < 0 && errno != EAGAIN) {
		fail("recv", "channel");
		log_err(&err_last);
		return RECORD_RUNS; // as far as anybody knows; its exit code still says how it ended
	}
	if (n != (ssize_t)sizeof(record))
		return n == (ssize_t)sizeof(CHANNEL_RUNS) ? RECORD_RUNS : RECORD_NONE;
	log_err(&record);
	return RECORD_ERROR;
}

// Ends a box that has not been let through the gate. It may have failed first, and that may be why this side did: then
// its own words are the ones to show.
static int kill_box(const struct box *box)
{
	kill(box->pid, SIGKILL);
	while (waitpid(box->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return take_record(box) == RECORD_ERROR ? 0 : -1;
}

static void leave(struct watch *w)
{
	log_line(LOG_ERROR, "%s: has ended, but the kernel does not let all of it go; going on", w->what);
	reap_leave();
}

static const int *told; // the box's main_status

static void hear_end(struct watch *w)
{
	if (told[1] && !w->at)
		w->at = sys_now_ms() + LEAVE_MS;
}

// As reap_run; of a machine's box also what its PID 1 has told before it ended, or could not end.
static int wait_for_box(const struct box *box, struct reap *launcher, struct box_end *end)
{
	struct watch w = {.fd = box->channel[0], .what = box->spec->name, .ready = hear_end, .due = leave};
	int code, status;

	if (!box->main_status)
		return reap_run(launcher);
	told = box->main_status;
	if (watch_add(&w))
		log_err(&err_last);
	code = reap_run(launcher);
	watch_remove(&w);
	status = WIFSIGNALED(launcher->status) ? launcher->status : told[0];
	end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return told[1] ? told[1] - 1 : code;
}

// Returns 0 when the box's PID 1 has ended: *code is its exit code.
static int run_phases(struct box *box, struct reap *launcher, int *code, struct box_end *end)
{
	enum record record;
	struct err mine;
	pid_t pid;

	end->failed = true;
	if (stamp("terminal", pty_check(box->spec)) || phase_run(box, before_clone))
		return -1;
	pid = namespaces_clone(box);
	if (pid < 0)
		return stamp("clone", -1);
	if (pid == 0)
		box_init(box);
	log_line(LOG_DETAIL, "%s: its PID 1 is %d here", box->spec->name, (int)pid);
	if (phase_run(box, after_clone) || stamp("terminal", pty_begin(box, launcher)) ||
	    stamp("gate", gate_open(box))) {
		mine = err_last;
		if (kill_box(box) == 0)
			return 0;
		err_last = mine;
		return -1;
	}
	launcher->main = pid;
	*code = wait_for_box(box, launcher, end);
	if (box->spec->tty)
		pty_end();
	record = take_record(box);
	end->failed = record != RECORD_RUNS;
	if (record == RECORD_NONE) {
		*code = EXIT_OWN_FAILURE;
		return stamp("start", fail_text("its PID 1 was killed before the program ran", "%s", box->spec->name));
	}
	if (!end->failed && !box->spec->quiet && (*code || box->spec->memory))
		post_mortem_box(box, launcher, *code);
	return 0;
}

// --dry-run: every phase of both sides explains itself.
static int explain_all(struct box *box)
{
	return phase_run(box, before_clone) || phase_run(box, before_gate) || phase_run(box, after_clone) ||
			       phase_run(box, after_gate) || phase_run(box, program_of(box->spec))
		       ? -1
		       : 0;
}

// A page that the box's PID 1 leaves its program's status on: its own exit code has no room for all of it.
static int share_status(struct box *box)
{
	void *page = mmap(NULL, 2 * sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return fail("mmap", "status");
	box->main_status = page;
	return 0;
}

int box_run(const struct spec *spec, int (*order)(int sig, const siginfo_t *info, pid_t main), struct box_end *end)
{
	static BOX_BSS struct box box;
	struct reap launcher = {.mask = box_signals, .order = order};
	int ret, code = EXIT_OWN_FAILURE;

	box = (struct box){.spec = spec,
			   .cgroup_fd = -1,
			   .cgroup_root_fd = -1,
			   .state_fd = -1,
			   .users_fd = -1,
			   .namespace_users_fd = -1,
			   .address_fd = -1,
			   .nf_fd = -1,
			   .console_fd = -1,
			   .channel = {-1, -1}};
	if (spec->dry_run) {
		ret = explain_all(&box);
		end->failed = ret != 0;
		return ret ? EXIT_OWN_FAILURE : 0;
	}
	end->failed = true;
	ret = order && share_status(&box) ? -1 : run_phases(&box, &launcher, &code, end);
	if (ret)
		log_err(&err_last);
	if (undo_unwind(&box.undo) && !end->failed)
		log_line(LOG_ERROR, "%s: something of it was left behind", spec->name);
	if (box.nf_fd >= 0 && !box.in_machine) // no lock is open any more, for a child to hold on to
		nl_close_behind(box.nf_fd);
	return code;
}
