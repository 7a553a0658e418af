// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Puts the caller into a time namespace of its own where the spec asks for one. Returns 0, or -1 with err_last set.
int timens_enter(const struct spec *s) must_check;

void timens_explain(const struct spec *s);
