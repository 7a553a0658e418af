// SPDX-License-Identifier: MIT
#include "boxfilter_print.h"

#include <endian.h>
#include <string.h>

#define BOX_FLAGS 0xb0f1		/* a code that BPF has not */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* As the target's kernel has struct sock_filter in memory. */
static void print_instruction(FILE *file, struct sock_filter s, const struct arch *arch)
{
	if (arch->big_endian != (BYTE_ORDER == BIG_ENDIAN)) {
		s.code = __builtin_bswap16(s.code);
		s.k = __builtin_bswap32(s.k);
	}
	fwrite(&s, sizeof(s), 1, file);
}

static void print_bpf(FILE *file, const struct program *program, const struct profile *profile)
{
	for (size_t i = 0; i < program->length; i++)
		print_instruction(file, program->code[i], profile->arches[0]);
}

/* No kernel takes the first instruction for one, so the file is nothing for other loaders. */
static void print_box(FILE *file, const struct program *program, const struct profile *profile)
{
	if (profile->flags)
		print_instruction(file, (struct sock_filter){ .code = BOX_FLAGS, .k = profile->flags },
				  profile->arches[0]);
	print_bpf(file, program, profile);
}

static void print_c(FILE *file, const struct program *program, const struct profile *profile)
{
	fprintf(file, "/* Made by boxfilter for %s: do not edit. */\n"
		      "#include <linux/filter.h>\n"
		      "\n"
		      "extern const struct sock_filter filter_default[];\n"
		      "extern const unsigned short filter_default_len;\n"
		      "\n"
		      "const struct sock_filter filter_default[] = {\n", profile->arches[0]->name);
	for (size_t i = 0; i < program->length; i++) {
		const struct sock_filter *s = &program->code[i];

		fprintf(file, "\t{ 0x%02x, %3u, %3u, 0x%08x },\n", s->code, s->jt, s->jf, s->k);
	}
	fprintf(file, "};\n"
		      "const unsigned short filter_default_len = %zu;\n", program->length);
}

static void print_action(FILE *file, uint32_t k)
{
	static const struct {
		uint32_t action;
		const char *name;
		bool has_data;
	} actions[] = {
		{ SECCOMP_RET_KILL_PROCESS, "kill process", false },
		{ SECCOMP_RET_KILL_THREAD, "kill thread", false },
		{ SECCOMP_RET_TRAP, "trap", false },
		{ SECCOMP_RET_ERRNO, "errno", true },
		{ SECCOMP_RET_USER_NOTIF, "notify", false },
		{ SECCOMP_RET_TRACE, "trace", true },
		{ SECCOMP_RET_LOG, "log", false },
		{ SECCOMP_RET_ALLOW, "allow", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (actions[i].action != (k & SECCOMP_RET_ACTION_FULL))
			continue;
		fputs(actions[i].name, file);
		if (actions[i].has_data)
			fprintf(file, " %u", k & SECCOMP_RET_DATA);
	}
}

static void print_load(FILE *file, uint32_t offset, const struct arch *arch)
{
	uint32_t rest = offset - (uint32_t)offsetof(struct seccomp_data, args);

	if (offset == offsetof(struct seccomp_data, nr))
		fputs("load number", file);
	else if (offset == offsetof(struct seccomp_data, arch))
		fputs("load architecture", file);
	else
		fprintf(file, "load argument %u %s", rest / 8,
			(rest % 8 == 0) == arch->big_endian ? "high" : "low");
}

/* "if >= 0x40 (write) goto 17 else 23"; names only where numbers are compared */
static void print_jump(FILE *file, const struct program *program, size_t at, const struct arch *arch,
		       bool is_number)
{
	static const struct {
		uint16_t op;
		const char *text;
	} ops[] = { { BPF_JEQ, "==" }, { BPF_JGE, ">=" }, { BPF_JGT, ">" }, { BPF_JSET, "&" } };
	const struct sock_filter *s = &program->code[at];
	const char *name = is_number ? syscall_name(arch, s->k) : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i].op == BPF_OP(s->code))
			fprintf(file, is_number ? "if %s %u" : "if %s 0x%x", ops[i].text, s->k);
	if (name)
		fprintf(file, " (%s)", name);
	fprintf(file, " goto %zu else %zu", at + 1 + s->jt, at + 1 + s->jf);
}

static void print_pseudo(FILE *file, const struct program *program, const struct profile *profile)
{
	const struct arch *arch = profile->arches[0];
	bool is_number = false;

	for (size_t i = 0; i < program->length; i++) {
		const struct sock_filter *s = &program->code[i];

		fprintf(file, "%4zu: ", i);
		if (BPF_CLASS(s->code) == BPF_LD) {
			is_number = s->k == offsetof(struct seccomp_data, nr);
			print_load(file, s->k, arch);
		} else if (BPF_CLASS(s->code) == BPF_ALU) {
			fprintf(file, "and 0x%x", s->k);
		} else if (BPF_CLASS(s->code) == BPF_RET) {
			print_action(file, s->k);
		} else if (s->code == (BPF_JMP | BPF_JA)) {
			fprintf(file, "goto %zu", i + 1 + s->k);
		} else {
			print_jump(file, program, i, arch, is_number);
		}
		fputc('\n', file);
	}
}

const struct print_format *print_find(const char *name)
{
	static const struct print_format formats[] = {
		{ "bpf", print_bpf, false }, { "box", print_box, true }, { "c", print_c, false },
		{ "pseudo", print_pseudo, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(name, formats[i].name))
			return &formats[i];
	return NULL;
}
