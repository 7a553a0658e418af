// SPDX-License-Identifier: MIT
#ifndef TOOLS_ELF_STATIC_H
#define TOOLS_ELF_STATIC_H

#include <stddef.h>

// Why the kernel can't start a program with these bytes without any other file,
// or NULL if it can. Of a program for another word size or byte order only the
// beginning is looked at. Source: elf(5).
const char *elf_static(const unsigned char *bytes, size_t size) __attribute__((warn_unused_result));

#endif
