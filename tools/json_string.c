// SPDX-License-Identifier: MIT
#include "json_string.h"

#include <stdint.h>
#include <string.h>

/* Length of the UTF-8 sequence at s, or 0; overlong forms and surrogates are none. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 },
	};

	for (size_t n = 0; n < sizeof(forms) / sizeof(forms[0]); n++) {
		uint32_t code = s[0] & (unsigned char)~forms[n].mask;

		if ((s[0] & forms[n].mask) != forms[n].lead)
			continue;
		if (n + 1 > left)
			return 0;
		for (size_t i = 1; i <= n; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (s[i] & 0x3fU);
		}
		if (code < forms[n].least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return 0;
		return n + 1;
	}
	return 0;
}

static char *put_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		*out++ = (char)code;
		return out;
	}
	if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*out++ = (char)(0xe0 | code >> 12);
		} else {
			*out++ = (char)(0xf0 | code >> 18);
			*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (code & 0x3f));
	return out;
}

/* Four hexadecimal digits at s, which is inside a text that ends in 0. */
static int hex4(const char *s, uint32_t *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *digit = s[i] ? strchr(digits, s[i]) : NULL;

		if (!digit)
			return -1;
		*code = *code << 4 | (uint32_t)((digit - digits) & 15);
	}
	return 0;
}

/*
 * One escape; *at is on the backslash and stays there if it is bad. Returns the
 * place behind what was put to out, or NULL.
 */
static char *decode_escape(char **at, char *out, const char **reason)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *s = *at + 1;
	const char *simple = *s ? strchr(from, *s) : NULL;
	uint32_t code, low;

	if (simple) {
		*at += 2;
		*out++ = to[simple - from];
		return out;
	}
	*reason = "bad escape in a string";
	if (*s != 'u' || hex4(s + 1, &code))
		return NULL;
	s += 5;
	if (code >= 0xd800 && code < 0xe000) {
		*reason = "half of a surrogate pair";
		if (code >= 0xdc00 || s[0] != '\\' || s[1] != 'u' || hex4(s + 2, &low) ||
		    low < 0xdc00 || low >= 0xe000)
			return NULL;
		s += 6;
		code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
	}
	*reason = "\\u0000 is not accepted";
	if (!code)
		return NULL;
	*at += s - *at;
	return put_utf8(out, code);
}

/* One character that is no escape. */
static char *copy_character(char **at, const char *end, char *out, const char **reason)
{
	size_t n;

	*reason = "control character in a string";
	if ((unsigned char)**at < 0x20)
		return NULL;
	*reason = "not UTF-8";
	n = utf8_length((const unsigned char *)*at, (size_t)(end - *at));
	if (!n)
		return NULL;
	memmove(out, *at, n);
	*at += n;
	return out + n;
}

char *json_string_decode(char **at, const char *end, size_t *length, const char **reason)
{
	char *start = *at, *text = *at + 1, *out = text;

	*at = text;
	while (*at < end && **at != '"') {
		out = **at == '\\' ? decode_escape(at, out, reason) :
			copy_character(at, end, out, reason);
		if (!out)
			return NULL;
	}
	if (*at >= end) {
		*at = start;
		*reason = "string without an end";
		return NULL;
	}
	++*at;
	*out = 0;
	*length = (size_t)(out - text);
	return text;
}
