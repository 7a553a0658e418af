// SPDX-License-Identifier: MIT
#include "boxfilter.h"

#include <string.h>

#include "fail.h"

#define MAX_OFFSET 1024		/* numbers of an architecture, above its base */
/* 32-bit ARM has some calls of its own far above the others. */
#define ARM_OFFSET 0xf0000
#define ARM_COUNT 16

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
	int newer;

	*exists = true;
	/* Backwards only by number: by name, libseccomp has no number for socket calls on x86. */
	for (size_t n = 0; n < MAX_OFFSET + ARM_COUNT; n++)
		if (names->names[n] && !strcmp(names->names[n], name))
			return slot_number(arch, n);
	newer = newer_find(name);
	if (newer >= 0)
		return syscall_number(arch, "pidfd_send_signal", exists) + newer;
	*exists = seccomp_syscall_resolve_name_arch(arch->token, name) != __NR_SCMP_ERROR;
	return -1;
}
