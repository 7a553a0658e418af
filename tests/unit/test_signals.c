// SPDX-License-Identifier: MIT
// base/signals and spec/value_process: signals by name, rules, exit codes, times, limits, capabilities.
#include "unit.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/signals.h"
#include "spec/value.h"

static void names_and_numbers_agree(void **state)
{
	char name[16];

	(void)state;
	for (int sig = 1; sig <= MAX_SIGNAL; sig++) {
		signal_name(name, sig);
		if (sig == 32 || sig == 33)
			continue;
		assert_int_equal(signal_number(name, strlen(name)), sig);
		assert_int_equal(signal_number(name + 3, strlen(name + 3)), sig); // without SIG
	}
	assert_string_equal(signal_name(name, SIGTERM), "SIGTERM");
	assert_string_equal(signal_name(name, 34), "SIGRTMIN");
	assert_string_equal(signal_name(name, 37), "SIGRTMIN+3");
	assert_string_equal(signal_name(name, 33), "signal 33");
}

static void signals_are_read(void **state)
{
	static const struct {
		const char *text;
		int number; // -1: none
	} rows[] = {
		{"TERM", SIGTERM}, {"sigterm", SIGTERM}, {"SigTerm", SIGTERM}, {"15", 15}, {"64", 64}, {"CLD", SIGCHLD},
		{"IOT", SIGABRT}, {"POLL", SIGIO}, {"RTMIN", 34}, {"RTMIN+0", 34}, {"RTMIN+30", 64}, {"SIGRTMIN+3", 37},
		{"RTMAX", 64}, {"RTMAX-1", 63}, {"rtmax-30", 34},
		{"", -1}, {"0", -1}, {"65", -1}, {"-1", -1}, {"TER", -1}, {"TERMX", -1}, {"SIG", -1}, {"SIGSIGTERM", -1},
		{"RTMIN-1", -1}, {"RTMIN+31", -1}, {"RTMAX+1", -1}, {"RTMIN+", -1}, {"RTMI", -1}, {"15 ", -1}, {" 15", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (signal_number(rows[i].text, strlen(rows[i].text)) != rows[i].number)
			unit_fail("%s: %d", rows[i].text, signal_number(rows[i].text, strlen(rows[i].text)));
}

static void rules_are_read(void **state)
{
	static const struct {
		const char *text;
		int from, to, target;
		uint32_t delay;
	} rows[] = {
		{"TERM=QUIT", SIGTERM, SIGQUIT, TARGET_DEFAULT, 0},
		{"15:3", SIGTERM, SIGQUIT, TARGET_DEFAULT, 0},
		{"HUP=0", SIGHUP, SIGNAL_DROPPED, TARGET_DEFAULT, 0},
		{"1:0", SIGHUP, SIGNAL_DROPPED, TARGET_DEFAULT, 0},
		{"TERM@15s", SIGTERM, 0, TARGET_DEFAULT, 15000},
		{"TERM=INT@500ms", SIGTERM, SIGINT, TARGET_DEFAULT, 500},
		{"TERM=INT@2m:all", SIGTERM, SIGINT, TARGET_ALL, 120000},
		{"TERM:group", SIGTERM, 0, TARGET_GROUP, 0},
		{"TERM:child@1", SIGTERM, 0, TARGET_CHILD, 1000},
		{"USR1:USR2:group", SIGUSR1, SIGUSR2, TARGET_GROUP, 0},
		{"RTMIN+3=TERM", 37, SIGTERM, TARGET_DEFAULT, 0},
		{"TTIN=STOP", SIGTTIN, SIGSTOP, TARGET_DEFAULT, 0},
	};
	static const char *const bad[] = {
		"", "TERM", "=TERM", "TERM=", "TERM=FOO", "FOO=TERM", "TERM=65", "TERM@", "TERM@15x", "TERM@-1s", "TERM:",
		"TERM:somebody", "TERM=group", "TERM=QUIT=INT", "15::12", "TERM=QUIT:", "KILL=TERM", "STOP=0", "CHLD=USR1",
		"0=TERM",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct signal_rule rules[MAX_SIGNAL + 1] = {0};
		const struct signal_rule *r = &rules[rows[i].from];

		assert_null(value_rule(rows[i].text, rules));
		if (r->to != rows[i].to || r->target != rows[i].target || r->delay != rows[i].delay)
			unit_fail("%s: to %d, target %d, delay %u", rows[i].text, r->to, r->target, r->delay);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct signal_rule rules[MAX_SIGNAL + 1] = {0}, none[MAX_SIGNAL + 1] = {0};

		if (!value_rule(bad[i], rules))
			unit_fail("accepted: %s", bad[i]);
		assert_memory_equal(rules, none, sizeof(rules));
	}
}

static void exit_codes_are_mapped(void **state)
{
	static const struct {
		const char *text;
		int from, to; // -1: no such mapping
	} rows[] = {
		{"143", 143, 0}, {"143=0", 143, 0}, {"143=7", 143, 7}, {"SIGTERM=0", 143, 0}, {"TERM", 143, 0},
		{"0x8f", 143, 0}, {"0X8F=0x2", 143, 2}, {"0=255", 0, 255}, {"255=0", 255, 0}, {"0", 0, 0},
		{"256", -1, 0}, {"999", -1, 0}, {"", -1, 0}, {"=1", -1, 0}, {"1=", -1, 0}, {"1=256", -1, 0}, {"x", -1, 0},
		{"0x", -1, 0}, {"0x100", -1, 0}, {"-1", -1, 0}, {"1=2=3", -1, 0}, {"SIGFOO=0", -1, 0}, {"12a", -1, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t map[256] = {0};
		bool bad = value_exit_map(rows[i].text, map) != NULL;

		if (bad != (rows[i].from < 0))
			unit_fail("%s: %s", rows[i].text, bad ? "refused" : "accepted");
		for (int code = 0; code < 256; code++)
			assert_int_equal((code + map[code]) & 255, code == rows[i].from ? rows[i].to : code);
	}
}

static void times_are_read(void **state)
{
	static const char *const bad[] = {"", "s", "ms", "10x", "-1", "1.5s", "1 s", "9999999h", "99999999999"};
	uint32_t ms = 7;

	(void)state;
	assert_null(value_time("10s", &ms));
	assert_int_equal(ms, 10000);
	assert_null(value_time("10", &ms));
	assert_int_equal(ms, 10000);
	assert_null(value_time("250ms", &ms));
	assert_int_equal(ms, 250);
	assert_null(value_time("2m", &ms));
	assert_int_equal(ms, 120000);
	assert_null(value_time("1h", &ms));
	assert_int_equal(ms, 3600000);
	assert_null(value_time("0", &ms));
	assert_int_equal(ms, 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(value_time(bad[i], &ms));
	assert_int_equal(ms, 0);
}

static void masks_are_octal(void **state)
{
	static const char *const bad[] = {"", "8", "1000", "-1", "022x", "0000022"};
	uint16_t mask = 0;

	(void)state;
	assert_null(value_umask("022", &mask));
	assert_int_equal(mask, 022 + 1);
	assert_null(value_umask("0", &mask));
	assert_int_equal(mask, 1);
	assert_null(value_umask("0777", &mask));
	assert_int_equal(mask, 0777 + 1);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(value_umask(bad[i], &mask));
}

static void limits_are_read(void **state)
{
	static const char *const bad[] = {"", "nofile", "nofile=", "files=1", "nofile=x", "nofile=1:", "nofile=2:1",
					  "nofile=-2", "nofile=1:2:3", "=1"};
	struct limit l;

	(void)state;
	assert_null(value_limit("nofile=10:20", &l));
	assert_int_equal(l.resource, RLIMIT_NOFILE);
	assert_int_equal(l.soft, 10);
	assert_int_equal(l.hard, 20);
	assert_null(value_limit("core=0", &l));
	assert_int_equal(l.resource, RLIMIT_CORE);
	assert_int_equal(l.hard, 0);
	assert_null(value_limit("stack=unlimited", &l));
	assert_true(l.soft == UINT64_MAX && l.hard == UINT64_MAX);
	assert_null(value_limit("cpu=5:-1", &l));
	assert_true(l.soft == 5 && l.hard == UINT64_MAX);
	memset(&l, 0x5a, sizeof(l));
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct limit before = l;

		assert_non_null(value_limit(bad[i], &l));
		assert_memory_equal(&l, &before, sizeof(l)); // nothing of a refused one is kept
	}
}

static void capabilities_are_read(void **state)
{
	static const char *const bad[] = {"", "CAP_", "NET", "CAP_NET_RAWX", "CAP_CAP_NET_RAW", "39"};
	uint64_t set = 0;

	(void)state;
	assert_null(value_cap("NET_RAW", &set));
	assert_null(value_cap("cap_chown", &set));
	assert_null(value_cap("CAP_CHECKPOINT_RESTORE", &set));
	assert_true(set == (1ull << CAP_NET_RAW | 1ull << CAP_CHOWN | 1ull << CAP_CHECKPOINT_RESTORE));
	assert_null(value_cap("all", &set));
	assert_true(set & CAPS_ALL);
	set = 0;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(value_cap(bad[i], &set));
	assert_true(set == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_agree),
		cmocka_unit_test(signals_are_read),
		cmocka_unit_test(rules_are_read),
		cmocka_unit_test(exit_codes_are_mapped),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(masks_are_octal),
		cmocka_unit_test(limits_are_read),
		cmocka_unit_test(capabilities_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
