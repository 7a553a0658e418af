// SPDX-License-Identifier: MIT
// spec/value_namespace and phase/subids: words about namespaces, and maps of ids.
#include "unit.h"

#include "phase/subids.h"
#include "spec/value.h"

static void expect_why(const char *text, const char *got, const char *want)
{
	if (!got != !want || (got && strcmp(got, want)))
		unit_fail("\"%s\": %s, wanted: %s", text, got ? got : "good", want ? want : "good");
}

static void reads_namespaces(void **state)
{
	static const char *const bad[] = {"", "own", "hosts", "proc/1/ns/net", "netns:/x", "container:x"};
	const char *path = "before";

	(void)state;
	expect_why("host", value_join("host", &path), NULL);
	assert_string_equal(path, JOIN_HOST);
	expect_why("/run/netns/a b", value_join("/run/netns/a b", &path), NULL);
	assert_string_equal(path, "/run/netns/a b");
	for (size_t i = 0; i < COUNT(bad); i++) {
		expect_why(bad[i], value_join(bad[i], &path), "not one of private|host|PATH (try /proc/PID/ns/…)");
		assert_string_equal(path, "/run/netns/a b");
	}
	expect_why("private", value_join("private", &path), NULL);
	assert_null(path);
}

static void reads_user_namespaces(void **state)
{
	static const struct {
		const char *text;
		struct userns_spec want;
	} rows[] = {
		{"host", {USERNS_HOST, {0, 0}}},
		{"auto", {USERNS_AUTO, {0, 0}}},
		{"self", {USERNS_SELF, {0, 0}}},
		{"keep-id", {USERNS_KEEP_ID, {0, 0}}},
		{"100000:65536", {USERNS_RANGE, {100000, 65536}}},
		{"0:1", {USERNS_RANGE, {0, 1}}},
		{"0:4294967295", {USERNS_RANGE, {0, 4294967295u}}},
		{"4294967294:1", {USERNS_RANGE, {4294967294u, 1}}},
	};
	static const char *const bad[] = {
		"",
		"auto:",
		"Host",
		"100000",
		":",
		"1:",
		":1",
		"1:0",
		"4294967295:1",
		"4294967294:2",
		"0:4294967296",
		"-1:1",
		"1:-1",
		"1:1:1",
		"0x10:1",
		"1: 1",
		"99999999999999999999:1",
		"keep-id:uid=1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct userns_spec u = {0};

		expect_why(rows[i].text, value_userns(rows[i].text, &u), NULL);
		assert_int_equal(u.kind, rows[i].want.kind);
		assert_int_equal(u.range.first, rows[i].want.range.first);
		assert_int_equal(u.range.count, rows[i].want.range.count);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct userns_spec u = {.kind = 77};

		expect_why(bad[i], value_userns(bad[i], &u),
			   "not one of host|auto|self|keep-id|FIRST:COUNT (try 100000:65536)");
		assert_int_equal(u.kind, 77);
	}
}

static void reads_time_offsets(void **state)
{
	static const struct {
		const char *text;
		struct time_offset want;
	} rows[] = {
		{"monotonic=86400", {86400, 0}},	   {"boottime=-60", {0, -60}},
		{"monotonic=1,boottime=2", {1, 2}},	   {"boottime=2,monotonic=-1", {-1, 2}},
		{"boottime=2,boottime=3", {0, 3}},	   {"monotonic=0", {0, 0}},
		{"monotonic=4611686018", {4611686018, 0}},
	};
	static const char *const bad[] = {
		"",
		"5",
		"monotonic",
		"monotonic=",
		"monotonic=-",
		"monotonic=--1",
		"monotonic=+1",
		"monotonic=1.5",
		"monotonic=4611686019",
		"realtime=1",
		"monotonic=1,",
		",monotonic=1",
		"monotonic=1;boottime=2",
		"monotonic=1h",
		"monotonicx=1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct time_offset t = {9, 9};

		expect_why(rows[i].text, value_time_offset(rows[i].text, &t), NULL);
		assert_true(t.monotonic == rows[i].want.monotonic && t.boottime == rows[i].want.boottime);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct time_offset t = {9, 9};

		expect_why(bad[i], value_time_offset(bad[i], &t),
			   "not an offset of clocks (try monotonic=86400,boottime=-60)");
		assert_true(t.monotonic == 9 && t.boottime == 9);
	}
}

// "inside outside count" of each line.
static void expect_map(const char *want, const struct id_range *list, int n, const uint32_t *own, uint32_t at)
{
	char text[MAX_EXTENTS * 33];
	struct buf b = BUF(text);
	struct id_map m = {.count = 0};

	text[0] = '\0';
	subids_map(&m, list, n, own, at);
	assert_true(m.count <= MAX_EXTENTS);
	for (unsigned i = 0; i < m.count; i++)
		buf_fmt(&b, "%s%u %u %u", i ? ", " : "", m.extent[i].inside, m.extent[i].outside, m.extent[i].count);
	if (strcmp(text, want))
		unit_fail("map: %s, wanted: %s", text, want);
}

static void makes_maps(void **state)
{
	static const struct id_range two[] = {{100000, 10}, {500, 5}};
	struct id_range most[MAX_RANGES];
	const uint32_t own = 1000;

	(void)state;
	expect_map("0 1000 1", NULL, 0, &own, 0);
	expect_map("1000 1000 1", NULL, 0, &own, 1000);
	expect_map("0 100000 10", two, 1, NULL, 0);
	expect_map("0 100000 10, 10 500 5", two, 2, NULL, 0);
	expect_map("0 1000 1, 1 100000 10, 11 500 5", two, 2, &own, 0);
	expect_map("0 100000 4, 4 1000 1, 5 100004 6, 11 500 5", two, 2, &own, 4);
	expect_map("0 100000 10, 10 1000 1, 11 500 5", two, 2, &own, 10);
	expect_map("0 100000 10, 10 500 5, 15 1000 1", two, 2, &own, 15);
	expect_map("0 100000 10, 10 500 5, 1000 1000 1", two, 2, &own, 1000);
	for (unsigned i = 0; i < MAX_RANGES; i++)
		most[i] = (struct id_range){i * 100, 2};
	expect_map("0 0 2, 2 100 2, 4 200 2, 6 300 1, 7 1000 1, 8 301 1, 9 400 2, 11 500 2, 13 600 2, 15 700 2", most,
		   MAX_RANGES, &own, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_namespaces),
		cmocka_unit_test(reads_user_namespaces),
		cmocka_unit_test(reads_time_offsets),
		cmocka_unit_test(makes_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
