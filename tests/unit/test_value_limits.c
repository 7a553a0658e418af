// SPDX-License-Identifier: MIT
// spec/value_limits: what a box may use. A value that is refused leaves the field as it was.
#include "unit.h"

#include <math.h>

#include "spec/keys.h"
#include "spec/value.h"

static void reads_swap(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_non_null(value_swap("-2", &v));
	assert_non_null(value_swap("0", &v));
	assert_non_null(value_swap("", &v));
	assert_int_equal(v, 7);
	assert_null(value_swap("1G", &v));
	assert_int_equal(v, 1 << 30);
	assert_null(value_swap("-1", &v));
	assert_int_equal(v, SIZE_UNLIMITED);
}

// The OCI runtimes' way, with floating point, for each number of shares that there is.
static void weighs_shares_as_the_runtimes_do(void **state)
{
	char text[16];

	(void)state;
	for (unsigned shares = 2; shares <= 262144; shares++) {
		double l = log2(shares), want = ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
		uint16_t weight = 0;

		assert_int_equal(fmt(text, sizeof(text), "%u", shares), 0);
		assert_null(value_shares(text, &weight));
		if (shares > 2 && shares < 262144 && weight != (uint16_t)want)
			unit_fail("%u shares: weight %u, wanted %u", shares, weight, (unsigned)want);
	}
}

static void knows_the_marks_of_shares(void **state)
{
	static const struct {
		const char *text;
		uint16_t weight; // 0: refused
	} rows[] = {
		{"2", 1}, {"1024", 100}, {"2000", 170}, {"262144", 10000}, {"1", 0}, {"0", 0}, {"262145", 0}, {"", 0},
		{"-1", 0}, {"1k", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint16_t weight = 7;

		assert_true(!value_shares(rows[i].text, &weight) == (rows[i].weight != 0));
		assert_int_equal(weight, rows[i].weight ? rows[i].weight : 7);
	}
}

static void reads_weights(void **state)
{
	static const char *const bad[] = {"9", "1001", "0", "", "-10", "10 ", "a"};
	uint16_t v = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_non_null(value_weight(bad[i], &v));
		assert_int_equal(v, 7);
	}
	assert_null(value_weight("10", &v));
	assert_int_equal(v, 10);
	assert_null(value_weight("1000", &v));
	assert_int_equal(v, 1000);
}

static void reads_lists_of_processors(void **state)
{
	static const char *const bad[] = {"", ",", "0,", ",0", "0-", "-1", "3-1", "a", "0 1", "0-1-2", "8192", "0,,1", "1-8192", "0-3:1/2"};
	uint64_t set[MAX_CPUS / 64], other[MAX_CPUS / 64];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!value_cpuset(bad[i], set))
			unit_fail("taken: %s", bad[i]);
	assert_null(value_cpuset("0-2,63-64,8191", set));
	assert_int_equal(set[0], 1ull << 63 | 7);
	assert_int_equal(set[1], 1);
	assert_int_equal(set[MAX_CPUS / 64 - 1], 1ull << 63);
	assert_null(value_cpuset("8191,2,0,1,64,63,1", other));
	assert_memory_equal(set, other, sizeof(set));
}

static void reads_limits_of_disks(void **state)
{
	static const struct {
		const char *text;
		enum io_what what;
		uint64_t value; // 0: refused
	} rows[] = {
		{"/dev/vda:1M", IO_READ_BPS, 1 << 20},
		{"/dev/disk/by:id:4096", IO_WRITE_BPS, 4096},
		{"/dev/vda:100", IO_READ_IOPS, 100},
		{"/dev/vda:4294967294", IO_WRITE_IOPS, 4294967294},
		{"/dev/vda:500", IO_WEIGHT, 500},
		{"/dev/vda:max", IO_READ_BPS, 0},
		{"/dev/vda:0", IO_READ_BPS, 0},
		{"/dev/vda:", IO_READ_BPS, 0},
		{"/dev/vda", IO_READ_BPS, 0},
		{"vda:1M", IO_READ_BPS, 0},
		{":1M", IO_READ_BPS, 0},
		{"", IO_READ_BPS, 0},
		{"/dev/vda:1M", IO_READ_IOPS, 0},
		{"/dev/vda:0", IO_READ_IOPS, 0},
		{"/dev/vda:4294967295", IO_READ_IOPS, 0},
		{"/dev/vda:-1", IO_WRITE_IOPS, 0},
		{"/dev/vda:9", IO_WEIGHT, 0},
		{"/dev/vda:1001", IO_WEIGHT, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct io_limit l = {.value = 7};
		const char *why = value_io(rows[i].text, rows[i].what, &l);

		if (!why != (rows[i].value != 0))
			unit_fail("%s: %s", rows[i].text, why ? why : "taken");
		assert_int_equal(l.value, why ? 7 : rows[i].value);
		if (why)
			continue;
		assert_int_equal(l.what, rows[i].what);
		assert_int_equal(strlen(l.device), strrchr(rows[i].text, ':') - rows[i].text);
	}
}

static void reads_huge_pages(void **state)
{
	static const char *const bad[] = {"", "2M", "=64M", "2M=", "2M=1M", "2M=3M", "3M=6M", "1K=1M", "2M=-1", "max=1G", "2M=64Q"};
	struct hugetlb h = {7, 7};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (!value_hugetlb(bad[i], &h))
			unit_fail("taken: %s", bad[i]);
		assert_true(h.page == 7 && h.limit == 7);
	}
	assert_null(value_hugetlb("2M=64M", &h));
	assert_true(h.page == 2 << 20 && h.limit == 64 << 20);
	assert_null(value_hugetlb("1G=0", &h));
	assert_true(h.page == 1 << 30 && h.limit == 0);
	assert_null(value_hugetlb("64K=max", &h));
	assert_true(h.page == 65536 && h.limit == SIZE_UNLIMITED);
}

// Five keys fill one list, each with its own kind.
static void keys_of_disks_share_a_list(void **state)
{
	static const char *const names[] = {"device-read-bps", "device-write-bps", "device-read-iops", "device-write-iops",
					    "blkio-weight-device"};
	struct spec *s = unit_spec();

	(void)state;
	for (unsigned i = 0; i < MAX_IO; i++) {
		const char *name = names[i % COUNT(names)];

		assert_int_equal(key_set(key_find(name, strlen(name)), s, "/dev/vda:100", "here"), 0);
		assert_int_equal(s->io_count, i + 1);
		assert_int_equal(s->io[i].what, i % COUNT(names));
	}
	assert_int_equal(key_set(key_find(names[0], strlen(names[0])), s, "/dev/vda:100", "here"), -1);
	unit_expect_err("here: device-read-bps: \"/dev/vda:100\": too many of them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_swap),		     cmocka_unit_test(weighs_shares_as_the_runtimes_do),
		cmocka_unit_test(knows_the_marks_of_shares), cmocka_unit_test(reads_weights),
		cmocka_unit_test(reads_lists_of_processors), cmocka_unit_test(reads_limits_of_disks),
		cmocka_unit_test(reads_huge_pages),	     cmocka_unit_test(keys_of_disks_share_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
