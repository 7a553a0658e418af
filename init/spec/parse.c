// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/arena.h"
#include "spec/keys.h"
#include "spec/parse.h"

static const char argv_name[] = "command line";

static int unknown(const char *where, const char *name, size_t n)
{
	return fail_text("no such setting (initbox run --help lists them)", "%s: %.*s", where, (int)(n > 80 ? 80 : n),
			 name);
}

// One long option; *i is moved over a value that is a word of its own. Returns 0, or -1.
static int long_option(struct spec *s, int argc, char **argv, int *i)
{
	const char *name = argv[*i] + 2, *value;
	size_t n = strcspn(name, "=");
	const struct key *key = key_find(name, n);

	if (!key || !(key->scope & SCOPE_BOX))
		return unknown(argv_name, argv[*i], n + 2);
	if (name[n])
		value = name + n + 1;
	else if (key->scope & SCOPE_FLAG)
		value = "yes";
	else if (*i + 1 < argc)
		value = argv[++*i];
	else
		return fail_text("needs a value", "%s: --%s", argv_name, key->name);
	return key_set(key, s, value, argv_name);
}

static int short_option(struct spec *s, int argc, char **argv, int *i)
{
	const struct key *key = key_letter(argv[*i][1]);
	const char *value = argv[*i] + 2;

	if (!key)
		return unknown(argv_name, argv[*i], strlen(argv[*i]));
	if (!*value) {
		if (*i + 1 == argc)
			return fail_text("needs a value", "%s: -%c", argv_name, key->letter);
		value = argv[++*i];
	}
	return key_set(key, s, value, argv_name);
}

enum parse_result parse_options(struct spec *s, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return PARSE_HELP;
		if (argv[i][1] == '-' ? long_option(s, argc, argv, &i) : short_option(s, argc, argv, &i))
			return PARSE_BAD;
	}
	if (argc - i > MAX_ARGS)
		return fail_text("has too many arguments", "%s: command", argv_name);
	for (s->command_count = 0; i < argc; i++)
		s->command[s->command_count++] = argv[i];
	s->command[s->command_count] = NULL;
	return PARSE_OK;
}

static char *trim(char *s, char *end)
{
	while (s < end && strchr(" \t\r", *s))
		s++;
	while (end > s && strchr(" \t\r", end[-1]))
		end--;
	*end = '\0';
	return s;
}

// Takes the quotes off a value that is quoted as a whole, '…' as it is and "…" with \n \t \" \\.
// Returns 0, or -1 when the quote does not end where the value does.
static int unquote(char *v)
{
	size_t n = strlen(v);
	char quote = v[0], *to = v;

	if (quote != '"' && quote != '\'')
		return 0;
	for (char *p = v + 1; *p; p++) {
		if (*p == quote) {
			*to = '\0';
			return p == v + n - 1 ? 0 : -1;
		}
		if (quote == '"' && *p == '\\' && p[1]) {
			p++;
			if (!strchr("nt\"\\", *p))
				*to++ = '\\';
			*to++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
		} else {
			*to++ = *p;
		}
	}
	return -1;
}

static int config_line(struct spec *s, char *line, char *end, const char *where)
{
	const struct key *key;
	char *equals, *name, *value;

	line = trim(line, end);
	if (!*line || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return fail_text("not a setting (key = value)", "%s: \"%.*s\"", where, 80, line);
	value = trim(equals + 1, line + strlen(line));
	name = trim(line, equals);
	key = key_find(name, strlen(name));
	if (!key)
		return unknown(where, name, strlen(name));
	// A list of words keeps its quotes: they say where the words end.
	if (strcmp(key->name, "command") && unquote(value))
		return fail_text("a quote is not closed at the end of the line", "%s: %s", where, key->name);
	return key_set(key, s, value, where);
}

int parse_config(struct spec *s, char *text, size_t n, const char *file)
{
	char where[96];
	char *end = text + n;

	for (unsigned number = 1; text < end; number++) {
		char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((eol ? eol : end) - text);

		if (fmt(where, sizeof(where), "%s:%u", file, number))
			return fail("open", "%s", file);
		if (memchr(text, '\0', len))
			return fail_text("a NUL byte", "%s", where);
		if (config_line(s, text, text + len, where))
			return -1;
		text += len + 1;
	}
	return 0;
}

// Takes the next word of the kernel's command line, spaces in "…" included. Returns its length, quotes left in.
static size_t cmdline_word(const char *s)
{
	bool quoted = false;
	size_t n = 0;

	for (; s[n] && (quoted || !strchr(" \t\n", s[n])); n++)
		if (s[n] == '"')
			quoted = !quoted;
	return n;
}

// One word `initbox.KEY=VALUE`, taken apart; a key alone means yes.
struct cmdline_setting {
	const char *key, *value;
	size_t key_len, value_len;
};

static void strip_quotes(const char **s, size_t *n)
{
	if (*n < 2 || (*s)[0] != '"' || (*s)[*n - 1] != '"')
		return;
	(*s)++;
	*n -= 2;
}

// Takes the next of our words from *text. Returns false at the end.
static bool next_setting(const char **text, struct cmdline_setting *c)
{
	static const char prefix[] = "initbox.";
	const size_t prefix_len = sizeof(prefix) - 1;

	for (;;) {
		const char *word = *text += strspn(*text, " \t\n"), *equals;
		size_t n = cmdline_word(word);

		if (n == 0)
			return false;
		*text += n;
		strip_quotes(&word, &n);
		if (n <= prefix_len || memcmp(word, prefix, prefix_len))
			continue;
		word += prefix_len;
		n -= prefix_len;
		equals = memchr(word, '=', n);
		*c = (struct cmdline_setting){word, "yes", n, 3};
		if (equals) {
			c->key_len = (size_t)(equals - word);
			c->value = equals + 1;
			c->value_len = n - c->key_len - 1;
			strip_quotes(&c->value, &c->value_len);
		}
		return true;
	}
}

int parse_cmdline(struct spec *s, const char *text)
{
	static const char where[] = "kernel command line";
	struct cmdline_setting c;

	while (next_setting(&text, &c)) {
		const struct key *key = key_find(c.key, c.key_len);
		char *value;

		if (!key)
			return unknown(where, c.key, c.key_len);
		value = arena_copy(c.value, c.value_len);
		if (!value)
			return fail_text("the configuration is too large", "%s", where);
		if (key_set(key, s, value, where))
			return -1;
	}
	return 0;
}

const char *parse_cmdline_value(const char *text, const char *key)
{
	const char *value = NULL;
	struct cmdline_setting c;

	while (next_setting(&text, &c))
		if (c.key_len == strlen(key) && !memcmp(c.key, key, c.key_len))
			value = arena_copy(c.value, c.value_len);
	return value;
}
