// SPDX-License-Identifier: MIT
// base/passwd: a name, an empty line, then the text of /etc/passwd, /etc/group or /etc/subuid.
#include "fuzz.h"

#include "base/passwd.h"

enum { MAX = 4 };

static bool inside(const char *text, size_t n, const char *p, size_t len)
{
	return p >= text && p + len <= text + n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *all = fuzz_text(data, size), *gap = strstr(all, "\n\n");
	const char *name = fuzz_text(all, gap ? (size_t)(gap - all) : 0), *text = gap ? gap + 2 : all;
	size_t n = strlen(text);
	struct account a = {0};
	struct id_range range[MAX];
	gid_t list[MAX], gid = 0;
	size_t count;

	if (passwd_find(text, name, strlen(name), &a) == 0) {
		fuzz_check(a.uid != (uid_t)-1 && a.gid != (gid_t)-1);
		fuzz_check(inside(text, n, a.name, a.name_len) && !memchr(a.name, ':', a.name_len));
		fuzz_check(inside(text, n, a.home, a.home_len) && !memchr(a.home, '\n', a.home_len));
	}
	fuzz_check(group_find(text, name, strlen(name), &gid) || gid != (gid_t)-1);
	count = group_list(text, name, strlen(name), list, MAX);
	fuzz_check(count <= MAX);
	for (size_t i = 0; i < count; i++)
		fuzz_check(list[i] != (gid_t)-1);
	count = subid_list(text, name, "1000", range, MAX);
	fuzz_check(count <= MAX);
	for (size_t i = 0; i < count; i++)
		fuzz_check(range[i].count && range[i].first + (uint64_t)range[i].count < UINT32_MAX);
	fuzz_end();
	return 0;
}
