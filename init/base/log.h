// SPDX-License-Identifier: MIT
// Everything initbox says goes through here: one line, one write(2), to stderr. Of a machine also to the kernel's log:
// errors with priority 3, notes 4, the rest 6.
#pragma once
#include "base/err.h"

// LOG_RESULT is what was asked for, and always said: an exit status, a trace.
enum log_level { LOG_ERROR, LOG_RESULT, LOG_NOTE, LOG_DETAIL };

struct log_setup {
	enum log_level level; // LOG_NOTE unless --verbose
	bool explain;	      // print the steps
	bool dry_run;	      // print the steps and do nothing
	bool kmsg;	      // a machine: every line goes to the kernel's log, too, and is said once on its console
	bool elsewhere;	      // standard error is not the kernel's console
};
extern struct log_setup log_setup;

// `initbox: …` and a newline are added.
void log_line(enum log_level level, const char *f, ...) __attribute__((format(printf, 2, 3)));

// Prints an error record with its hint.
void log_err(const struct err *e);

// One step for --explain: the shell command that a person would have typed (f, …) and the calls that stand for it.
void explain(const char *calls, const char *f, ...) __attribute__((format(printf, 2, 3)));

// Writes text to standard error as it is.
void log_raw(const char *text);

// Writes text to standard output: what was asked for by --help and --version. Returns an exit code.
int log_print(const char *text);
