// SPDX-License-Identifier: MIT
/*
 * A filter that is wrong fails open without a sound. So each one is run, before
 * it is written, against what the profile's rules say: nothing that made it is
 * trusted.
 */
#include "boxfilter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

#define MAX_VALUES 4096
#define MAX_RULES 512		/* for one syscall */
#define ROUNDS 500

struct checker {
	const struct profile *profile;
	const struct program *program;
	const struct arch *arch;
	int64_t *numbers;	/* of each rule's syscall on arch */
	int64_t newest;
	int64_t clone3;
	/* The rules of the syscall that is looked at. */
	const struct rule *rules[MAX_RULES];
	size_t n_rules;
	/* Arguments worth trying. */
	uint64_t values[MAX_VALUES];
	size_t n_values;
	uint64_t random;
};

static bool condition_holds(const struct condition *c, uint64_t argument, bool is_32bit)
{
	uint64_t mask = is_32bit ? UINT32_MAX : UINT64_MAX;

	/* Of a 32-bit argument nobody looks at the rest; a value that is compared for order may be beyond it. */
	argument &= mask;
	switch (c->op) {
	case SCMP_CMP_NE:
		return argument != (c->value & mask);
	case SCMP_CMP_LT:
		return argument < c->value;
	case SCMP_CMP_LE:
		return argument <= c->value;
	case SCMP_CMP_EQ:
		return argument == (c->value & mask);
	case SCMP_CMP_GE:
		return argument >= c->value;
	case SCMP_CMP_GT:
		return argument > c->value;
	case SCMP_CMP_MASKED_EQ:
		return (argument & c->value) == (c->value_two & mask);
	default:
		fail("internal error: operator %d", c->op);
	}
}

static bool rule_holds(const struct checker *c, const struct rule *rule, const struct seccomp_data *data)
{
	for (unsigned i = 0; i < rule->n_conditions; i++)
		if (!condition_holds(&rule->conditions[i], data->args[rule->conditions[i].index],
				     c->arch->is_32bit))
			return false;
	return true;
}

/* What a syscall that no rule applies to returns. */
static uint32_t expect_default(const struct checker *c, uint32_t nr)
{
	uint32_t action = c->profile->default_action;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_KILL_PROCESS:
		if ((nr > c->newest && !syscall_is_private(c->arch, nr)) || nr == c->clone3 ||
		    !syscall_name(c->arch, nr))
			return SECCOMP_RET_ERRNO | c->arch->enosys;
		return action;
	default:
		/* x32's door is closed where the profile does not open it. */
		if (c->arch->token == SCMP_ARCH_X86_64 && nr >= 0x40000000 && nr != UINT32_MAX)
			return SECCOMP_RET_KILL_PROCESS;
		return action;
	}
}

/* The first rule whose conditions hold decides; else the first without; else the default. */
static uint32_t expect(const struct checker *c, const struct seccomp_data *data)
{
	const struct rule *always = NULL;

	for (size_t i = 0; i < c->n_rules; i++) {
		const struct rule *rule = c->rules[i];

		if (rule->n_conditions && rule_holds(c, rule, data))
			return rule->action;
		if (!rule->n_conditions && !always)
			always = rule;
	}
	if (always)
		return always->action;
	return c->n_rules ? c->profile->default_action : expect_default(c, (uint32_t)data->nr);
}

static void try_call(const struct checker *c, const struct seccomp_data *data)
{
	uint32_t action = run_program(c->program, data, c->arch->big_endian, NULL), wanted = expect(c, data);
	const char *name = syscall_name(c->arch, (uint32_t)data->nr);

	if (action == wanted)
		return;
	fail("%s: internal error: %s (%u on %s) answers 0x%08x instead of 0x%08x with (%#llx, %#llx, %#llx, "
	     "%#llx, %#llx, %#llx)",
	     c->profile->file, name ? name : "unused", (unsigned)data->nr, c->arch->name, action, wanted,
	     (unsigned long long)data->args[0], (unsigned long long)data->args[1],
	     (unsigned long long)data->args[2], (unsigned long long)data->args[3],
	     (unsigned long long)data->args[4], (unsigned long long)data->args[5]);
}

static uint64_t next_random(struct checker *c)
{
	/* xorshift64: the same numbers in every run */
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return c->random;
}

static void add_value(struct checker *c, uint64_t value)
{
	if (c->n_values < MAX_VALUES)
		c->values[c->n_values++] = value;
}

static void add_values(struct checker *c, const struct condition *condition)
{
	uint64_t value = condition->op == SCMP_CMP_MASKED_EQ ? condition->value_two : condition->value;

	add_value(c, value);
	add_value(c, value - 1);
	add_value(c, value + 1);
	add_value(c, ~value);
	add_value(c, value ^ ~condition->value);
	add_value(c, value ^ 1ULL << 32);
	add_value(c, value ^ 1ULL << 63);
	add_value(c, value << 32);
	if (condition->op == SCMP_CMP_MASKED_EQ)
		for (unsigned bit = 0; bit < 64; bit++)
			if (condition->value >> bit & 1)
				add_value(c, value ^ 1ULL << bit);
}

static void fill_arguments(struct checker *c, struct seccomp_data *data)
{
	for (size_t i = 0; i < 6; i++)
		data->args[i] = c->values[next_random(c) % c->n_values];
}

/* Arguments with which the rule holds or nearly does. */
static void fit_arguments(struct checker *c, const struct rule *rule, struct seccomp_data *data)
{
	for (unsigned i = 0; i < rule->n_conditions; i++) {
		const struct condition *condition = &rule->conditions[i];
		uint64_t random = next_random(c), argument = data->args[condition->index];

		if (condition->op == SCMP_CMP_MASKED_EQ)
			argument = (argument & ~condition->value) | condition->value_two;
		else
			argument = condition->value + random % 3 - 1;
		if (random >> 8 & 1)
			argument ^= 1ULL << (random >> 16) % 64;
		data->args[condition->index] = argument;
	}
}

static void check_number(struct checker *c, uint32_t nr)
{
	struct seccomp_data data = { .nr = (int)nr, .arch = c->arch->audit };
	bool compares = false;

	c->n_rules = 0;
	c->n_values = 0;
	add_value(c, 0);
	add_value(c, UINT64_MAX);
	add_value(c, next_random(c));
	for (size_t i = 0; i < c->profile->n_rules; i++) {
		const struct rule *rule = &c->profile->rules[i];

		if (c->numbers[i] != nr || !rule->applies)
			continue;
		if (c->n_rules == MAX_RULES)
			fail("%s: %s: more than %d rules", c->profile->file, rule->name, MAX_RULES);
		c->rules[c->n_rules++] = rule;
		for (unsigned j = 0; j < rule->n_conditions; j++)
			add_values(c, &rule->conditions[j]);
		compares |= rule->n_conditions != 0;
	}
	for (size_t i = 0; i < c->n_values; i++) {
		for (size_t index = 0; index < 6; index++) {
			fill_arguments(c, &data);
			data.args[index] = c->values[i];
			try_call(c, &data);
		}
	}
	for (int i = 0; compares && i < ROUNDS; i++) {
		fill_arguments(c, &data);
		fit_arguments(c, c->rules[next_random(c) % c->n_rules], &data);
		try_call(c, &data);
	}
}

/* What a kernel entry that stands for many calls returns for one of them: which is its first argument. */
static uint32_t expect_part(const struct checker *c, const char *multiplexer, const struct seccomp_data *data)
{
	const struct profile *p = c->profile;
	const struct rule *always = NULL;
	struct condition which;
	bool is_ruled = false;

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *rule = &p->rules[i];
		bool allows = rule->action == SECCOMP_RET_ALLOW || rule->action == SECCOMP_RET_LOG;

		if (!rule->applies || !multiplexer_condition(rule->name, multiplexer, &which) ||
		    (rule->n_conditions && allows))
			continue;
		is_ruled = true;
		if (!condition_holds(&which, data->args[0], c->arch->is_32bit))
			continue;
		/* The arguments are out of sight, so it refuses whatever they are. */
		if (rule->n_conditions)
			return rule->action;
		if (!always)
			always = rule;
	}
	if (always)
		return always->action;
	return is_ruled ? p->default_action : expect_default(c, (uint32_t)data->nr);
}

/* Returns false for what is no such entry, or has rules of its own. */
static bool check_multiplexer(struct checker *c, uint32_t nr)
{
	struct seccomp_data data = { .nr = (int)nr, .arch = c->arch->audit };
	const char *name = syscall_name(c->arch, nr);

	if (!name || (strcmp(name, "socketcall") && strcmp(name, "ipc")))
		return false;
	for (size_t i = 0; i < c->profile->n_rules; i++)
		if (c->profile->rules[i].applies && c->numbers[i] == nr)
			return false;
	for (unsigned i = 0; i < 64 * 3; i++) {
		data.args[0] = i % 64 + (i / 64 ? 1ULL << 16 * i / 64 : 0);
		if (run_program(c->program, &data, c->arch->big_endian, NULL) != expect_part(c, name, &data))
			fail("%s: internal error: %s %u on %s", c->profile->file, name, i, c->arch->name);
	}
	return true;
}

static bool is_mine(const struct checker *c, uint32_t nr)
{
	const struct arch *mine = NULL;

	for (size_t i = 0; i < c->profile->n_arches; i++) {
		const struct arch *arch = c->profile->arches[i];

		if (arch->audit == c->arch->audit && nr >= arch->base &&
		    (!mine || arch->base > mine->base))
			mine = arch;
	}
	/* Below the first number of MIPS there is nothing, whoever is asked. */
	return !mine || mine == c->arch;
}

static void check_arch(struct checker *c)
{
	const struct profile *p = c->profile;
	bool exists;

	c->numbers = fail_realloc(NULL, p->n_rules, sizeof(*c->numbers));
	c->clone3 = syscall_number(c->arch, "clone3", &exists);
	c->newest = syscall_number(c->arch, "pidfd_send_signal", &exists) - 1;
	for (size_t i = 0; i < p->n_rules; i++) {
		c->numbers[i] = syscall_number(c->arch, p->rules[i].name, &exists);
		if (c->numbers[i] > c->newest && !syscall_is_private(c->arch, c->numbers[i]))
			c->newest = c->numbers[i];
	}
	for (uint32_t n = 0; n < 1024; n++)
		if (is_mine(c, c->arch->base + n) && !check_multiplexer(c, c->arch->base + n))
			check_number(c, c->arch->base + n);
	for (size_t i = 0; i < c->program->length; i++) {
		for (uint32_t n = 0; n < 3; n++) {
			uint32_t nr = c->program->code[i].k + n - 1;

			if (is_mine(c, nr) && !check_multiplexer(c, nr))
				check_number(c, nr);
		}
	}
	free(c->numbers);
}

void check_program(const struct profile *profile, const struct program *program)
{
	static const uint32_t foreign[] = { 0, UINT32_MAX, 0x12345678 };
	struct checker c = { .profile = profile, .program = program, .random = 88172645463325252ULL };
	struct seccomp_data data = { 0 };

	for (size_t i = 0; i < profile->n_arches; i++) {
		c.arch = profile->arches[i];
		check_arch(&c);
	}
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		data.arch = foreign[i];
		if (run_program(program, &data, false, NULL) != SECCOMP_RET_KILL_PROCESS)
			fail("%s: internal error: architecture 0x%x is not closed", profile->file,
			     data.arch);
	}
}
