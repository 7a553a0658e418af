// SPDX-License-Identifier: MIT
#include "boxfilter.h"

#include "fail.h"

/* The word at an offset of struct seccomp_data, as the target's kernel loads it. */
static uint32_t load(const struct seccomp_data *data, uint32_t offset, bool big_endian)
{
	uint64_t whole;
	bool high = (offset % 8 == 0) == big_endian;

	if (offset == offsetof(struct seccomp_data, nr))
		return (uint32_t)data->nr;
	if (offset == offsetof(struct seccomp_data, arch))
		return data->arch;
	if (offset % 4 || offset >= sizeof(*data))
		fail("internal error: load from offset %u", offset);
	whole = offset < offsetof(struct seccomp_data, args) ? data->instruction_pointer :
		data->args[(offset - offsetof(struct seccomp_data, args)) / 8];
	return (uint32_t)(high ? whole >> 32 : whole);
}

/*
 * Goes on from *pc with the accumulator at *a until a return, whose action is
 * stored, or, with prefix, until a load of anything but number and architecture.
 */
static bool run(const struct program *program, const struct seccomp_data *data, bool big_endian,
		bool prefix, size_t *pc, uint32_t *action, unsigned *steps)
{
	uint32_t a = 0;

	for (*steps = 1; *pc < program->length; ++*steps) {
		const struct sock_filter *i = &program->code[(*pc)++];
		bool taken;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (prefix && i->k >= offsetof(struct seccomp_data, instruction_pointer)) {
				--*pc;
				return false;
			}
			a = load(data, i->k, big_endian);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_RET | BPF_K:
			*action = i->k;
			return true;
		case BPF_JMP | BPF_JA:
			*pc += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			taken = a == i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			taken = a >= i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			taken = a > i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			taken = (a & i->k) != 0;
			break;
		default:
			fail("internal error: instruction 0x%x", i->code);
		}
		*pc += taken ? i->jt : i->jf;
	}
	fail("internal error: program without a return");
}

uint32_t run_program(const struct program *program, const struct seccomp_data *data,
		     bool big_endian, unsigned *steps)
{
	uint32_t action;
	unsigned count;
	size_t pc = 0;

	run(program, data, big_endian, false, &pc, &action, steps ? steps : &count);
	return action;
}

bool run_prefix(const struct program *program, uint32_t audit, uint32_t nr, uint32_t *action,
		size_t *pc)
{
	struct seccomp_data data = { .nr = (int)nr, .arch = audit };
	unsigned steps;

	*pc = 0;
	return run(program, &data, false, true, pc, action, &steps);
}
