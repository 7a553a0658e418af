// SPDX-License-Identifier: MIT
#include <string.h>

#include "spec/options.h"
#include "spec/parse.h"

static const char where[] = "command line";

// One option as it was found: a key with the value that goes with it, or a result.
struct found {
	const struct key *key;
	const char *value; // NULL: it needs one
	enum parse_result result;
};

// By its name (n > 0) or else by its letter.
static bool find_peer(const struct option *o, const char *name, size_t n, char letter, struct found *f)
{
	for (; o->letter || o->name; o++) {
		if (n ? !o->name || strlen(o->name) != n || memcmp(o->name, name, n) : o->letter != letter)
			continue;
		f->key = o->key ? key_find(o->key, strlen(o->key)) : NULL;
		f->value = o->value;
		f->result = o->result;
		return true;
	}
	return false;
}

static bool find_key(enum key_scope scope, const char *name, size_t n, char letter, struct found *f)
{
	if (n ? n == 4 && !memcmp(name, "help", 4) : letter == 'h')
		f->result = PARSE_HELP;
	else if (n == 7 && !memcmp(name, "version", 7))
		f->result = PARSE_VERSION;
	if (f->result)
		return true;
	f->key = n ? key_find(name, n) : key_letter(letter, scope);
	f->value = f->key && (f->key->scope & SCOPE_FLAG) ? "yes" : NULL;
	return f->key && (f->key->scope & scope);
}

struct parser {
	struct spec *s;
	enum key_scope scope;
	const struct option *peer;
	int argc, i; // i: the word being taken
	char **argv;
};

static bool find(const struct parser *p, const char *name, size_t n, char letter, struct found *f)
{
	*f = (struct found){0};
	return p->peer ? find_peer(p->peer, name, n, letter, f) : find_key(p->scope, name, n, letter, f);
}

static enum parse_result unknown(const struct parser *p, const char *option, size_t n)
{
	if (p->peer)
		return fail_text("no such option", "%s: %.*s", where, (int)(n > 80 ? 80 : n), option);
	if (p->scope == SCOPE_CHECK)
		return fail_text("no such option (initbox check --help lists them)", "%s: %.*s", where, (int)(n > 80 ? 80 : n), option);
	return parse_unknown(p->scope == SCOPE_ENTRY, where, option, n);
}

// Sets what was found; rest is the value that stood in the same word, or NULL.
static enum parse_result apply(struct parser *p, const struct found *f, const char *rest, const char *option, size_t n)
{
	const char *value = rest ? rest : f->value;

	if (f->result)
		return f->result;
	if (!f->key) // an option that says what is so in any case
		return PARSE_OK;
	if (!value && p->i + 1 == p->argc)
		return fail_text("needs a value", "%s: %.*s", where, (int)n, option);
	if (!value)
		value = p->argv[++p->i];
	return key_set(f->key, p->s, value, where) ? PARSE_BAD : PARSE_OK;
}

static enum parse_result long_option(struct parser *p)
{
	const char *name = p->argv[p->i] + 2;
	size_t n = strcspn(name, "=");
	struct found f;

	if (n == 0 || !find(p, name, n, 0, &f) || (f.result && name[n]))
		return unknown(p, name - 2, n + 2);
	return apply(p, &f, name[n] ? name + n + 1 : NULL, name - 2, n + 2);
}

// Several letters may stand together; what follows one that takes a value is its value.
static enum parse_result short_options(struct parser *p)
{
	const char *word = p->argv[p->i];
	enum parse_result result = PARSE_OK;
	struct found f;

	for (const char *c = word + 1; *c && result == PARSE_OK; c++) {
		char option[] = {'-', *c, '\0'};

		if (!find(p, NULL, 0, *c, &f))
			return unknown(p, option, 2);
		if (f.value || !f.key) {
			result = apply(p, &f, NULL, option, 2);
			continue;
		}
		return apply(p, &f, c[1] ? c + 1 : NULL, option, 2);
	}
	return result;
}

enum parse_result parse_options(struct spec *s, enum key_scope scope, const struct option *peer, int argc, char **argv)
{
	struct parser p = {s, scope, peer, argc, 0, argv};

	for (; p.i < argc && argv[p.i][0] == '-' && argv[p.i][1]; p.i++) {
		enum parse_result result;

		if (!strcmp(argv[p.i], "--")) {
			p.i++;
			break;
		}
		result = argv[p.i][1] == '-' ? long_option(&p) : short_options(&p);
		if (result != PARSE_OK)
			return result;
	}
	s->command = (const char *const *)(argv + p.i);
	s->command_count = (unsigned)(argc - p.i);
	return PARSE_OK;
}
