// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "modules.h"

#include "fail.h"
#include "list.h"
#include "module.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

// Of a module that is asked for twice the later parameters come last, and count.
static void add_parameters(struct module *module, const char *parameters)
{
	if (*parameters)
		module->parameters = module->parameters ? fail_text("%s %s", module->parameters, parameters) : parameters;
}

static void want(struct modules *m, const struct modfile *file, const struct wish *w)
{
	struct module *module = module_for(m, file);

	if (!w->on_demand)
		module->at_start = REACHED;
	if (!module->origin)
		module->origin = w->origin;
	add_parameters(module, w->parameters);
	push(&m->wanted, &m->wanted_count, module);
}

// Whether anything can ask for the module: it has an alias.
static bool can_be_asked_for(const struct modfile *file)
{
	struct kmod_text modinfo, alias, text = moddir_read(file->path, &modinfo);
	size_t at = 0;
	bool can = kmod_next_value(modinfo, "alias", &at, &alias);

	free((void *)(uintptr_t)text.at);
	return can;
}

// kernel/drivers/net/: all of that directory that can be asked for.
static void want_directory(struct modules *m, const struct wish *w)
{
	size_t n = strlen(w->module), found = m->wanted_count;

	if (!w->on_demand || *w->parameters || w->module[n - 1] != '/')
		fail("%s: \"%s\": not a module's name", w->origin, w->module);
	for (size_t i = 0; i < m->dir.count; i++) {
		const struct modfile *file = &m->dir.files[i];
		const char *inside = file->path + strlen(m->dir.path);

		inside += strspn(inside, "/");
		if (!strncmp(inside, w->module, n) && moddir_find(&m->dir, file->name) == file && can_be_asked_for(file))
			want(m, file, w);
	}
	if (found == m->wanted_count)
		fail("%s: no module below %s/%s has an alias", w->origin, m->dir.path, w->module);
}

void modules_want(struct modules *m, const struct wish *w)
{
	char clean[KMOD_NAME_MAX + 1];
	const struct modfile *file;
	size_t at = 0, found = m->wanted_count;

	if (strchr(w->module, '/')) {
		want_directory(m, w);
		return;
	}
	if (!kmod_name((struct kmod_text){ w->module, strlen(w->module) }, clean))
		fail("%s: \"%s\": not a module's name", w->origin, w->module);
	file = moddir_find(&m->dir, clean);
	if (file) {
		want(m, file, w);
		return;
	}
	if (moddir_builtin(&m->dir, clean)) {
		if (*w->parameters)
			fail("%s: %s is built in: its parameters belong on the kernel's command line (%s.%s)", w->origin,
			     w->module, clean, w->parameters);
		return;
	}
	while ((file = moddir_next_alias(&m->dir, clean, &at)))
		want(m, file, w);
	if (found == m->wanted_count)
		fail("%s: module %s: not found in %s, neither as a file nor built in nor as an alias", w->origin,
		     w->module, m->dir.path);
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

// The kernel would only say in its log that it ignores them.
static void check_parameters(const struct module *module)
{
	const char *at = module->parameters ? module->parameters : "";
	bool quoted = false;

	while (*at) {
		size_t size = strcspn(at, "= ");

		if (!kmod_has_parameter(module->modinfo, (struct kmod_text){ at, size }))
			fail("%s: module %s has no parameter %.*s (modinfo -p %s)", module->origin, module->file->name,
			     (int)size, at, module->file->path);
		for (; *at && (quoted || *at != ' '); at++)
			quoted ^= *at == '"';
		at += *at == ' ';
	}
}

static void open_module(struct modules *m, struct module *module)
{
	struct kmod_text modinfo, value, word;

	module->text = moddir_read(module->file->path, &module->modinfo);
	modinfo = module->modinfo;
	module->state = MODULE_OPEN;
	check_release(m, module, modinfo);
	check_parameters(module);
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

// First what is loaded when the machine starts, so that it is named after those
// of its kind that need it.
static void order_all(struct modules *m)
{
	for (size_t i = 0; i < m->wanted_count; i++)
		if (m->wanted[i]->at_start)
			visit(m, m->wanted[i]);
	for (size_t i = 0; i < m->wanted_count; i++)
		visit(m, m->wanted[i]);
	for (size_t i = 0; i < m->wanted_count; i++)
		if (m->wanted[i]->at_start)
			modtables_reach(m->wanted[i]);
	for (size_t i = 0; i < m->order_count; i++)
		m->order[i]->at_start = m->order[i]->reached;
}

static void add_text(struct tree *t, const char *path, const char *origin, char *text)
{
	tree_add(t, path, (struct entry){ .origin = origin, .mode = S_IFREG | 0644, .data = text, .size = strlen(text) });
}

void modules_finish(struct modules *m, struct tree *t, bool strip_signatures, bool keep_compressed)
{
	order_all(m);
	for (size_t i = 0; i < m->order_count; i++) {
		const struct module *module = m->order[i];
		char *path = modtables_path(module, keep_compressed);
		struct entry e = { .origin = module->origin, .mode = S_IFREG | 0644, .data = module->text.at,
				   .size = strip_signatures ? kmod_unsigned_size(module->text) : module->text.size };

		if (keep_compressed)
			tree_add_file(t, path, module->file->path, 0644, module->origin);
		else
			tree_add(t, path, e);
	}
	add_text(t, "/etc/initbox.modules", "the modules' load order", modtables_list(m->order, m->order_count, keep_compressed));
	// Also where they are empty: one image may be put behind another.
	add_text(t, "/etc/initbox.aliases", "the modules' names", modtables_aliases(m->order, m->order_count));
	add_text(t, "/etc/initbox.devnames", "the modules' devices", modtables_devnames(m->order, m->order_count));
}

const struct module *modules_nth(const struct modules *m, size_t n)
{
	return n < m->order_count ? m->order[n] : NULL;
}
