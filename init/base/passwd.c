// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/passwd.h"

#define MAX_ID 4294967294u // 4294967295 means "no change" to setresuid(2)

struct field {
	const char *p;
	size_t n;
};

// Splits one line at its colons into count fields. Returns 0, or -1 when it has fewer.
static int split(const char *line, size_t n, struct field *f, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *colon = memchr(line, ':', n);
		size_t len = colon ? (size_t)(colon - line) : n;

		f[i] = (struct field){line, len};
		if (!colon)
			return i + 1 == count ? 0 : -1;
		line += len + 1;
		n -= len + 1;
	}
	return 0;
}

static bool same(const struct field *f, const char *s, size_t n)
{
	return f->n == n && !memcmp(f->p, s, n);
}

static int id(const struct field *f, uint32_t *out)
{
	uint64_t v;

	if (num_parse(f->p, f->n, 10, MAX_ID, &v))
		return -1;
	*out = (uint32_t)v;
	return 0;
}

// Cuts the next line off *text. Returns its length, or -1 at the end.
static long next_line(const char **text, const char **line)
{
	const char *s = *text;
	size_t n = strcspn(s, "\n");

	if (!*s)
		return -1;
	*line = s;
	*text = s + n + (s[n] == '\n');
	return (long)n;
}

int passwd_find(const char *text, const char *name, size_t n, struct account *a)
{
	const char *line;
	struct field f[6];
	long len;

	while ((len = next_line(&text, &line)) >= 0) {
		if (split(line, (size_t)len, f, COUNT(f)) || (!same(&f[0], name, n) && !same(&f[2], name, n)))
			continue;
		if (id(&f[2], &a->uid) || id(&f[3], &a->gid))
			continue;
		a->name = f[0].p;
		a->name_len = f[0].n;
		a->home = f[5].p;
		a->home_len = f[5].n;
		return 0;
	}
	return -1;
}

int group_find(const char *text, const char *name, size_t n, gid_t *gid)
{
	const char *line;
	struct field f[3];
	long len;

	while ((len = next_line(&text, &line)) >= 0)
		if (!split(line, (size_t)len, f, COUNT(f)) && same(&f[0], name, n) && !id(&f[2], gid))
			return 0;
	return -1;
}

static bool lists(const struct field *members, const char *user, size_t n)
{
	const char *p = members->p, *end = members->p + members->n;

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		struct field one = {p, (size_t)((comma ? comma : end) - p)};

		if (same(&one, user, n))
			return true;
		p += one.n + 1;
	}
	return false;
}

size_t group_list(const char *text, const char *user, size_t n, gid_t *list, size_t max)
{
	const char *line;
	struct field f[4];
	size_t count = 0;
	long len;

	while (count < max && (len = next_line(&text, &line)) >= 0)
		if (!split(line, (size_t)len, f, COUNT(f)) && lists(&f[3], user, n) && !id(&f[2], &list[count]))
			count++;
	return count;
}

size_t subid_list(const char *text, const char *name, const char *number, struct id_range *list, size_t max)
{
	const char *line;
	struct field f[3];
	size_t count = 0;
	long len;

	while (count < max && (len = next_line(&text, &line)) >= 0) {
		struct id_range r;

		if (split(line, (size_t)len, f, COUNT(f)) || id(&f[1], &r.first) || id(&f[2], &r.count) || !r.count ||
		    r.count > MAX_ID - r.first)
			continue;
		if ((name[0] && same(&f[0], name, strlen(name))) || same(&f[0], number, strlen(number)))
			list[count++] = r;
	}
	return count;
}
