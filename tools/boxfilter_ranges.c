// SPDX-License-Identifier: MIT
#include "boxfilter_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"

static const struct program *find_exceptions(const struct compiler *c, const struct entry *entry)
{
	for (size_t i = 0; i < c->n_exceptions; i++)
		if (c->exceptions[i].action == entry->always->action)
			return c->exceptions[i].program;
	return c->base;
}

/* Whether the default refuses, so that it may as well say that there is no such call. */
static bool default_denies(const struct profile *p)
{
	uint32_t action = p->default_action & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_KILL_THREAD ||
	       action == SECCOMP_RET_KILL_PROCESS;
}

/*
 * ENOSYS lets a program fall back to older calls; EPERM makes it give up. So
 * what the profile can't have known gets it, and clone3, whose flags no filter
 * can see, unless the profile has a rule for it.
 */
static bool answers_enosys(const struct compiler *c, uint32_t nr)
{
	bool exists;

	if (!default_denies(c->profile) || rules_find(c, nr))
		return false;
	if (nr > c->newest && !syscall_is_private(c->arch, nr))
		return true;
	return !syscall_name(c->arch, nr) || nr == syscall_number(c->arch, "clone3", &exists);
}

static void decide(const struct compiler *c, struct range *range)
{
	const struct entry *entry = rules_find(c, range->first);

	range->program = NULL;
	if (answers_enosys(c, range->first)) {
		range->ret = SECCOMP_RET_ERRNO | ENOSYS;
		return;
	}
	if (entry && entry->newer) {
		range->ret = entry->always->action;
		return;
	}
	range->program = entry && entry->always && entry->n_conditional ?
		find_exceptions(c, entry) : c->base;
	if (run_prefix(range->program, c->arch->audit, range->first, &range->ret, &range->pc))
		range->program = NULL;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

struct numbers {
	uint32_t *list;
	size_t n, room;
};

static void add_number(struct numbers *numbers, uint64_t number)
{
	if (number > UINT32_MAX)
		return;
	if (numbers->n == numbers->room) {
		numbers->room = numbers->room ? 2 * numbers->room : 4096;
		numbers->list = fail_realloc(numbers->list, numbers->room, sizeof(*numbers->list));
	}
	numbers->list[numbers->n++] = (uint32_t)number;
}

/*
 * Where something may change: around each value that a program compares with,
 * and around each known syscall.
 */
static void add_borders(struct numbers *borders, const struct compiler *c)
{
	/* Numbers of 32-bit ARM's own calls are far from the others. */
	static const struct {
		uint32_t offset, count;
	} spans[] = { { 0, 1024 }, { 0xf0000, 16 } };

	for (size_t i = 0; i < c->n_exceptions + 1; i++) {
		const struct program *p = i ? c->exceptions[i - 1].program : c->base;

		for (size_t pc = 0; pc < p->length; pc++) {
			if (BPF_CLASS(p->code[pc].code) != BPF_JMP)
				continue;
			add_number(borders, p->code[pc].k);
			add_number(borders, p->code[pc].k + 1ULL);
		}
	}
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		for (uint32_t n = 0; n < spans[i].count; n++) {
			uint32_t nr = c->arch->base + spans[i].offset + n;

			if (!syscall_name(c->arch, nr) && !rules_find(c, nr))
				continue;
			add_number(borders, nr);
			add_number(borders, nr + 1ULL);
		}
	}
	add_number(borders, c->arch->base);
	add_number(borders, (uint64_t)(c->newest + 1));
}

static bool same_verdict(const struct range *a, const struct range *b)
{
	return a->program == b->program &&
	       (a->program ? a->pc == b->pc : a->ret == b->ret);
}

/*
 * The kernel runs a new filter once for each number that it has, so that what is
 * unused counts a little, too.
 */
static unsigned weigh(const struct compiler *c, uint32_t first, uint64_t end)
{
	const char *name = syscall_name(c->arch, first);

	return name ? weight_find(name) : end - first < 16 ? (unsigned)(end - first) : 16;
}

/* The architecture that a number belongs to: x32 shares its kernel entry with x86_64. */
static const struct compiler *owner(const struct compiler *c, size_t n, uint32_t nr)
{
	const struct compiler *best = c;

	for (size_t i = 1; i < n; i++)
		if (c[i].arch->audit == c->arch->audit && nr >= c[i].arch->base &&
		    c[i].arch->base > best->arch->base)
			best = &c[i];
	return best;
}

/* c[0] and those behind it with the same seccomp_data.arch */
static void make_ranges(const struct compiler *c, size_t n, struct arch_ranges *out)
{
	struct numbers borders = { 0 };

	add_number(&borders, 0);
	for (size_t i = 0; i < n; i++)
		if (c[i].arch->audit == c->arch->audit)
			add_borders(&borders, &c[i]);
	qsort(borders.list, borders.n, sizeof(*borders.list), compare_numbers);
	out->audit = c->arch->audit;
	out->ranges = fail_realloc(NULL, borders.n, sizeof(*out->ranges));
	out->n_ranges = 0;
	for (size_t i = 0; i < borders.n; i++) {
		uint64_t end = i + 1 < borders.n ? borders.list[i + 1] : 1ULL << 32;
		struct range *last = out->n_ranges ? &out->ranges[out->n_ranges - 1] : NULL;
		struct range range = { .first = borders.list[i] };
		const struct compiler *mine;

		if (end == range.first)
			continue;
		mine = owner(c, n, range.first);
		decide(mine, &range);
		range.weight = weigh(mine, range.first, end);
		if (last && same_verdict(last, &range))
			last->weight += range.weight;
		else
			out->ranges[out->n_ranges++] = range;
	}
	free(borders.list);
}

static void note_unknown(const struct profile *p, bool strict)
{
	char *list = NULL;

	for (size_t i = 0; i < p->n_rules; i++) {
		const char *name = p->rules[i].name;
		bool exists, seen = false;

		for (size_t j = 0; j < i && !seen; j++)
			seen = !strcmp(p->rules[j].name, name);
		syscall_number(p->arches[0], name, &exists);
		if (seen || exists)
			continue;
		list = list ? fail_text("%s %s", list, name) : fail_text("%s", name);
	}
	if (list && strict)
		fail("%s: unknown syscalls: %s", p->file, list);
	if (list)
		fail_note("%s: unknown syscalls, left out: %s", p->file, list);
	free(list);
}

void rules_compile(const struct profile *profile, bool strict, struct verdicts *verdicts)
{
	struct compiler compilers[MAX_ARCHES];

	/* What the running kernel has must not matter: 6 is all that libseccomp knows. */
	if (seccomp_api_set(6))
		fail("libseccomp: API level 6 is missing");
	note_unknown(profile, strict);
	*verdicts = (struct verdicts){ .foreign = SECCOMP_RET_KILL_PROCESS };
	for (size_t i = 0; i < profile->n_arches; i++) {
		compilers[i] = (struct compiler){
			.profile = profile, .arch = profile->arches[i], .strict = strict,
			.verdicts = verdicts,
		};
		rules_compile_arch(&compilers[i]);
	}
	for (size_t i = 0; i < profile->n_arches; i++) {
		bool done = false;

		for (size_t j = 0; j < i; j++)
			done |= compilers[j].arch->audit == compilers[i].arch->audit;
		if (!done)
			make_ranges(&compilers[i], profile->n_arches - i,
				    &verdicts->arches[verdicts->n_arches++]);
	}
	alarm(0);
	for (size_t i = 0; i < profile->n_arches; i++)
		free(compilers[i].entries);
}

void rules_free(struct verdicts *verdicts)
{
	for (size_t i = 0; i < verdicts->n_arches; i++)
		free(verdicts->arches[i].ranges);
	for (size_t i = 0; i < verdicts->n_programs; i++) {
		free(verdicts->programs[i]->code);
		free(verdicts->programs[i]);
	}
	*verdicts = (struct verdicts){ 0 };
}
