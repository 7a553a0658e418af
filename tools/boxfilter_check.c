// SPDX-License-Identifier: MIT
/*
 * A filter that is wrong fails open without a sound. So each one is run, before
 * it is written, against what the profile's rules say; neither libseccomp nor
 * the shape of the program is trusted.
 */
#include "boxfilter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

#define MAX_VALUES 512
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
	uint64_t value = c->value & mask;

	switch (c->op) {
	case SCMP_CMP_NE:
		return argument != value;
	case SCMP_CMP_LT:
		return argument < value;
	case SCMP_CMP_LE:
		return argument <= value;
	case SCMP_CMP_EQ:
		return argument == value;
	case SCMP_CMP_GE:
		return argument >= value;
	case SCMP_CMP_GT:
		return argument > value;
	case SCMP_CMP_MASKED_EQ:
		return (argument & value) == (c->value_two & mask);
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
			return SECCOMP_RET_ERRNO | ENOSYS;
		return action;
	default:
		/* libseccomp closes x32 in an x86_64 filter by itself. */
		if (c->arch->token == SCMP_ARCH_X86_64 && nr >= 0x40000000 && nr != UINT32_MAX)
			return SECCOMP_RET_KILL_PROCESS;
		return action;
	}
}

/*
 * Whether the rules allow this outcome: a rule whose conditions hold decides;
 * else the rule without conditions; else the default. Profiles do not say which
 * of several rules whose conditions hold comes first, so any of them may.
 */
static bool is_expected(const struct checker *c, const struct seccomp_data *data, uint32_t action)
{
	const struct rule *always = NULL;
	uint32_t otherwise = c->profile->default_action;
	bool held = false;

	for (size_t i = 0; i < c->n_rules && !always; i++)
		if (!c->rules[i]->n_conditions)
			always = c->rules[i];
	if (always)
		otherwise = always->action;
	else if (!c->n_rules)
		otherwise = expect_default(c, (uint32_t)data->nr);
	for (size_t i = 0; i < c->n_rules; i++) {
		const struct rule *rule = c->rules[i];

		if (!rule->n_conditions || rule->action == otherwise || !rule_holds(c, rule, data))
			continue;
		if (rule->action == action)
			return true;
		held = true;
	}
	return !held && action == otherwise;
}

static void try_call(const struct checker *c, const struct seccomp_data *data)
{
	uint32_t action = run_program(c->program, data, c->arch->big_endian, NULL);
	const char *name;

	if (is_expected(c, data, action))
		return;
	/*
	 * Seen with conditions that overlap in several arguments: libseccomp 2.5
	 * compares what the test before has loaded.
	 */
	name = syscall_name(c->arch, (uint32_t)data->nr);
	fail("%s: %s (%u on %s): the filter is not what the rules say: with (%#llx, %#llx, %#llx, "
	     "%#llx, %#llx, %#llx) it answers 0x%08x; libseccomp fails where conditions overlap, "
	     "make them simpler",
	     c->profile->file, name ? name : "unused", (unsigned)data->nr, c->arch->name,
	     (unsigned long long)data->args[0], (unsigned long long)data->args[1],
	     (unsigned long long)data->args[2], (unsigned long long)data->args[3],
	     (unsigned long long)data->args[4], (unsigned long long)data->args[5], action);
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
	if (c->arch->is_32bit)
		value &= UINT32_MAX;
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
		try_call(c, &data);
	}
}

/*
 * 32-bit kernel entries that stand for many calls: libseccomp makes the rules
 * for their parts out of those for socket, semop and the like.
 */
static bool is_multiplexer(const struct checker *c, uint32_t nr)
{
	const char *name = syscall_name(c->arch, nr);

	return name && (!strcmp(name, "socketcall") || !strcmp(name, "ipc"));
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
		if (is_mine(c, c->arch->base + n) && !is_multiplexer(c, c->arch->base + n))
			check_number(c, c->arch->base + n);
	for (size_t i = 0; i < c->program->length; i++) {
		for (uint32_t n = 0; n < 3; n++) {
			uint32_t nr = c->program->code[i].k + n - 1;

			if (is_mine(c, nr) && !is_multiplexer(c, nr))
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
