// SPDX-License-Identifier: MIT
#include "boxfilter_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ERRNO 4095		/* include/linux/err.h */

static const char *member_name(const struct json_value *value)
{
	return value->key ? value->key : "element";
}

void reader_want(const struct reader *r, const struct json_value *value, enum json_type type)
{
	const struct json_value wanted = { .type = type };

	if (value->type != type)
		reader_fail(r, value, "%s: expected %s, found %s", member_name(value),
			    json_type_name(&wanted), json_type_name(value));
}

const struct json_value *reader_get(const struct json_value *object, const char *key)
{
	const struct json_value *value = json_get(object, key);

	return value && value->type != JSON_NULL ? value : NULL;
}

const struct json_value *reader_get_array(const struct reader *r, const struct json_value *object,
					  const char *key)
{
	const struct json_value *value = reader_get(object, key);

	if (value)
		reader_want(r, value, JSON_ARRAY);
	return value;
}

void reader_want_keys(const struct reader *r, const struct json_value *object,
		      const char *const *keys)
{
	/* A misspelt key would open what it was to close. */
	for (const struct json_value *v = object->child; v; v = v->next) {
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], v->key))
			i++;
		if (!keys[i])
			reader_fail(r, v, "%s: unknown key", v->key);
	}
}

uint64_t reader_uint(const struct reader *r, const struct json_value *value, uint64_t max)
{
	uint64_t number;

	if (json_uint(value, max, &number))
		reader_fail(r, value, "%s: not a whole number from 0 to %llu", member_name(value),
			    (unsigned long long)max);
	return number;
}

/*
 * The errno that stands as a name, as Podman has it, or as a number in a string;
 * *is_given tells whether there is one. Older profiles write the empty string for none.
 */
static uint32_t read_errno_name(const struct reader *r, const struct json_value *value, const char *number_key,
				bool *is_given)
{
	unsigned long number;
	char *end;
	int error;

	*is_given = false;
	if (!value)
		return 0;
	reader_want(r, value, JSON_STRING);
	if (!*value->text)
		return 0;
	*is_given = true;
	errno = 0;
	number = strtoul(value->text, &end, 10);
	if (*value->text >= '0' && *value->text <= '9' && !*end && !errno && number <= MAX_ERRNO)
		return (uint32_t)number;
	error = errno_find(value->text, r->target->arch);
	if (error < 0)
		reader_fail(r, value, "%s: unknown errno \"%s\"; give its number as %s", value->key, value->text,
			    number_key);
	return (uint32_t)error;
}

uint32_t reader_action(const struct reader *r, const struct json_value *object,
		       const struct json_value *value, const char *number_key,
		       const char *name_key)
{
	const struct json_value *number = reader_get(object, number_key), *name = reader_get(object, name_key);
	uint32_t action, data, given = EPERM;
	bool takes_errno, is_named;

	reader_want(r, value, JSON_STRING);
	if (!action_find(value->text, &action, &takes_errno))
		reader_fail(r, value, "%s: unknown action \"%s\"", value->key, value->text);
	data = read_errno_name(r, name, number_key, &is_named);
	if (number)
		given = (uint32_t)reader_uint(r, number, action == SECCOMP_RET_TRACE ? SECCOMP_RET_DATA : MAX_ERRNO);
	/* A profile for all machines has the name, and the number that most of them have. */
	if (number && is_named && given != data && !(data == r->target->arch->enosys && given == ENOSYS))
		reader_fail(r, number, "%s: %u contradicts %s", number_key, given, name_key);
	if (takes_errno)
		return action | (is_named ? data : given);
	if (number || is_named)
		reader_fail(r, number ? number : name, "%s: %s takes no errno",
			  number ? number_key : name_key, value->text);
	return action;
}

void reader_check_notify(const struct reader *r, const struct json_value *value, uint32_t action)
{
	if (action == SECCOMP_RET_USER_NOTIF && !r->target->listener)
		reader_fail(r, value, "%s: SCMP_ACT_NOTIFY: nobody would answer these calls (--listener)", value->key);
}
