// SPDX-License-Identifier: MIT
#include "boxfilter.h"

#include <string.h>

#include "fail.h"

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
 * Calls that libseccomp does not know yet. From pidfd_send_signal on, a call has
 * one number everywhere, plus the architecture's base:
 * include/uapi/asm-generic/unistd.h.
 */
static void add_newer(struct names *names)
{
	static const struct {
		const char *name;
		size_t number;
	} newer[] = {
		{ "statmount", 457 }, { "listmount", 458 }, { "lsm_get_self_attr", 459 },
		{ "lsm_set_self_attr", 460 }, { "lsm_list_modules", 461 }, { "mseal", 462 },
		{ "setxattrat", 463 }, { "getxattrat", 464 }, { "listxattrat", 465 },
		{ "removexattrat", 466 }, { "open_tree_attr", 467 }, { "file_getattr", 468 },
		{ "file_setattr", 469 },
	};

	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		if (!names->names[newer[i].number])
			names->names[newer[i].number] = newer[i].name;
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
	*exists = seccomp_syscall_resolve_name_arch(arch->token, name) != __NR_SCMP_ERROR;
	return -1;
}

bool syscall_is_private(const struct arch *arch, int64_t nr)
{
	int64_t offset = nr - arch->base;

	if (arch->token == SCMP_ARCH_X32)
		return offset >= X32_OFFSET && offset < X32_OFFSET + X32_COUNT;
	return arch->token == SCMP_ARCH_ARM && offset >= ARM_OFFSET && offset < ARM_OFFSET + ARM_COUNT;
}

bool syscall_is_newer(const char *name)
{
	return seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR;
}
