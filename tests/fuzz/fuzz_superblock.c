// SPDX-License-Identifier: MIT
// base/superblock: what file system a disk holds. The first byte says where the others lie on it; they are its last ones.
#include "fuzz.h"

#include "base/superblock.h"

static void check_text(const char *text, size_t cap)
{
	fuzz_check(memchr(text, '\0', cap));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t places[] = {0, 0x8000, 0x10000};
	static struct superblock sb;
	size_t from = size ? places[data[0] % COUNT(places)] : 0, n = size ? size - 1 : 0;
	uint8_t *disk = calloc(from + n + 1, 1);
	struct disk d = {.fd = -1, .size = from + n, .sector = 512};

	if (!disk)
		abort();
	if (n)
		memcpy(disk + 1 + from, data + 1, n);
	d.mem = disk + 1;
	memset(&sb, 0x5a, sizeof(sb));
	superblock_read(&d, &sb);
	check_text(sb.uuid, sizeof(sb.uuid));
	check_text(sb.label, sizeof(sb.label));
	fuzz_check(sb.type || (!sb.driver && !sb.uuid[0] && !sb.label[0] && !sb.damage));
	fuzz_check(strspn(sb.uuid, "0123456789abcdefABCDEF-") == strlen(sb.uuid));
	free(disk);
	return 0;
}
