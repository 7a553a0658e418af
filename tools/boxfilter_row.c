// SPDX-License-Identifier: MIT
#include "boxfilter_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What one row says, before it is spread over its names. */
struct row {
	const struct json_value *names;
	uint32_t action;
	bool applies;
	bool alternatives;	/* each condition is a rule of its own */
	unsigned n_conditions;
	struct condition *conditions;
};

/* Whether all (or, with any, at least one) of the listed capabilities are kept. */
static bool match_caps(struct reader *r, const struct json_value *list, bool any)
{
	bool all_match = true, any_match = false;

	for (const struct json_value *v = list->child; v; v = v->next) {
		int cap;

		reader_want(r, v, JSON_STRING);
		cap = cap_find(v->text);
		if (cap < 0)
			reader_fail(r, v, "caps: unknown capability \"%s\"", v->text);
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
		reader_want(r, v, JSON_STRING);
		match |= arch_find(v->text) == r->target->arch;
	}
	return match;
}

static bool match_kernel(struct reader *r, const struct json_value *value)
{
	char *end;
	unsigned long major, minor = 0;

	reader_want(r, value, JSON_STRING);
	errno = 0;
	major = strtoul(value->text, &end, 10);
	if (end != value->text && *end == '.' && end[1] >= '0' && end[1] <= '9')
		minor = strtoul(end + 1, &end, 10);
	else
		end = NULL;
	if (errno || !end || *end || value->text[0] < '0' || value->text[0] > '9' ||
	    major > 0xffff || minor > 0xffff)
		reader_fail(r, value, "minKernel: \"%s\" is not a version such as 4.8", value->text);
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
	reader_want(r, filter, JSON_OBJECT);
	reader_want_keys(r, filter, keys);
	caps = reader_get_array(r, filter, "caps");
	arches = reader_get_array(r, filter, "arches");
	kernel = reader_get(filter, "minKernel");
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

	reader_want(r, object, JSON_OBJECT);
	reader_want_keys(r, object, keys);
	index = reader_get(object, "index");
	value = reader_get(object, "value");
	value_two = reader_get(object, "valueTwo");
	op = reader_get(object, "op");
	if (!index || !value || !op)
		reader_fail(r, object, "args: %s is missing", !index ? "index" : !value ? "value" : "op");
	reader_want(r, op, JSON_STRING);
	if (!op_find(op->text, &condition->op))
		reader_fail(r, op, "op: unknown operator \"%s\"", op->text);
	condition->index = (unsigned)reader_uint(r, index, MAX_CONDITIONS - 1);
	condition->value = reader_uint(r, value, UINT64_MAX);
	condition->value_two = value_two ? reader_uint(r, value_two, UINT64_MAX) : 0;
	if (condition->op == SCMP_CMP_MASKED_EQ && (condition->value_two & ~condition->value))
		reader_fail(r, value_two, "valueTwo: has bits outside the mask, so it never matches");
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
	reader_want(r, name, JSON_STRING);
	if (!*name->text)
		reader_fail(r, name, "names: empty");
	if (!row->alternatives) {
		add_rule(r, row, name, row->conditions, row->n_conditions);
		return;
	}
	for (unsigned i = 0; i < row->n_conditions; i++)
		add_rule(r, row, name, &row->conditions[i], 1);
}

void reader_row(struct reader *r, const struct json_value *object)
{
	static const char *const keys[] = {
		"names", "name", "action", "errnoRet", "errno", "args", "includes", "excludes",
		"comment", NULL,
	};
	const struct json_value *names, *name, *action;
	struct row row = { 0 };

	reader_want(r, object, JSON_OBJECT);
	reader_want_keys(r, object, keys);
	names = reader_get_array(r, object, "names");
	name = reader_get(object, "name");
	action = reader_get(object, "action");
	if (!action || !names == !name)
		reader_fail(r, object, "syscalls: %s", !action ? "action is missing" :
			  names ? "both name and names" : "names is missing");
	row.action = reader_action(r, object, action, "errnoRet", "errno");
	row.applies = match_filter(r, reader_get(object, "includes"), true);
	/* Checked even where the row is out already. */
	if (!match_filter(r, reader_get(object, "excludes"), false))
		row.applies = false;
	if (row.applies)
		reader_check_notify(r, action, row.action);
	read_conditions(r, reader_get_array(r, object, "args"), &row);
	if (name)
		add_rules(r, &row, name);
	for (const struct json_value *v = names ? names->child : NULL; v; v = v->next)
		add_rules(r, &row, v);
	free(row.conditions);
}
