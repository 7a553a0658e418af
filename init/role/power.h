// SPDX-License-Identifier: MIT
// The end of a machine: its processes, its disks, its status to the host, the power. Each step has a deadline, and what can't
// be done is said and does not stop the next one.
#pragma once
#include "role/box.h"
#include "role/order.h"

// Ends the machine, which is machine: TERM to all that runs, after the grace KILL; sync; its undo stack; unmount; the exit code
// to the host (code, and what end tells beside); then what the last order says, or else order. PID 1 itself does not end.
// Does not return.
_Noreturn void power_end(struct box *machine, enum order order, int code, const struct box_end *end);

// The power alone, for when nothing else can be trusted any more. Does not return.
_Noreturn void power_switch(enum order order);
