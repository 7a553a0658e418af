// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "fail.h"
#include "module.h"

#include <stdlib.h>
#include <string.h>

struct text {
	char *at;
	size_t size, room;
};

static void append(struct text *t, const char *string)
{
	size_t n = strlen(string);

	while (t->size + n + 1 > t->room) {
		t->room = t->room ? 2 * t->room : 4096;
		t->at = fail_realloc(t->at, t->room, 1);
	}
	memcpy(t->at + t->size, string, n + 1);
	t->size += n;
}

char *modtables_path(const struct module *module, bool keep_compressed)
{
	const char *base = strrchr(module->file->path, '/') + 1;
	size_t name = (size_t)(strstr(base, ".ko") - base);

	return keep_compressed ? fail_text("/lib/modules/%s", base) : fail_text("/lib/modules/%.*s.ko", (int)name, base);
}

char *modtables_list(struct module *const *order, size_t count, bool keep_compressed)
{
	struct text t = { 0 };

	append(&t, "");
	for (size_t i = 0; i < count; i++) {
		const struct module *m = order[i];
		char *path = modtables_path(m, keep_compressed);
		char *line = fail_text("%s%s%s%s%s%s\n",
				       m->at_start == REACHED_NOT ? "?" : m->at_start == REACHED_SOFTLY ? "-" : "", path,
				       m->parameters ? " " : "", m->parameters ? m->parameters : "",
				       m->needed_by ? " # " : "", m->needed_by ? m->needed_by->file->name : "");

		append(&t, line);
		free(line);
		free(path);
	}
	return t.at;
}

void modtables_reach(struct module *from)
{
	struct module **open = fail_grow(NULL, 0, sizeof(*open));
	size_t count = 1;

	from->reached = REACHED;
	open[0] = from;
	while (count) {
		struct module *m = open[--count];

		for (size_t i = 0; i < m->edge_count; i++) {
			enum module_reach how = m->edges[i].soft ? REACHED_SOFTLY : m->reached;

			if (how <= m->edges[i].to->reached)
				continue;
			m->edges[i].to->reached = how;
			open = fail_grow(open, count, sizeof(*open));
			open[count++] = m->edges[i].to;
		}
	}
	free(open);
}

// Names of a row: what module needs, in the order in which it can be loaded.
static char *closure_of(struct module *module, struct module *const *order, size_t count)
{
	struct text t = { 0 };

	for (size_t i = 0; i < count; i++)
		order[i]->reached = REACHED_NOT;
	modtables_reach(module);
	for (size_t i = 0; i < count; i++) {
		if (order[i]->reached == REACHED_NOT)
			continue;
		append(&t, order[i]->reached == REACHED_SOFTLY ? " -" : " ");
		append(&t, order[i]->file->name);
	}
	return t.at;
}

// As modprobe compares: '-' is '_', but for ranges in […].
static char *clean_alias(const struct module *module, struct kmod_text alias)
{
	char *clean = fail_text("%.*s", (int)alias.size, alias.at);
	bool in_set = false;

	for (char *at = clean; *at; at++) {
		if (*at == '[')
			in_set = true;
		if (*at == ']')
			in_set = false;
		if (*at == '-' && !in_set)
			*at = '_';
		if (*at <= ' ' || *at > '~')
			fail("%s: the alias \"%s\" has blanks or control characters", module->file->path, clean);
	}
	// The machine's search begins with three bytes as they are.
	if (strcspn(clean, "*?[") < 3 && clean[strcspn(clean, "*?[")])
		fail("%s: the alias \"%s\" begins with a pattern", module->file->path, clean);
	return clean;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct rows {
	char **at;
	size_t count;
};

static void add_row(struct rows *rows, const char *alias, const char *closure)
{
	rows->at = fail_grow(rows->at, rows->count, sizeof(*rows->at));
	rows->at[rows->count++] = fail_text("%s%s\n", alias, closure);
}

static void add_rows(struct rows *rows, struct module *module, struct module *const *order, size_t count)
{
	char *closure = closure_of(module, order, count);
	struct kmod_text alias;

	add_row(rows, module->file->name, closure);
	for (size_t at = 0; kmod_next_value(module->modinfo, "alias", &at, &alias);) {
		char *clean = clean_alias(module, alias);

		add_row(rows, clean, closure);
		free(clean);
	}
	free(closure);
}

char *modtables_aliases(struct module *const *order, size_t count)
{
	struct rows rows = { 0 };
	struct text t = { 0 };

	for (size_t i = 0; i < count; i++)
		if (order[i]->at_start == REACHED_NOT)
			add_rows(&rows, order[i], order, count);
	if (rows.count)
		qsort(rows.at, rows.count, sizeof(*rows.at), by_bytes);
	append(&t, "");
	for (size_t i = 0; i < rows.count; i++)
		if (!i || strcmp(rows.at[i], rows.at[i - 1]))
			append(&t, rows.at[i]);
	for (size_t i = 0; i < rows.count; i++)
		free(rows.at[i]);
	free(rows.at);
	return t.at;
}

// The value of the module's first alias that begins with prefix, or { NULL, 0 }.
static struct kmod_text alias_behind(const struct module *module, const char *prefix)
{
	size_t n = strlen(prefix);
	struct kmod_text alias;

	for (size_t at = 0; kmod_next_value(module->modinfo, "alias", &at, &alias);)
		if (alias.size > n && !memcmp(alias.at, prefix, n))
			return (struct kmod_text){ alias.at + n, alias.size - n };
	return (struct kmod_text){ NULL, 0 };
}

// "c10:237" for "10-237", or NULL if it is not two numbers (all of a major: "10-*").
static char *node_number(char kind, struct kmod_text numbers)
{
	char *text = numbers.at ? fail_text("%c%.*s", kind, (int)numbers.size, numbers.at) : NULL, *dash;

	if (!text || strspn(text + 1, "0123456789-") + 1 != strlen(text) || !(dash = strchr(text, '-')) ||
	    dash == text + 1 || !dash[1] || strchr(dash + 1, '-')) {
		free(text);
		return NULL;
	}
	*dash = ':';
	return text;
}

char *modtables_devnames(struct module *const *order, size_t count)
{
	struct text t = { 0 };

	append(&t, "");
	for (size_t i = 0; i < count; i++) {
		const struct module *m = order[i];
		struct kmod_text name = alias_behind(m, "devname:");
		char *number = node_number('c', alias_behind(m, "char-major-"));

		if (!number)
			number = node_number('b', alias_behind(m, "block-major-"));
		if (m->at_start == REACHED_NOT && number && name.at) {
			char *line = fail_text("%s %.*s %s\n", m->file->name, (int)name.size, name.at, number);

			append(&t, line);
			free(line);
		}
		free(number);
	}
	return t.at;
}
