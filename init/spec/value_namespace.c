// SPDX-License-Identifier: MIT
// Words about namespaces.
#include <string.h>

#include "spec/value.h"

const char *value_join(const char *s, const char **path)
{
	if (s[0] != '/' && strcmp(s, JOIN_HOST) && strcmp(s, "private"))
		return "not one of private|host|PATH (try /proc/PID/ns/…)";
	*path = strcmp(s, "private") ? s : NULL;
	return NULL;
}

const char *value_userns(const char *s, struct userns_spec *u)
{
	static const char *const kinds[] = {"host", "auto", "self", "keep-id"}; // from USERNS_HOST on
	size_t n = strcspn(s, ":");
	uint64_t first, count;

	for (unsigned i = 0; i < COUNT(kinds); i++) {
		if (strcmp(s, kinds[i]))
			continue;
		*u = (struct userns_spec){.kind = (uint8_t)(USERNS_HOST + i)};
		return NULL;
	}
	// 4294967295 is no id.
	if (!s[n] || num_parse(s, n, 10, UINT32_MAX - 1, &first) ||
	    num_parse(s + n + 1, strlen(s + n + 1), 10, UINT32_MAX - first, &count) || !count)
		return "not one of host|auto|self|keep-id|FIRST:COUNT (try 100000:65536)";
	*u = (struct userns_spec){USERNS_RANGE, {(uint32_t)first, (uint32_t)count}};
	return NULL;
}

const char *value_time_offset(const char *s, struct time_offset *offset)
{
	static const char why[] = "not an offset of clocks (try monotonic=86400,boottime=-60)";
	struct time_offset out = {0, 0};

	for (;;) {
		size_t name = strcspn(s, "="), n;
		int64_t *field = name == 9 && !memcmp(s, "monotonic", 9)  ? &out.monotonic
				 : name == 8 && !memcmp(s, "boottime", 8) ? &out.boottime
									  : NULL;
		bool minus;
		uint64_t v;

		if (!field || !s[name])
			return why;
		s += name + 1;
		minus = *s == '-';
		s += minus;
		n = strcspn(s, ",");
		if (num_parse(s, n, 10, INT64_MAX / 1000000000 / 2, &v)) // KTIME_SEC_MAX / 2 is the kernel's bound
			return why;
		*field = minus ? -(int64_t)v : (int64_t)v;
		if (!s[n])
			break;
		s += n + 1;
	}
	*offset = out;
	return NULL;
}
