// SPDX-License-Identifier: MIT
// spec/value: numbers and addresses: what is a value, what is not and why. A value that is refused leaves the field as it was.
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "spec/value.h"

#define UNCHANGED 0x5a5a5a5a5a5a5a5a

static void expect_why(const char *text, const char *got, const char *want)
{
	if (!got != !want || (got && strcmp(got, want)))
		unit_fail("\"%s\": %s, wanted: %s", text, got ? got : "good", want ? want : "good");
}

static void reads_sizes(void **state)
{
	static const char no[] = "not a size (try 64M, 1G, max)", nothing[] = "a size of nothing";
	static const struct {
		const char *text;
		uint64_t bytes;
		const char *why;
	} rows[] = {
		{"1", 1, NULL},
		{"4096", 4096, NULL},
		{"64K", 65536, NULL},
		{"64k", 65536, NULL},
		{"256M", 256 << 20, NULL},
		{"256m", 256 << 20, NULL},
		{"1G", 1ull << 30, NULL},
		{"1g", 1ull << 30, NULL},
		{"2T", 2ull << 40, NULL},
		{"2t", 2ull << 40, NULL},
		{"007", 7, NULL},
		{"max", SIZE_UNLIMITED, NULL},
		{"16777215T", 16777215ull << 40, NULL},
		{"17179869183G", 17179869183ull << 30, NULL},
		{"18014398509481983K", 18014398509481983ull << 10, NULL},
		{"18446744073709551614", 18446744073709551614ull, NULL},
		{"18446744073709551615", 0, no}, // it would mean max
		{"18446744073709551616", 0, no},
		{"16777216T", 0, no},
		{"17179869184G", 0, no},
		{"17592186044416M", 0, no},
		{"18014398509481984K", 0, no},
		{"99999999999999999999999T", 0, no},
		{"", 0, no},
		{"-1", 0, no},
		{"+1", 0, no},
		{"1Q", 0, no},
		{" 1M", 0, no},
		{"1M ", 0, no},
		{"1 M", 0, no},
		{"1MB", 0, no},
		{"1KK", 0, no},
		{"1.5G", 0, no},
		{"0x10", 0, no},
		{"M", 0, no},
		{"Max", 0, no},
		{"maxM", 0, no},
		{"1\v", 0, no},
		{"0", 0, nothing},
		{"0G", 0, nothing},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t v = UNCHANGED;

		expect_why(rows[i].text, value_size(rows[i].text, &v), rows[i].why);
		assert_int_equal(v, rows[i].why ? UNCHANGED : rows[i].bytes);
	}
}

static void reads_counts(void **state)
{
	static const char no[] = "not a number from 1 to 4194304, or max";
	static const struct {
		const char *text;
		uint64_t n; // 0: refused
	} rows[] = {
		{"1", 1},    {"100", 100}, {"4194304", 4194304}, {"max", SIZE_UNLIMITED}, {"0", 0}, {"4194305", 0}, {"", 0},
		{"-1", 0},   {"1K", 0},	   {" 1", 0},		 {"1 ", 0},		  {"MAX", 0},
		{"18446744073709551617", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t v = UNCHANGED;

		expect_why(rows[i].text, value_count(rows[i].text, &v), rows[i].n ? NULL : no);
		assert_int_equal(v, rows[i].n ? rows[i].n : UNCHANGED);
	}
}

static void reads_cpus(void **state)
{
	static const char no[] = "not a number of CPUs (try 0.5, 1.5, 2)";
	static const char little[] = "less than the kernel can divide (at least 0.01)";
	static const struct {
		const char *text;
		uint32_t thousandths;
		const char *why;
	} rows[] = {
		{"1", 1000, NULL},     {"2", 2000, NULL},	  {"1.5", 1500, NULL},	 {"0.5", 500, NULL},
		{"0.05", 50, NULL},    {"0.25", 250, NULL},	  {"0.125", 125, NULL},	 {"0.01", 10, NULL},
		{"0.010", 10, NULL},   {"1.000", 1000, NULL},	  {"1023.999", 1023999, NULL},
		{"1024", 1024000, NULL}, {"1024.0", 1024000, NULL}, {"01", 1000, NULL},
		{"0", 0, little},      {"0.0", 0, little},	  {"0.009", 0, little},	 {"0.001", 0, little},
		{"", 0, no},	       {"1.", 0, no},		  {".5", 0, no},	 {".", 0, no},
		{"1.5000", 0, no},     {"0.0001", 0, no},	  {"1.5.5", 0, no},	 {"-1", 0, no},
		{"1.-5", 0, no},       {"1,5", 0, no},		  {"1025", 0, no},	 {"max", 0, no},
		{"4294968", 0, no},    {"1e3", 0, no},		  {" 1", 0, no},	 {"0x1", 0, no},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t v = (uint32_t)UNCHANGED;

		expect_why(rows[i].text, value_cpus(rows[i].text, &v), rows[i].why);
		assert_int_equal(v, rows[i].why ? (uint32_t)UNCHANGED : rows[i].thousandths);
	}
}

// 0.01 to 1024, thousandths included.
static void knows_the_most_cpus(void **state)
{
	uint32_t v;

	(void)state;
	assert_non_null(value_cpus("1024.001", &v));
	assert_non_null(value_cpus("1024.999", &v));
}

static void reads_yes_and_no(void **state)
{
	static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};
	static const char *const neither[] = {"", "Yes", "y", "2", "yes ", "01", "oui"};
	bool b;

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++) {
		b = false;
		assert_null(value_bool(yes[i], &b));
		assert_true(b);
		assert_null(value_bool(no[i], &b));
		assert_false(b);
	}
	for (size_t i = 0; i < COUNT(neither); i++) {
		b = true;
		expect_why(neither[i], value_bool(neither[i], &b), "neither yes nor no");
		assert_true(b);
	}
}

static const char *const not_addresses[] = {
	"",	     "1",	  "1.2.3",	 "1.2.3.",	"1.2.3.4.",  "1.2.3.4.5",  ".1.2.3",	 "1..2.3",
	"256.1.1.1", "1.1.1.256", "1.2.3.04",	 "01.2.3.4",	"1.2.3.0x4", "1.2.3.-4",   "1.2.3.4 ",	 " 1.2.3.4",
	"a.b.c.d",   "::1",	  "1.2.3.4:5",	 "1.2.3.4/5",	"1.2.3.400", "1.2.3.0004", "999.999.999.999", "1.2.3.4\n",
};

static void reads_addresses(void **state)
{
	static const struct {
		const char *text;
		uint32_t addr;
	} rows[] = {
		{"0.0.0.0", 0},
		{"192.0.2.1", 0xc0000201},
		{"255.255.255.255", 0xffffffff},
		{"1.20.100.0", 0x01146400},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t addr = (uint32_t)UNCHANGED;

		assert_null(value_ip4(rows[i].text, &addr));
		assert_int_equal(addr, htonl(rows[i].addr));
		assert_int_equal(addr, inet_addr(rows[i].text));
	}
	for (size_t i = 0; i < COUNT(not_addresses); i++) {
		uint32_t addr = (uint32_t)UNCHANGED;

		expect_why(not_addresses[i], value_ip4(not_addresses[i], &addr), "not an IPv4 address");
		assert_int_equal(addr, (uint32_t)UNCHANGED);
	}
}

static void reads_networks(void **state)
{
	static const char *const bad[] = {
		"",	      "10.0.0.0",   "10.0.0.0/",      "10.0.0.0/33",   "10.0.0.0/-1",	 "10.0.0/8",
		"/8",	      "10.0.0.0/8/8", "10.0.0.0/ 8",  "10.0.0.0/8 ",   "1111.2222.3333.4444/8", "10.0.0.0/a",
		"255.255.255.2555/8",
	};
	struct net4 net = {0};

	(void)state;
	assert_null(value_net4("172.20.0.0/16", &net));
	assert_int_equal(net.addr, htonl(0xac140000));
	assert_int_equal(net.prefix, 16);
	assert_null(value_net4("0.0.0.0/0", &net));
	assert_int_equal(net.addr, 0);
	assert_int_equal(net.prefix, 0);
	assert_null(value_net4("255.255.255.255/32", &net));
	assert_int_equal(net.addr, 0xffffffff);
	assert_int_equal(net.prefix, 32);
	for (size_t i = 0; i < COUNT(bad); i++) {
		net = (struct net4){7, 7};
		expect_why(bad[i], value_net4(bad[i], &net), "not an IPv4 network (try 172.20.0.0/16)");
		assert_int_equal(net.addr, 7);
		assert_int_equal(net.prefix, 7);
	}
	for (size_t i = 0; i < COUNT(not_addresses); i++) {
		char text[32];

		assert_int_equal(fmt(text, sizeof(text), "%s/8", not_addresses[i]), 0);
		assert_non_null(value_net4(text, &net));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_sizes),	    cmocka_unit_test(reads_counts),
		cmocka_unit_test(reads_cpus),	    cmocka_unit_test(knows_the_most_cpus),
		cmocka_unit_test(reads_yes_and_no), cmocka_unit_test(reads_addresses),
		cmocka_unit_test(reads_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
