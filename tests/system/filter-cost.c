// SPDX-License-Identifier: MIT
/*
 * filter-cost [boxfilter's OPTION]... PROFILE
 *
 * Compiles the profile as boxfilter does, and with libseccomp as a container
 * runtime does (SCMP_FLTATR_CTL_OPTIMIZE 2: a binary tree), and runs both on each
 * system call of each of the profile's architectures. Prints how many
 * instructions they take, and each call for which ours takes more or answers
 * differently; then the end is 1. Different answers are right where ours is ENOSYS
 * for what the profile does not know, where libseccomp does not know the call, and
 * where it forgets a rule's conditions beside a rule without.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "boxfilter_options.h"
#include "fail.h"

struct count {
	unsigned long calls, ours, theirs, fewer, more, unlike;
	unsigned ours_max, theirs_max;
};

static char *read_text(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fail_realloc(NULL, 1 << 20, 1);
	ssize_t n = fd < 0 ? -1 : read(fd, text, (1 << 20) - 1);

	if (n < 0)
		fail("%s: %s", path, strerror(errno));
	close(fd);
	text[n] = 0;
	*length = (size_t)n;
	return text;
}

static void must(int result, const char *what)
{
	if (result)
		fail("libseccomp: %s: %s", what, strerror(-result));
}

static void add_rule(scmp_filter_ctx context, const struct profile *p, const struct rule *rule)
{
	struct scmp_arg_cmp args[MAX_CONDITIONS];
	int nr = seccomp_syscall_resolve_name(rule->name);

	if (!rule->applies || rule->action == p->default_action || nr == __NR_SCMP_ERROR)
		return;
	for (unsigned i = 0; i < rule->n_conditions; i++)
		args[i] = (struct scmp_arg_cmp){
			.arg = rule->conditions[i].index,
			.op = rule->conditions[i].op,
			.datum_a = rule->conditions[i].value,
			.datum_b = rule->conditions[i].value_two,
		};
	must(seccomp_rule_add_array(context, rule->action, nr, rule->n_conditions, args), rule->name);
}

static void compile_theirs(const struct profile *p, struct program *program)
{
	scmp_filter_ctx context;
	int fd = memfd_create("bpf", MFD_CLOEXEC);
	off_t size;

	must(seccomp_api_set(6), "api_set");
	context = seccomp_init(p->default_action);
	must(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "badarch");
	must(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
	for (size_t i = 1; i < p->n_arches; i++)
		must(seccomp_arch_add(context, p->arches[i]->token), p->arches[i]->name);
	for (size_t i = 0; i < p->n_rules; i++)
		add_rule(context, p, &p->rules[i]);
	must(seccomp_export_bpf(context, fd), "export");
	size = lseek(fd, 0, SEEK_END);
	program->length = (size_t)size / sizeof(*program->code);
	program->code = fail_realloc(NULL, program->length, sizeof(*program->code));
	if (pread(fd, program->code, (size_t)size, 0) != size)
		fail("memfd: short read");
	close(fd);
	seccomp_release(context);
}

static bool is_comparable(const struct profile *p, const char *name)
{
	bool always = false, conditional = false;

	for (size_t i = 0; name && i < p->n_rules; i++) {
		const struct rule *rule = &p->rules[i];

		if (!rule->applies || strcmp(rule->name, name))
			continue;
		always |= !rule->n_conditions;
		conditional |= rule->n_conditions != 0;
	}
	return !name || (seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR && !(always && conditional));
}

static void print_call(const char *what, const struct arch *arch, const struct seccomp_data *data)
{
	const char *name = syscall_name(arch, (uint32_t)data->nr);

	printf("%s: %s %s (%u) with %#llx %#llx %#llx: ", what, arch->name, name ? name : "unused", (unsigned)data->nr,
	       (unsigned long long)data->args[0], (unsigned long long)data->args[1], (unsigned long long)data->args[2]);
}

static void try_call(const struct profile *p, const struct program *ours, const struct program *theirs, const struct arch *arch,
		     const struct seccomp_data *data, struct count *count)
{
	unsigned steps, their_steps;
	uint32_t action = run_program(ours, data, arch->big_endian, &steps);
	uint32_t their_action = run_program(theirs, data, arch->big_endian, &their_steps);

	count->calls++;
	count->ours += steps;
	count->theirs += their_steps;
	count->ours_max = steps > count->ours_max ? steps : count->ours_max;
	count->theirs_max = their_steps > count->theirs_max ? their_steps : count->theirs_max;
	count->fewer += steps < their_steps;
	if (steps > their_steps) {
		count->more++;
		print_call("more", arch, data);
		printf("%u steps, libseccomp %u\n", steps, their_steps);
	}
	if (action != their_action && action != (SECCOMP_RET_ERRNO | arch->enosys) &&
	    is_comparable(p, syscall_name(arch, (uint32_t)data->nr))) {
		count->unlike++;
		print_call("unlike", arch, data);
		printf("0x%08x, libseccomp 0x%08x\n", action, their_action);
	}
}

/* The number with no arguments, with those that each of its rules names, and with others close by. */
static void try_number(const struct profile *p, const struct program *ours, const struct program *theirs,
		       const struct arch *arch, uint32_t nr, struct count *count)
{
	struct seccomp_data data = { .nr = (int)nr, .arch = arch->audit };
	const char *name = syscall_name(arch, nr);

	try_call(p, ours, theirs, arch, &data, count);
	for (size_t i = 0; name && i < p->n_rules; i++) {
		const struct rule *rule = &p->rules[i];

		if (!rule->applies || strcmp(rule->name, name) || !rule->n_conditions)
			continue;
		for (unsigned close = 0; close < 2; close++) {
			memset(data.args, 0, sizeof(data.args));
			for (unsigned j = 0; j < rule->n_conditions; j++) {
				const struct condition *c = &rule->conditions[j];

				data.args[c->index] = (c->op == SCMP_CMP_MASKED_EQ ? c->value_two : c->value) ^ close;
			}
			try_call(p, ours, theirs, arch, &data, count);
		}
	}
}

/* Returns whether ours is worse. */
static bool try_arch(const struct profile *p, const struct program *ours, const struct program *theirs,
		     const struct arch *arch)
{
	struct count count = { 0 };

	for (uint32_t n = 0; n < 600; n++)
		try_number(p, ours, theirs, arch, arch->base + n, &count);
	printf("%s: %lu calls, %lu steps (libseccomp %lu), at most %u (%u); fewer for %lu, more for %lu, "
	       "unlike %lu\n",
	       arch->name, count.calls, count.ours, count.theirs, count.ours_max, count.theirs_max, count.fewer,
	       count.more, count.unlike);
	return count.more || count.unlike;
}

int main(int argc, char **argv)
{
	struct options options;
	struct profile profile;
	struct verdicts verdicts;
	struct program ours, theirs;
	size_t length;
	char *text;
	bool failed = false;

	options_parse(argc, argv, &options);
	text = read_text(options.profile, &length);
	profile_read(&profile, options.name, text, length, &options.target);
	rules_compile(&profile, false, &verdicts);
	shape_program(&verdicts, &ours);
	compile_theirs(&profile, &theirs);
	for (size_t i = 0; i < profile.n_arches; i++)
		failed |= try_arch(&profile, &ours, &theirs, profile.arches[i]);
	printf("%zu instructions (libseccomp %zu)\n", ours.length, theirs.length);
	return failed;
}
