// SPDX-License-Identifier: MIT
/* Reading a profile: what boxfilter_profile.c and boxfilter_row.c share. */
#ifndef TOOLS_BOXFILTER_READER_H
#define TOOLS_BOXFILTER_READER_H

#include "boxfilter.h"
#include "fail.h"
#include "json.h"

struct reader {
	struct profile *profile;
	const struct target *target;
	const char *file;
	size_t room;		/* for the profile's rules */
};

/* Ends the program with FILE:LINE:COLUMN and the formatted text. */
#define reader_fail(r, value, ...) \
	fail("%s:%u:%u: %s", (r)->file, (value)->line, (value)->column, fail_text(__VA_ARGS__))

/* The value must be of the type, or the program ends. */
void reader_want(const struct reader *r, const struct json_value *value, enum json_type type);

/* The object's keys must be in the list, which ends in NULL, or the program ends. */
void reader_want_keys(const struct reader *r, const struct json_value *object,
		      const char *const *keys);

/* A member, or NULL when it is missing or null. */
const struct json_value *reader_get(const struct json_value *object, const char *key);

/* The same for a member that must be an array. */
const struct json_value *reader_get_array(const struct reader *r, const struct json_value *object,
					  const char *key);

/* A whole number from 0 to max, or the program ends. */
uint64_t reader_uint(const struct reader *r, const struct json_value *value, uint64_t max);

/*
 * An action (SECCOMP_RET_… with its data) from the string value, a member of
 * object. Its errno stands as a number under number_key or, as newer profiles of
 * Podman have it, as a name under name_key, or both.
 */
uint32_t reader_action(const struct reader *r, const struct json_value *object,
		       const struct json_value *value, const char *number_key,
		       const char *name_key);

/* SCMP_ACT_NOTIFY needs somebody who listens, or the program ends. */
void reader_check_notify(const struct reader *r, const struct json_value *value, uint32_t action);

/* One element of "syscalls": its rules are added to the profile. */
void reader_row(struct reader *r, const struct json_value *object);

#endif
