// SPDX-License-Identifier: MIT
// The kernel's command line, taken apart as the kernel does it. Source: next_arg() in the kernel's lib/cmdline.c,
// Documentation/admin-guide/kernel-parameters.rst.
#include <string.h>

#include "base/arena.h"
#include "spec/keys.h"
#include "spec/parse.h"

static const char where[] = "kernel command line", own_prefix[] = "initbox.";

// Words that have a meaning without initbox. in front.
static const struct plain_row {
	const char *word, *key;
	const char *alone; // the value of a word without one; NULL: then it is not for us
	bool takes_value;
} plain_rows[] = {
	{"root", "root", NULL, true},
	{"rootfstype", "rootfstype", NULL, true},
	{"rootflags", "rootflags", NULL, true},
	{"ro", "rw", "no", false},
	{"rw", "rw", "yes", false},
	{"rootwait", "rootwait", "yes", true},
	{"rootdelay", "rootwait", NULL, true},
	{"init", "init", NULL, true},
	{"overlay", "overlay", NULL, true},
	{"quiet", "log-level", "error", false},
	{"debug", "log-level", "detail", false},
};

struct word {
	const char *start;
	const char *name, *value; // value NULL: there is no =
	size_t name_len, value_len;
	bool open; // a quote is not closed: the rest of the line is this word
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

// Takes the next word from *text. Returns false at the end, and at `--`: what follows is for init.
static bool next_word(const char **text, struct word *w)
{
	const char *s = *text;
	bool whole, quoted;
	size_t n = 0, equals = 0;

	while (is_space(*s))
		s++;
	whole = quoted = *s == '"';
	s += whole;
	for (; s[n] && (quoted || !is_space(s[n])); n++) {
		if (s[n] == '=' && !equals)
			equals = n;
		if (s[n] == '"')
			quoted = !quoted;
	}
	*text = s + n;
	if (n == 0 && !whole)
		return false;
	if (whole && n > 0 && s[n - 1] == '"')
		n--;
	*w = (struct word){.start = s - whole, .name = s, .name_len = equals ? equals : n, .open = quoted};
	if (!equals)
		return n != 2 || memcmp(s, "--", 2);
	w->value = s + equals + 1;
	w->value_len = n - equals - 1;
	if (w->value_len && w->value[0] == '"') {
		w->value++;
		w->value_len--;
		if (w->value_len && w->value[w->value_len - 1] == '"')
			w->value_len--;
	}
	return true;
}

// Whether it is an initbox.KEY; name is then the key's. A key alone means yes.
static bool take_own(struct word *w)
{
	const size_t n = sizeof(own_prefix) - 1;

	if (w->name_len < n || memcmp(w->name, own_prefix, n) || (w->name_len == n && !w->value))
		return false;
	w->name += n;
	w->name_len -= n;
	if (!w->value) {
		w->value = "yes";
		w->value_len = 3;
	}
	return true;
}

// The same for a plain word.
static bool take_plain(struct word *w)
{
	for (size_t i = 0; i < COUNT(plain_rows); i++) {
		const struct plain_row *row = &plain_rows[i];

		if (strlen(row->word) != w->name_len || memcmp(row->word, w->name, w->name_len))
			continue;
		if (w->value ? !row->takes_value : !row->alone)
			return false;
		w->name = row->key;
		w->name_len = strlen(row->key);
		if (!w->value) {
			w->value = row->alone;
			w->value_len = strlen(row->alone);
		}
		return true;
	}
	return false;
}

// To the kernel rootdelay= is one wait more: it does not shorten that of rootwait, for ever.
static bool stays_for_ever(const struct spec *s, const struct word *w)
{
	static const char name[] = "rootdelay";

	return s->rootwait == WAIT_FOR_EVER && w->name_len == sizeof(name) - 1 && !memcmp(w->name, name, sizeof(name) - 1);
}

int parse_cmdline(struct spec *s, const char *text)
{
	struct word w;

	if (strlen(text) - (strchr(text, '\n') != NULL) >= CMDLINE_SIZE - 1)
		return fail_text("is as long as the kernel keeps (2047 bytes): its end is cut off", "%s", where);
	while (next_word(&text, &w)) {
		const struct key *key;
		bool for_ever = stays_for_ever(s, &w), ours = take_own(&w) || take_plain(&w);
		char *value;

		// Settings of ours would be lost in it.
		if (w.open && (ours || str_find(w.start, own_prefix)))
			return fail_text("a quote is not closed", "%s: %.*s", where, 80, w.start);
		if (!ours)
			continue;
		key = parse_machine_key(w.name, w.name_len);
		if (!key)
			return parse_unknown(false, where, w.name, w.name_len);
		value = arena_copy(w.value, w.value_len);
		if (!value)
			return fail_text("the configuration is too large", "%s", where);
		if (key_set(key, s, value, where))
			return -1;
		if (for_ever)
			s->rootwait = WAIT_FOR_EVER;
	}
	return 0;
}

const char *parse_cmdline_value(const char *text, const char *key)
{
	const char *value = NULL;
	struct word w;

	while (next_word(&text, &w))
		if (take_own(&w) && w.name_len == strlen(key) && !memcmp(w.name, key, w.name_len))
			value = arena_copy(w.value, w.value_len);
	return value;
}
