// SPDX-License-Identifier: MIT
#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/err.h"

static __attribute__((section(".bss.zy_arena"))) _Alignas(4096) char area[64 * 1024];
static size_t used;

char *arena_copy(const char *s, size_t n)
{
	char *p = area + used;

	if (n >= sizeof(area) - used)
		return NULL;
	memcpy(p, s, n);
	p[n] = '\0';
	used += n + 1;
	return p;
}

int arena_freeze(void *before, size_t size)
{
	size_t mine = (used + 4095) & ~(size_t)4095;

	if ((char *)before + size == area) {
		size += mine;
		mine = 0;
	}
	if (size && mprotect(before, size, PROT_READ))
		return fail("mprotect", "spec");
	return mine && mprotect(area, mine, PROT_READ) ? fail("mprotect", "arena") : 0;
}
