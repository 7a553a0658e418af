// SPDX-License-Identifier: MIT
// base/fmt: every conversion beside the C library's, buffers of every size, the bounds of numbers.
#include "unit.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>

#include "base/fmt.h"

#define EXPECT_SAME(...)                                                                                     \
	do {                                                                                                 \
		char got_[256], want_[256];                                                                  \
		struct buf b_ = BUF(got_);                                                                   \
		int n_ = snprintf(want_, sizeof(want_), __VA_ARGS__);                                        \
		buf_fmt(&b_, __VA_ARGS__);                                                                   \
		assert_string_equal(got_, want_);                                                            \
		assert_int_equal(b_.len, n_);                                                                \
		assert_false(b_.cut);                                                                        \
	} while (0)

static void formats_text(void **state)
{
	const char open[3] = {'a', 'b', 'c'};

	(void)state;
	EXPECT_SAME("%s", "");
	EXPECT_SAME("plain");
	EXPECT_SAME("%s-%s|%c%%", "one", "two", 'x');
	EXPECT_SAME("%.*s.", 2, "abc");
	EXPECT_SAME("%.*s.", 9, "abc");
	EXPECT_SAME("%.*s.", 0, "abc");
	EXPECT_SAME("%.*s.", -1, "abc");
	EXPECT_SAME("%.*s", 3, open); // reads no byte behind the third
}

static void formats_nothing(void **state)
{
	char text[16];
	struct buf b = BUF(text);
	const char *volatile none = NULL;

	(void)state;
	buf_fmt(&b, "[%s]", none);
	assert_string_equal(text, "[(none)]");
}

static void formats_numbers(void **state)
{
	static const long long values[] = {0,	     1,	       7,	  8,	   9,	     10,      15,
					   16,	     255,      -1,	  -9,	   -10,	     INT_MAX, INT_MIN,
					   UINT_MAX, LONG_MAX, LLONG_MAX, LONG_MIN, LLONG_MIN};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		long long v = values[i];

		EXPECT_SAME("%d", (int)v);
		EXPECT_SAME("%u", (unsigned)v);
		EXPECT_SAME("%x", (unsigned)v);
		EXPECT_SAME("%o", (unsigned)v);
		EXPECT_SAME("%ld %lu %lx %lo", (long)v, (unsigned long)v, (unsigned long)v, (unsigned long)v);
		EXPECT_SAME("%lld %llu %llx", v, (unsigned long long)v, (unsigned long long)v);
		EXPECT_SAME("%zu", (size_t)v);
		EXPECT_SAME("%02x %03u %08x %016lx", (unsigned)v, (unsigned)v, (unsigned)v, (unsigned long)v);
	}
}

// The minus sign is one of the characters of the width.
static void pads_negative_numbers(void **state)
{
	(void)state;
	EXPECT_SAME("%05d", 42);
	EXPECT_SAME("%05d", -42);
	EXPECT_SAME("%02d", -42);
}

// The arguments keep their places: sizes are not mixed up.
static void formats_many_arguments(void **state)
{
	(void)state;
	EXPECT_SAME("%d %s %lu %c %x %lld %zu %.*s %u", -1, "s", ULONG_MAX, 'c', 0xbeefu, LLONG_MIN, (size_t)7, 1,
		    "xyz", UINT_MAX);
}

static void cuts_at_every_size(void **state)
{
	static const char want[] = "ab-12-ff-xyz";

	(void)state;
	for (size_t cap = 1; cap <= sizeof(want) + 2; cap++) {
		char *p = malloc(cap);
		struct buf b = {.p = p, .cap = cap};
		size_t n = cap - 1 < sizeof(want) - 1 ? cap - 1 : sizeof(want) - 1;

		assert_non_null(p);
		buf_fmt(&b, "%s-%d-%02x-%.*s", "ab", 12, 255u, 3, "xyz---");
		assert_int_equal(b.len, n);
		assert_memory_equal(p, want, n);
		assert_int_equal(p[n], '\0');
		assert_int_equal(b.cut, cap < sizeof(want));
		free(p);
	}
}

static void appends(void **state)
{
	char text[8];
	struct buf b = BUF(text);

	(void)state;
	buf_str(&b, "ab");
	buf_char(&b, 'c');
	buf_mem(&b, "defg", 3);
	assert_string_equal(text, "abcdef");
	assert_false(b.cut);
	buf_char(&b, 'g');
	assert_false(b.cut);
	buf_char(&b, 'h');
	assert_true(b.cut);
	assert_string_equal(text, "abcdefg");
	buf_mem(&b, "", 0);
	assert_true(b.cut); // it sticks
}

static void fmt_tells_when_it_cuts(void **state)
{
	char text[6];

	(void)state;
	errno = 0;
	assert_int_equal(fmt(text, sizeof(text), "%s", "12345"), 0);
	assert_int_equal(errno, 0);
	assert_string_equal(text, "12345");
	assert_int_equal(fmt(text, sizeof(text), "%s", "123456"), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_string_equal(text, "12345");
	assert_int_equal(fmt(text, sizeof(text), "%s", ""), 0);
	assert_string_equal(text, "");
}

static void formats_addresses(void **state)
{
	static const struct {
		uint8_t bytes[4];
		const char *text;
	} rows[] = {
		{{0, 0, 0, 0}, "0.0.0.0"},
		{{192, 0, 2, 1}, "192.0.2.1"},
		{{255, 255, 255, 255}, "255.255.255.255"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *dst = malloc(16);
		uint32_t addr;

		assert_non_null(dst);
		memcpy(&addr, rows[i].bytes, sizeof(addr));
		assert_ptr_equal(fmt_ip4(dst, addr), dst);
		assert_string_equal(dst, rows[i].text);
		free(dst);
	}
}

static void parses_numbers(void **state)
{
	static const struct {
		const char *text;
		unsigned base;
		uint64_t max, value;
		bool good;
	} rows[] = {
		{"0", 10, 0, 0, true},
		{"1", 10, 0, 0, false},
		{"5", 10, 5, 5, true},
		{"6", 10, 5, 0, false},
		{"9", 10, 5, 0, false},
		{"10", 10, 9, 0, false},
		{"65535", 10, 65535, 65535, true},
		{"65536", 10, 65535, 0, false},
		{"007", 10, 9, 7, true},
		{"18446744073709551615", 10, UINT64_MAX, UINT64_MAX, true},
		{"18446744073709551614", 10, UINT64_MAX - 1, UINT64_MAX - 1, true},
		{"18446744073709551615", 10, UINT64_MAX - 1, 0, false},
		{"18446744073709551616", 10, UINT64_MAX, 0, false},
		{"18446744073709551620", 10, UINT64_MAX, 0, false},
		{"28446744073709551615", 10, UINT64_MAX, 0, false},
		{"184467440737095516150", 10, UINT64_MAX, 0, false},
		{"99999999999999999999999", 10, UINT64_MAX, 0, false},
		{"000000000000000000000000000001", 10, 1, 1, true},
		{"ffffffffffffffff", 16, UINT64_MAX, UINT64_MAX, true},
		{"10000000000000000", 16, UINT64_MAX, 0, false},
		{"fffffffffffffffff", 16, UINT64_MAX, 0, false},
		{"aF09", 16, UINT64_MAX, 0xaf09, true},
		{"a", 16, 9, 0, false},
		{"a", 10, UINT64_MAX, 0, false},
		{"g", 16, UINT64_MAX, 0, false},
		{"", 10, UINT64_MAX, 0, false},
		{"-1", 10, UINT64_MAX, 0, false},
		{"+1", 10, UINT64_MAX, 0, false},
		{" 1", 10, UINT64_MAX, 0, false},
		{"1 ", 10, UINT64_MAX, 0, false},
		{"0x1", 16, UINT64_MAX, 0, false},
		{"1.0", 10, UINT64_MAX, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i].text);
		char *text = unit_exact(rows[i].text, n); // not terminated
		uint64_t v = 4711;
		int ret = num_parse(text, n, rows[i].base, rows[i].max, &v);

		if (ret != (rows[i].good ? 0 : -1) || v != (rows[i].good ? rows[i].value : 4711))
			unit_fail("\"%s\" up to %lu: %d, %lu", rows[i].text, (unsigned long)rows[i].max, ret,
				  (unsigned long)v);
		free(text);
	}
}

static void knows_every_digit(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char text = (char)c;
		uint64_t v;

		assert_int_equal(num_parse(&text, 1, 16, UINT64_MAX, &v), isxdigit(c) ? 0 : -1);
		assert_int_equal(num_parse(&text, 1, 10, UINT64_MAX, &v), isdigit(c) ? 0 : -1);
	}
}

static void parses_part_of_a_text(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(num_parse("123x", 3, 10, 1000, &v), 0);
	assert_int_equal(v, 123);
	assert_int_equal(num_parse("123x", 4, 10, 1000, &v), -1);
}

static void finds_text(void **state)
{
	static const char *const rows[][2] = {
		{"", ""}, {"", "a"}, {"a", ""}, {"abc", "abc"}, {"abc", "abcd"}, {"aaab", "aab"}, {"xab", "ab"}, {"ab", "b"}, {"ababac", "abac"},
		{"ab", "c"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = unit_exact(rows[i][0], strlen(rows[i][0]) + 1);

		assert_ptr_equal(str_find(text, rows[i][1]), strstr(text, rows[i][1]));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_text),
		cmocka_unit_test(formats_text),
		cmocka_unit_test(formats_nothing),
		cmocka_unit_test(formats_numbers),
		cmocka_unit_test(pads_negative_numbers),
		cmocka_unit_test(formats_many_arguments),
		cmocka_unit_test(cuts_at_every_size),
		cmocka_unit_test(appends),
		cmocka_unit_test(fmt_tells_when_it_cuts),
		cmocka_unit_test(formats_addresses),
		cmocka_unit_test(parses_numbers),
		cmocka_unit_test(knows_every_digit),
		cmocka_unit_test(parses_part_of_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
