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

uint32_t run_program(const struct program *program, const struct seccomp_data *data,
		     bool big_endian, unsigned *steps)
{
	uint32_t a = 0;
	size_t pc = 0;

	for (unsigned count = 1; pc < program->length; count++) {
		const struct sock_filter *i = &program->code[pc++];
		bool taken;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = load(data, i->k, big_endian);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_RET | BPF_K:
			if (steps)
				*steps = count;
			return i->k;
		case BPF_JMP | BPF_JA:
			pc += i->k;
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
		pc += taken ? i->jt : i->jf;
	}
	fail("internal error: program without a return");
}
