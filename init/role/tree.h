// SPDX-License-Identifier: MIT
// All processes below this one. As PID 1 that is everything else in its pid namespace; otherwise they are looked up in
// /proc, never taken for granted: a pid that was found is signalled through a descriptor of the very process.
// Source: kill(2), pidfd_open(2), proc(5).
#pragma once
#include <sys/types.h>

// Sends sig to each, and CONT to those that are stopped and would not act on it. Returns 0, or -1 when /proc can't be read.
int tree_signal(int sig);

// Sends sig to the direct children but except, each once in its life. Returns how many got it.
int tree_signal_children(int sig, pid_t except);

// Forgets a child that was reaped: its pid may come back.
void tree_forget(pid_t pid);
