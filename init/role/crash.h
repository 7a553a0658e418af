// SPDX-License-Identifier: MIT
// A fault in a machine's PID 1: without a handler the kernel ends the process, and panics ("Attempted to kill init!").
#pragma once

// From now on SEGV, BUS, ILL, FPE, TRAP, ABRT and SYS of this process print a line and call then, once, on a stack of its
// own; it must not return. A further fault, in it, calls last, which must not return either and should need very little.
// Returns 0, or -1 with err_last set. Source: sigaltstack(2), kernel kernel/signal.c, force_sig_info_to_task.
int crash_catch(void (*then)(void), void (*last)(void));

// In a box's PID 1: its faults end it, as they end any process.
void crash_forget(void);
