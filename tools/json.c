// SPDX-License-Identifier: MIT
#include "json.h"
#include "json_string.h"

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

/* A string; returns its text or NULL. */
static char *parse_string(struct parser *p, size_t *length)
{
	const char *reason;
	char *text = json_string_decode(&p->at, p->end, length, &reason);

	if (!text)
		fail_at(p, p->at, reason);
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

		if (digit > 9 || digit > max || n > (max - digit) / 10)
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
