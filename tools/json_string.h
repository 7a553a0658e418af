// SPDX-License-Identifier: MIT
#ifndef TOOLS_JSON_STRING_H
#define TOOLS_JSON_STRING_H

#include <stddef.h>

/*
 * Decodes a JSON string where it stands: no escape is shorter than what it means.
 * *at is on the opening quote and is moved behind the closing one; *end is 0.
 * Returns the text (a 0 behind it, *length without that), or NULL with *at where
 * it went wrong and *reason set.
 */
char *json_string_decode(char **at, const char *end, size_t *length, const char **reason);

#endif
