// SPDX-License-Identifier: MIT
// The end of all that a program leaves behind.
#pragma once
#include "role/life.h"

// Sends sig to all.
void drain_tell(struct life *l, int sig);

// The same, and sets the deadline of KILL.
void drain_start(struct life *l, int sig);

// KILL to all; to be repeated until nothing is left, at the latest at l->again_at. l->give_up_at is set by the first one.
void drain_kill(struct life *l);
