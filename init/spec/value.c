// SPDX-License-Identifier: MIT
#include <string.h>

#include "spec/value.h"

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool value_is(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && !memcmp(s, word, n);
}

const char *value_size(const char *s, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	size_t n = strlen(s);
	unsigned shift = 0;
	uint64_t v;

	if (!strcmp(s, "max")) {
		*bytes = SIZE_UNLIMITED;
		return NULL;
	}
	if (n > 0) {
		const char *u = strchr(units, s[n - 1] | 0x20);

		if (u && *u) {
			shift = 10 * (unsigned)(u - units + 1);
			n--;
		}
	}
	if (num_parse(s, n, 10, (UINT64_MAX - 1) >> shift, &v))
		return "not a size (try 64M, 1G, max)";
	if (v == 0)
		return "a size of nothing";
	*bytes = v << shift;
	return NULL;
}

const char *value_count(const char *s, uint64_t *n)
{
	uint64_t v;

	if (!strcmp(s, "max")) {
		*n = SIZE_UNLIMITED;
		return NULL;
	}
	if (num_parse(s, strlen(s), 10, 4194304, &v) || v == 0)
		return "not a number from 1 to 4194304, or max";
	*n = v;
	return NULL;
}

const char *value_cpus(const char *s, uint32_t *thousandths)
{
	static const char why[] = "not a number of CPUs (try 0.5, 1.5, 2)";
	size_t whole = strcspn(s, "."), part = strlen(s) - whole;
	uint64_t w, p = 0;

	if (num_parse(s, whole, 10, 1024, &w) || part == 1 || part > 4)
		return why;
	if (part > 1 && num_parse(s + whole + 1, part - 1, 10, 999, &p))
		return why;
	for (size_t i = part; part > 1 && i < 4; i++)
		p *= 10;
	if (w * 1000 + p > 1024000)
		return why;
	if (w * 1000 + p < 10)
		return "less than the kernel can divide (at least 0.01)";
	*thousandths = (uint32_t)(w * 1000 + p);
	return NULL;
}

const char *value_bool(const char *s, bool *b)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(s, words[i]))
			continue;
		*b = i & 1;
		return NULL;
	}
	return "neither yes nor no";
}

static const char *check_chars(const char *s, const char *others, size_t max, const char *why)
{
	size_t n = strlen(s);

	if (n == 0 || n > max || !is_alnum(s[0]))
		return why;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(s[i]) && !strchr(others, s[i]))
			return why;
	return NULL;
}

const char *value_name(const char *s)
{
	return check_chars(s, "_.-", 63, "not a name (letters, digits, _ . -, at most 63, a letter or digit first)");
}

const char *value_hostname(const char *s)
{
	return check_chars(s, ".-", 63, "not a hostname (letters, digits, . -, at most 63)");
}

const char *value_link(const char *s)
{
	return check_chars(s, "_.-", 15, "not a network interface's name (at most 15 letters, digits, _ . -)");
}

const char *value_path(const char *s)
{
	return s[0] == '/' ? NULL : "not an absolute path";
}

// After a backslash in "…": before any other character it stands for itself, as in a shell.
static void put_escaped(struct buf *b, char c)
{
	if (c != 'n' && c != 't' && c != '"' && c != '\\')
		buf_char(b, '\\');
	buf_char(b, c == 'n' ? '\n' : c == 't' ? '\t' : c);
}

// Takes one word from *s into b. Returns NULL, or the reason.
static const char *take_word(const char **s, struct buf *b)
{
	const char *p = *s;
	char quote = 0;

	for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
		if (*p == quote) {
			quote = 0;
		} else if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (*p == '\\' && quote != '\'') {
			if (!*++p)
				return "ends with a backslash";
			if (quote)
				put_escaped(b, *p);
			else
				buf_char(b, *p);
		} else {
			buf_char(b, *p);
		}
	}
	*s = p;
	return quote ? "a quote is not closed" : b->cut ? "a word is too long" : NULL;
}

const char *value_words(const char *s, const char *(*word)(void *arg, const char *w, size_t n), void *arg)
{
	static LARGE_BSS char text[16384]; // one configuration line; not on the stack of PID 1
	const char *why;

	for (;;) {
		struct buf b = BUF(text);

		s += strspn(s, " \t\n");
		if (!*s)
			return NULL;
		b.p[0] = '\0';
		why = take_word(&s, &b);
		if (!why)
			why = word(arg, b.p, b.len);
		if (why)
			return why;
	}
}
