// SPDX-License-Identifier: MIT
#include "boxfilter.h"

#include <string.h>

#include "fail.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_OFFSET 1024		/* numbers of an architecture, above its base */
/* 32-bit ARM has some calls of its own far above the others. */
#define ARM_OFFSET 0xf0000
#define ARM_COUNT 16

/* x32 has calls of its own in the middle. */
#define X32_OFFSET 512
#define X32_COUNT 36

/* Names by number; libseccomp's own search takes a walk through its table each time. */
struct names {
	const struct arch *arch;
	const char *names[MAX_OFFSET + ARM_COUNT];
};

static size_t slot(uint32_t offset)
{
	if (offset < MAX_OFFSET)
		return offset;
	return offset - ARM_OFFSET < ARM_COUNT ? MAX_OFFSET + offset - ARM_OFFSET : SIZE_MAX;
}

static uint32_t slot_number(const struct arch *arch, size_t slot_index)
{
	uint32_t n = (uint32_t)slot_index;

	return arch->base + (n < MAX_OFFSET ? n : n - MAX_OFFSET + ARM_OFFSET);
}

/*
 * Calls that libseccomp may not know yet. From pidfd_send_signal on, a call has
 * one number everywhere, plus the architecture's base
 * (include/uapi/asm-generic/unistd.h); the others are of one family.
 */
static const struct newer {
	const char *name;
	size_t number;
	uint32_t family;	/* 0: everywhere */
} newer[] = {
	{ "statmount", 457, 0 }, { "listmount", 458, 0 }, { "lsm_get_self_attr", 459, 0 },
	{ "lsm_set_self_attr", 460, 0 }, { "lsm_list_modules", 461, 0 }, { "mseal", 462, 0 },
	{ "setxattrat", 463, 0 }, { "getxattrat", 464, 0 }, { "listxattrat", 465, 0 },
	{ "removexattrat", 466, 0 }, { "open_tree_attr", 467, 0 }, { "file_getattr", 468, 0 },
	{ "file_setattr", 469, 0 }, { "listns", 470, 0 }, { "rseq_slice_yield", 471, 0 },
	{ "uretprobe", 335, SCMP_ARCH_X86_64 }, { "uprobe", 336, SCMP_ARCH_X86_64 },
	{ "riscv_hwprobe", 258, SCMP_ARCH_RISCV64 },
};

static void add_newer(struct names *names)
{
	for (size_t i = 0; i < ARRAY_SIZE(newer); i++) {
		const char **name = &names->names[newer[i].number];

		/* On x86, the numbers of its family's calls are taken. */
		if (!*name && (!newer[i].family || newer[i].family == names->arch->family))
			*name = newer[i].name;
	}
}

static bool is_newer(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(newer); i++)
		if (!strcmp(newer[i].name, name))
			return true;
	return false;
}

static const struct names *load(const struct arch *arch)
{
	static struct names *cache[MAX_ARCHES];
	struct names *names;
	size_t i = 0;

	while (i < MAX_ARCHES && cache[i] && cache[i]->arch != arch)
		i++;
	if (i == MAX_ARCHES)
		fail("internal error: more than %d architectures", MAX_ARCHES);
	if (cache[i])
		return cache[i];
	names = fail_realloc(NULL, 1, sizeof(*names));
	names->arch = arch;
	for (size_t n = 0; n < MAX_OFFSET + ARM_COUNT; n++)
		names->names[n] = seccomp_syscall_resolve_num_arch(arch->token,
								   (int)slot_number(arch, n));
	add_newer(names);
	cache[i] = names;
	return names;
}

const char *syscall_name(const struct arch *arch, uint32_t nr)
{
	size_t index = nr < arch->base ? SIZE_MAX : slot(nr - arch->base);

	return index == SIZE_MAX ? NULL : load(arch)->names[index];
}

int64_t syscall_number(const struct arch *arch, const char *name, bool *exists)
{
	const struct names *names = load(arch);

	*exists = true;
	/* By name, libseccomp has no number for socket calls on x86; by number it has the name. */
	for (size_t n = 0; n < MAX_OFFSET + ARM_COUNT; n++)
		if (names->names[n] && !strcmp(names->names[n], name))
			return slot_number(arch, n);
	*exists = is_newer(name) || seccomp_syscall_resolve_name_arch(arch->token, name) != __NR_SCMP_ERROR;
	return -1;
}

bool syscall_is_private(const struct arch *arch, int64_t nr)
{
	int64_t offset = nr - arch->base;

	if (arch->token == SCMP_ARCH_X32)
		return offset >= X32_OFFSET && offset < X32_OFFSET + X32_COUNT;
	return arch->token == SCMP_ARCH_ARM && offset >= ARM_OFFSET && offset < ARM_OFFSET + ARM_COUNT;
}

bool multiplexer_condition(const char *name, const char *multiplexer, struct condition *which)
{
	/* include/uapi/linux/net.h, ipc.h */
	static const struct {
		const char *name;
		unsigned number;
	} parts[] = {
		{ "socket", 1 }, { "bind", 2 }, { "connect", 3 }, { "listen", 4 }, { "accept", 5 },
		{ "getsockname", 6 }, { "getpeername", 7 }, { "socketpair", 8 }, { "send", 9 },
		{ "recv", 10 }, { "sendto", 11 }, { "recvfrom", 12 }, { "shutdown", 13 },
		{ "setsockopt", 14 }, { "getsockopt", 15 }, { "sendmsg", 16 }, { "recvmsg", 17 },
		{ "accept4", 18 }, { "recvmmsg", 19 }, { "sendmmsg", 20 },
		{ "semop", 1 }, { "semget", 2 }, { "semctl", 3 }, { "semtimedop", 4 }, { "msgsnd", 11 },
		{ "msgrcv", 12 }, { "msgget", 13 }, { "msgctl", 14 }, { "shmat", 21 }, { "shmdt", 22 },
		{ "shmget", 23 }, { "shmctl", 24 },
	};
	static const size_t first_of_ipc = 20;
	bool is_ipc = !strcmp(multiplexer, "ipc");

	for (size_t i = is_ipc ? first_of_ipc : 0; i < (is_ipc ? ARRAY_SIZE(parts) : first_of_ipc); i++) {
		if (strcmp(parts[i].name, name))
			continue;
		/* ipc's upper 16 bits are a version; of socketcall's argument the kernel takes an int. */
		*which = (struct condition){
			.index = 0, .op = SCMP_CMP_MASKED_EQ, .value = is_ipc ? 0xffff : UINT32_MAX,
			.value_two = parts[i].number,
		};
		return true;
	}
	return false;
}
