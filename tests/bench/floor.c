// SPDX-License-Identifier: MIT
/*
 * floor - what the kernel itself needs to start a program in a box: the lower bound of the bench.
 *
 *   floor [--net] [--bridge BRIDGE:ADDRESS:PORT] [--overlay] [--mounts] [--identity] [--init] [--cgroup DIR] [--seccomp FILE.bpf] ROOTFS CMD [ARG...]
 *
 * Always: pid, mnt, uts, ipc and cgroup namespaces, ROOTFS as root by pivot_root, a fresh /proc.
 * --identity: hostname, session, keyring, ids and capabilities as the program of a box has them, and in /etc the files of
 *             names: hosts and hostname, in the host's network the host's resolv.conf, too.
 * --bridge: --net, a veth to that bridge (of initbox, with its table; 172.20.0.0/16), and PORT of the host published to port 80.
 * --init: PID 1 starts the command and waits for it. Without it the command is PID 1.
 * There is no signal that is forwarded, no report of what fails in between, no undo. Any error ends it with 125.
 * The child shares the parent's memory until it execs (CLONE_VM | CLONE_VFORK): no page table is copied.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>

#include "floor-net.h"

#define MAX_INSNS	 4096 /* BPF_MAXINSNS of the kernel */
#define MAX_OPTIONS	 4096
#define FLAG_INTO_CGROUP 0x200000000ULL /* CLONE_INTO_CGROUP; <sched.h> and <linux/sched.h> collide */

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

struct floor {
	const char *rootfs; /* absolute */
	char *const *argv;
	const char *cgroup; /* directory to make for this run, NULL: none */
	const char *seccomp;
	struct floor_net bridge; /* .bridge NULL: none */
	int net, overlay, mounts, identity, init;
};

struct fs_row {
	const char *type, *dir, *data;
	unsigned long flags;
};

struct node_row {
	const char *path;
	unsigned int minor_no, major_no;
};

#define SECURE (MS_NOSUID | MS_NOEXEC | MS_NODEV)

/* What the OCI runtimes mount by default; /proc stands apart because every form has it. */
static const struct fs_row filesystems[] = {
	{"tmpfs", "/dev", "mode=755,size=64k", MS_NOSUID | MS_STRICTATIME},
	{"devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC},
	{"tmpfs", "/dev/shm", "mode=1777,size=64m", SECURE},
	{"mqueue", "/dev/mqueue", NULL, SECURE},
	{"sysfs", "/sys", NULL, SECURE},
	{"cgroup2", "/sys/fs/cgroup", NULL, SECURE},
};

static const struct node_row nodes[] = {
	{"/dev/null", 3, 1},   {"/dev/zero", 5, 1},    {"/dev/full", 7, 1},
	{"/dev/random", 8, 1}, {"/dev/urandom", 9, 1}, {"/dev/tty", 0, 5},
};

static const char *const links[][2] = {
	{"pts/ptmx", "/dev/ptmx"},	    {"/proc/self/fd", "/dev/fd"},	{"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"},
};

static const char *const masked_files[] = {
	"/proc/kcore",	     "/proc/keys",	  "/proc/latency_stats", "/proc/timer_list",
	"/proc/timer_stats", "/proc/sched_debug", "/proc/interrupts",
};

static const char *const masked_dirs[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/scsi",
	"/sys/firmware",
	"/sys/devices/virtual/powercap",
	"/sys/devices/system/cpu/cpu0/thermal_throttle",
};

static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

/* Of the mount: of the superblock, which the host has mounted, too, it would be the host's. */
static const char *const readonly_mounts[] = {"/sys", "/sys/fs/cgroup"};

/* What Docker leaves, less mknod. */
#define CAP(x) (UINT64_C(1) << CAP_##x)
#define KEPT_CAPS                                                                                             \
	(CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(FSETID) | CAP(KILL) | CAP(SETGID) | CAP(SETUID) | \
	 CAP(SETPCAP) | CAP(NET_BIND_SERVICE) | CAP(NET_RAW) | CAP(SYS_CHROOT) | CAP(AUDIT_WRITE) | CAP(SETFCAP))

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static _Alignas(16) char child_stack[64 * 1024];
static struct sock_filter insns[MAX_INSNS];
static struct sock_fprog filter = {.filter = insns};

_Noreturn static void die(const char *what)
{
	dprintf(2, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void must(long result, const char *what)
{
	if (result < 0)
		die(what);
}

static void mount_bind(const char *from, const char *to)
{
	/* A path this kernel does not have needs no mask: so do the OCI runtimes. */
	if (mount(from, to, NULL, MS_BIND, NULL) < 0 && errno != ENOENT)
		die(to);
}

static void mount_masks(void)
{
	/* One empty read-only tmpfs over the first directory that exists, bound over the others. */
	const char *empty = NULL;

	for (size_t i = 0; i < COUNT(masked_files); i++)
		mount_bind("/dev/null", masked_files[i]);
	for (size_t i = 0; i < COUNT(masked_dirs); i++) {
		if (empty)
			mount_bind(empty, masked_dirs[i]);
		else if (mount("tmpfs", masked_dirs[i], "tmpfs", SECURE | MS_RDONLY, "nr_blocks=1,nr_inodes=1") == 0)
			empty = masked_dirs[i];
		else if (errno != ENOENT)
			die(masked_dirs[i]);
	}
	for (size_t i = 0; i < COUNT(readonly_paths); i++) {
		const char *path = readonly_paths[i];

		if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) {
			if (errno == ENOENT)
				continue;
			die(path);
		}
		must(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | SECURE, NULL), path);
	}
}

static void mount_all(void)
{
	for (size_t i = 0; i < COUNT(filesystems); i++) {
		const struct fs_row *row = &filesystems[i];

		/* Below the fresh /dev only; elsewhere the directory is there already. */
		if (strncmp(row->dir, "/dev/", 5) == 0)
			must(mkdir(row->dir, 0755), row->dir);
		must(mount(row->type, row->dir, row->type, row->flags, row->data), row->dir);
	}
	for (size_t i = 0; i < COUNT(readonly_mounts); i++)
		must(mount(NULL, readonly_mounts[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | SECURE, NULL),
		     readonly_mounts[i]);
	for (size_t i = 0; i < COUNT(nodes); i++)
		must(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major_no, nodes[i].minor_no)),
		     nodes[i].path);
	for (size_t i = 0; i < COUNT(links); i++)
		must(symlink(links[i][0], links[i][1]), links[i][1]);
	mount_masks();
}

/*
 * All of it stands on ROOTFS itself, no scratch directory is needed: the working directory stays on the
 * covered directory, which is the lower layer as ".", while its path leads to what was mounted last.
 */
static void mount_root(const struct floor *f)
{
	char upper[MAX_OPTIONS / 4], work[MAX_OPTIONS / 4], options[MAX_OPTIONS];

	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private propagation");
	if (!f->overlay) {
		must(mount(f->rootfs, f->rootfs, NULL, MS_BIND, NULL), f->rootfs);
	} else {
		must(chdir(f->rootfs), f->rootfs);
		must(mount("tmpfs", f->rootfs, "tmpfs", MS_NODEV, "mode=755,size=64m"), "tmpfs");
		snprintf(upper, sizeof(upper), "%s/u", f->rootfs);
		snprintf(work, sizeof(work), "%s/w", f->rootfs);
		must(mkdir(upper, 0755), upper);
		must(mkdir(work, 0755), work);
		snprintf(options, sizeof(options), "lowerdir=.,upperdir=%s,workdir=%s", upper, work);
		must(mount("overlay", f->rootfs, "overlay", 0, options), "overlay");
	}
	must(chdir(f->rootfs), f->rootfs);
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "old root");
	must(chdir("/"), "/");
}

static const char *const name_files[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
static char names[COUNT(name_files)][4096];
static size_t name_lengths[COUNT(name_files)];

static void read_names(const struct floor *f)
{
	for (size_t i = 0; i < COUNT(name_files) - (f->net ? 1 : 0); i++) {
		int fd = open(name_files[i], O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, names[i], sizeof(names[i]));

		name_lengths[i] = n < 0 ? 0 : (size_t)n;
		close(fd);
	}
}

static void write_names(const struct floor *f)
{
	if (mkdir("/etc", 0755) && errno != EEXIST)
		die("/etc");
	for (size_t i = 0; i < COUNT(name_files) - (f->net ? 1 : 0); i++) {
		int fd = open(name_files[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		must(fd, name_files[i]);
		must(write(fd, names[i], name_lengths[i]), name_files[i]);
		close(fd);
	}
}

static void raise_loopback(void)
{
	struct ifreq req = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	req.ifr_flags = IFF_UP;
	must(ioctl(fd, SIOCSIFFLAGS, &req), "lo");
	must(close(fd), "close");
}

/* What this machine's root has not itself can't be left to anybody. */
static void reduce_caps(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	uint64_t keep;

	must(syscall(SYS_capget, &header, data), "capget");
	keep = KEPT_CAPS & (data[0].permitted | (uint64_t)data[1].permitted << 32);
	for (int cap = 0; cap < 64; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL)
				break; /* behind the last one of this kernel */
			die("bounding set");
		}
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient set");
	must(syscall(SYS_setgroups, 0, NULL), "setgroups");
	must(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
	must(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
	data[0] = (struct __user_cap_data_struct){(uint32_t)keep, (uint32_t)keep, 0};
	data[1] = (struct __user_cap_data_struct){(uint32_t)(keep >> 32), (uint32_t)(keep >> 32), 0};
	must(syscall(SYS_capset, &header, data), "capset");
}

static void start_program(const struct floor *f)
{
	static char path[] = "PATH=/bin";
	char *const env[] = {path, NULL};

	if (f->identity) {
		must(setsid(), "setsid");
		must(syscall(SYS_close_range, 3, ~0U, 0), "close_range");
		must(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL), "session keyring");
		reduce_caps();
	}
	if (f->seccomp) {
		must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
		must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), "seccomp");
	}
	must(execve(f->argv[0], f->argv, env), f->argv[0]);
}

static int wait_for(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0), "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void child_main(void *arg)
{
	const struct floor *f = arg;
	pid_t pid;

	/* In the clone itself the namespace would be rooted at the parent's cgroup. */
	if (f->cgroup)
		must(unshare(CLONE_NEWCGROUP), "cgroup namespace");
	if (f->identity) {
		must(sethostname("floor", 5), "hostname");
		read_names(f);
	}
	mount_root(f);
	if (f->identity)
		write_names(f);
	must(mount("proc", "/proc", "proc", SECURE, NULL), "/proc");
	if (f->mounts)
		mount_all();
	if (f->bridge.bridge) {
		const char *what = floor_net_attach(&f->bridge);

		must(what ? -1 : 0, what);
	} else if (f->net) {
		raise_loopback();
	}
	if (!f->init)
		start_program(f);
	pid = vfork();
	if (pid == 0)
		start_program(f);
	must(pid, "vfork");
	_exit(wait_for(pid));
}

/*
 * clone3 into fn(arg) on a stack of its own. It can't be the C library's syscall(): parent and child share
 * memory, and the child would overwrite the return address the parent still needs.
 */
static long clone3_call(struct clone3_args *args, void (*fn)(void *), void *arg)
{
	long result;

#ifdef __x86_64__
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %[arg], %%rdi\n\t"
			 "call *%[fn]\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(result)
			 : "a"((long)SYS_clone3), "D"(args), "S"(sizeof(*args)), [fn] "r"(fn), [arg] "r"(arg)
			 : "rcx", "r11", "memory");
#else
#error "floor: clone3_call is written for x86_64; add the stub of this architecture"
#endif
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

static int run(struct floor *f)
{
	struct clone3_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)child_stack,
		.stack_size = sizeof(child_stack),
	};
	int code, fd = -1;
	long pid;

	if (f->net)
		args.flags |= CLONE_NEWNET;
	if (f->cgroup) {
		must(mkdir(f->cgroup, 0755), f->cgroup);
		fd = open(f->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
		must(fd, f->cgroup);
		args.flags |= FLAG_INTO_CGROUP;
		args.cgroup = (uint64_t)fd;
	} else {
		args.flags |= CLONE_NEWCGROUP;
	}
	pid = clone3_call(&args, child_main, f);
	must(pid, "clone3");
	code = wait_for((pid_t)pid);
	if (f->bridge.bridge) {
		const char *what = floor_net_detach(&f->bridge);

		must(what ? -1 : 0, what);
	}
	if (f->cgroup)
		must(rmdir(f->cgroup), f->cgroup);
	return code;
}

/* BRIDGE:ADDRESS:PORT; the gateway is that of initbox's default subnet. */
static void parse_bridge(struct floor *f, char *words)
{
	char *address = strchr(words, ':'), *port = address ? strchr(address + 1, ':') : NULL;
	const char *what;

	if (!port) {
		errno = EINVAL;
		die(words);
	}
	*address++ = *port++ = '\0';
	f->net = 1;
	f->bridge = (struct floor_net){.bridge = words,
				       .table = "initbox",
				       .address = inet_addr(address),
				       .gateway = inet_addr("172.20.0.1"),
				       .prefix = 16,
				       .port = (uint16_t)atoi(port)};
	what = floor_net_open(&f->bridge);
	must(what ? -1 : 0, what);
}

static void read_filter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	must(fd, path);
	n = read(fd, insns, sizeof(insns));
	must(n, path);
	must(close(fd), path);
	filter.len = (unsigned short)((size_t)n / sizeof(insns[0]));
}

int main(int argc, char *argv[])
{
	struct floor f = {0};
	int i;

	umask(0);
	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--net") == 0)
			f.net = 1;
		else if (strcmp(argv[i], "--bridge") == 0 && i + 1 < argc)
			parse_bridge(&f, argv[++i]);
		else if (strcmp(argv[i], "--overlay") == 0)
			f.overlay = 1;
		else if (strcmp(argv[i], "--mounts") == 0)
			f.mounts = 1;
		else if (strcmp(argv[i], "--identity") == 0)
			f.identity = 1;
		else if (strcmp(argv[i], "--init") == 0)
			f.init = 1;
		else if (strcmp(argv[i], "--cgroup") == 0 && i + 1 < argc)
			f.cgroup = argv[++i];
		else if (strcmp(argv[i], "--seccomp") == 0 && i + 1 < argc)
			f.seccomp = argv[++i];
		else
			break;
	}
	if (argc - i < 2 || argv[i][0] != '/' || strlen(argv[i]) > MAX_OPTIONS / 4 - 8) {
		dprintf(2, "usage: floor [--net] [--bridge BRIDGE:ADDRESS:PORT] [--overlay] [--mounts] [--identity] [--init] [--cgroup DIR] "
			   "[--seccomp FILE.bpf] /ROOTFS CMD [ARG...]\n");
		return 125;
	}
	f.rootfs = argv[i];
	f.argv = &argv[i + 1];
	if (f.seccomp)
		read_filter(f.seccomp);
	return run(&f);
}
