// SPDX-License-Identifier: MIT
// tools/tar: an archive that becomes a root.
#include "fuzz.h"

#include "tar.h"

// A checksum is seldom found by chance: the first block gets a right one, and so does what follows each member.
static void sign(uint8_t *bytes, size_t size, size_t at)
{
	unsigned sum = 8 * ' ';

	if (at % TAR_BLOCK || at > size || size - at < TAR_BLOCK)
		return;
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0 : bytes[at + i];
	if (sum != 8 * ' ')
		snprintf((char *)bytes + at + 148, 8, "%06o", sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tar_found f;
	uint8_t *bytes = malloc(size ? size : 1);
	size_t at = 0, before = 0;

	if (!bytes)
		abort();
	memcpy(bytes, data, size);
	for (size_t i = 0; i < size; i += TAR_BLOCK)
		sign(bytes, size, i);
	while (!tar_read(bytes, size, &at, &f) && f.type != TAR_END) {
		fuzz_check(at > before && at <= size && at % TAR_BLOCK == 0);
		fuzz_check(f.type >= TAR_FILE && f.type <= TAR_FIFO && f.mode <= 07777);
		fuzz_check(memchr(f.name, 0, sizeof(f.name)) && memchr(f.target, 0, sizeof(f.target)));
		fuzz_check(memchr(f.attribute, 0, sizeof(f.attribute)));
		fuzz_check(f.data >= bytes && f.size <= (size_t)(bytes + size - f.data));
		before = at;
	}
	(void)!tar_is(bytes, size);
	free(bytes);
	return 0;
}
