// SPDX-License-Identifier: MIT
// Signals that init receives, on their way to the program.
#pragma once
#include <signal.h>

#include "role/life.h"

// A signal has come, with what the kernel tells about it.
void forward_signal(struct life *l, int sig, const siginfo_t *info);

// Sends those whose delay is over at now (ms).
void forward_due(struct life *l, uint64_t now);

// The program was stopped by sig.
void forward_stopped(struct life *l, int sig);
