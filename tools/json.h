// SPDX-License-Identifier: MIT
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 32
#define JSON_MAX_VALUES 200000
#define JSON_MAX_MEMBERS 1024	/* in one object */

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_value {
	enum json_type type;
	unsigned line, column;	/* of the value's first character, from 1 */
	const char *key;	/* its name when the parent is an object, else NULL */
	const char *text;	/* a string (UTF-8, 0 behind it), or a number as written (no 0) */
	size_t length;		/* of text */
	struct json_value *child;	/* first element or member */
	struct json_value *next;	/* the parent's next one */
	struct json_value *parent;
};

struct json_error {
	unsigned line, column;
	const char *reason;
};

/*
 * Parses one JSON text (RFC 8259) of length bytes; text[length] must be 0.
 * Strict: valid UTF-8, no duplicate keys in an object, nothing behind the
 * value, no \u0000, at most JSON_MAX_DEPTH levels and JSON_MAX_VALUES values.
 * The text is used as storage for the strings and must outlive the result.
 * Returns the root, to be given to json_free, or NULL with *error filled in.
 */
struct json_value *json_parse(char *text, size_t length, struct json_error *error);

/* Frees what json_parse returned; NULL is fine. */
void json_free(struct json_value *root);

/* The member of object named key, or NULL. */
const struct json_value *json_get(const struct json_value *object, const char *key);

/*
 * Reads a whole number from 0 to max. Returns 0, or -1 for what is not a number,
 * has a sign, fraction or exponent, or is greater than max.
 */
int json_uint(const struct json_value *value, uint64_t max, uint64_t *result);

/* What a value is, for error messages: "a string", "an object", … */
const char *json_type_name(const struct json_value *value);

#endif
