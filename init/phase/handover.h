// SPDX-License-Identifier: MIT
// What a box's root gets from its launcher once its ids are mapped: leave to go on and, where the launcher is root and the
// box's root is not (box->handed_over), the mounts of layers and volumes, which that one may not even reach.
#pragma once
#include "phase/phase.h"

// Launcher's side. Returns 0, or -1 with err_last set.
int handover_give(struct box *box) must_check;

// Box's side: waits for it, and becomes root, if there is one. Ends the process when the launcher is gone.
// Returns 0, or -1 with err_last set.
int handover_take(struct box *box) must_check;

// Box's side: mounts what overlays will be over on place, one on the other: it is reached by descriptors alone.
// Returns 0, or -1 with err_last set.
int handover_attach(struct box *box, const char *place) must_check;
