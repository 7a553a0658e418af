// SPDX-License-Identifier: MIT
// tools/cpio_read: the members of an archive, one after the other; and tools/elf_static for the data of each.
#include "fuzz.h"

#include "cpio_read.h"
#include "elf_static.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *bytes = malloc(size ? size : 1);
	struct cpio_found found;
	size_t at = 0, before;

	if (!bytes)
		abort();
	memcpy(bytes, data, size);
	do {
		const char *why;

		before = at;
		why = cpio_read(bytes, size, &at, &found);
		if (why) {
			fuzz_check(at == before);
			break;
		}
		fuzz_check(at > before && at <= size && (at % 4 == 0 || at == size));
		fuzz_check(strlen(found.member.name) <= CPIO_NAME_MAX);
		fuzz_check(found.data >= bytes && found.data + found.member.size <= bytes + size);
		(void)!elf_static(found.data, found.member.size);
	} while (!found.trailer && at < size);
	(void)!elf_static(bytes, size);
	free(bytes);
	return 0;
}
