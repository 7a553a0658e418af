// SPDX-License-Identifier: MIT
/*
 * A BPF assembler that writes a program from its end to its start: jumps go
 * forward only, so where they lead is always there already. A conditional jump
 * reaches 255 instructions; for what is farther away a copy of the return or an
 * unconditional jump is put in between. A place in the program is the number of
 * instructions from it to the end.
 */
#ifndef TOOLS_BOXFILTER_ASM_H
#define TOOLS_BOXFILTER_ASM_H

#include "boxfilter.h"

struct assembler {
	struct sock_filter code[BPF_MAXINSNS];	/* last instruction first */
	size_t length;
};

/* A return of the action: one that is there already, or a new one. */
size_t asm_return(struct assembler *a, uint32_t action);

/*
 * A conditional jump (BPF_JEQ, …); returns where it stands. One that is there
 * already, with the same ways on from it, is not written again.
 */
size_t asm_branch(struct assembler *a, uint16_t op, uint32_t k, size_t yes, size_t no);

/* The same for an instruction that is no jump, with next behind it. */
size_t asm_step(struct assembler *a, struct sock_filter step, size_t next);

/*
 * The finished program that starts at start, in new memory. It must be the last
 * thing made, or code that is never reached stands in front of it.
 */
void asm_finish(struct assembler *a, size_t start, struct program *program);

#endif
