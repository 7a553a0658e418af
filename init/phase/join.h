// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Puts the launcher into the namespaces that the box joins (their descriptors were opened first of all), and back into its
// own, which is due after a failure, too. A pid namespace is that of the next child alone. Both return 0, or -1 with err_last
// set.
int join_enter(struct box *box) must_check;
int join_leave(struct box *box) must_check;
