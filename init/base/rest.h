// SPDX-License-Identifier: MIT
// Waiting for signals with as little memory as a process can have: what can be read again from the binary, and what is
// garbage, is given back to the kernel first. An init sleeps nearly all of its life, in every container of a machine.
// Source: madvise(2) MADV_DONTNEED; kernel mm/memory.c, do_fault_around: a fault maps up to 16 pages of the same mapping.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// Waits for one of the signals of mask, without end or until timeout, as rt_sigtimedwait(2). siginfo: a siginfo_t.
// scratch: what LARGE_BSS holds is not needed any more, either, and reads as zero from now on.
// Returns the signal, or -1 with errno set.
int rest_wait(const uint64_t *mask, void *siginfo, const struct timespec *timeout, bool scratch);
