// SPDX-License-Identifier: MIT
#include "base/utf8.h"

// The length of the character that starts with c, by the number of its leading ones; 0: none does.
static size_t length_of(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

static bool is_character(const unsigned char *s, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return false;
	// Of three and four bytes the second one decides: overlong, a surrogate, beyond the last plane.
	return !((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
		 (s[0] == 0xf4 && s[1] > 0x8f));
}

size_t utf8_prefix(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t at = 0;

	while (at < n) {
		size_t len = length_of(p[at]);

		if (len == 0 || len > n - at || !is_character(p + at, len))
			break;
		at += len;
	}
	return at;
}
