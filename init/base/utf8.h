// SPDX-License-Identifier: MIT
// Source: RFC 3629.
#pragma once
#include "base/fmt.h"

// How many of s[0..n) are well-formed UTF-8 from the start on: n when all of it is. No overlong forms, no surrogates, nothing
// beyond U+10FFFF.
size_t utf8_prefix(const char *s, size_t n);
