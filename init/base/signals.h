// SPDX-License-Identifier: MIT
// Signals by name and number, 1 to 64. Source: signal(7). RTMIN is 34: the kernel's 32 and 33 belong to the C library.
#pragma once
#include <signal.h>

#include "base/fmt.h"

// Those that order a machine's end (role/order.h).
#define SIGNALS_OF_ORDERS                                                                                              \
	(1ull << (SIGUSR1 - 1) | 1ull << (SIGUSR2 - 1) | 1ull << (SIGTERM - 1) | 1ull << (SIGINT - 1) | 1ull << (SIGPWR - 1))

enum { MAX_SIGNAL = 64, SIGNAL_RTMIN = 34 };

// The number of a signal: TERM, SIGTERM, 15, RTMIN, RTMIN+3, RTMAX-2; in any case of letters. s[0..n).
// Returns 1 to 64, or -1.
int signal_number(const char *s, size_t n) must_check;

// "SIGTERM", "SIGRTMIN+3"; for the two in between "signal 32". Returns dst.
const char *signal_name(char dst[16], int sig);
