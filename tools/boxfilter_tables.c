// SPDX-License-Identifier: MIT
#include "boxfilter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <strings.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct arch arches[] = {
	{ "x86_64", "SCMP_ARCH_X86_64", "amd64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, 0, false, false },
	{ "x86", "SCMP_ARCH_X86", "386", SCMP_ARCH_X86, AUDIT_ARCH_I386, SCMP_ARCH_X86_64, 0, false, true },
	{ "x32", "SCMP_ARCH_X32", "x32", SCMP_ARCH_X32, AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, 0x40000000, false, true },
	{ "aarch64", "SCMP_ARCH_AARCH64", "arm64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, 0, false, false },
	{ "arm", "SCMP_ARCH_ARM", "arm", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, SCMP_ARCH_AARCH64, 0, false, true },
	{ "riscv64", "SCMP_ARCH_RISCV64", "riscv64", SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, SCMP_ARCH_RISCV64, 0, false, false },
	{ "ppc64le", "SCMP_ARCH_PPC64LE", "ppc64le", SCMP_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE, SCMP_ARCH_PPC64LE, 0, false, false },
	{ "s390x", "SCMP_ARCH_S390X", "s390x", SCMP_ARCH_S390X, AUDIT_ARCH_S390X, SCMP_ARCH_S390X, 0, true, false },
	{ "s390", "SCMP_ARCH_S390", "s390", SCMP_ARCH_S390, AUDIT_ARCH_S390, SCMP_ARCH_S390X, 0, true, true },
	{ "mips64", "SCMP_ARCH_MIPS64", "mips64", SCMP_ARCH_MIPS64, AUDIT_ARCH_MIPS64, SCMP_ARCH_MIPS64, 5000, true, false },
	{ "mips", "SCMP_ARCH_MIPS", "mips", SCMP_ARCH_MIPS, AUDIT_ARCH_MIPS, SCMP_ARCH_MIPS64, 4000, true, true },
	{ "mips64n32", "SCMP_ARCH_MIPS64N32", "mips64p32", SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPS64, 6000, true, true },
	{ "mipsel64", "SCMP_ARCH_MIPSEL64", "mips64le", SCMP_ARCH_MIPSEL64, AUDIT_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64, 5000, false, false },
	{ "mipsel", "SCMP_ARCH_MIPSEL", "mipsle", SCMP_ARCH_MIPSEL, AUDIT_ARCH_MIPSEL, SCMP_ARCH_MIPSEL64, 4000, false, true },
	{ "mipsel64n32", "SCMP_ARCH_MIPSEL64N32", "mips64p32le", SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_MIPSEL64, 6000, false, true },
};

const struct arch *arch_find(const char *name)
{
	/* Docker's profiles say x86 as well as 386. */
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		if (!strcmp(name, arches[i].name) || !strcmp(name, arches[i].scmp) ||
		    !strcmp(name, arches[i].go))
			return &arches[i];
	return NULL;
}

const struct arch *arch_native(void)
{
	uint32_t token = seccomp_arch_native();

	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		if (arches[i].token == token)
			return &arches[i];
	return NULL;
}

bool action_find(const char *name, uint32_t *action, bool *takes_errno)
{
	static const struct {
		const char *name;
		uint32_t action;
		bool takes_errno;
	} actions[] = {
		{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, false },
		{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, false },
		{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false },
		{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP, false },
		{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, true },
		{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE, true },
		{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, false },
		{ "SCMP_ACT_LOG", SECCOMP_RET_LOG, false },
		{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(name, actions[i].name))
			continue;
		*action = actions[i].action;
		*takes_errno = actions[i].takes_errno;
		return true;
	}
	return false;
}

bool op_find(const char *name, enum scmp_compare *op)
{
	static const struct {
		const char *name;
		enum scmp_compare op;
	} ops[] = {
		{ "SCMP_CMP_NE", SCMP_CMP_NE },
		{ "SCMP_CMP_LT", SCMP_CMP_LT },
		{ "SCMP_CMP_LE", SCMP_CMP_LE },
		{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
		{ "SCMP_CMP_GE", SCMP_CMP_GE },
		{ "SCMP_CMP_GT", SCMP_CMP_GT },
		{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		if (strcmp(name, ops[i].name))
			continue;
		*op = ops[i].op;
		return true;
	}
	return false;
}

int cap_find(const char *name)
{
	static const char *const caps[] = {
		[CAP_CHOWN] = "chown", [CAP_DAC_OVERRIDE] = "dac_override",
		[CAP_DAC_READ_SEARCH] = "dac_read_search", [CAP_FOWNER] = "fowner",
		[CAP_FSETID] = "fsetid", [CAP_KILL] = "kill", [CAP_SETGID] = "setgid",
		[CAP_SETUID] = "setuid", [CAP_SETPCAP] = "setpcap",
		[CAP_LINUX_IMMUTABLE] = "linux_immutable",
		[CAP_NET_BIND_SERVICE] = "net_bind_service", [CAP_NET_BROADCAST] = "net_broadcast",
		[CAP_NET_ADMIN] = "net_admin", [CAP_NET_RAW] = "net_raw", [CAP_IPC_LOCK] = "ipc_lock",
		[CAP_IPC_OWNER] = "ipc_owner", [CAP_SYS_MODULE] = "sys_module",
		[CAP_SYS_RAWIO] = "sys_rawio", [CAP_SYS_CHROOT] = "sys_chroot",
		[CAP_SYS_PTRACE] = "sys_ptrace", [CAP_SYS_PACCT] = "sys_pacct",
		[CAP_SYS_ADMIN] = "sys_admin", [CAP_SYS_BOOT] = "sys_boot", [CAP_SYS_NICE] = "sys_nice",
		[CAP_SYS_RESOURCE] = "sys_resource", [CAP_SYS_TIME] = "sys_time",
		[CAP_SYS_TTY_CONFIG] = "sys_tty_config", [CAP_MKNOD] = "mknod", [CAP_LEASE] = "lease",
		[CAP_AUDIT_WRITE] = "audit_write", [CAP_AUDIT_CONTROL] = "audit_control",
		[CAP_SETFCAP] = "setfcap", [CAP_MAC_OVERRIDE] = "mac_override",
		[CAP_MAC_ADMIN] = "mac_admin", [CAP_SYSLOG] = "syslog", [CAP_WAKE_ALARM] = "wake_alarm",
		[CAP_BLOCK_SUSPEND] = "block_suspend", [CAP_AUDIT_READ] = "audit_read",
		[CAP_PERFMON] = "perfmon", [CAP_BPF] = "bpf",
		[CAP_CHECKPOINT_RESTORE] = "checkpoint_restore",
	};

	_Static_assert(ARRAY_SIZE(caps) == CAP_LAST_CAP + 1, "every capability has a name");
	if (!strncasecmp(name, "CAP_", 4))
		name += 4;
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		if (!strcasecmp(name, caps[i]))
			return (int)i;
	return -1;
}

int errno_find(const char *name)
{
	/* What profiles use; any other is to be given as a number. */
	static const struct {
		const char *name;
		int value;
	} errnos[] = {
		{ "EPERM", EPERM }, { "ENOENT", ENOENT }, { "ESRCH", ESRCH }, { "EIO", EIO },
		{ "EAGAIN", EAGAIN }, { "ENOMEM", ENOMEM }, { "EACCES", EACCES }, { "EBUSY", EBUSY },
		{ "EEXIST", EEXIST }, { "ENODEV", ENODEV }, { "EINVAL", EINVAL }, { "ENOTTY", ENOTTY },
		{ "EROFS", EROFS }, { "ENOSYS", ENOSYS }, { "ENOTSUP", ENOTSUP },
		{ "EOPNOTSUPP", EOPNOTSUPP }, { "EAFNOSUPPORT", EAFNOSUPPORT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++)
		if (!strcmp(name, errnos[i].name))
			return errnos[i].value;
	return -1;
}

unsigned weight_find(const char *name)
{
	/*
	 * Since Linux 5.11 a syscall that is always allowed costs no program
	 * run at all, so the ones whose arguments are looked at come first.
	 */
	static const struct {
		const char *name;
		unsigned weight;
	} weights[] = {
		{ "ioctl", 60 }, { "clone", 20 }, { "socket", 20 },
		{ "read", 20 }, { "write", 20 }, { "futex", 20 }, { "epoll_wait", 16 },
		{ "epoll_pwait", 16 }, { "poll", 10 }, { "recvfrom", 16 }, { "sendto", 16 },
		{ "recvmsg", 12 }, { "sendmsg", 12 }, { "readv", 6 }, { "writev", 10 },
		{ "pread64", 8 }, { "pwrite64", 8 }, { "close", 10 }, { "openat", 8 },
		{ "newfstatat", 8 }, { "fstat", 8 }, { "stat", 6 }, { "lseek", 8 }, { "mmap", 8 },
		{ "munmap", 6 }, { "brk", 6 }, { "accept4", 8 }, { "fcntl", 6 },
		{ "rt_sigprocmask", 6 }, { "getpid", 4 }, { "getppid", 4 }, { "clock_gettime", 6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(weights); i++)
		if (!strcmp(name, weights[i].name))
			return weights[i].weight;
	return 1;
}
