// SPDX-License-Identifier: MIT
/* The code for rules that look at arguments. */
#ifndef TOOLS_BOXFILTER_ARGS_H
#define TOOLS_BOXFILTER_ARGS_H

#include "boxfilter_asm.h"

/*
 * Writes the code that returns the action of the first of the call's rules whose
 * conditions all hold, or what the call does otherwise. Returns where it starts.
 */
size_t args_put(struct assembler *a, const struct call *call);

#endif
