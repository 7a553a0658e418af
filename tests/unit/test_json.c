// SPDX-License-Identifier: MIT
// json: what is a document and what is not, where errors are, and the bounds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"

/* The parser changes its text, and valgrind is to see reads behind the end. */
static char *copy_text(const char *text, size_t length)
{
	char *copy = malloc(length + 1);

	assert_non_null(copy);
	memcpy(copy, text, length);
	copy[length] = 0;
	return copy;
}

static void accept_text(const char *text)
{
	char *copy = copy_text(text, strlen(text));
	struct json_error error = { 0 };
	struct json_value *root = json_parse(copy, strlen(text), &error);

	if (!root)
		fail_msg("%s: %u:%u: %s", text, error.line, error.column, error.reason);
	json_free(root);
	free(copy);
}

static void refuse_bytes(const char *text, size_t length, unsigned line, unsigned column, const char *reason)
{
	char *copy = copy_text(text, length);
	struct json_error error = { 0 };
	struct json_value *root = json_parse(copy, length, &error);

	if (root)
		fail_msg("accepted: %s", text);
	if (error.line != line || error.column != column || strcmp(error.reason, reason))
		fail_msg("%s: %u:%u: %s, wanted %u:%u: %s", text, error.line, error.column,
			 error.reason, line, column, reason);
	free(copy);
}

static void refuse_text(const char *text, unsigned line, unsigned column, const char *reason)
{
	refuse_bytes(text, strlen(text), line, column, reason);
}

static void accepts_documents(void **state)
{
	static const char *const texts[] = {
		"null", "true", "false", "\"\"", "[]", "{}", " [ ] ", "\t\r\n{ }\n", "0", "-0", "12",
		"-1.5e+10", "1E5", "1e-5", "0.25", "[1,2,3]", "{\"a\":1,\"b\":[{}]}", "[[],[[]],{}]",
		"[\"\\u00e9\\ud83d\\ude00\"]", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		accept_text(texts[i]);
}

static void refuses_what_is_no_json(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *reason;
	} rows[] = {
		{ "", 1, 1, "the text ends too early" },
		{ "  \n ", 2, 2, "the text ends too early" },
		{ "nul", 1, 1, "expected a value" },
		{ "True", 1, 1, "expected a value" },
		{ "nulls", 1, 5, "text behind the end" },
		{ "[", 1, 2, "the text ends too early" },
		{ "[1", 1, 3, "the text ends too early" },
		{ "[1 2]", 1, 4, "expected ',' or ']'" },
		{ "[1,]", 1, 4, "expected a value" },
		{ "[,1]", 1, 2, "expected a value" },
		{ "[1}", 1, 3, "expected ',' or ']'" },
		{ "{", 1, 2, "the text ends too early" },
		{ "{\"a\"", 1, 5, "expected ':'" },
		{ "{\"a\" 1}", 1, 6, "expected ':'" },
		{ "{\"a\":}", 1, 6, "expected a value" },
		{ "{\"a\":1,}", 1, 8, "expected a name in double quotes" },
		{ "{a:1}", 1, 2, "expected a name in double quotes" },
		{ "{'a':1}", 1, 2, "expected a name in double quotes" },
		{ "{\"a\":1]", 1, 7, "expected ',' or '}'" },
		{ "{\"a\":1,\n \"a\":2}", 2, 2, "name used twice in an object" },
		{ "{\"a\":1,\"\\u0061\":2}", 1, 8, "name used twice in an object" },
		{ "[] []", 1, 4, "text behind the end" },
		{ "// c\n[]", 1, 1, "expected a value" },
		{ "\"abc", 1, 1, "string without an end" },
		{ "\"abc\\", 1, 5, "bad escape in a string" },
		{ "\"abc\\\"", 1, 1, "string without an end" },
		{ "\"a\nb\"", 1, 3, "control character in a string" },
		{ "\"\\x41\"", 1, 2, "bad escape in a string" },
		{ "\"\\u12\"", 1, 2, "bad escape in a string" },
		{ "\"\\u12g4\"", 1, 2, "bad escape in a string" },
		{ "\"\\u0000\"", 1, 2, "\\u0000 is not accepted" },
		{ "\"\\ud800\"", 1, 2, "half of a surrogate pair" },
		{ "\"\\ud800\\n\"", 1, 2, "half of a surrogate pair" },
		{ "\"\\ud800\\u0041\"", 1, 2, "half of a surrogate pair" },
		{ "\"\\udc00\"", 1, 2, "half of a surrogate pair" },
		{ "\"\xff\"", 1, 2, "not UTF-8" },
		{ "\"\xc0\x80\"", 1, 2, "not UTF-8" },
		{ "\"\xe0\x80\xaf\"", 1, 2, "not UTF-8" },
		{ "\"\xed\xa0\x80\"", 1, 2, "not UTF-8" },
		{ "\"\xf4\x90\x80\x80\"", 1, 2, "not UTF-8" },
		{ "\"\xe2\x82", 1, 2, "not UTF-8" },
		{ "[01]", 1, 2, "bad number" },
		{ "[-]", 1, 2, "bad number" },
		{ "[1.]", 1, 2, "bad number" },
		{ "[.5]", 1, 2, "expected a value" },
		{ "[1e]", 1, 2, "bad number" },
		{ "[1e+]", 1, 2, "bad number" },
		{ "[+1]", 1, 2, "expected a value" },
		{ "[0x10]", 1, 3, "expected ',' or ']'" },
		{ "[NaN]", 1, 2, "expected a value" },
		{ "\xef\xbb\xbf[]", 1, 1, "expected a value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse_text(rows[i].text, rows[i].line, rows[i].column, rows[i].reason);
	refuse_bytes("[1,\0002]", 6, 1, 4, "expected a value");
	refuse_bytes("\"a\0b\"", 5, 1, 3, "control character in a string");
	refuse_bytes("[]\0", 3, 1, 3, "text behind the end");
}

static void bounds_depth(void **state)
{
	char text[2 * JSON_MAX_DEPTH + 3];

	(void)state;
	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	text[2 * JSON_MAX_DEPTH] = 0;
	accept_text(text);
	memset(text, '[', JSON_MAX_DEPTH + 1);
	refuse_text(text, 1, JSON_MAX_DEPTH + 1, "nested too deeply");
}

static void bounds_numbers_of_values(void **state)
{
	size_t room = 2 * (JSON_MAX_VALUES + 2);
	char *text = malloc(room), *at = text;

	(void)state;
	assert_non_null(text);
	*at++ = '[';
	for (size_t i = 0; i < JSON_MAX_VALUES; i++) {
		*at++ = '1';
		*at++ = ',';
	}
	at[-1] = ']';
	*at = 0;
	/* The array counts, too, so the last element is one too many. */
	refuse_text(text, 1, 2 * JSON_MAX_VALUES, "too many values");
	at[-3] = ']';
	at[-2] = 0;
	accept_text(text);
	free(text);
}

static void bounds_members(void **state)
{
	char *text = malloc(16 * (JSON_MAX_MEMBERS + 2)), *at = text, *last = NULL;

	(void)state;
	assert_non_null(text);
	*at++ = '{';
	for (unsigned i = 0; i <= JSON_MAX_MEMBERS; i++) {
		last = at;
		at += sprintf(at, "\"%u\":0,", i);
	}
	at[-1] = '}';
	refuse_text(text, 1, (unsigned)(last - text) + 1, "too many members in an object");
	last[-1] = '}';
	*last = 0;
	accept_text(text);
	free(text);
}

static void builds_a_tree(void **state)
{
	static const char source[] = "{\"a\": [1, \"x\\ty\"],\n \"\\u00e9\": {\"b\": null}}";
	char *text = copy_text(source, strlen(source));
	struct json_error error;
	struct json_value *root = json_parse(text, strlen(text), &error);
	const struct json_value *a, *e;

	(void)state;
	assert_non_null(root);
	assert_int_equal(root->type, JSON_OBJECT);
	assert_null(root->parent);
	assert_null(root->next);
	a = json_get(root, "a");
	assert_non_null(a);
	assert_ptr_equal(root->child, a);
	assert_int_equal(a->type, JSON_ARRAY);
	assert_int_equal(a->line, 1);
	assert_int_equal(a->column, 7);
	assert_int_equal(a->child->type, JSON_NUMBER);
	assert_null(a->child->key);
	assert_string_equal(a->child->next->text, "x\ty");
	assert_int_equal(a->child->next->length, 3);
	assert_int_equal(a->child->next->column, 11);
	assert_null(a->child->next->next);
	e = json_get(root, "\xc3\xa9");
	assert_non_null(e);
	assert_ptr_equal(a->next, e);
	assert_null(e->next);
	assert_int_equal(e->line, 2);
	assert_int_equal(json_get(e, "b")->type, JSON_NULL);
	assert_null(json_get(root, "b"));
	assert_null(json_get(a, "a"));
	json_free(root);
	free(text);
}

static void decodes_escapes(void **state)
{
	static const char source[] = "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00E9\\u20ac\\uD83D\\uDE00\"";
	char *text = copy_text(source, strlen(source));
	struct json_error error;
	struct json_value *root = json_parse(text, strlen(text), &error);

	(void)state;
	assert_non_null(root);
	assert_string_equal(root->text, "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	json_free(root);
	free(text);
}

static void reads_whole_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int result;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 0, 0 }, { "1", 0, -1, 0 }, { "5", 5, 0, 5 }, { "6", 5, -1, 0 },
		{ "4294967295", UINT32_MAX, 0, UINT32_MAX }, { "4294967296", UINT32_MAX, -1, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -1, 0 },
		{ "99999999999999999999999999", UINT64_MAX, -1, 0 },
		{ "-1", UINT64_MAX, -1, 0 }, { "-0", UINT64_MAX, -1, 0 },
		{ "1.0", UINT64_MAX, -1, 0 }, { "1e3", UINT64_MAX, -1, 0 },
		{ "\"1\"", UINT64_MAX, -1, 0 }, { "true", UINT64_MAX, -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = copy_text(rows[i].text, strlen(rows[i].text));
		struct json_error error;
		struct json_value *root = json_parse(text, strlen(text), &error);
		uint64_t value = 0;

		assert_non_null(root);
		assert_int_equal(json_uint(root, rows[i].max, &value), rows[i].result);
		assert_int_equal(value, rows[i].value);
		json_free(root);
		free(text);
	}
}

static void frees_nothing(void **state)
{
	(void)state;
	json_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_documents),
		cmocka_unit_test(refuses_what_is_no_json),
		cmocka_unit_test(bounds_depth),
		cmocka_unit_test(bounds_numbers_of_values),
		cmocka_unit_test(bounds_members),
		cmocka_unit_test(builds_a_tree),
		cmocka_unit_test(decodes_escapes),
		cmocka_unit_test(reads_whole_numbers),
		cmocka_unit_test(frees_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
