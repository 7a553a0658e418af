// SPDX-License-Identifier: MIT
#include "boxfilter_rules.h"

#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail.h"

struct entry *rules_find(const struct compiler *c, int64_t nr)
{
	for (size_t i = 0; i < c->n_entries; i++)
		if (c->entries[i].nr == nr)
			return &c->entries[i];
	return NULL;
}

static struct entry *find_name(const struct compiler *c, const char *name)
{
	for (size_t i = 0; i < c->n_entries; i++)
		if (!strcmp(c->entries[i].name, name))
			return &c->entries[i];
	return NULL;
}

/* Something in the profile that has no effect: nobody meant that. */
static void complain(const struct compiler *c, const struct rule *rule, const char *reason)
{
	const char *line;

	/* Once is enough, and the target's own architecture comes first. */
	if (c->arch != c->profile->arches[0])
		return;
	line = fail_text("%s:%u:%u: %s: %s", c->profile->file, rule->line, rule->column,
			 rule->name, reason);
	if (c->strict)
		fail("%s", line);
	fail_note("%s", line);
}

static void collect_entries(struct compiler *c)
{
	const struct profile *p = c->profile;

	c->entries = fail_realloc(NULL, p->n_rules, sizeof(*c->entries));
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *rule = &p->rules[i];
		bool exists;
		int64_t nr = syscall_number(c->arch, rule->name, &exists);
		struct entry *entry;

		if (!exists)
			continue;
		if (nr > c->newest && !syscall_is_private(c->arch, nr))
			c->newest = nr;
		if (!rule->applies)
			continue;
		entry = find_name(c, rule->name);
		if (!entry) {
			entry = &c->entries[c->n_entries++];
			*entry = (struct entry){
				.name = rule->name, .nr = nr, .newer = syscall_is_newer(rule->name),
			};
		}
		if (rule->n_conditions) {
			if (entry->newer)
				fail("%s:%u:%u: %s: newer than libseccomp, which can't compare its arguments",
				     p->file, rule->line, rule->column, rule->name);
			entry->n_conditional++;
		} else if (!entry->always) {
			entry->always = rule;
		} else if (entry->always->action != rule->action) {
			complain(c, rule, "contradicts an earlier row, which counts");
		}
	}
}

/*
 * Overlapping conditions can make libseccomp 2.5 free parts of its tree twice: it
 * then crashes or never ends. Nothing has been written by then.
 */
#define GUARD_SECONDS 10

static char guard_text[512];	/* made before, since a handler can't format */

static void guard_end(int number)
{
	ssize_t written = write(STDERR_FILENO, guard_text, strlen(guard_text));

	(void)number;
	(void)written;
	_exit(1);
}

static void guard(const char *file, const struct rule *rule)
{
	static const int signals[] = { SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGILL };

	snprintf(guard_text, sizeof(guard_text),
		 "boxfilter: %s:%u:%u: %s: libseccomp fails on the rules up to here; make the conditions simpler\n",
		 file, rule->line, rule->column, rule->name);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], guard_end);
	alarm(GUARD_SECONDS);
}

static void must(int result, const char *what)
{
	if (result)
		fail("libseccomp: %s: %s", what, strerror(-result));
}

static scmp_filter_ctx new_context(const struct compiler *c, uint32_t default_action)
{
	scmp_filter_ctx context = seccomp_init(default_action);

	if (!context)
		fail("libseccomp: out of memory");
	if (c->arch->token != seccomp_arch_native()) {
		must(seccomp_arch_remove(context, SCMP_ARCH_NATIVE), "arch_remove");
		must(seccomp_arch_add(context, c->arch->token), c->arch->name);
	}
	/* A program of another architecture is an attempt to get around the filter. */
	must(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "badarch");
	must(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
	return context;
}

static void add_rule(const struct compiler *c, scmp_filter_ctx context, const struct rule *rule)
{
	struct scmp_arg_cmp args[6];
	int result;

	for (unsigned i = 0; i < rule->n_conditions; i++)
		args[i] = (struct scmp_arg_cmp){
			.arg = rule->conditions[i].index,
			.op = rule->conditions[i].op,
			.datum_a = rule->conditions[i].value,
			.datum_b = rule->conditions[i].value_two,
		};
	guard(c->profile->file, rule);
	/* libseccomp takes numbers of the machine it runs on and translates. */
	result = seccomp_rule_add_array(context, rule->action,
					seccomp_syscall_resolve_name(rule->name),
					rule->n_conditions, args);
	if (result)
		fail("%s:%u:%u: %s: libseccomp does not take the rule: %s%s", c->profile->file,
		     rule->line, rule->column, rule->name, strerror(-result),
		     result == -EEXIST ? " (another row has the same conditions and another action)" : "");
}

static bool is_action(const struct profile *p, uint32_t action)
{
	bool found = action == p->default_action || action == SECCOMP_RET_KILL_PROCESS;

	for (size_t i = 0; i < p->n_rules && !found; i++)
		found = action == p->rules[i].action;
	return found;
}

/*
 * libseccomp writes in the target's byte order; only the returns that it copies
 * to where a jump can reach them are turned round twice (gen_bpf.c, 2.5).
 */
static void to_host_order(const struct profile *p, struct program *program)
{
	for (size_t i = 0; i < program->length; i++) {
		struct sock_filter *s = &program->code[i];

		s->code = __builtin_bswap16(s->code);
		if (s->code != (BPF_RET | BPF_K) || !is_action(p, s->k))
			s->k = __builtin_bswap32(s->k);
	}
}

static const struct program *export_program(struct compiler *c, scmp_filter_ctx context)
{
	struct verdicts *v = c->verdicts;
	struct program *program;
	int fd = memfd_create("bpf", MFD_CLOEXEC);
	off_t size;

	if (v->n_programs == MAX_PROGRAMS)
		fail("%s: more than %d different actions beside conditions", c->profile->file, MAX_PROGRAMS);
	if (fd < 0)
		fail("memfd_create: %s", strerror(errno));
	must(seccomp_export_bpf(context, fd), "export");
	size = lseek(fd, 0, SEEK_END);
	program = fail_realloc(NULL, 1, sizeof(*program));
	program->length = (size_t)size / sizeof(*program->code);
	program->code = fail_realloc(NULL, program->length, sizeof(*program->code));
	if (pread(fd, program->code, (size_t)size, 0) != size)
		fail("memfd: short read");
	if (c->arch->big_endian != (BYTE_ORDER == BIG_ENDIAN))
		to_host_order(c->profile, program);
	close(fd);
	seccomp_release(context);
	v->programs[v->n_programs++] = program;
	return program;
}

/* Every syscall by its rule without conditions or, if it has none, by those with. */
static void compile_base(struct compiler *c)
{
	const struct profile *p = c->profile;
	scmp_filter_ctx context = new_context(c, p->default_action);

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *rule = &p->rules[i];
		const struct entry *entry = rule->applies ? find_name(c, rule->name) : NULL;

		if (!entry || entry->newer || (entry->always && entry->always != rule))
			continue;
		if (rule->action != p->default_action)
			add_rule(c, context, rule);
		else if (!entry->always)
			complain(c, rule, "no effect: the row says what the default says");
	}
	c->base = export_program(c, context);
}

/*
 * libseccomp drops the conditions of a syscall that also has a rule without. What
 * is meant is "this, except where": that is a program whose default is the former.
 */
static void compile_exceptions(struct compiler *c, uint32_t action)
{
	const struct profile *p = c->profile;
	scmp_filter_ctx context;

	for (size_t i = 0; i < c->n_exceptions; i++)
		if (c->exceptions[i].action == action)
			return;
	if (c->n_exceptions == sizeof(c->exceptions) / sizeof(c->exceptions[0]))
		fail("%s: too many different actions with exceptions", p->file);
	context = new_context(c, action);
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *rule = &p->rules[i];
		const struct entry *entry = rule->applies ? find_name(c, rule->name) : NULL;

		if (entry && entry->always && entry->always->action == action &&
		    rule->n_conditions && rule->action != action)
			add_rule(c, context, rule);
	}
	c->exceptions[c->n_exceptions].action = action;
	c->exceptions[c->n_exceptions++].program = export_program(c, context);
}

void rules_compile_arch(struct compiler *c)
{
	bool exists;

	/* Up to Linux 5.0 each architecture counted as it liked; that is no news. */
	c->newest = syscall_number(c->arch, "pidfd_send_signal", &exists) - 1;
	collect_entries(c);
	compile_base(c);
	for (size_t i = 0; i < c->n_entries; i++)
		if (c->entries[i].always && c->entries[i].n_conditional)
			compile_exceptions(c, c->entries[i].always->action);
}
