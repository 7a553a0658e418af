// SPDX-License-Identifier: MIT
// Stands in for base/arena, too: each string in memory of its own size, and empty again for each input. And files are not
// there: an input must not make the target read /dev/stdin.
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "spec/spec.h"

enum { MAX_TEXTS = 8192, ARENA = 64 * 1024 };

static void *texts[MAX_TEXTS];
static size_t count, arena_used;

char *fuzz_text(const void *data, size_t n)
{
	char *copy = malloc(n + 1);

	if (!copy || count == MAX_TEXTS)
		abort();
	if (n)
		memcpy(copy, data, n);
	copy[n] = '\0';
	texts[count++] = copy;
	return copy;
}

void fuzz_end(void)
{
	while (count)
		free(texts[--count]);
	arena_used = 0;
	memset(&err_last, 0, sizeof(err_last));
}

char *arena_copy(const char *s, size_t n)
{
	if (n >= ARENA - arena_used || count == MAX_TEXTS)
		return NULL;
	arena_used += n + 1;
	return fuzz_text(s, n);
}

int arena_freeze(void *before, size_t size)
{
	(void)before, (void)size;
	abort();
}

long file_read(int dirfd, const char *path, char *dst, size_t cap)
{
	(void)dirfd, (void)dst, (void)cap;
	errno = ENOENT;
	return fail("open", "%s", path);
}

struct spec *fuzz_spec(void)
{
	static struct spec *s;

	if (s)
		memset(s, 0, sizeof(*s));
	s = spec_new();
	return s;
}

void fuzz_result(int ret)
{
	char line[1024];
	struct buf b = BUF(line);

	fuzz_check(ret == 0 || ret == -1);
	if (ret == 0)
		return;
	line[0] = '\0';
	err_write(&b, &err_last);
	fuzz_check(!b.cut && b.len > 1 && line[b.len - 1] == '\n');
	fuzz_check(err_last.text[0] || err_last.no);
	for (size_t i = 0; i < b.len - 1; i++)
		fuzz_check((unsigned char)line[i] >= ' ' || (line[i] == '\n' && !strncmp(line + i, "\ninitbox: hint: ", 16)));
}
