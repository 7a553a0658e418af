// SPDX-License-Identifier: MIT
#include <string.h>

#include "spec/modtable.h"

enum { SORTED_BY = 3 }; // bytes at the start of a pattern that are never wildcards (mkinitramfs sees to that)

static char same_dash(char c)
{
	return c == '-' ? '_' : c;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

bool modtable_word(struct modspan *text, struct modspan *word)
{
	bool quoted = false;

	while (text->n > 0 && is_blank(*text->p))
		text->p++, text->n--;
	*word = (struct modspan){text->p, 0};
	while (text->n > 0 && (quoted || !is_blank(*text->p))) {
		quoted ^= *text->p == '"';
		text->p++, text->n--;
		word->n++;
	}
	return word->n > 0;
}

static struct modspan take_line(struct modspan *text)
{
	const char *eol = memchr(text->p, '\n', text->n);
	struct modspan line = {text->p, eol ? (size_t)(eol - text->p) : text->n};
	size_t taken = line.n + (eol != NULL);

	text->p += taken;
	text->n -= taken;
	return line;
}

static bool take_char(struct modspan *s, char c)
{
	if (s->n == 0 || *s->p != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

bool modtable_next(struct modspan *text, struct modline *line)
{
	while (text->n > 0) {
		struct modspan rest = take_line(text), word;

		*line = (struct modline){0};
		line->on_demand = take_char(&rest, '?');
		line->optional = take_char(&rest, '-');
		if (!modtable_word(&rest, &line->path))
			continue;
		while (modtable_word(&rest, &word) && !(word.n == 1 && *word.p == '#')) {
			if (line->parameters.n == 0)
				line->parameters.p = word.p;
			line->parameters.n = (size_t)(word.p + word.n - line->parameters.p);
		}
		modtable_word(&rest, &line->needed_by);
		return true;
	}
	return false;
}

// "c10:237"
static bool take_number(struct modspan word, struct modnode *node)
{
	const char *colon = memchr(word.p, ':', word.n);
	uint64_t major, minor;

	if (!colon || (*word.p != 'c' && *word.p != 'b') ||
	    num_parse(word.p + 1, (size_t)(colon - word.p - 1), 10, UINT32_MAX, &major) ||
	    num_parse(colon + 1, (size_t)(word.p + word.n - colon - 1), 10, UINT32_MAX, &minor))
		return false;
	node->block = *word.p == 'b';
	node->major = (uint32_t)major;
	node->minor = (uint32_t)minor;
	return true;
}

bool modtable_node(struct modspan *text, struct modnode *node)
{
	while (text->n > 0) {
		struct modspan rest = take_line(text), word;

		if (modtable_word(&rest, &word) && modtable_word(&rest, &node->path) && modtable_word(&rest, &word) &&
		    take_number(word, node))
			return true;
	}
	return false;
}

struct modspan modtable_name(struct modspan path)
{
	struct modspan name = path;

	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '/')
			name = (struct modspan){path.p + i + 1, path.n - i - 1};
	for (size_t i = 0; i + 2 < name.n; i++)
		if (!memcmp(name.p + i, ".ko", 3))
			name.n = i;
	return name;
}

bool modtable_same(struct modspan a, struct modspan b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (same_dash(a.p[i]) != same_dash(b.p[i]))
			return false;
	return a.n == b.n;
}

// *p is behind a '['; it is moved behind the ']'.
static bool in_set(const char **p, const char *end, char c)
{
	bool inverted = *p < end && (**p == '!' || **p == '^'), in = false;
	const char *first = *p + inverted, *q = first;

	for (; q < end && (*q != ']' || q == first); q++) {
		if (end - q > 2 && q[1] == '-' && q[2] != ']') {
			in |= q[0] <= c && c <= q[2];
			q += 2;
		} else {
			in |= *q == c;
		}
	}
	*p = q < end ? q + 1 : end;
	return in != inverted;
}

// A star takes as little as it can; what it has taken grows when the rest does not match.
bool modtable_match(struct modspan pattern, const char *alias)
{
	const char *p = pattern.p, *end = p + pattern.n, *behind_star = NULL, *taken = NULL;

	for (;;) {
		const char *next = p + 1;

		if (p < end && *p == '*') {
			behind_star = ++p;
			taken = alias;
			if (p == end)
				return true;
			continue;
		}
		if (p == end && !*alias)
			return true;
		if (p < end && *alias &&
		    (*p == '?' || (*p == '[' ? in_set(&next, end, *alias) : same_dash(*p) == same_dash(*alias)))) {
			p = next;
			alias++;
			continue;
		}
		if (!behind_star || !*taken)
			return false;
		p = behind_star;
		alias = ++taken;
	}
}

// The order of a line and an alias by the bytes that the table can be searched by.
static int order(struct modspan line, const char *alias)
{
	for (size_t i = 0; i < SORTED_BY && alias[i]; i++) {
		int a = i < line.n ? (unsigned char)same_dash(line.p[i]) : 0, b = (unsigned char)same_dash(alias[i]);

		if (a != b)
			return a - b;
	}
	return 0;
}

// Drops the lines that stand before those that begin as alias does.
static void skip_lower(struct modspan *rows, const char *alias)
{
	const char *low = rows->p, *high = low + rows->n, *end = high;

	while (low < high) {
		const char *line = low + (high - low) / 2;
		struct modspan rest;

		while (line > low && line[-1] != '\n')
			line--;
		rest = (struct modspan){line, (size_t)(end - line)};
		take_line(&rest);
		if (order((struct modspan){line, (size_t)(rest.p - line)}, alias) < 0)
			low = rest.p;
		else
			high = line;
	}
	*rows = (struct modspan){low, (size_t)(end - low)};
}

bool modtable_alias(struct modspan *rows, const char *alias, struct modspan *names)
{
	if (rows->n > 0 && order(*rows, alias) < 0)
		skip_lower(rows, alias);
	while (rows->n > 0) {
		struct modspan line = take_line(rows), pattern;

		if (order(line, alias) > 0)
			break;
		if (modtable_word(&line, &pattern) && modtable_match(pattern, alias)) {
			*names = line;
			return true;
		}
	}
	rows->n = 0;
	return false;
}

static bool starts_with(struct modspan *word, const char *prefix)
{
	size_t n = strlen(prefix);

	if (word->n < n || memcmp(word->p, prefix, n) != 0)
		return false;
	word->p += n;
	word->n -= n;
	return true;
}

static bool is_in_list(struct modspan list, struct modspan module)
{
	while (list.n > 0) {
		const char *comma = memchr(list.p, ',', list.n);
		struct modspan name = {list.p, comma ? (size_t)(comma - list.p) : list.n};
		size_t taken = name.n + (comma != NULL);

		if (modtable_same(name, module))
			return true;
		list.p += taken;
		list.n -= taken;
	}
	return false;
}

bool modtable_is_blacklisted(const char *cmdline, struct modspan module)
{
	struct modspan text = {cmdline, strlen(cmdline)}, word;

	while (modtable_word(&text, &word))
		if ((starts_with(&word, "module_blacklist=") || starts_with(&word, "modprobe.blacklist=")) &&
		    is_in_list(word, module))
			return true;
	return false;
}

// The quotes around the whole word come off, and go around its value.
static void append_parameter(struct buf *b, struct modspan word, bool quoted)
{
	const char *equals = memchr(word.p, '=', word.n);
	size_t name = equals ? (size_t)(equals - word.p) : word.n;

	buf_char(b, ' ');
	if (!quoted || !equals) {
		buf_mem(b, word.p, word.n);
		return;
	}
	buf_mem(b, word.p, name + 1);
	buf_char(b, '"');
	buf_mem(b, equals + 1, word.n - name - 1);
	buf_char(b, '"');
}

void modtable_parameters(struct buf *b, const char *cmdline, struct modspan module)
{
	struct modspan text = {cmdline, strlen(cmdline)}, word;

	while (modtable_word(&text, &word) && !(word.n == 2 && !memcmp(word.p, "--", 2))) {
		bool quoted = word.n > 1 && word.p[0] == '"' && word.p[word.n - 1] == '"';
		const char *equals, *dot;

		if (quoted)
			word = (struct modspan){word.p + 1, word.n - 2};
		equals = memchr(word.p, '=', word.n);
		dot = memchr(word.p, '.', equals ? (size_t)(equals - word.p) : word.n);
		if (!dot || dot + 1 == word.p + word.n ||
		    !modtable_same((struct modspan){word.p, (size_t)(dot - word.p)}, module))
			continue;
		word = (struct modspan){dot + 1, (size_t)(word.p + word.n - dot - 1)};
		append_parameter(b, word, quoted);
	}
}
