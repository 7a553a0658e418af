// SPDX-License-Identifier: MIT
// Why execve(2) refused a file: its errno alone misleads. Source: execve(2), elf(5), the kernel's fs/binfmt_script.c.
#pragma once
#include "base/fmt.h"

// Whether path is a text, which a shell may read: no ELF file, and no NUL byte near its start. An empty file is one.
bool exec_is_text(const char *path);

// Adds to the record of a failed execve(2) on path what its first bytes and its file system tell.
void exec_why(const char *path);

// Whether execve(2) would take path: a file that can be executed, for this machine, whose loader or #! interpreter is there.
// Returns 0, or -1 with err_last set as for an execve that failed, with the reason.
int exec_check(const char *path) must_check;
