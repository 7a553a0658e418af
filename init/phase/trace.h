// SPDX-License-Identifier: MIT
// Time marks for --trace, kept in memory that a launcher shares with the box's PID 1.
#pragma once
#include "base/err.h"

enum trace_side { TRACE_HOST = 1, TRACE_BOX = 2 };

// Starts tracing from now on. Returns 0, or -1 with err_last set.
int trace_start(void) must_check;

// Where trace_write will write: a file, which is made now, so that a mistake shows before anything runs; or "console".
// Returns 0, or -1 with err_last set.
int trace_open(const char *file) must_check;

// What the calling process adds from now on belongs to this side.
void trace_set_side(enum trace_side side);

// The caller's CLOCK_MONOTONIC is about to be that many seconds ahead of the one that tracing began with.
void trace_shift(int64_t seconds);

// CLOCK_MONOTONIC in nanoseconds, as it was when tracing began.
uint64_t trace_clock(void);

// The same; 0 when not tracing, so that an untraced run makes no call.
uint64_t trace_now(void);

// Adds one span; name is a literal. Spans over the 64th are counted, and trace_write says so.
void trace_add(const char *name, uint64_t from_ns, uint64_t to_ns);

// When the last span of this name ended, 0 when there is none.
uint64_t trace_end(const char *name);

// Writes what was gathered: Chrome trace JSON into the file, or a line each to the log for "console".
// Returns 0, or -1 with err_last set.
int trace_write(void) must_check;
