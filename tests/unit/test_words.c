// SPDX-License-Identifier: MIT
// spec/value: names, paths, volumes, and the words of a command.
#include "unit.h"

#include <sys/mount.h>

#include "spec/value.h"

static void expect_why(const char *text, const char *got, const char *want)
{
	if (!got != !want || (got && strcmp(got, want)))
		unit_fail("\"%s\": %s, wanted: %s", text, got ? got : "good", want ? want : "good");
}

#define SIXTY "012345678901234567890123456789012345678901234567890123456789"

static void knows_names(void **state)
{
	static const struct {
		const char *text;
		bool name, hostname, link;
	} rows[] = {
		{"a", 1, 1, 1},	      {"Z9", 1, 1, 1},	   {"0", 1, 1, 1},	{"a.b-c", 1, 1, 1}, {"a_b", 1, 0, 1},
		{"fifteen-letters", 1, 1, 1}, {"sixteen-letters-", 1, 1, 0}, {SIXTY "abc", 1, 1, 0}, {SIXTY "abcd", 0, 0, 0},
		{"", 0, 0, 0},	      {".", 0, 0, 0},	   {"..", 0, 0, 0},	{".a", 0, 0, 0},    {"-a", 0, 0, 0},
		{"_a", 0, 0, 0},      {"a/b", 0, 0, 0},	   {"../a", 0, 0, 0},	{"a b", 0, 0, 0},   {"a\n", 0, 0, 0},
		{"a:b", 0, 0, 0},     {"a%d", 0, 0, 0},	   {"\xc3\xa4", 0, 0, 0}, {"a\x7f", 0, 0, 0}, {"a\xff", 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text = rows[i].text;

		expect_why(text, value_name(text),
			   rows[i].name ? NULL : "not a name (letters, digits, _ . -, at most 63, a letter or digit first)");
		expect_why(text, value_hostname(text),
			   rows[i].hostname ? NULL : "not a hostname (letters, digits, . -, at most 63)");
		expect_why(text, value_link(text),
			   rows[i].link ? NULL : "not a network interface's name (at most 15 letters, digits, _ . -)");
	}
}

// Bytes one by one, first and second in a name.
static void knows_every_byte_of_a_name(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		const char alone[] = {(char)c, '\0'}, second[] = {'a', (char)c, '\0'};
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		assert_int_equal(!value_name(alone), alnum);
		assert_int_equal(!value_name(second), alnum || c == '_' || c == '.' || c == '-');
		assert_int_equal(!value_hostname(second), alnum || c == '.' || c == '-');
	}
}

static void knows_paths(void **state)
{
	(void)state;
	assert_null(value_path("/"));
	assert_null(value_path("/a b"));
	expect_why("", value_path(""), "not an absolute path");
	expect_why("a/b", value_path("a/b"), "not an absolute path");
	expect_why("./a", value_path("./a"), "not an absolute path");
}

static char words[512];

static const char *collect(void *arg, const char *w, size_t n)
{
	struct buf *b = arg;

	assert_int_equal(strlen(w), n);
	buf_fmt(b, "[%s]", w);
	return NULL;
}

static const char *split(const char *text)
{
	struct buf b = BUF(words);

	words[0] = '\0';
	return value_words(text, collect, &b);
}

static void splits_words(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"", ""},
		{" \t\n ", ""},
		{"a", "[a]"},
		{"  a\tb\nc  ", "[a][b][c]"},
		{"/bin/sh -c \"echo hi\"", "[/bin/sh][-c][echo hi]"},
		{"'a b' c", "[a b][c]"},
		{"''", "[]"},
		{"a '' \"\" b", "[a][][][b]"},
		{"a'b c'd\"e f\"g", "[ab cde fg]"},
		{"'a\"b' \"a'b\"", "[a\"b][a'b]"},
		{"\"a\\nb\\tc\"", "[a\nb\tc]"},
		{"\"a\\\"b\\\\c\"", "[a\"b\\c]"},
		{"'a\\nb\\'", "[a\\nb\\]"},
		{"a\\ b \\'c \\\"d \\\\e", "[a b]['c][\"d][\\e]"},
		{"a\\nb", "[anb]"}, // outside of quotes a backslash only takes a meaning away
		{"a=#b #c", "[a=#b][#c]"},
		{"\"a\nb\" 'c\td'", "[a\nb][c\td]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = unit_exact(rows[i].text, strlen(rows[i].text) + 1);

		expect_why(text, split(text), NULL);
		assert_string_equal(words, rows[i].words);
		free(text);
	}
}

static void refuses_open_ends(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"'", "a quote is not closed"},	      {"\"", "a quote is not closed"},
		{"a 'b c", "a quote is not closed"},  {"a\"", "a quote is not closed"},
		{"\"a\\\"", "a quote is not closed"}, {"'a\"", "a quote is not closed"},
		{"a\\", "ends with a backslash"},     {"\\", "ends with a backslash"},
		{"\"a\\", "ends with a backslash"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = unit_exact(rows[i].text, strlen(rows[i].text) + 1);

		expect_why(text, split(text), rows[i].why);
		free(text);
	}
}

static const char *stop_at_b(void *arg, const char *w, size_t n)
{
	(void)n;
	++*(int *)arg;
	return *w == 'b' ? "stop" : NULL;
}

static void stops_when_told(void **state)
{
	int n = 0;

	(void)state;
	expect_why("a b c", value_words("a b c", stop_at_b, &n), "stop");
	assert_int_equal(n, 2);
}

static const char *measure(void *arg, const char *w, size_t n)
{
	(void)w;
	*(size_t *)arg = n;
	return NULL;
}

static void refuses_long_words(void **state)
{
	static char text[16384 + 1];
	size_t n = 0;

	(void)state;
	memset(text, 'a', 16384);
	expect_why("16384 bytes", value_words(text, measure, &n), "a word is too long");
	assert_int_equal(n, 0);
	text[16383] = '\0';
	expect_why("16383 bytes", value_words(text, measure, &n), NULL);
	assert_int_equal(n, 16383);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_names),	      cmocka_unit_test(knows_every_byte_of_a_name),
		cmocka_unit_test(knows_paths),
		cmocka_unit_test(splits_words),	      cmocka_unit_test(refuses_open_ends),
		cmocka_unit_test(stops_when_told),    cmocka_unit_test(refuses_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
