// SPDX-License-Identifier: MIT
// spec/value_network: ports, hardware addresses, names of hosts.
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "spec/value.h"

static void expect_why(const char *text, const char *got, const char *want)
{
	if (!got != !want || (got && strcmp(got, want)))
		unit_fail("\"%s\": %s, wanted: %s", text, got ? got : "good", want ? want : "good");
}

static void reads_ports(void **state)
{
	static const struct {
		const char *text;
		struct port port;
		unsigned count;
	} rows[] = {
		{"8080:80", {0, 8080, 80, IPPROTO_TCP}, 1},
		{"1:65535", {0, 1, 65535, IPPROTO_TCP}, 1},
		{"65535:1/tcp", {0, 65535, 1, IPPROTO_TCP}, 1},
		{"5353:53/udp", {0, 5353, 53, IPPROTO_UDP}, 1},
		{"127.0.0.1:8080:80", {0x7f000001, 8080, 80, IPPROTO_TCP}, 1},
		{"255.255.255.255:1:2/udp", {0xffffffff, 1, 2, IPPROTO_UDP}, 1},
		{"0.0.0.0:1:2", {0, 1, 2, IPPROTO_TCP}, 1},
		{"80", {0, 0, 80, IPPROTO_TCP}, 1},
		{":80/udp", {0, 0, 80, IPPROTO_UDP}, 1},
		{"127.0.0.1::80", {0x7f000001, 0, 80, IPPROTO_TCP}, 1},
		{"8000-8010:80-90", {0, 8000, 80, IPPROTO_TCP}, 11},
		{"127.0.0.1:65534-65535:1-2/udp", {0x7f000001, 65534, 1, IPPROTO_UDP}, 2},
		{"80-82", {0, 0, 80, IPPROTO_TCP}, 3},
		{"7-7:9-9", {0, 7, 9, IPPROTO_TCP}, 1},
	};
	static const char *const bad[] = {
		"",		"80:",		 ":",		   "80-",	   "-80",	 "0:80",	"80:0",
		"65536:80",	"80:65536",	 "80:80/",	   "80:80/sctp",   "80:80/TCP",	 "80:80/tcp ",	"80:80/tcp/udp",
		"-1:80",	"a:b",		 "80:80:80",	   "127.0.0.1:80", "1.2.3.4:80:", "1.2.3.4:80:80:80", "0",
		":80:80",	"256.0.0.1:80:80", "[::]:80:80",   "8001-8000:80-81", " 80:80",	 "80: 80",	"/tcp",
		"1111.1111.1111.1111:80:80", "65535-65536:1-2", "1-2-3:1-3", "1--2:1-2",
	};
	static const char *const uneven[] = {"8000-8001:80", "8000:80-81", "1-2:1-3", "1.2.3.4:1-65535:2-65535/udp"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct port p[12] = {{1, 1, 1, 1}};
		unsigned n = 0;

		expect_why(rows[i].text, value_ports(rows[i].text, p, COUNT(p), &n), NULL);
		assert_int_equal(n, rows[i].count);
		for (unsigned j = 0; j < n; j++) {
			assert_int_equal(p[j].addr, htonl(rows[i].port.addr));
			assert_int_equal(p[j].host, rows[i].port.host ? rows[i].port.host + j : 0);
			assert_int_equal(p[j].box, rows[i].port.box + j);
			assert_int_equal(p[j].proto, rows[i].port.proto);
		}
	}
	for (size_t i = 0; i < COUNT(bad) + COUNT(uneven); i++) {
		const char *text = i < COUNT(bad) ? bad[i] : uneven[i - COUNT(bad)];
		struct port p = {1, 2, 3, 4};
		unsigned n = 0;

		expect_why(text, value_ports(text, &p, 1, &n),
			   i < COUNT(bad) ? "not a port (try 8080:80, 127.0.0.1:8080:80, 5353:53/udp, 8000-8009:80-89, or 80: "
					    "a free one)"
					  : "a range of ports needs one as long on the other side");
		assert_true(n == 0 && p.addr == 1 && p.host == 2 && p.box == 3 && p.proto == 4);
	}
}

static void takes_no_more_ports_than_there_is_room_for(void **state)
{
	struct port p[4] = {0};
	unsigned n = 2;

	(void)state;
	expect_why("1-2:3-4", value_ports("1-2:3-4", p, 4, &n), NULL);
	assert_true(n == 4 && !p[0].box && p[2].host == 1 && p[3].host == 2);
	expect_why("5:5", value_ports("5:5", p, 4, &n), "too many of them");
	n = 3;
	expect_why("1-2:3-4", value_ports("1-2:3-4", p, 4, &n), "too many of them");
	assert_int_equal(n, 3);
}

static void reads_hardware_addresses(void **state)
{
	static const char *const bad[] = {"",		       "02:42:ac:11:00",     "02:42:ac:11:00:02:03", "2:42:ac:11:00:02",
					  "02-42-ac-11-00-02", "02:42:ac:11:00:0g",  "02:42:ac:11:00:02 ",   "00:00:00:00:00:00",
					  "0242ac110002",      "02:42:ac:11:00:002", "02:42:ac:11:00:02:"};
	const uint8_t good[6] = {0x02, 0x42, 0xac, 0x11, 0x00, 0xfe};
	uint8_t mac[6] = {9, 9, 9, 9, 9, 9};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		expect_why(bad[i], value_mac(bad[i], mac), "not a hardware address (try 02:42:ac:11:00:02)");
	expect_why("group", value_mac("03:42:ac:11:00:02", mac), "is an address of a group of hosts (its first byte is odd)");
	expect_why("broadcast", value_mac("ff:ff:ff:ff:ff:ff", mac), "is an address of a group of hosts (its first byte is odd)");
	assert_int_equal(mac[0], 9);
	expect_why("good", value_mac("02:42:aC:11:00:Fe", mac), NULL);
	assert_memory_equal(mac, good, 6);
}

static void reads_what_stands_in_files_of_names(void **state)
{
	static const char *const bad[] = {"", ":1.2.3.4", "a", "a:", "a:b", "a b:1.2.3.4", "a:1.2.3.4.5", "a\n:1.2.3.4", "a::1"};
	struct host h = {0};
	uint16_t mtu = 1;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(value_host(bad[i], &h));
	assert_null(h.name);
	assert_null(value_host("db.local:192.0.2.7", &h));
	assert_string_equal(h.name, "db.local");
	assert_int_equal(h.addr, htonl(0xc0000207));
	assert_null(value_host("gate:host-gateway", &h));
	assert_true(!strcmp(h.name, "gate") && h.addr == 0);
	assert_null(value_domain("example.org"));
	assert_null(value_domain("."));
	assert_non_null(value_domain(""));
	assert_non_null(value_domain("a b"));
	assert_non_null(value_domain("a\nnameserver"));
	assert_non_null(value_domain(".a"));
	assert_null(value_dns_option("ndots:2"));
	assert_non_null(value_dns_option("a b"));
	assert_non_null(value_dns_option("a\nb"));
	assert_non_null(value_dns_option(""));
	assert_non_null(value_mtu("67", &mtu));
	assert_non_null(value_mtu("65536", &mtu));
	assert_non_null(value_mtu("1500x", &mtu));
	assert_int_equal(mtu, 1);
	assert_null(value_mtu("68", &mtu));
	assert_int_equal(mtu, 68);
	assert_null(value_mtu("65535", &mtu));
	assert_int_equal(mtu, 65535);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ports),
		cmocka_unit_test(takes_no_more_ports_than_there_is_room_for),
		cmocka_unit_test(reads_hardware_addresses),
		cmocka_unit_test(reads_what_stands_in_files_of_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
