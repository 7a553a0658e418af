// SPDX-License-Identifier: MIT
// Words about what a program may do: filter, sysctls, landlock, priorities.
#include <string.h>

#include "spec/value.h"

// From -below to above, stored as the number plus below + 1.
static int offset_number(const char *s, unsigned below, unsigned above, uint16_t *field)
{
	bool minus = *s == '-';
	uint64_t v;

	if (num_parse(s + minus, strlen(s + minus), 10, minus ? below : above, &v))
		return -1;
	*field = (uint16_t)(minus ? below + 1 - v : below + 1 + v);
	return 0;
}

const char *value_nice(const char *s, uint16_t *plus_21)
{
	return offset_number(s, 20, 19, plus_21) ? "not a number from -20 to 19" : NULL;
}

const char *value_oom_score(const char *s, uint16_t *plus_1001)
{
	return offset_number(s, 1000, 1000, plus_1001) ? "not a number from -1000 to 1000" : NULL;
}

// What each IPC, UTS or network namespace has its own copy of; with a dot at the end all below.
static bool is_of_namespace(const char *name, size_t n)
{
	static const char *const names[] = {
		"net.",		   "fs.mqueue.",	   "kernel.hostname",	 "kernel.domainname",
		"kernel.sem",	   "kernel.msgmax",	   "kernel.msgmnb",	 "kernel.msgmni",
		"kernel.shmall",   "kernel.shmmax",	   "kernel.shmmni",	 "kernel.shm_rmid_forced",
		"kernel.sem_next_id", "kernel.msg_next_id", "kernel.shm_next_id",
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		size_t len = strlen(names[i]);
		bool all_below = names[i][len - 1] == '.';

		if (n < len || (n > len && !all_below) || (n == len && all_below))
			continue;
		for (size_t k = 0; k < len && (name[k] == '/' ? '.' : name[k]) == names[i][k]; k++)
			if (k + 1 == len)
				return true;
	}
	return false;
}

const char *value_parameter(const char *s)
{
	static const char why[] = "not a kernel parameter (try net.ipv4.ip_forward=1)";
	size_t n = strcspn(s, "=");

	if (!s[n] || !s[n + 1] || n == 0)
		return why;
	for (size_t i = 0; i < n; i++) {
		bool separator = s[i] == '.' || s[i] == '/';

		if (separator ? i == 0 || i + 1 == n || s[i + 1] == '.' || s[i + 1] == '/'
			      : (unsigned char)s[i] <= ' ' || s[i] == 0x7f)
			return why;
	}
	for (const char *v = s + n + 1; *v; v++)
		if ((unsigned char)*v < ' ' && *v != '\t')
			return "the value is more than one line";
	return NULL;
}

const char *value_sysctl(const char *s)
{
	const char *why = value_parameter(s);

	return why || is_of_namespace(s, strcspn(s, "="))
		       ? why
		       : "is of the whole machine (a box has its own of net.* fs.mqueue.* kernel.shm* msg* sem hostname "
			 "domainname)";
}

const char *value_landlock(const char *s, struct landlock_rule *rule)
{
	static const char why[] = "not a rule (try ro:/usr, rw:/tmp, connect:443, bind:8080)";
	static const char *const kinds[] = {"ro:", "rw:", "connect:", "bind:"}; // enum landlock_kind
	uint64_t v;

	for (uint8_t i = 0; i < COUNT(kinds); i++) {
		size_t n = strlen(kinds[i]);

		if (strncmp(s, kinds[i], n))
			continue;
		if (i <= LANDLOCK_WRITE ? s[n] != '/' : num_parse(s + n, strlen(s + n), 10, 65535, &v) != 0)
			return why;
		*rule = (struct landlock_rule){.kind = i};
		if (i <= LANDLOCK_WRITE)
			rule->path = s + n;
		else
			rule->port = (uint16_t)v;
		return NULL;
	}
	return why;
}

const char *value_seccomp(const char *s, struct spec *spec)
{
	if (!*s)
		return "is empty";
	if (!strcmp(s, "default"))
		spec->seccomp = SECCOMP_FILTER_DEFAULT;
	else if (!strcmp(s, "none") || !strcmp(s, "unconfined"))
		spec->seccomp = SECCOMP_FILTER_NONE;
	else if (strchr(s, '.') || strchr(s, '/'))
		spec->seccomp = SECCOMP_FILTER_FILE;
	else
		return "not one of default|none|FILE (a file has a dot or a slash in its name)";
	spec->seccomp_file = s;
	return NULL;
}

// docker takes both `=` and `:`. Names of labels are of no use where no security module gives them a meaning.
const char *value_security_opt(const char *s, struct spec *spec)
{
	static const char nnp[] = "no-new-privileges";
	static const char *const nothing[] = {"apparmor", "unconfined", "label", "disable"};
	size_t n = strcspn(s, "=:");
	const char *value = s[n] ? s + n + 1 : "";
	bool b = true;

	if (!strncmp(s, nnp, n) && !nnp[n]) {
		const char *why = s[n] ? value_bool(value, &b) : NULL;

		spec->no_new_privs = why ? spec->no_new_privs : b;
		return why;
	}
	if (!strncmp(s, "seccomp", n) && n == 7)
		return value_seccomp(value, spec);
	if (!strncmp(s, "systempaths", n) && n == 11 && !strcmp(value, "unconfined")) {
		spec->unmasked = true;
		return NULL;
	}
	for (size_t i = 0; i < COUNT(nothing); i += 2)
		if (!strncmp(s, nothing[i], n) && !nothing[i][n] && !strcmp(value, nothing[i + 1]))
			return NULL;
	return "not one of no-new-privileges, seccomp=FILE, systempaths=unconfined";
}
