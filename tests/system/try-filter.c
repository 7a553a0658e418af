// SPDX-License-Identifier: MIT
/*
 * try-filter FILE.bpf NAME...      makes each named call under the filter, in a
 *                                  process of its own, and prints NAME and result
 * try-filter FILE.bpf -- CMD ARG...  runs a program under the filter
 * try-filter FILE.bpf --steps NR[,ARGUMENT]...  prints how many instructions a
 *                                  call takes, and the action (other arguments 0)
 *
 * A FILE of "none" is no filter. The results are "ok", an errno's name, or
 * "killed" and the signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HIGH (1UL << 32)	/* a bit that the kernel's int arguments do not have */

struct call {
	const char *name;
	long number;
	unsigned long args[6];
	/* For what is more than one call; returns 0, or -1 with errno. */
	long (*make)(void);
};

static long end_child(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : waitpid((pid_t)pid, NULL, __WALL) == (pid_t)pid ? 0 : -1;
}

static long try_clone(void)
{
	return end_child(syscall(SYS_clone, (unsigned long)SIGCHLD, 0, 0, 0, 0));
}

static long try_ptrace(void)
{
	return syscall(SYS_ptrace, 0L, 0L, 0L, 0L);
}

#ifdef __x86_64__
/* The 32-bit door into the kernel. */
static long int80(long number, long first)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(0L) : "memory");
	if (result >= 0)
		return 0;
	errno = (int)-result;
	return -1;
}

static long try_int80(void)
{
	return int80(20, 0);
}

/* socketcall: its second argument points at those of socket or bind; at 0 there are none. */
static long try_int80_socket(void)
{
	return int80(102, 1);
}

static long try_int80_bind(void)
{
	return int80(102, 2);
}
#endif

static const struct call calls[] = {
	{ "read", SYS_read, { 99 }, NULL },
	{ "write", SYS_write, { 99 }, NULL },
	{ "getppid", SYS_getppid, { 0 }, NULL },
	{ "futex-wake", SYS_futex, { 0, 1 }, NULL },
	{ "mseal", 462, { 0 }, NULL },
	{ "clone", SYS_clone, { 0 }, try_clone },
	{ "clone-newuser", SYS_clone, { CLONE_NEWUSER | SIGCHLD }, NULL },
	{ "clone-newns", SYS_clone, { CLONE_NEWNS | SIGCHLD }, NULL },
	{ "clone-newnet-high", SYS_clone, { HIGH | CLONE_NEWNET | SIGCHLD }, NULL },
	{ "clone3", 435, { 0 }, NULL },
	{ "unshare", SYS_unshare, { 0 }, NULL },
	{ "setns", SYS_setns, { 99, 0 }, NULL },
	{ "mount", SYS_mount, { 0 }, NULL },
	{ "umount2", SYS_umount2, { 0 }, NULL },
	{ "pivot_root", SYS_pivot_root, { 0 }, NULL },
	{ "fsopen", 430, { 0 }, NULL },
	{ "fsmount", 432, { 99 }, NULL },
	{ "open_tree", 428, { 99 }, NULL },
	{ "move_mount", 429, { 99 }, NULL },
	{ "mount_setattr", 442, { 99 }, NULL },
	{ "open_tree_attr", 467, { 99 }, NULL },
	{ "keyctl", SYS_keyctl, { 0, (unsigned long)-3, 0 }, NULL },
	{ "add_key", SYS_add_key, { 0 }, NULL },
	{ "request_key", SYS_request_key, { 0 }, NULL },
	{ "bpf", SYS_bpf, { 99 }, NULL },
	{ "perf_event_open", SYS_perf_event_open, { 0 }, NULL },
	{ "userfaultfd", SYS_userfaultfd, { 0xffff }, NULL },
	{ "io_uring_setup", 425, { 0 }, NULL },
	{ "io_uring_enter", 426, { 99 }, NULL },
	{ "kexec_load", SYS_kexec_load, { 0, 99, 0, 0 }, NULL },
	{ "init_module", SYS_init_module, { 0 }, NULL },
	{ "finit_module", SYS_finit_module, { 99 }, NULL },
	{ "reboot", SYS_reboot, { 0 }, NULL },
	{ "swapon", SYS_swapon, { 0 }, NULL },
	{ "quotactl", SYS_quotactl, { 99 }, NULL },
	{ "chroot", SYS_chroot, { 0 }, NULL },
	{ "ptrace", SYS_ptrace, { 0 }, try_ptrace },
	{ "settimeofday", SYS_settimeofday, { 1 }, NULL },
	{ "open_by_handle_at", SYS_open_by_handle_at, { 99 }, NULL },
	{ "syscall-999", 999, { 0 }, NULL },
	{ "syscall-minus-1", -1, { 0 }, NULL },
	{ "unused-number", 400, { 0 }, NULL },
	{ "ioctl-tcgets", SYS_ioctl, { 99, 0x5401 }, NULL },
	{ "ioctl-tiocsti", SYS_ioctl, { 99, 0x5412 }, NULL },
	{ "ioctl-tiocsti-high", SYS_ioctl, { 99, HIGH | 0x5412 }, NULL },
	{ "ioctl-tioclinux", SYS_ioctl, { 99, 0x541c }, NULL },
	{ "ioctl-tioclinux-high", SYS_ioctl, { 99, 0xffffffff00000000 | 0x541c }, NULL },
	{ "personality-ask", SYS_personality, { 0xffffffff }, NULL },
	{ "personality-ask-long", SYS_personality, { (unsigned long)-1 }, NULL },
	{ "personality-linux", SYS_personality, { 0 }, NULL },
	{ "personality-no-random", SYS_personality, { 0x40000 }, NULL },
	{ "personality-read-implies-exec", SYS_personality, { 0x400000 }, NULL },
	{ "socket-unix", SYS_socket, { AF_UNIX, SOCK_STREAM }, NULL },
	{ "socket-inet", SYS_socket, { AF_INET, SOCK_DGRAM }, NULL },
	{ "socket-netlink", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 }, NULL },
	/* SOCK_ 99 does not exist, so that no module is loaded where there is no filter. */
	{ "socket-alg", SYS_socket, { 38, 99 }, NULL },
	{ "socket-alg-high", SYS_socket, { HIGH | 38, 99 }, NULL },
	{ "socket-vsock", SYS_socket, { 40, 99 }, NULL },
	{ "socketpair-unix", SYS_socketpair, { AF_UNIX, 99 }, NULL },
	{ "socketpair-tipc", SYS_socketpair, { 30, 99 }, NULL },
#ifdef __x86_64__
	{ "int80-getpid", 0, { 0 }, try_int80 },
	{ "int80-socketcall-socket", 0, { 0 }, try_int80_socket },
	{ "int80-socketcall-bind", 0, { 0 }, try_int80_bind },
	{ "x32-getpid", 0x40000000 | SYS_getpid, { 0 }, NULL },
	{ "x32-ptrace", 0x40000000 | 521, { 0 }, NULL },
#endif
};

static const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
		{ EPERM, "EPERM" }, { ENOSYS, "ENOSYS" }, { EBADF, "EBADF" }, { EINVAL, "EINVAL" },
		{ EFAULT, "EFAULT" }, { ENOTTY, "ENOTTY" }, { EAFNOSUPPORT, "EAFNOSUPPORT" },
		{ ENOENT, "ENOENT" }, { ESRCH, "ESRCH" }, { EACCES, "EACCES" },
		{ EOPNOTSUPP, "EOPNOTSUPP" }, { ENOMEM, "ENOMEM" },
	};
	static char number[16];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].error == error)
			return names[i].name;
	snprintf(number, sizeof(number), "errno-%d", error);
	return number;
}

static struct sock_fprog read_program(const char *path)
{
	static struct sock_filter code[BPF_MAXINSNS + 1];
	struct sock_fprog program = { .filter = code };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, code, sizeof(code));

	if (size < 0 || size % (ssize_t)sizeof(code[0])) {
		fprintf(stderr, "try-filter: %s: no BPF program\n", path);
		exit(1);
	}
	close(fd);
	program.len = (unsigned short)((size_t)size / sizeof(code[0]));
	return program;
}

/* SIGSYS and SIGSEGV are to kill, and no core is to be left. */
static void enter_filter(const struct sock_fprog *program)
{
	prctl(PR_SET_DUMPABLE, 0);
	if (!program)
		return;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program)) {
		perror("try-filter: seccomp");
		_exit(125);
	}
}

static void try_call(const struct sock_fprog *program, const struct call *call)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		const unsigned long *a = call->args;
		long result;

		enter_filter(program);
		errno = 0;
		result = call->make ? call->make() :
			syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
		/* A child that was not to be: clone without a filter. */
		if (!call->make && call->number == SYS_clone && result == 0)
			_exit(0);
		printf("%s %s\n", call->name, result >= 0 ? "ok" : error_name(errno));
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("try-filter: fork");
		exit(1);
	}
	if (WIFSIGNALED(status))
		printf("%s killed %s\n", call->name,
		       WTERMSIG(status) == SIGSYS ? "SIGSYS" : strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		exit(WEXITSTATUS(status));
}

/* Loads, masks, jumps and returns are all that a filter has. */
static void count_steps(const struct sock_fprog *program, const struct seccomp_data *data)
{
	uint32_t a = 0;
	unsigned pc = 0, steps = 0;

	while (pc < program->len) {
		const struct sock_filter *s = &program->filter[pc++];
		int taken;

		steps++;
		if (BPF_CLASS(s->code) == BPF_RET) {
			printf("%u %u 0x%08x\n", (unsigned)data->nr, steps, s->k);
			return;
		}
		if (BPF_CLASS(s->code) == BPF_LD) {
			memcpy(&a, (const char *)data + s->k, sizeof(a));
			continue;
		}
		if (BPF_CLASS(s->code) == BPF_ALU) {
			a &= s->k;
			continue;
		}
		if (BPF_OP(s->code) == BPF_JA) {
			pc += s->k;
			continue;
		}
		taken = BPF_OP(s->code) == BPF_JEQ ? a == s->k : BPF_OP(s->code) == BPF_JGE ? a >= s->k :
			BPF_OP(s->code) == BPF_JGT ? a > s->k : (a & s->k) != 0;
		pc += taken ? s->jt : s->jf;
	}
	fprintf(stderr, "try-filter: no return\n");
	exit(1);
}

/* NR[,ARGUMENT]...; the filter asks for its architecture first. */
static void count_call(const struct sock_fprog *program, char *words)
{
	struct seccomp_data data = { .arch = program->filter[1].k };

	data.nr = (int)strtoul(words, &words, 0);
	for (size_t i = 0; *words == ',' && i < ARRAY_SIZE(data.args); i++)
		data.args[i] = strtoull(words + 1, &words, 0);
	if (*words) {
		fprintf(stderr, "try-filter: %s: not NR,ARGUMENT...\n", words);
		exit(2);
	}
	count_steps(program, &data);
}

int main(int argc, char **argv)
{
	struct sock_fprog program, *filter = NULL;

	if (argc < 3) {
		fprintf(stderr, "Usage: try-filter FILE.bpf NAME... | -- CMD ARG... | --steps NR[,ARG]...\n");
		return 2;
	}
	if (strcmp(argv[1], "none")) {
		program = read_program(argv[1]);
		filter = &program;
	}
	if (!strcmp(argv[2], "--") && argc > 3) {
		enter_filter(filter);
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		return 127;
	}
	if (!strcmp(argv[2], "--steps") && filter) {
		for (int i = 3; i < argc; i++)
			count_call(filter, argv[i]);
		return 0;
	}
	for (int i = 2; i < argc; i++) {
		size_t n = 0;

		while (n < ARRAY_SIZE(calls) && strcmp(calls[n].name, argv[i]))
			n++;
		if (n == ARRAY_SIZE(calls)) {
			fprintf(stderr, "try-filter: %s: unknown call\n", argv[i]);
			return 2;
		}
		try_call(filter, &calls[n]);
	}
	return 0;
}
