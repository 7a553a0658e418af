// SPDX-License-Identifier: MIT
// base/utf8, beside every code point and every kind of what is none.
#include "unit.h"

#include "base/utf8.h"

static size_t encode(unsigned char *p, unsigned c)
{
	if (c < 0x80) {
		p[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (unsigned char)(0xc0 | c >> 6);
		p[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (unsigned char)(0xe0 | c >> 12);
		p[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (unsigned char)(0xf0 | c >> 18);
	p[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

static void knows_every_code_point(void **state)
{
	unsigned char text[4];

	(void)state;
	for (unsigned c = 0; c < 0x110000 + 0x1000; c++) {
		size_t n = encode(text, c);
		bool good = c < 0x110000 && (c < 0xd800 || c > 0xdfff);

		if (utf8_prefix((char *)text, n) != (good ? n : 0))
			unit_fail("U+%04X", c);
		if (n > 1 && utf8_prefix((char *)text, n - 1) != 0)
			unit_fail("U+%04X without its last byte", c);
	}
}

static void refuses_the_rest(void **state)
{
	static const char *const texts[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xff", "\xfe", "\xc3(", "\xe2\x82(", "\xf0\x9f\x90(",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char text[8] = "ab";

		assert_int_equal(utf8_prefix(texts[i], strlen(texts[i])), 0);
		strcat(text, texts[i]);
		assert_int_equal(utf8_prefix(text, strlen(text)), 2);
	}
	assert_int_equal(utf8_prefix("", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_every_code_point),
		cmocka_unit_test(refuses_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
