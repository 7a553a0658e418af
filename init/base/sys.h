// SPDX-License-Identifier: MIT
// System calls that musl has no wrapper for, one shim each; all set errno and return -1 like musl's own.
#pragma once
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#error "kernel headers of 5.14 or newer are needed (linux-libc-dev)"
#endif

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

// getdents64(2); opendir would bring malloc.
struct linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	char d_name[];
};

static inline pid_t sys_clone3(struct clone_args *args)
{
	return (pid_t)syscall(SYS_clone3, args, sizeof(*args));
}

// As fork(2), with CLONE_NEW* in flags beside the signal.
static inline pid_t sys_clone(uint64_t flags)
{
#ifdef __s390x__
#error "the stack comes first here (clone(2))"
#endif
	return (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
}

// The kernel's calls as they are: for flags, old kernels and threads that do not come up here musl's functions of these names
// bring 6 KiB into PID 1.
static inline int sys_faccessat(int dirfd, const char *path, int mode)
{
	return (int)syscall(SYS_faccessat, dirfd, path, mode);
}

static inline int sys_fchmodat(int dirfd, const char *path, mode_t mode)
{
	return (int)syscall(SYS_fchmodat, dirfd, path, mode);
}

static inline int sys_fcntl(int fd, int cmd, long arg)
{
	return (int)syscall(SYS_fcntl, fd, cmd, arg);
}

static inline int sys_pipe2(int fds[2], int flags)
{
	return (int)syscall(SYS_pipe2, fds, flags);
}

static inline int sys_dup3(int from, int to, int flags)
{
	return (int)syscall(SYS_dup3, from, to, flags);
}

static inline int sys_socketpair(int domain, int type, int protocol, int fds[2])
{
	return (int)syscall(SYS_socketpair, domain, type, protocol, fds);
}

// A first use of the vDSO costs a dozen faults.
static inline int sys_clock_gettime(clockid_t clock, struct timespec *t)
{
	return (int)syscall(SYS_clock_gettime, clock, t);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static inline int sys_openat2(int dirfd, const char *path, const struct open_how *how)
{
	return (int)syscall(SYS_openat2, dirfd, path, how, sizeof(*how));
}

static inline int sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dirfd, path, flags);
}

static inline int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

static inline int sys_fsopen(const char *fstype, unsigned flags)
{
	return (int)syscall(SYS_fsopen, fstype, flags);
}

static inline int sys_fsconfig(int fd, unsigned cmd, const char *key, const void *value, int aux)
{
	return (int)syscall(SYS_fsconfig, fd, cmd, key, value, aux);
}

static inline int sys_fsmount(int fd, unsigned flags, unsigned attrs)
{
	return (int)syscall(SYS_fsmount, fd, flags, attrs);
}

static inline int sys_mount_setattr(int dirfd, const char *path, unsigned flags, struct mount_attr *attr)
{
	return (int)syscall(SYS_mount_setattr, dirfd, path, flags, attr, sizeof(*attr));
}

static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static inline int sys_capset(struct __user_cap_header_struct *h, const struct __user_cap_data_struct *d)
{
	return (int)syscall(SYS_capset, h, d);
}

static inline int sys_seccomp(unsigned op, unsigned flags, const void *args)
{
	return (int)syscall(SYS_seccomp, op, flags, args);
}

static inline int sys_finit_module(int fd, const char *params, int flags)
{
	return (int)syscall(SYS_finit_module, fd, params, flags);
}

// The raw calls: musl's wrappers hide signals 32 to 34 from the program.
static inline int sys_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old)
{
	return (int)syscall(SYS_rt_sigprocmask, how, set, old, sizeof(*set));
}

struct kernel_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

static inline int sys_rt_sigaction(int sig, const struct kernel_sigaction *new, struct kernel_sigaction *old)
{
	return (int)syscall(SYS_rt_sigaction, sig, new, old, sizeof(uint64_t));
}

// timeout NULL: without end.
static inline int sys_rt_sigtimedwait(const uint64_t *set, void *siginfo, const struct timespec *timeout)
{
	return (int)syscall(SYS_rt_sigtimedwait, set, siginfo, timeout, sizeof(*set));
}

static inline int sys_signalfd(const uint64_t *set, int flags)
{
	return (int)syscall(SYS_signalfd4, -1, set, sizeof(*set), flags);
}

static inline int sys_rt_sigqueueinfo(pid_t pid, int sig, const void *siginfo)
{
	return (int)syscall(SYS_rt_sigqueueinfo, pid, sig, siginfo);
}

static inline int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int sys_pidfd_send_signal(int pidfd, int sig, const void *siginfo, unsigned flags)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, siginfo, flags);
}

// Milliseconds that never go back.
static inline uint64_t sys_now_ms(void)
{
	struct timespec t = {0};

	sys_clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

// Nanoseconds since the machine was started, which go on while it sleeps: what deadlines of a machine are told in.
static inline uint64_t sys_boottime_ns(void)
{
	struct timespec t = {0};

	syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// musl's setgroups, setresgid and setresuid act on all threads by signals; these act on the caller alone,
// which shares its memory with its parent (CLONE_VM) and must leave it as it is.
static inline int sys_setgroups(size_t n, const gid_t *list)
{
	return (int)syscall(SYS_setgroups, n, list);
}

static inline int sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	return (int)syscall(SYS_setresgid, r, e, s);
}

static inline int sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	return (int)syscall(SYS_setresuid, r, e, s);
}
