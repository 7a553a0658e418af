// SPDX-License-Identifier: MIT
// Namespaces, system calls that are newer than the oldest kernels, and what restricts a program.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "phase/probe.h"

static int try_unshare(const struct probe *p, struct buf *note)
{
	(void)note;
	return unshare((int)p->number) ? fail("unshare", "%s", p->name) : 0;
}

// As role/check makes it for the other rows, but from here, so that it is seen which step is refused. AppArmor lets a user
// namespace be made and then refuses all that it is good for.
static int try_userns(const struct probe *p, struct buf *note)
{
	char map[32];

	(void)note;
	if (fmt(map, sizeof(map), "0 %u 1", geteuid()))
		return -1;
	if (unshare(CLONE_NEWUSER))
		return fail("unshare", "%s", p->name);
	if (file_write(AT_FDCWD, "/proc/self/uid_map", map))
		return -1;
	return unshare(CLONE_NEWNS) ? fail("unshare", "mount namespace in a user namespace") : 0;
}

// A call that is there refuses this argument with EINVAL.
static int try_clone3(const struct probe *p, struct buf *note)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = INT_MAX};
	bool into_cgroup = p->number;

	(void)note;
	// EBADF: the cgroup has been looked for, and there is no such descriptor. Before Linux 5.7 the flag is EINVAL.
	if (syscall(SYS_clone3, &args, into_cgroup ? sizeof(args) : 0) >= 0)
		_exit(0);
	return errno == (into_cgroup ? EBADF : EINVAL) ? 0 : fail("clone3", "%s", p->name);
}

static int try_pidfd(const struct probe *p, struct buf *note)
{
	int fd = sys_pidfd_open(getpid(), 0);

	(void)note;
	if (fd < 0)
		return fail("pidfd_open", "%s", p->name);
	return sys_pidfd_send_signal(fd, 0, NULL, 0) ? fail("pidfd_send_signal", "%s", p->name) : 0;
}

static int try_close_range(const struct probe *p, struct buf *note)
{
	(void)note;
	return sys_close_range(~0u, ~0u, 0) ? fail("close_range", "%s", p->name) : 0;
}

static int try_openat2(const struct probe *p, struct buf *note)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

	(void)note;
	return sys_openat2(AT_FDCWD, "/", &how) < 0 ? fail("openat2", "%s", p->name) : 0;
}

static int try_filter(const struct probe *p, struct buf *note)
{
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	const struct sock_fprog program = {COUNT(code), code};

	(void)note;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail("PR_SET_NO_NEW_PRIVS", "%s", p->name);
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program) ? fail("seccomp", "%s", p->name) : 0;
}

static int try_landlock(const struct probe *p, struct buf *note)
{
	enum { CREATE_VERSION = 1 };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	if (abi < 0)
		return fail("landlock_create_ruleset", "%s", p->name);
	buf_fmt(note, "ABI %d", (int)abi);
	return 0;
}

// A program that says yes to every device: r0 = 1; exit. It is never attached.
static int try_device_program(const struct probe *p, struct buf *note)
{
	const uint64_t code[] = {BPF_ALU64 | BPF_MOV | BPF_K | 1ull << 32, BPF_JMP | BPF_EXIT};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE};

	(void)note;
	load.insns = (uintptr_t)code;
	load.insn_cnt = COUNT(code);
	load.license = (uintptr_t)"MIT";
	return syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load)) < 0 ? fail("BPF_PROG_LOAD", "%s", p->name) : 0;
}

#define EVERY_BOX "every box"

// clang-format off
const struct probe probe_process[] = {
	{.name = "user namespaces", .config = "CONFIG_USER_NS", .keys = "--userns, boxes of ordinary users",
	 .flags = PROBE_USER_RUNS | PROBE_HERE, .try = try_userns},
	{.name = "mount namespaces", .keys = EVERY_BOX,
	 .flags = PROBE_RUNS, .try = try_unshare, .number = CLONE_NEWNS},
	{.name = "pid namespaces", .config = "CONFIG_PID_NS", .keys = EVERY_BOX,
	 .flags = PROBE_RUNS, .try = try_unshare, .number = CLONE_NEWPID},
	{.name = "uts namespaces", .config = "CONFIG_UTS_NS", .keys = EVERY_BOX,
	 .flags = PROBE_RUNS, .try = try_unshare, .number = CLONE_NEWUTS},
	{.name = "ipc namespaces", .config = "CONFIG_IPC_NS", .keys = EVERY_BOX,
	 .flags = PROBE_RUNS, .try = try_unshare, .number = CLONE_NEWIPC},
	{.name = "network namespaces", .config = "CONFIG_NET_NS", .keys = EVERY_BOX,
	 .flags = PROBE_RUNS, .try = try_unshare, .number = CLONE_NEWNET},
	{.name = "cgroup namespaces", .config = "CONFIG_CGROUPS", .keys = EVERY_BOX,
	 .flags = PROBE_RUNS, .try = try_unshare, .number = CLONE_NEWCGROUP},
	{.name = "time namespaces", .config = "CONFIG_TIME_NS", .since = "5.6", .keys = "--time-offset",
	 .try = try_unshare, .number = CLONE_NEWTIME},
	{.name = "openat2", .since = "5.6", .keys = EVERY_BOX, .flags = PROBE_RUNS | PROBE_HERE, .try = try_openat2},
	{.name = "clone3", .since = "5.3", .keys = "faster starts", .flags = PROBE_HERE, .try = try_clone3},
	{.name = "clone3 into a cgroup", .since = "5.7", .keys = "faster starts", .flags = PROBE_HERE,
	 .try = try_clone3, .number = 1},
	{.name = "pidfds", .since = "5.3", .keys = "signals to whole trees without races", .flags = PROBE_HERE,
	 .try = try_pidfd},
	{.name = "close_range", .since = "5.9", .keys = "faster starts", .flags = PROBE_HERE, .try = try_close_range},
	{.name = "seccomp filters", .config = "CONFIG_SECCOMP_FILTER", .keys = EVERY_BOX,
	 .flags = PROBE_RUNS | PROBE_HERE, .try = try_filter, .hint = "--seccomp none does without"},
	{.name = "landlock", .config = "CONFIG_SECURITY_LANDLOCK", .since = "5.13", .keys = "--landlock",
	 .flags = PROBE_HERE, .try = try_landlock, .hint = "landlock among the modules that lsm= names at boot"},
	{.name = "BPF programs for devices", .config = "CONFIG_CGROUP_BPF", .keys = "--device …:r, --cap-add MKNOD",
	 .flags = PROBE_HERE | PROBE_ROOT, .try = try_device_program},
	{0},
};
// clang-format on
