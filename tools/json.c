// SPDX-License-Identifier: MIT
#include "json.h"

#include <stdlib.h>
#include <string.h>

/* Values are handed out from chunks, so that pointers stay valid. */
struct chunk {
	struct chunk *next;
	size_t used;
	struct json_value values[512];
};

struct parser {
	char *at, *end;
	const char *line_start;
	unsigned line;
	unsigned depth;
	size_t count;
	struct chunk *first, *last;
	struct json_value *parent;	/* the open array or object, NULL outside */
	struct json_value **tail;	/* where its next child goes */
	struct json_error *error;
};

static int fail_at(struct parser *p, const char *at, const char *reason)
{
	p->error->line = p->line;
	p->error->column = (unsigned)(at - p->line_start) + 1;
	p->error->reason = reason;
	return -1;
}

static void skip_space(struct parser *p)
{
	for (; p->at < p->end; p->at++) {
		if (*p->at == '\n') {
			p->line++;
			p->line_start = p->at + 1;
		} else if (*p->at != ' ' && *p->at != '\t' && *p->at != '\r') {
			return;
		}
	}
}

static struct json_value *new_value(struct parser *p)
{
	if (!p->last || p->last->used == sizeof(p->last->values) / sizeof(p->last->values[0])) {
		struct chunk *chunk = calloc(1, sizeof(*chunk));

		if (!chunk)
			return NULL;
		if (p->last)
			p->last->next = chunk;
		else
			p->first = chunk;
		p->last = chunk;
	}
	p->count++;
	return &p->last->values[p->last->used++];
}

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

/* One escape; p->at is on the letter behind the backslash. */
static char *parse_escape(struct parser *p, char *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *start = p->at - 1;
	const char *simple = *p->at ? strchr(from, *p->at) : NULL;
	uint32_t code, low;

	if (simple) {
		p->at++;
		*out++ = to[simple - from];
		return out;
	}
	if (*p->at != 'u' || hex4(p->at + 1, &code))
		return fail_at(p, start, "bad escape in a string"), NULL;
	p->at += 5;
	if (code >= 0xd800 && code < 0xdc00) {
		if (p->at[0] != '\\' || p->at[1] != 'u' || hex4(p->at + 2, &low) ||
		    low < 0xdc00 || low >= 0xe000)
			return fail_at(p, start, "half of a surrogate pair"), NULL;
		p->at += 6;
		code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
	} else if (code >= 0xdc00 && code < 0xe000) {
		return fail_at(p, start, "half of a surrogate pair"), NULL;
	}
	if (!code)
		return fail_at(p, start, "\\u0000 is not accepted"), NULL;
	return put_utf8(out, code);
}

/*
 * A string, decoded in place: no escape is shorter than what it stands for.
 * Returns its start or NULL.
 */
static char *parse_string(struct parser *p, size_t *length)
{
	char *start = p->at, *out = ++p->at;
	char *text = out;

	for (;;) {
		size_t n;

		if (p->at >= p->end)
			return fail_at(p, start, "string without an end"), NULL;
		if (*p->at == '"')
			break;
		if (*p->at == '\\') {
			p->at++;
			out = parse_escape(p, out);
			if (!out)
				return NULL;
			continue;
		}
		if ((unsigned char)*p->at < 0x20)
			return fail_at(p, p->at, "control character in a string"), NULL;
		n = utf8_length((const unsigned char *)p->at, (size_t)(p->end - p->at));
		if (!n)
			return fail_at(p, p->at, "not UTF-8"), NULL;
		memmove(out, p->at, n);
		out += n;
		p->at += n;
	}
	p->at++;
	*out = 0;
	*length = (size_t)(out - text);
	return text;
}

static size_t count_digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static int parse_number(struct parser *p, struct json_value *value)
{
	char *s = p->at;
	size_t n;

	s += *s == '-';
	n = count_digits(s);
	if (!n || (n > 1 && *s == '0'))
		return fail_at(p, p->at, "bad number");
	s += n;
	if (*s == '.') {
		n = count_digits(++s);
		if (!n)
			return fail_at(p, p->at, "bad number");
		s += n;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '+' || *s == '-';
		n = count_digits(s);
		if (!n)
			return fail_at(p, p->at, "bad number");
		s += n;
	}
	value->text = p->at;
	value->length = (size_t)(s - p->at);
	value->type = JSON_NUMBER;
	p->at = s;
	return 0;
}

static int parse_word(struct parser *p, struct json_value *value)
{
	static const struct {
		const char *word;
		enum json_type type;
	} words[] = { { "null", JSON_NULL }, { "false", JSON_FALSE }, { "true", JSON_TRUE } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);

		if (strncmp(p->at, words[i].word, n))
			continue;
		p->at += n;
		value->type = words[i].type;
		return 0;
	}
	return fail_at(p, p->at, p->at < p->end ? "expected a value" : "the text ends too early");
}

/* "key": in front of a member */
static int parse_key(struct parser *p, const char **key)
{
	const char *start = p->at;
	unsigned members = 0;
	size_t length;

	if (p->at >= p->end)
		return fail_at(p, p->at, "the text ends too early");
	if (*p->at != '"')
		return fail_at(p, p->at, "expected a name in double quotes");
	*key = parse_string(p, &length);
	if (!*key)
		return -1;
	for (const struct json_value *v = p->parent->child; v; v = v->next) {
		if (!strcmp(v->key, *key))
			return fail_at(p, start, "name used twice in an object");
		if (++members == JSON_MAX_MEMBERS)
			return fail_at(p, start, "too many members in an object");
	}
	skip_space(p);
	if (p->at >= p->end || *p->at != ':')
		return fail_at(p, p->at, "expected ':'");
	p->at++;
	skip_space(p);
	return 0;
}

/* Opens an array or object: what follows are its children. */
static int open_container(struct parser *p, struct json_value *value, enum json_type type)
{
	if (++p->depth > JSON_MAX_DEPTH)
		return fail_at(p, p->at, "nested too deeply");
	value->type = type;
	p->at++;
	p->parent = value;
	p->tail = &value->child;
	return 0;
}

/* Reads the value at p->at and hangs it behind the last one. */
static int parse_value(struct parser *p, const char *key)
{
	struct json_value *value;

	if (p->count >= JSON_MAX_VALUES)
		return fail_at(p, p->at, "too many values");
	value = new_value(p);
	if (!value)
		return fail_at(p, p->at, "out of memory");
	value->line = p->line;
	value->column = (unsigned)(p->at - p->line_start) + 1;
	value->key = key;
	value->parent = p->parent;
	if (p->tail)
		*p->tail = value;
	p->tail = &value->next;
	switch (p->at < p->end ? *p->at : 0) {
	case '{':
		return open_container(p, value, JSON_OBJECT);
	case '[':
		return open_container(p, value, JSON_ARRAY);
	case '"':
		value->type = JSON_STRING;
		value->text = parse_string(p, &value->length);
		return value->text ? 0 : -1;
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return parse_number(p, value);
	default:
		return parse_word(p, value);
	}
}

/* One step inside the open container: a child, or its end. */
static int parse_in_container(struct parser *p)
{
	const struct json_value *parent = p->parent;
	char close = parent->type == JSON_OBJECT ? '}' : ']';
	const char *key = NULL;

	if (p->at < p->end && *p->at == close) {
		p->at++;
		p->depth--;
		p->tail = &p->parent->next;
		p->parent = p->parent->parent;
		return 0;
	}
	if (parent->child) {
		if (p->at >= p->end || *p->at != ',')
			return fail_at(p, p->at, p->at >= p->end ? "the text ends too early" :
				       close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
		p->at++;
		skip_space(p);
	}
	if (parent->type == JSON_OBJECT && parse_key(p, &key))
		return -1;
	return parse_value(p, key);
}

void json_free(struct json_value *root)
{
	struct chunk *chunk = root ? (struct chunk *)(void *)((char *)root - offsetof(struct chunk, values)) : NULL;

	while (chunk) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

struct json_value *json_parse(char *text, size_t length, struct json_error *error)
{
	struct parser p = {
		.at = text, .end = text + length, .line_start = text, .line = 1, .error = error,
	};
	int failed;

	skip_space(&p);
	failed = parse_value(&p, NULL);
	while (!failed && p.parent) {
		skip_space(&p);
		failed = parse_in_container(&p);
	}
	if (!failed) {
		skip_space(&p);
		if (p.at < p.end)
			failed = fail_at(&p, p.at, "text behind the end");
	}
	if (!failed)
		return p.first->values;
	if (p.first)
		json_free(p.first->values);
	return NULL;
}

const struct json_value *json_get(const struct json_value *object, const char *key)
{
	if (object->type != JSON_OBJECT)
		return NULL;
	for (const struct json_value *v = object->child; v; v = v->next)
		if (!strcmp(v->key, key))
			return v;
	return NULL;
}

int json_uint(const struct json_value *value, uint64_t max, uint64_t *result)
{
	uint64_t n = 0;

	if (value->type != JSON_NUMBER)
		return -1;
	for (size_t i = 0; i < value->length; i++) {
		unsigned digit = (unsigned)(value->text[i] - '0');

		if (digit > 9 || n > max / 10 || n * 10 > max - digit)
			return -1;
		n = n * 10 + digit;
	}
	*result = n;
	return 0;
}

const char *json_type_name(const struct json_value *value)
{
	static const char *const names[] = {
		[JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true",
		[JSON_NUMBER] = "a number", [JSON_STRING] = "a string",
		[JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
	};

	return names[value->type];
}
