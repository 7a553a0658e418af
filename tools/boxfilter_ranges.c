// SPDX-License-Identifier: MIT
#include "boxfilter_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

#define WEIGHT_ARGUMENTS 20	/* at least, where arguments are looked at */
#define X32_BIT 0x40000000	/* __X32_SYSCALL_BIT, arch/x86/include/uapi/asm/unistd.h */

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

/* x32's numbers are in the way of a filter that knows x86_64 alone. */
static bool is_closed_x32(const struct compiler *c, uint32_t nr)
{
	return c->arch->token == SCMP_ARCH_X86_64 && nr >= X32_BIT && nr != UINT32_MAX;
}

static void decide(const struct compiler *c, struct range *range)
{
	const struct call *call = rules_find(c, range->first);

	range->call = call && call->n_rules ? call : NULL;
	if (call)
		range->ret = call->otherwise;
	else if (answers_enosys(c, range->first))
		range->ret = SECCOMP_RET_ERRNO | c->arch->enosys;
	else
		range->ret = is_closed_x32(c, range->first) ? SECCOMP_RET_KILL_PROCESS : c->profile->default_action;
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

/* Where something may change: around each known syscall. */
static void add_borders(struct numbers *borders, const struct compiler *c)
{
	/* Numbers of 32-bit ARM's own calls are far from the others. */
	static const struct {
		uint32_t offset, count;
	} spans[] = { { 0, 1024 }, { 0xf0000, 16 } };

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
	if (c->arch->token == SCMP_ARCH_X86_64) {
		add_number(borders, X32_BIT);
		add_number(borders, UINT32_MAX);
	}
}

static bool same_verdict(const struct range *a, const struct range *b)
{
	return a->call == b->call && (a->call || a->ret == b->ret);
}

/*
 * Since Linux 5.11 a syscall that is always allowed costs no run of the filter at
 * all, so those whose arguments are looked at count most. The kernel runs a new
 * filter once for each number that it has: what is unused counts a little, too.
 */
static unsigned weigh(const struct compiler *c, const struct range *range, uint64_t end)
{
	const char *name = syscall_name(c->arch, range->first);
	unsigned weight = name ? weight_find(name) : end - range->first < 16 ? (unsigned)(end - range->first) : 16;

	return range->call && weight < WEIGHT_ARGUMENTS ? WEIGHT_ARGUMENTS : weight;
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
		range.weight = weigh(mine, &range, end);
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
	else if (list)
		fail_note("%s: unknown syscalls, left out: %s", p->file, list);
	free(list);
}

void rules_compile(const struct profile *profile, bool strict, struct verdicts *verdicts)
{
	struct compiler *c = fail_realloc(NULL, profile->n_arches, sizeof(*c));

	note_unknown(profile, strict);
	*verdicts = (struct verdicts){
		.foreign = SECCOMP_RET_KILL_PROCESS, .compilers = c, .n_compilers = profile->n_arches,
	};
	for (size_t i = 0; i < profile->n_arches; i++) {
		c[i] = (struct compiler){ .profile = profile, .arch = profile->arches[i], .strict = strict };
		rules_collect(&c[i]);
	}
	for (size_t i = 0; i < profile->n_arches; i++) {
		bool done = false;

		for (size_t j = 0; j < i; j++)
			done |= c[j].arch->audit == c[i].arch->audit;
		if (!done)
			make_ranges(&c[i], profile->n_arches - i, &verdicts->arches[verdicts->n_arches++]);
	}
}

void rules_free(struct verdicts *verdicts)
{
	for (size_t i = 0; i < verdicts->n_arches; i++)
		free(verdicts->arches[i].ranges);
	for (size_t i = 0; i < verdicts->n_compilers; i++)
		rules_drop(&verdicts->compilers[i]);
	free(verdicts->compilers);
	*verdicts = (struct verdicts){ 0 };
}
