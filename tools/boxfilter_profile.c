// SPDX-License-Identifier: MIT
#include "boxfilter_reader.h"

#include <stdlib.h>
#include <string.h>

static void add_arch(struct reader *r, const struct json_value *value)
{
	struct profile *p = r->profile;
	const struct arch *arch;

	reader_want(r, value, JSON_STRING);
	if (!arch_is_known(value->text))
		reader_fail(r, value, "%s: unknown architecture \"%s\"",
			  value->key ? value->key : "element", value->text);
	arch = arch_find(value->text);
	/* Only what the target's kernel can run can reach the filter. */
	if (!arch || arch->family != r->target->arch->family)
		return;
	for (size_t i = 0; i < p->n_arches; i++)
		if (p->arches[i] == arch)
			return;
	if (p->n_arches == MAX_ARCHES)
		reader_fail(r, value, "more than %d architectures", MAX_ARCHES);
	p->arches[p->n_arches++] = arch;
}

static void read_arch_map(struct reader *r, const struct json_value *map)
{
	static const char *const keys[] = { "architecture", "subArchitectures", NULL };

	for (const struct json_value *entry = map->child; entry; entry = entry->next) {
		const struct json_value *arch, *subs;

		reader_want(r, entry, JSON_OBJECT);
		reader_want_keys(r, entry, keys);
		arch = reader_get(entry, "architecture");
		subs = reader_get_array(r, entry, "subArchitectures");
		if (!arch)
			reader_fail(r, entry, "archMap: architecture is missing");
		reader_want(r, arch, JSON_STRING);
		if (arch_find(arch->text) != r->target->arch)
			continue;
		for (const struct json_value *v = subs ? subs->child : NULL; v; v = v->next)
			add_arch(r, v);
	}
}

static unsigned read_flags(const struct reader *r, const struct json_value *list)
{
	unsigned flags = 0;

	for (const struct json_value *v = list ? list->child : NULL; v; v = v->next) {
		unsigned flag;

		reader_want(r, v, JSON_STRING);
		flag = flag_find(v->text);
		if (!flag)
			reader_fail(r, v, "flags: unknown flag \"%s\"", v->text);
		/* The kernel refuses it in a filter that nobody listens to. */
		if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV && !r->target->listener)
			reader_fail(r, v, "flags: %s: there is no listener (--listener)", v->text);
		flags |= flag;
	}
	return flags;
}

/*
 * The profile in the file's one value: itself, or, in an OCI runtime's config.json,
 * linux.seccomp.
 */
static const struct json_value *find_profile(const struct reader *r, const struct json_value *root)
{
	const struct json_value *linux_part, *profile;

	reader_want(r, root, JSON_OBJECT);
	if (reader_get(root, "defaultAction") || !reader_get(root, "ociVersion"))
		return root;
	linux_part = reader_get(root, "linux");
	if (linux_part)
		reader_want(r, linux_part, JSON_OBJECT);
	profile = linux_part ? reader_get(linux_part, "seccomp") : NULL;
	if (!profile)
		reader_fail(r, linux_part ? linux_part : root, "linux.seccomp is missing: this configuration has no filter");
	reader_want(r, profile, JSON_OBJECT);
	return profile;
}

static void read_arches(struct reader *r, const struct json_value *root)
{
	const struct json_value *list = reader_get_array(r, root, "architectures");
	const struct json_value *map = reader_get_array(r, root, "archMap");

	if (list && list->child && map && map->child)
		reader_fail(r, map, "archMap: architectures is given, too");
	for (const struct json_value *v = list ? list->child : NULL; v; v = v->next)
		add_arch(r, v);
	if (map)
		read_arch_map(r, map);
}

void profile_read(struct profile *profile, const char *file, char *text, size_t length,
		  const struct target *target)
{
	static const char *const keys[] = {
		"defaultAction", "defaultErrnoRet", "defaultErrno", "architectures", "archMap",
		"syscalls", "comment", "flags", "listenerPath", "listenerMetadata", NULL,
	};
	struct reader r = { .profile = profile, .target = target, .file = file };
	const struct json_value *root, *action, *list;
	struct json_error error;
	struct json_value *document = json_parse(text, length, &error);

	if (!document)
		fail("%s:%u:%u: not JSON: %s", file, error.line, error.column, error.reason);
	*profile = (struct profile){ .file = file, .arches = { target->arch }, .n_arches = 1 };
	root = find_profile(&r, document);
	reader_want_keys(&r, root, keys);
	action = reader_get(root, "defaultAction");
	if (!action)
		reader_fail(&r, root, "defaultAction is missing");
	profile->default_action = reader_action(&r, root, action, "defaultErrnoRet", "defaultErrno");
	reader_check_notify(&r, action, profile->default_action);
	read_arches(&r, root);
	profile->flags = read_flags(&r, reader_get_array(&r, root, "flags"));
	list = reader_get_array(&r, root, "syscalls");
	for (const struct json_value *v = list ? list->child : NULL; v; v = v->next)
		reader_row(&r, v);
	json_free(document);
}

void profile_free(struct profile *profile)
{
	free(profile->rules);
	*profile = (struct profile){ 0 };
}
