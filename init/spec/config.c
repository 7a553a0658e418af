// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "spec/config.h"
#include "spec/parse.h"

int config_read(struct spec *s, const char *path, const char *name)
{
	static LARGE_BSS char texts[4][48 * 1024];
	static unsigned used;
	long n;

	if (used == COUNT(texts))
		return fail_text("there are too many files before it", "%s", name);
	n = file_read(AT_FDCWD, path, texts[used], sizeof(texts[used]) - 1);
	if (n < 0 && errno == EFBIG)
		return fail_text("is larger than 48 KiB", "%s", name);
	if (n < 0)
		return errno == ENOENT ? 0 : -1;
	return parse_config(s, texts[used++], (size_t)n, name) ? -1 : 1;
}
