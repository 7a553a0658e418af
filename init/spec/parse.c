// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "spec/keys.h"
#include "spec/parse.h"

int parse_unknown(bool entry, const char *where, const char *name, size_t n)
{
	return fail_text(entry ? "no such setting (initbox --help lists them)"
			       : "no such setting (initbox run --help lists them)",
			 "%s: %.*s", where, (int)(n > 80 ? 80 : n), name);
}

const struct key *parse_machine_key(const char *name, size_t n)
{
	const struct key *key = key_find(name, n);

	return key && key->scope & (SCOPE_BOX | SCOPE_MACHINE) ? key : NULL;
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
	key = parse_machine_key(name, strlen(name));
	if (!key)
		return parse_unknown(false, where, name, strlen(name));
	// A list of words keeps its quotes: they say where the words end.
	if (strcmp(key->name, "command") && unquote(value))
		return fail_text("a quote is not closed at the end of the line", "%s: %s", where, key->name);
	return key_set(key, s, value, where);
}

// A path may have any bytes, but in a configuration what is not UTF-8 is an editor's mistake, which nobody sees on a console.
static int check_text(const char *line, size_t n, const char *where)
{
	size_t good = utf8_prefix(line, n);

	if (good == n)
		return 0;
	fail_text("", "%s", where);
	return fail_because("is not UTF-8 (byte 0x%02x)", (unsigned char)line[good]);
}

static int config_text_line(struct spec *s, char *line, char *end, const char *where)
{
	return check_text(line, (size_t)(end - line), where) ? -1 : config_line(s, line, end, where);
}

// Calls take for each line of text; where says which one it is. The line ends where end points to.
static int parse_lines(struct spec *s, char *text, size_t n, const char *file,
		       int (*take)(struct spec *s, char *line, char *end, const char *where))
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
		if (take(s, text, text + len, where))
			return -1;
		text += len + 1;
	}
	return 0;
}

int parse_config(struct spec *s, char *text, size_t n, const char *file)
{
	size_t mark = n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0; // what some editors put before UTF-8

	if (n >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2)))
		return fail_text("is UTF-16; it has to be UTF-8", "%s:1", file);
	return parse_lines(s, text + mark, n - mark, file, config_text_line);
}

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

// Kubernetes makes such variables for services whose name is, or begins with, initbox; images tell a version.
static bool is_of_others(const char *entry)
{
	static const char *const parts[] = {"_SERVICE_HOST", "_SERVICE_PORT", "_PORT=", "_PORT_", "_VERSION="};
	const char *value = strchr(entry, '=');

	for (const char *p = entry; p <= value; p++)
		for (size_t i = 0; i < COUNT(parts); i++)
			if (starts(p, parts[i]))
				return true;
	return false;
}

bool parse_is_own_variable(const char *entry)
{
	static const char *const foreign[] = {"TINI_SUBREAPER=", "TINI_KILL_PROCESS_GROUP=", "TINI_VERBOSITY=",
					      "DUMB_INIT_DEBUG=", "DUMB_INIT_SETSID="};

	if (!strchr("ITD", entry[0])) // nearly all
		return false;
	if (starts(entry, "INITBOX_"))
		return !is_of_others(entry);
	for (size_t i = 0; i < COUNT(foreign); i++)
		if (starts(entry, foreign[i]))
			return true;
	return false;
}

// INITBOX_ON_EXIT=wait is on-exit.
static int own_variable(struct spec *s, const char *entry)
{
	const char *value = strchr(entry, '='), *p = entry + strlen("INITBOX_");
	const struct key *key;
	char name[32];
	size_t n = 0;

	if (!value)
		return 0;
	for (; p < value && n < sizeof(name); p++)
		name[n++] = *p == '_' ? '-' : (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
	key = p == value ? key_find(name, n) : NULL;
	if (!key || !(key->scope & SCOPE_ENTRY))
		return parse_unknown(true, "environment", entry, (size_t)(value - entry));
	return key_set_words(key, s, value + 1, "environment");
}

// What tini and dumb-init read: a variable's presence, a number, or one word.
static void foreign_variable(struct spec *s, const char *entry)
{
	const char *value = strchr(entry, '=') + 1;

	if (starts(entry, "TINI_KILL_PROCESS_GROUP="))
		s->group = true;
	else if (starts(entry, "TINI_VERBOSITY="))
		s->verbose = value[0] >= '2' && value[0] <= '9';
	else if (!strcmp(entry, "DUMB_INIT_DEBUG=1"))
		s->verbose = true;
	else if (!strcmp(entry, "DUMB_INIT_SETSID=0"))
		s->setsid = s->group = false;
}

int parse_environment(struct spec *s, char **env)
{
	for (; *env; env++) {
		if (!parse_is_own_variable(*env))
			continue;
		if (!starts(*env, "INITBOX_"))
			foreign_variable(s, *env);
		else if (own_variable(s, *env))
			return -1;
	}
	return 0;
}

static int env_line(struct spec *s, char *line, char *end, const char *where)
{
	char *equals;

	if (end > line && end[-1] == '\r')
		end--;
	*end = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (strcspn(line, " \t") < (equals ? (size_t)(equals - line) : strlen(line)))
		return fail_text("not a variable (K=V)", "%s: \"%.*s\"", where, 80, line);
	return key_set(key_find("env", 3), s, line, where);
}

int parse_env_file(struct spec *s, char *text, size_t n, const char *file)
{
	return parse_lines(s, text, n, file, env_line);
}
