// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "modules.h"

#include "fail.h"
#include "kmod.h"
#include "moddir.h"
#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum state { MODULE_NEW, MODULE_OPEN, MODULE_DONE };

struct edge {
	struct module *to;
	bool soft;
};

struct module {
	const struct modfile *file;
	const char *origin;		// who asked for it, or for what needs it
	struct module *needed_by;	// NULL: asked for
	bool needed_softly;
	enum state state;
	bool hard;			// the image is wrong without it
	struct kmod_text text;		// the file
	struct edge *edges;		// the soft ones before it, its dependencies, the soft ones after it
	size_t edge_count;
	size_t before;			// how many of edges come before it
	size_t next;			// the edge that is to be followed next
};

struct modules {
	struct moddir dir;
	const char *release;	// NULL until known
	struct module **all;
	size_t count;
	struct module **order;
	size_t order_count;
	struct module **wanted;
	size_t wanted_count;
};

struct modules *modules_open(const char *dir, const char *release)
{
	struct modules *m = fail_realloc(NULL, 1, sizeof(*m));

	*m = (struct modules){ .release = strcmp(release, "auto") ? release : NULL };
	moddir_open(&m->dir, dir);
	return m;
}

static struct module *module_for(struct modules *m, const struct modfile *file)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->all[i]->file == file)
			return m->all[i];
	m->all = fail_grow(m->all, m->count, sizeof(*m->all));
	m->all[m->count] = fail_realloc(NULL, 1, sizeof(**m->all));
	*m->all[m->count] = (struct module){ .file = file };
	return m->all[m->count++];
}

static void push(struct module ***list, size_t *count, struct module *module)
{
	*list = fail_grow(*list, *count, sizeof(**list));
	(*list)[(*count)++] = module;
}

static void want(struct modules *m, const struct modfile *file, const char *origin)
{
	struct module *module = module_for(m, file);

	module->hard = true;
	if (!module->origin)
		module->origin = origin;
	push(&m->wanted, &m->wanted_count, module);
}

void modules_want(struct modules *m, const char *name, const char *origin)
{
	char clean[KMOD_NAME_MAX + 1];
	const struct modfile *file;
	size_t at = 0, found = m->wanted_count;

	if (strchr(name, '/') || !kmod_name((struct kmod_text){ name, strlen(name) }, clean))
		fail("%s: \"%s\": not a module's name", origin, name);
	file = moddir_find(&m->dir, clean);
	if (file) {
		want(m, file, origin);
		return;
	}
	if (moddir_builtin(&m->dir, clean))
		return;
	while ((file = moddir_next_alias(&m->dir, clean, &at)))
		want(m, file, origin);
	if (found == m->wanted_count)
		fail("%s: module %s: not found in %s, neither as a file nor built in nor as an alias", origin,
		     name, m->dir.path);
}

// "a -> b -> c": how it came to module c, which `last` needs.
static char *chain_to(const struct module *last, const char *missing)
{
	char *chain = fail_text("%s", missing);

	for (const struct module *at = last; at; at = at->needed_by) {
		char *longer = fail_text("%s -> %s", at->file->name, chain);

		free(chain);
		chain = longer;
	}
	return chain;
}

static void add_edge(struct module *from, struct module *to, bool soft)
{
	from->edges = fail_grow(from->edges, from->edge_count, sizeof(*from->edges));
	from->edges[from->edge_count++] = (struct edge){ to, soft };
}

static void add_dependency(struct modules *m, struct module *from, struct kmod_text word)
{
	char name[KMOD_NAME_MAX + 1];
	const struct modfile *file;

	if (!kmod_name(word, name))
		fail("%s: depends on \"%.*s\", which is not a module's name", from->file->path, (int)word.size,
		     word.at);
	file = moddir_find(&m->dir, name);
	if (file)
		add_edge(from, module_for(m, file), false);
	else if (!moddir_builtin(&m->dir, name))
		fail("%s: module %s is missing in %s: %s", from->origin, name, m->dir.path, chain_to(from, name));
}

// What serves a soft dependency may have it as its name or as an alias, and
// may be several modules (drivers of one algorithm).
static void add_soft(struct modules *m, struct module *from, struct kmod_text word)
{
	char name[KMOD_NAME_MAX + 1];
	const struct modfile *file;
	size_t at = 0, count = from->edge_count;

	if (kmod_name(word, name)) {
		file = moddir_find(&m->dir, name);
		if (file)
			add_edge(from, module_for(m, file), true);
		if (file || moddir_builtin(&m->dir, name))
			return;
		while ((file = moddir_next_alias(&m->dir, name, &at)))
			add_edge(from, module_for(m, file), true);
	}
	if (count == from->edge_count)
		fail_note("%s: note: soft dependency %.*s is not in %s: left out", from->file->name,
			  (int)word.size, word.at, m->dir.path);
}

// The words of all softdep= values after "pre:" or after "post:".
static void add_softs(struct modules *m, struct module *from, struct kmod_text modinfo, const char *when)
{
	struct kmod_text value, word;

	for (size_t at = 0; kmod_next_value(modinfo, "softdep", &at, &value);) {
		bool on = false;

		while (kmod_next_word(&value, " \t", &word)) {
			if (word.at[word.size - 1] == ':')
				on = word.size == strlen(when) && !memcmp(word.at, when, word.size);
			else if (on)
				add_soft(m, from, word);
		}
	}
}

static void check_release(struct modules *m, const struct module *module, struct kmod_text modinfo)
{
	struct kmod_text value = { "", 0 }, word;
	size_t at = 0;
	char *own;

	if (!kmod_next_value(modinfo, "vermagic", &at, &value) && !m->release)
		return;
	own = kmod_next_word(&value, " ", &word) ? fail_text("%.*s", (int)word.size, word.at) : fail_text("?");
	if (m->release && strcmp(own, m->release))
		fail("%s: made for kernel %s, not for %s", module->file->path, own, m->release);
	if (!m->release)
		m->release = own;
	else
		free(own);
}

static void open_module(struct modules *m, struct module *module)
{
	struct kmod_text modinfo, value, word;

	module->text = moddir_read(module->file->path, &modinfo);
	module->state = MODULE_OPEN;
	check_release(m, module, modinfo);
	add_softs(m, module, modinfo, "pre:");
	for (size_t at = 0; kmod_next_value(modinfo, "depends", &at, &value);)
		while (kmod_next_word(&value, ", ", &word))
			add_dependency(m, module, word);
	module->before = module->edge_count;
	add_softs(m, module, modinfo, "post:");
}

// Whether the way from module up to `top` has a soft dependency in it: then it
// is no circle, only an order that can't be had.
static bool is_soft_way(const struct module *module, const struct module *top)
{
	for (; module && module != top; module = module->needed_by)
		if (module->needed_softly)
			return true;
	return false;
}

// Puts module and all it needs into the order: depth first, with needed_by as
// the way back.
static void visit(struct modules *m, struct module *module)
{
	while (module) {
		struct edge *edge;

		if (module->state == MODULE_NEW)
			open_module(m, module);
		if (module->state == MODULE_OPEN && module->next == module->before) {
			push(&m->order, &m->order_count, module);
			module->state = MODULE_DONE;
		}
		if (module->next == module->edge_count) {
			module = module->needed_by;
			continue;
		}
		edge = &module->edges[module->next++];
		if (edge->to->state == MODULE_OPEN && !edge->soft && !is_soft_way(module, edge->to))
			fail("%s: modules need each other: %s", module->origin,
			     chain_to(module, edge->to->file->name));
		if (edge->to->state != MODULE_NEW)
			continue;
		edge->to->needed_by = module;
		edge->to->needed_softly = edge->soft;
		edge->to->origin = module->origin;
		module = edge->to;
	}
}

// What a module can't be without is as hard as the module. Dependencies stand
// before it, so that one pass from the end reaches all.
static void harden(struct modules *m)
{
	for (size_t i = m->order_count; i-- > 0;)
		for (size_t n = 0; m->order[i]->hard && n < m->order[i]->edge_count; n++)
			if (!m->order[i]->edges[n].soft)
				m->order[i]->edges[n].to->hard = true;
}

void modules_finish(struct modules *m, struct tree *t, bool strip_signatures)
{
	char *list = fail_text("%s", "");

	for (size_t i = 0; i < m->wanted_count; i++)
		visit(m, m->wanted[i]);
	harden(m);
	for (size_t i = 0; i < m->order_count; i++) {
		const struct module *module = m->order[i];
		const char *base = strrchr(module->file->path, '/') + 1;
		char *path = fail_text("/lib/modules/%.*s.ko", (int)(strstr(base, ".ko") - base), base);
		char *longer = fail_text("%s%s%s\n", list, module->hard ? "" : "-", path);
		size_t size = module->text.size;

		if (strip_signatures)
			size = kmod_unsigned_size(module->text);
		tree_add(t, path, (struct entry){ .origin = module->origin, .mode = S_IFREG | 0644,
						  .data = module->text.at, .size = size });
		free(list);
		list = longer;
	}
	tree_add(t, "/etc/initbox.modules", (struct entry){ .origin = "the modules' load order",
			.mode = S_IFREG | 0644, .data = list, .size = strlen(list) });
}
