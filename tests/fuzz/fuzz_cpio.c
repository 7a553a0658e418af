// SPDX-License-Identifier: MIT
// tools/cpio_read, packing and elf_static: an image of an initramfs, the ends of its compressed pieces, its /init.
#include "fuzz.h"

#include "cpio_read.h"
#include "elf_static.h"
#include "packing.h"

static bool inside(const void *at, size_t n, const uint8_t *bytes, size_t size)
{
	const uint8_t *from = at;

	return from >= bytes && from <= bytes + size && n <= (size_t)(bytes + size - from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);
	const struct packing *packing;
	struct cpio_found f;
	size_t at = 0, before = 0;

	if (!bytes)
		abort();
	memcpy(bytes, data, size);
	while (!cpio_read(bytes, size, &at, &f)) {
		fuzz_check(at > before && at <= size && (at % 4 == 0 || at == size));
		fuzz_check(inside(f.member.name, strlen(f.member.name) + 1, bytes, size));
		fuzz_check(strlen(f.member.name) <= CPIO_NAME_MAX && inside(f.data, f.member.size, bytes, size));
		fuzz_check(f.trailer == !strcmp(f.member.name, "TRAILER!!!"));
		(void)!elf_static(f.data, f.member.size);
		before = at;
	}
	fuzz_check(at == before);
	packing = packing_find(bytes, size);
	if (packing && packing->length)
		fuzz_check(packing->length(bytes, size) <= size);
	fuzz_check(packing_gzip_length(bytes, size) <= size && packing_zstd_length(bytes, size) <= size);
	fuzz_check(size >= 64 || elf_static(bytes, size));
	(void)!elf_static(bytes, size);
	free(bytes);
	return 0;
}
