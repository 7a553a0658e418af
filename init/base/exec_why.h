// SPDX-License-Identifier: MIT
// Why execve(2) refused a file: its errno alone misleads. Source: execve(2), elf(5), the kernel's fs/binfmt_script.c.
#pragma once
#include <stdbool.h>

// Whether path is a text, which a shell may read: no ELF file, and no NUL byte near its start. An empty file is one.
bool exec_is_text(const char *path);

// Adds to the record of a failed execve(2) on path what its first bytes and its file system tell.
void exec_why(const char *path);
