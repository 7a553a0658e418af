// SPDX-License-Identifier: MIT
#include "boxfilter_asm.h"

#include <stdlib.h>

#include "fail.h"

#define MAX_BRANCH 255		/* jt and jf are bytes */
#define TWIN_DISTANCE 64

static size_t put(struct assembler *a, struct sock_filter instruction)
{
	if (a->length == BPF_MAXINSNS)
		fail("the filter is longer than the %d instructions that the kernel takes",
		     BPF_MAXINSNS);
	a->code[a->length++] = instruction;
	return a->length;
}

/* The instruction at a place: places count from 1. */
static struct sock_filter at(const struct assembler *a, size_t place)
{
	return a->code[place - 1];
}

/* Instructions between the next one to be put and the place. */
static size_t distance(const struct assembler *a, size_t place)
{
	return a->length - place;
}

size_t asm_return(struct assembler *a, uint32_t action)
{
	for (size_t place = a->length; place > 0; place--)
		if (at(a, place).code == (BPF_RET | BPF_K) && at(a, place).k == action)
			return place;
	return put(a, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* A place that does what the given one does and stands right here. */
static size_t put_copy(struct assembler *a, size_t place)
{
	if (at(a, place).code == (BPF_RET | BPF_K))
		return put(a, at(a, place));
	return put(a, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)distance(a, place)));
}

/*
 * The same instruction with the same ways on from it, or 0. One that is far away
 * would be reached by a jump more.
 */
static size_t find_twin(const struct assembler *a, struct sock_filter instruction, size_t yes, size_t no)
{
	for (size_t place = a->length; place > 1 && distance(a, place) < TWIN_DISTANCE; place--) {
		struct sock_filter i = at(a, place);

		if (i.code == instruction.code && i.k == instruction.k && place - 1 - i.jt == yes &&
		    place - 1 - i.jf == no)
			return place;
	}
	return 0;
}

size_t asm_branch(struct assembler *a, uint16_t op, uint32_t k, size_t yes, size_t no)
{
	struct sock_filter branch = BPF_JUMP((uint16_t)(BPF_JMP | op | BPF_K), k, 0, 0);
	size_t twin = find_twin(a, branch, yes, no);

	if (yes == no || twin)
		return twin ? twin : yes;
	/* A copy makes the other way one longer. */
	while (distance(a, yes) > MAX_BRANCH || distance(a, no) > MAX_BRANCH) {
		if (distance(a, yes) > MAX_BRANCH)
			yes = put_copy(a, yes);
		else
			no = put_copy(a, no);
	}
	branch.jt = (uint8_t)distance(a, yes);
	branch.jf = (uint8_t)distance(a, no);
	return put(a, branch);
}

size_t asm_step(struct assembler *a, struct sock_filter step, size_t next)
{
	size_t twin = find_twin(a, step, next, next);

	if (twin)
		return twin;
	if (distance(a, next) > 0)
		put_copy(a, next);
	return put(a, step);
}

void asm_finish(struct assembler *a, size_t start, struct program *program)
{
	program->length = start;
	program->code = fail_realloc(NULL, start, sizeof(*program->code));
	for (size_t i = 0; i < start; i++)
		program->code[i] = a->code[start - 1 - i];
}
