// SPDX-License-Identifier: MIT
#include "boxfilter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <strings.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* uname -m, SCMP_ARCH_…, Docker's name, the kernel's, the first one of the family; then what is special. */
#define ROW(name_, scmp_, go_, audit_, family_, ...) { \
	.name = name_, .scmp = "SCMP_ARCH_" #scmp_, .go = go_, .token = SCMP_ARCH_##scmp_, .audit = audit_, \
	.family = SCMP_ARCH_##family_, __VA_ARGS__ }
#define ARCH(...) ROW(__VA_ARGS__, .enosys = 38)
#define MIPS(...) ROW(__VA_ARGS__, .enosys = 89)

static const struct arch arches[] = {
	ARCH("x86_64", X86_64, "amd64", AUDIT_ARCH_X86_64, X86_64),
	ARCH("x86", X86, "386", AUDIT_ARCH_I386, X86_64, .is_32bit = true),
	ARCH("x32", X32, "x32", AUDIT_ARCH_X86_64, X86_64, .is_32bit = true, .base = 0x40000000),
	ARCH("aarch64", AARCH64, "arm64", AUDIT_ARCH_AARCH64, AARCH64),
	ARCH("arm", ARM, "arm", AUDIT_ARCH_ARM, AARCH64, .is_32bit = true),
	ARCH("riscv64", RISCV64, "riscv64", AUDIT_ARCH_RISCV64, RISCV64),
	ARCH("ppc64le", PPC64LE, "ppc64le", AUDIT_ARCH_PPC64LE, PPC64LE),
	ARCH("ppc64", PPC64, "ppc64", AUDIT_ARCH_PPC64, PPC64, .big_endian = true),
	ARCH("ppc", PPC, "ppc", AUDIT_ARCH_PPC, PPC64, .is_32bit = true, .big_endian = true),
	ARCH("s390x", S390X, "s390x", AUDIT_ARCH_S390X, S390X, .big_endian = true),
	ARCH("s390", S390, "s390", AUDIT_ARCH_S390, S390X, .is_32bit = true, .big_endian = true),
	MIPS("mips64", MIPS64, "mips64", AUDIT_ARCH_MIPS64, MIPS64, .big_endian = true, .base = 5000),
	MIPS("mips", MIPS, "mips", AUDIT_ARCH_MIPS, MIPS64, .is_32bit = true, .big_endian = true, .base = 4000),
	MIPS("mips64n32", MIPS64N32, "mips64p32", SCMP_ARCH_MIPS64N32, MIPS64, .is_32bit = true, .big_endian = true,
	     .base = 6000),
	MIPS("mipsel64", MIPSEL64, "mips64le", AUDIT_ARCH_MIPSEL64, MIPSEL64, .base = 5000),
	MIPS("mipsel", MIPSEL, "mipsle", AUDIT_ARCH_MIPSEL, MIPSEL64, .is_32bit = true, .base = 4000),
	MIPS("mipsel64n32", MIPSEL64N32, "mips64p32le", SCMP_ARCH_MIPSEL64N32, MIPSEL64, .is_32bit = true,
	     .base = 6000),
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

bool arch_is_known(const char *scmp)
{
	/* A profile may list machines that this one can't be. */
	static const char *const others[] = {
		"SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH",
		"SCMP_ARCH_SHEB",
	};
	const struct arch *arch = arch_find(scmp);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(scmp, others[i]))
			return true;
	return arch && !strcmp(arch->scmp, scmp);
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

unsigned flag_find(const char *name)
{
	static const struct {
		const char *name;
		unsigned flag;
	} flags[] = {
		{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
		{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
		{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
		{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (!strcmp(name, flags[i].name))
			return flags[i].flag;
	return 0;
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

int errno_find(const char *name, const struct arch *arch)
{
	/* What profiles use; any other is to be given as a number. */
	static const struct {
		const char *name;
		int value;
	} errnos[] = {
#define E(name) { #name, name }
		E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC), E(EBADF), E(ECHILD),
		E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(ENOTBLK), E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV),
		E(ENOTDIR), E(EISDIR), E(EINVAL), E(ENFILE), E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG), E(ENOSPC),
		E(ESPIPE), E(EROFS), E(EMLINK), E(EPIPE), E(EDOM), E(ERANGE), E(ENOSYS), E(EDEADLK), E(ENAMETOOLONG),
		E(ENOLCK), E(ENOTEMPTY), E(ELOOP), E(ENODATA), E(ETIME), E(ENOLINK), E(EPROTO), E(EOVERFLOW),
		E(EUSERS), E(ENOTSOCK), E(EPROTOTYPE), E(ENOPROTOOPT), E(EPROTONOSUPPORT), E(ESOCKTNOSUPPORT),
		E(EOPNOTSUPP), E(ENOTSUP), E(EPFNOSUPPORT), E(EAFNOSUPPORT), E(EADDRINUSE), E(EADDRNOTAVAIL),
		E(ENETDOWN), E(ENETUNREACH), E(ECONNREFUSED), E(ETIMEDOUT), E(EDQUOT), E(ECANCELED), E(ENOKEY),
#undef E
	};

	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		if (strcmp(name, errnos[i].name))
			continue;
		if (errnos[i].value == ENOSYS)
			return arch->enosys;
		/* Where one is different, all are but the first ones, which are as old as Unix. */
		return arch->enosys == ENOSYS || errnos[i].value <= ERANGE ? errnos[i].value : -1;
	}
	return -1;
}

unsigned weight_find(const char *name)
{
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
