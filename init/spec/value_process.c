// SPDX-License-Identifier: MIT
// Words about processes: signals, exit codes, times, limits.
#include <string.h>
#include <sys/resource.h>

#include "base/signals.h"
#include "spec/value.h"

static const char *time_part(const char *s, size_t n, uint32_t *ms)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};
	size_t digits = 0;
	uint64_t v;

	while (digits < n && s[digits] >= '0' && s[digits] <= '9')
		digits++;
	for (size_t i = 0; i < COUNT(units); i++) {
		if (!value_is(s + digits, n - digits, units[i].name))
			continue;
		if (num_parse(s, digits, 10, UINT32_MAX / 2 / units[i].ms, &v))
			break;
		*ms = (uint32_t)v * units[i].ms;
		return NULL;
	}
	return "not a time (try 10s, 500ms, 2m)";
}

const char *value_time(const char *s, uint32_t *ms)
{
	return time_part(s, strlen(s), ms);
}

const char *value_stop_timeout(const char *s, uint32_t *ms)
{
	const char *why = NULL;

	if (!strcmp(s, "-1"))
		*ms = 0;
	else if (!(why = value_time(s, ms)) && !*ms)
		*ms = 1;
	return why;
}

const char *value_signal(const char *s, uint8_t *sig)
{
	int v = signal_number(s, strlen(s));

	if (v < 0)
		return "not a signal (try TERM, SIGTERM, 15, RTMIN+3)";
	*sig = (uint8_t)v;
	return NULL;
}

// The part of a rule behind `=` or `:`. Returns false when it is no such word.
static bool rule_word(struct signal_rule *rule, const char *s, size_t n, bool after_colon)
{
	static const char *const targets[] = {"", "child", "group", "all"}; // enum target
	int sig;

	for (uint8_t i = TARGET_CHILD; after_colon && i <= TARGET_ALL; i++) {
		if (!value_is(s, n, targets[i]))
			continue;
		rule->target = i;
		return true;
	}
	if (rule->to)
		return false; // twice
	sig = value_is(s, n, "0") ? SIGNAL_DROPPED : signal_number(s, n);
	rule->to = sig < 0 ? 0 : (uint8_t)sig;
	return sig > 0;
}

const char *value_rule(const char *s, struct signal_rule *rules)
{
	static const char why[] = "not a rule for a signal (try TERM=QUIT, HUP=0, 15:3, TERM@15s, TERM=INT:group)";
	size_t n = strcspn(s, "=:@");
	int from = signal_number(s, n);
	struct signal_rule rule = {0};

	if (from < 0 || !s[n])
		return why;
	if (from == 9 || from == 19 || from == 17)
		return "KILL, STOP and CHLD can't be taken by anybody";
	for (s += n; *s; s += n + 1) {
		n = strcspn(s + 1, "=:@");
		if (*s == '@' ? time_part(s + 1, n, &rule.delay) != NULL : !rule_word(&rule, s + 1, n, *s == ':'))
			return why;
	}
	rules[from] = rule;
	return NULL;
}

// 143, 0x8f, SIGTERM for 128 and the signal's number. Returns -1 when it is none.
static int exit_code(const char *s, size_t n)
{
	bool hex = n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	uint64_t v;
	int sig;

	if (!num_parse(hex ? s + 2 : s, hex ? n - 2 : n, hex ? 16 : 10, 255, &v))
		return (int)v;
	if (n > 0 && s[0] >= '0' && s[0] <= '9')
		return -1;
	sig = signal_number(s, n);
	return sig < 0 ? -1 : 128 + sig;
}

const char *value_exit_map(const char *s, uint8_t map[256])
{
	size_t n = strcspn(s, "=");
	int from = exit_code(s, n), to = s[n] ? exit_code(s + n + 1, strlen(s + n + 1)) : 0;

	if (from < 0 || to < 0)
		return "not an exit code from 0 to 255 (try 143, 143=0, SIGTERM=0)";
	map[from] = (uint8_t)(to - from);
	return NULL;
}

const char *value_umask(const char *s, uint16_t *plus_one)
{
	uint32_t v = 0;

	if (!*s || strspn(s, "01234567") != strlen(s) || strlen(s) > 5)
		return "not a mask of permissions (try 022)";
	for (; *s; s++)
		v = v * 8 + (uint32_t)(*s - '0');
	if (v > 0777)
		return "not a mask of permissions (try 022)";
	*plus_one = (uint16_t)(v + 1);
	return NULL;
}

static const char *limit_value(const char *s, size_t n, uint64_t *v)
{
	if (value_is(s, n, "unlimited") || value_is(s, n, "-1")) {
		*v = UINT64_MAX;
		return NULL;
	}
	return num_parse(s, n, 10, UINT64_MAX - 1, v) ? "not a limit (try nofile=1024:4096, core=unlimited)" : NULL;
}

const char *value_limit(const char *s, struct limit *l)
{
	static const struct {
		const char *name;
		uint8_t resource;
	} resources[] = {
		{"as", RLIMIT_AS},	     {"core", RLIMIT_CORE},	    {"cpu", RLIMIT_CPU},
		{"data", RLIMIT_DATA},	     {"fsize", RLIMIT_FSIZE},	    {"locks", RLIMIT_LOCKS},
		{"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
		{"nofile", RLIMIT_NOFILE},   {"nproc", RLIMIT_NPROC},	    {"rss", RLIMIT_RSS},
		{"rtprio", RLIMIT_RTPRIO},   {"rttime", RLIMIT_RTTIME},	    {"sigpending", RLIMIT_SIGPENDING},
		{"stack", RLIMIT_STACK},
	};
	size_t name = strcspn(s, "="), i = 0, n;
	struct limit out;
	const char *why;

	while (i < COUNT(resources) && !value_is(s, name, resources[i].name))
		i++;
	if (i == COUNT(resources) || !s[name])
		return "not a limit that the kernel has (try nofile=1024:4096, core=unlimited)";
	s += name + 1;
	n = strcspn(s, ":");
	out = (struct limit){.name = resources[i].name, .resource = resources[i].resource};
	why = limit_value(s, n, &out.soft);
	out.hard = out.soft;
	if (!why && s[n])
		why = limit_value(s + n + 1, strlen(s + n + 1), &out.hard);
	if (!why && out.soft > out.hard)
		why = "the soft limit is above the hard one";
	if (!why)
		*l = out;
	return why;
}
