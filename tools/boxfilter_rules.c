// SPDX-License-Identifier: MIT
#include "boxfilter_rules.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

const struct call *rules_find(const struct compiler *c, int64_t nr)
{
	for (size_t i = 0; i < c->n_calls; i++)
		if (c->calls[i].nr == nr)
			return &c->calls[i];
	return NULL;
}

/* Something in the profile that has no effect: nobody meant that. */
static void complain(const struct compiler *c, const struct rule *rule, const char *reason)
{
	char *line;

	/* Once is enough, and the target's own architecture comes first. */
	if (c->arch != c->profile->arches[0])
		return;
	line = fail_text("%s:%u:%u: %s: %s", c->profile->file, rule->line, rule->column, rule->name, reason);
	if (c->strict)
		fail("%s", line);
	fail_note("%s", line);
	free(line);
}

static struct call *find_or_add(struct compiler *c, const char *name, int64_t nr)
{
	for (size_t i = 0; i < c->n_calls; i++)
		if (!strcmp(c->calls[i].name, name))
			return &c->calls[i];
	c->calls = fail_grow(c->calls, c->n_calls, sizeof(*c->calls));
	c->calls[c->n_calls] = (struct call){
		.arch = c->arch, .name = name, .nr = nr, .otherwise = c->profile->default_action,
	};
	return &c->calls[c->n_calls++];
}

static bool same_conditions(const struct rule *a, const struct rule *b)
{
	if (a->n_conditions != b->n_conditions)
		return false;
	for (unsigned i = 0; i < a->n_conditions; i++) {
		const struct condition *x = &a->conditions[i], *y = &b->conditions[i];

		if (x->index != y->index || x->op != y->op || x->value != y->value || x->value_two != y->value_two)
			return false;
	}
	return true;
}

/* The rule among those with conditions, or the one without, that it repeats or contradicts; or NULL. */
static const struct rule *find_twin(const struct call *call, const struct rule *rule)
{
	if (!rule->n_conditions)
		return call->always;
	for (size_t i = 0; i < call->n_rules; i++)
		if (same_conditions(&call->rules[i], rule))
			return &call->rules[i];
	return NULL;
}

static void add_rule(const struct compiler *c, struct call *call, const struct rule *rule)
{
	const struct rule *twin = find_twin(call, rule);

	if (twin) {
		if (twin->action != rule->action)
			complain(c, rule, "contradicts an earlier row, which counts");
	} else if (rule->n_conditions) {
		call->rules = fail_grow(call->rules, call->n_rules, sizeof(*call->rules));
		call->rules[call->n_rules++] = *rule;
	} else {
		call->always = rule;
		call->otherwise = rule->action;
	}
}

/*
 * socketcall and ipc stand for many calls where an architecture has them: the
 * kernel is told which one by the first argument, and all others are out of a
 * filter's sight. Where the profile has no rule for them themselves, they follow
 * the rules for what they stand for. One that looks at arguments only counts if
 * it refuses: it then refuses whatever the arguments are.
 */
static void add_multiplexed(struct compiler *c, const char *multiplexer, const struct rule *rule)
{
	struct condition which;
	struct rule copy = *rule;
	struct call *call;
	bool exists;
	int64_t nr = syscall_number(c->arch, multiplexer, &exists);
	bool allows = rule->action == SECCOMP_RET_ALLOW || rule->action == SECCOMP_RET_LOG;

	if (nr < 0 || !multiplexer_condition(rule->name, multiplexer, &which))
		return;
	if (rule->n_conditions && allows)
		return;
	copy.n_conditions = 1;
	copy.conditions[0] = which;
	call = find_or_add(c, multiplexer, nr);
	if (!find_twin(call, &copy))
		add_rule(c, call, &copy);
}

static void collect_multiplexed(struct compiler *c, const char *multiplexer)
{
	const struct profile *p = c->profile;

	for (size_t i = 0; i < c->n_calls; i++)
		if (!strcmp(c->calls[i].name, multiplexer))
			return;
	/* Those with conditions first, as they come first in a call of its own. */
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].applies && p->rules[i].n_conditions)
			add_multiplexed(c, multiplexer, &p->rules[i]);
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].applies && !p->rules[i].n_conditions)
			add_multiplexed(c, multiplexer, &p->rules[i]);
}

void rules_collect(struct compiler *c)
{
	const struct profile *p = c->profile;
	bool exists;

	/* Up to Linux 5.0 each architecture counted as it liked; that is no news. */
	c->newest = syscall_number(c->arch, "pidfd_send_signal", &exists) - 1;
	for (size_t i = 0; i < p->n_rules; i++) {
		int64_t nr = syscall_number(c->arch, p->rules[i].name, &exists);

		if (!exists)
			continue;
		if (nr > c->newest && !syscall_is_private(c->arch, nr))
			c->newest = nr;
		if (p->rules[i].applies)
			add_rule(c, find_or_add(c, p->rules[i].name, nr), &p->rules[i]);
	}
	for (size_t i = 0; i < c->n_calls; i++) {
		const struct call *call = &c->calls[i];

		for (size_t n = call->n_rules; !call->always && n-- > 0 && call->rules[n].action == call->otherwise;)
			complain(c, &call->rules[n], "no effect: the row says what the default says");
	}
	collect_multiplexed(c, "socketcall");
	collect_multiplexed(c, "ipc");
}

void rules_drop(struct compiler *c)
{
	for (size_t i = 0; i < c->n_calls; i++)
		free(c->calls[i].rules);
	free(c->calls);
}
