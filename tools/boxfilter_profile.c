// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "boxfilter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "json.h"

#define MAX_ERRNO 4095		/* include/linux/err.h */
#define MAX_CONDITIONS 6

struct reader {
	struct profile *profile;
	const struct target *target;
	const char *file;
	size_t room;		/* for rules */
};

/* What one row says, before it is spread over its names. */
struct row {
	const struct json_value *names;
	uint32_t action;
	bool applies;
	bool alternatives;	/* each condition is a rule of its own */
	unsigned n_conditions;
	struct condition *conditions;
};

#define fail_here(r, value, ...) \
	fail("%s:%u:%u: %s", (r)->file, (value)->line, (value)->column, fail_text(__VA_ARGS__))

static void want(struct reader *r, const struct json_value *value, enum json_type type,
		 const char *type_name)
{
	if (value->type != type)
		fail_here(r, value, "%s: expected %s, found %s", value->key ? value->key : "element",
			  type_name, json_type_name(value));
}

static void want_string(struct reader *r, const struct json_value *value)
{
	want(r, value, JSON_STRING, "a string");
}

/* A member that may be missing or null; NULL stands for both. */
static const struct json_value *get(const struct json_value *object, const char *key)
{
	const struct json_value *value = json_get(object, key);

	return value && value->type != JSON_NULL ? value : NULL;
}

static const struct json_value *get_array(struct reader *r, const struct json_value *object,
					  const char *key)
{
	const struct json_value *value = get(object, key);

	if (value)
		want(r, value, JSON_ARRAY, "an array");
	return value;
}

/* A misspelt key would open what it was to close, so every one must be known. */
static void want_keys(struct reader *r, const struct json_value *object, const char *const *keys)
{
	for (const struct json_value *v = object->child; v; v = v->next) {
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], v->key))
			i++;
		if (!keys[i])
			fail_here(r, v, "%s: unknown key", v->key);
	}
}

static uint64_t read_uint(struct reader *r, const struct json_value *value, uint64_t max)
{
	uint64_t number;

	if (json_uint(value, max, &number))
		fail_here(r, value, "%s: not a whole number from 0 to %llu",
			  value->key ? value->key : "element", (unsigned long long)max);
	return number;
}

/*
 * An action with its errno: as a number under number_key, or, as newer profiles
 * of Podman have it, as a name under name_key.
 */
static uint32_t read_action(struct reader *r, const struct json_value *object,
			    const struct json_value *value, const char *number_key,
			    const char *name_key)
{
	const struct json_value *number = get(object, number_key), *name = get(object, name_key);
	uint32_t action, data = EPERM;
	bool takes_errno;

	want_string(r, value);
	if (!action_find(value->text, &action, &takes_errno))
		fail_here(r, value, "%s: unknown action \"%s\"", value->key, value->text);
	if (name) {
		int error;

		want_string(r, name);
		/* Older profiles write the empty string for none. */
		error = *name->text ? errno_find(name->text) : EPERM;
		if (error < 0)
			fail_here(r, name, "%s: unknown errno \"%s\"; give its number as %s",
				  name_key, name->text, number_key);
		data = (uint32_t)error;
	}
	if (number) {
		uint64_t max = action == SECCOMP_RET_TRACE ? SECCOMP_RET_DATA : MAX_ERRNO;
		uint32_t given = (uint32_t)read_uint(r, number, max);

		if (name && *name->text && given != data)
			fail_here(r, number, "%s: %u contradicts %s", number_key, given, name_key);
		data = given;
	}
	if (takes_errno)
		return action | data;
	if (number || (name && *name->text))
		fail_here(r, number ? number : name, "%s: %s takes no errno",
			  number ? number_key : name_key, value->text);
	return action;
}

/* Whether all (or, with any, at least one) of the listed capabilities are kept. */
static bool match_caps(struct reader *r, const struct json_value *list, bool any)
{
	bool all_match = true, any_match = false;

	for (const struct json_value *v = list->child; v; v = v->next) {
		int cap;

		want_string(r, v);
		cap = cap_find(v->text);
		if (cap < 0)
			fail_here(r, v, "caps: unknown capability \"%s\"", v->text);
		if (r->target->caps >> cap & 1)
			any_match = true;
		else
			all_match = false;
	}
	return any ? any_match : all_match;
}

static bool match_arches(struct reader *r, const struct json_value *list)
{
	bool match = false;

	/* Names that are not in the table are of machines nobody asked for. */
	for (const struct json_value *v = list->child; v; v = v->next) {
		want_string(r, v);
		match |= arch_find(v->text) == r->target->arch;
	}
	return match;
}

static bool match_kernel(struct reader *r, const struct json_value *value)
{
	char *end;
	unsigned long major, minor = 0;

	want_string(r, value);
	errno = 0;
	major = strtoul(value->text, &end, 10);
	if (end != value->text && *end == '.' && end[1] >= '0' && end[1] <= '9')
		minor = strtoul(end + 1, &end, 10);
	else
		end = NULL;
	if (errno || !end || *end || value->text[0] < '0' || value->text[0] > '9' ||
	    major > 0xffff || minor > 0xffff)
		fail_here(r, value, "minKernel: \"%s\" is not a version such as 4.8", value->text);
	return r->target->kernel >= (major << 16 | minor);
}

/* includes: what is given must all fit. excludes: nothing of it may fit. */
static bool match_filter(struct reader *r, const struct json_value *filter, bool include)
{
	static const char *const keys[] = { "caps", "arches", "minKernel", NULL };
	const struct json_value *caps, *arches, *kernel;
	bool applies = true;

	if (!filter)
		return true;
	want(r, filter, JSON_OBJECT, "an object");
	want_keys(r, filter, keys);
	caps = get_array(r, filter, "caps");
	arches = get_array(r, filter, "arches");
	kernel = get(filter, "minKernel");
	if (caps && caps->child)
		applies &= match_caps(r, caps, !include) == include;
	if (arches && arches->child)
		applies &= match_arches(r, arches) == include;
	if (kernel)
		applies &= match_kernel(r, kernel) == include;
	return applies;
}

static void read_condition(struct reader *r, const struct json_value *object,
			   struct condition *condition)
{
	static const char *const keys[] = { "index", "value", "valueTwo", "op", "comment", NULL };
	const struct json_value *index, *value, *value_two, *op;

	want(r, object, JSON_OBJECT, "an object");
	want_keys(r, object, keys);
	index = get(object, "index");
	value = get(object, "value");
	value_two = get(object, "valueTwo");
	op = get(object, "op");
	if (!index || !value || !op)
		fail_here(r, object, "args: %s is missing", !index ? "index" : !value ? "value" : "op");
	want_string(r, op);
	if (!op_find(op->text, &condition->op))
		fail_here(r, op, "op: unknown operator \"%s\"", op->text);
	condition->index = (unsigned)read_uint(r, index, MAX_CONDITIONS - 1);
	condition->value = read_uint(r, value, UINT64_MAX);
	condition->value_two = value_two ? read_uint(r, value_two, UINT64_MAX) : 0;
	if (condition->op == SCMP_CMP_MASKED_EQ && (condition->value_two & ~condition->value))
		fail_here(r, value_two, "valueTwo: has bits outside the mask, so it never matches");
}

/*
 * All conditions of a row must hold. Only where two of them look at the same
 * argument, OCI runtimes take each one for a rule of its own: so it is here.
 */
static void read_conditions(struct reader *r, const struct json_value *args, struct row *row)
{
	unsigned seen = 0;

	for (const struct json_value *v = args ? args->child : NULL; v; v = v->next) {
		struct condition *condition;

		row->conditions = fail_realloc(row->conditions, row->n_conditions + 1,
					       sizeof(*row->conditions));
		condition = &row->conditions[row->n_conditions++];
		read_condition(r, v, condition);
		row->alternatives |= (seen >> condition->index & 1) != 0;
		seen |= 1U << condition->index;
	}
}

static void add_rule(struct reader *r, const struct row *row, const struct json_value *name,
		     const struct condition *conditions, unsigned n_conditions)
{
	struct profile *p = r->profile;
	struct rule *rule;

	if (p->n_rules == r->room) {
		r->room = r->room ? 2 * r->room : 512;
		p->rules = fail_realloc(p->rules, r->room, sizeof(*p->rules));
	}
	rule = &p->rules[p->n_rules++];
	*rule = (struct rule){
		.name = name->text, .action = row->action, .line = name->line,
		.column = name->column, .applies = row->applies, .n_conditions = n_conditions,
	};
	if (n_conditions)
		memcpy(rule->conditions, conditions, n_conditions * sizeof(*conditions));
}

static void add_rules(struct reader *r, const struct row *row, const struct json_value *name)
{
	want_string(r, name);
	if (!*name->text)
		fail_here(r, name, "names: empty");
	if (!row->alternatives) {
		add_rule(r, row, name, row->conditions, row->n_conditions);
		return;
	}
	for (unsigned i = 0; i < row->n_conditions; i++)
		add_rule(r, row, name, &row->conditions[i], 1);
}

static void read_row(struct reader *r, const struct json_value *object)
{
	static const char *const keys[] = {
		"names", "name", "action", "errnoRet", "errno", "args", "includes", "excludes",
		"comment", NULL,
	};
	const struct json_value *names, *name, *action;
	struct row row = { 0 };

	want(r, object, JSON_OBJECT, "an object");
	want_keys(r, object, keys);
	names = get_array(r, object, "names");
	name = get(object, "name");
	action = get(object, "action");
	if (!action || !names == !name)
		fail_here(r, object, "syscalls: %s", !action ? "action is missing" :
			  names ? "both name and names" : "names is missing");
	row.action = read_action(r, object, action, "errnoRet", "errno");
	row.applies = match_filter(r, get(object, "includes"), true);
	/* Checked even where the row is out already. */
	if (!match_filter(r, get(object, "excludes"), false))
		row.applies = false;
	read_conditions(r, get_array(r, object, "args"), &row);
	if (name)
		add_rules(r, &row, name);
	for (const struct json_value *v = names ? names->child : NULL; v; v = v->next)
		add_rules(r, &row, v);
	free(row.conditions);
}

static void add_arch(struct reader *r, const struct json_value *value)
{
	struct profile *p = r->profile;
	const struct arch *arch;

	want_string(r, value);
	arch = arch_find(value->text);
	if (!arch || strcmp(arch->scmp, value->text))
		fail_here(r, value, "%s: unknown architecture \"%s\"",
			  value->key ? value->key : "element", value->text);
	/* Only what the target's kernel can run can reach the filter. */
	if (arch->family != r->target->arch->family)
		return;
	for (size_t i = 0; i < p->n_arches; i++)
		if (p->arches[i] == arch)
			return;
	if (p->n_arches == MAX_ARCHES)
		fail_here(r, value, "more than %d architectures", MAX_ARCHES);
	p->arches[p->n_arches++] = arch;
}

static void read_arch_map(struct reader *r, const struct json_value *map)
{
	static const char *const keys[] = { "architecture", "subArchitectures", NULL };

	for (const struct json_value *entry = map->child; entry; entry = entry->next) {
		const struct json_value *arch, *subs;

		want(r, entry, JSON_OBJECT, "an object");
		want_keys(r, entry, keys);
		arch = get(entry, "architecture");
		subs = get_array(r, entry, "subArchitectures");
		if (!arch)
			fail_here(r, entry, "archMap: architecture is missing");
		want_string(r, arch);
		if (arch_find(arch->text) != r->target->arch)
			continue;
		for (const struct json_value *v = subs ? subs->child : NULL; v; v = v->next)
			add_arch(r, v);
	}
}

void profile_read(struct profile *profile, const char *file, char *text, size_t length,
		  const struct target *target)
{
	static const char *const keys[] = {
		"defaultAction", "defaultErrnoRet", "defaultErrno", "architectures", "archMap",
		"syscalls", "comment", "flags", "listenerPath", "listenerMetadata", NULL,
	};
	struct reader r = { .profile = profile, .target = target, .file = file };
	const struct json_value *action, *list, *map, *flags;
	struct json_error error;
	struct json_value *root = json_parse(text, length, &error);

	if (!root)
		fail("%s:%u:%u: not JSON: %s", file, error.line, error.column, error.reason);
	*profile = (struct profile){ .file = file, .arches = { target->arch }, .n_arches = 1 };
	want(&r, root, JSON_OBJECT, "an object");
	want_keys(&r, root, keys);
	action = get(root, "defaultAction");
	if (!action)
		fail_here(&r, root, "defaultAction is missing");
	profile->default_action = read_action(&r, root, action, "defaultErrnoRet", "defaultErrno");
	list = get_array(&r, root, "architectures");
	map = get_array(&r, root, "archMap");
	if (list && list->child && map && map->child)
		fail_here(&r, map, "archMap: architectures is given, too");
	for (const struct json_value *v = list ? list->child : NULL; v; v = v->next)
		add_arch(&r, v);
	if (map)
		read_arch_map(&r, map);
	flags = get_array(&r, root, "flags");
	if (flags && flags->child)
		fail_note("%s:%u:%u: flags: no part of the program, the loader must set them",
			  file, flags->line, flags->column);
	list = get_array(&r, root, "syscalls");
	for (const struct json_value *v = list ? list->child : NULL; v; v = v->next)
		read_row(&r, v);
	json_free(root);
}

void profile_free(struct profile *profile)
{
	free(profile->rules);
	*profile = (struct profile){ 0 };
}
