// SPDX-License-Identifier: MIT
// spec/parse: configuration files.
#include "unit.h"

#include <sys/mount.h>

#include <arpa/inet.h>

#include "spec/keys.h"
#include "spec/parse.h"

// Parses text[0..n) in memory of its size and one byte more, which a last line without a newline is ended in.
// The memory stays: the spec points into it.
static int parse_bytes(struct spec *s, const char *text, size_t n)
{
	static char *last;

	free(last);
	last = malloc(n + 1);
	assert_non_null(last);
	memcpy(last, text, n);
	last[n] = '\0';
	memset(&err_last, 0, sizeof(err_last));
	return parse_config(s, last, n, "initbox.conf");
}

static struct spec *good(const char *text)
{
	struct spec *s = unit_spec();

	if (parse_bytes(s, text, strlen(text)))
		unit_fail("%s: %s: %s", text, err_last.object, err_last.text);
	return s;
}

static void refuse(const char *text, const char *why)
{
	struct spec *s = unit_spec();

	if (!parse_bytes(s, text, strlen(text)))
		unit_fail("accepted: %s", text);
	unit_expect_err(why);
}

static void expect_defaults(const char *text)
{
	struct spec want;

	memcpy(&want, unit_spec(), sizeof(want));
	assert_memory_equal(good(text), &want, sizeof(want));
}

static void reads_nothing(void **state)
{
	(void)state;
	expect_defaults("");
	expect_defaults("\n");
	expect_defaults("\n\n \t\r\n\n");
	expect_defaults("# a comment: name = x\n#\n   # name = x");
}

static void reads_lines(void **state)
{
	const struct spec *s = good("# a machine\n"
				    "\n"
				    "name=a\n"
				    "  hostname\t =  b.c  \r\n"
				    "rootfs = /top\n"
				    "rootfs = /bottom\n"
				    "memory= 64M\n"
				    "explain = on\n"
				    "machine-address = 10.0.2.15/24\n"
				    "machine-gateway = 10.0.2.2\n"
				    "share = tag:/data:ro\n"
				    "status-port = /dev/ttyS1\n"
				    "command = /bin/sh -c \"echo hi\" '' a\\ b\n"
				    "workdir = /srv");

	(void)state;
	assert_string_equal(s->name, "a");
	assert_string_equal(s->hostname, "b.c");
	assert_int_equal(s->rootfs_count, 2);
	assert_string_equal(s->rootfs[1], "/bottom");
	assert_int_equal(s->memory, 64 << 20);
	assert_true(s->explain);
	assert_int_equal(s->machine_address.addr, htonl(0x0a00020f));
	assert_int_equal(s->machine_address.prefix, 24);
	assert_int_equal(s->machine_gateway.addr, htonl(0x0a000202));
	assert_string_equal(s->share[0].source, "tag");
	assert_true(s->share[0].attrs & MS_RDONLY);
	assert_string_equal(s->status_port, "/dev/ttyS1");
	assert_int_equal(s->command_count, 5);
	assert_string_equal(s->command[2], "echo hi");
	assert_string_equal(s->command[3], "");
	assert_string_equal(s->command[4], "a b");
	assert_null(s->command[5]);
	assert_string_equal(s->workdir, "/srv"); // no newline behind it
}

static void last_one_wins(void **state)
{
	const struct spec *s = good("name = a\nname = b\ncommand = x y z\ncommand = w\n");

	(void)state;
	assert_string_equal(s->name, "b");
	assert_int_equal(s->command_count, 1);
	assert_string_equal(s->command[0], "w");
	assert_null(s->command[1]);
}

static void takes_quotes_off(void **state)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{"user = a", "a"},
		{"user = 'a'", "a"},
		{"user = \"a\"", "a"},
		{"user = ' a '", " a "},
		{"user = \"  a\"  ", "  a"},
		{"user = 'a\\n\"b'", "a\\n\"b"},
		{"user = \"a\\n\\t\\\"\\\\b'\"", "a\n\t\"\\b'"},
		{"user = \"\\\\\"", "\\"},
		{"user = a'b'", "a'b'"},	  // quoted in part: nothing is taken off
		{"user = a\"b\\n\"", "a\"b\\n\""},
		{"user = a\\nb", "a\\nb"},
		{"user = a = b", "a = b"},
		{"user = a # b", "a # b"},	  // only a line that starts with it is a comment
		{"user = '# b'", "# b"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(good(rows[i].text)->user, rows[i].value);
	assert_string_equal(good("env = \"A=b c\"")->env[0], "A=b c");
	assert_string_equal(good("env = A=\"b c\"")->env[0], "A=\"b c\"");
}

// The quotes of a command say where its words end, also around the first and the last of them.
static void keeps_the_quotes_of_a_command(void **state)
{
	const struct spec *s = good("command = \"a b\"\n");

	(void)state;
	assert_int_equal(s->command_count, 1);
	assert_string_equal(s->command[0], "a b");
	s = good("\r command =\r'a b' c \"d e\"\r\n");
	assert_int_equal(s->command_count, 3);
	assert_string_equal(s->command[0], "a b");
	assert_string_equal(s->command[2], "d e");
}

static void refuses_open_quotes(void **state)
{
	static const char why[] = "initbox.conf:2: user: a quote is not closed at the end of the line";

	(void)state;
	refuse("\nuser = '", why);
	refuse("\nuser = \"", why);
	refuse("\nuser = 'a", why);
	refuse("\nuser = \"a\\\"", why);
	refuse("\nuser = \"a\\", why);
	refuse("\nuser = 'a' b", why);
	refuse("\nuser = 'a' 'b'", why);
	refuse("\nuser = 'a\"", why);
	refuse("\nuser = \"a\nuser = b\"", why);
	refuse("command = sh -c 'x\n", "initbox.conf:1: command: \"sh -c 'x\": a quote is not closed");
	refuse("command = sh \\\n", "initbox.conf:1: command: \"sh \\\": ends with a backslash");
	refuse("command = \n", "initbox.conf:1: command: \"\": is empty");
}

static void tells_the_line(void **state)
{
	(void)state;
	refuse("nope = 1", "initbox.conf:1: nope: no such setting (initbox run --help lists them)");
	refuse("# one\n\nname = a\n bogus key  = 1\nworse", "initbox.conf:4: bogus key: no such setting (initbox run --help lists them)");
	refuse("Name = a", "initbox.conf:1: Name: no such setting (initbox run --help lists them)");
	refuse("name = a\nmemory\n", "initbox.conf:2: \"memory\": not a setting (key = value)");
	refuse("= x\n", "initbox.conf:1: : no such setting (initbox run --help lists them)");
	refuse("\n\nmemory = 12Q\n", "initbox.conf:3: memory: \"12Q\": not a size (try 64M, 1G, max)");
	refuse("name =\n", "initbox.conf:1: name: \"\": not a name (letters, digits, _ . -, at most 63, a letter or digit first)");
	refuse("user = ''\n", "initbox.conf:1: user: \"\": is empty");
	refuse("dns = 1.1.1.1\ndns = 1.1.1.2\ndns = 1.1.1.3\ndns = 1.1.1.4", "initbox.conf:4: dns: \"1.1.1.4\": too many of them");
}

static void refuses_nul_bytes(void **state)
{
	static const char text[] = "name = a\nhost\0name = b\n", end[] = "name = a\0", alone[] = "\0";

	(void)state;
	assert_int_equal(parse_bytes(unit_spec(), text, sizeof(text) - 1), -1);
	unit_expect_err("initbox.conf:2: a NUL byte");
	assert_int_equal(parse_bytes(unit_spec(), end, sizeof(end) - 1), -1);
	unit_expect_err("initbox.conf:1: a NUL byte");
	assert_int_equal(parse_bytes(unit_spec(), alone, 1), -1);
	unit_expect_err("initbox.conf:1: a NUL byte");
}

static void takes_what_editors_do(void **state)
{
	const struct spec *s = good("\xef\xbb\xbfname = a\r\nuser = \"b \"\r\n\r\n# c\r\nworkdir = /d\r");

	(void)state;
	assert_string_equal(s->name, "a");
	assert_string_equal(s->user, "b ");
	assert_string_equal(s->workdir, "/d");
	s = good("user = \xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7");
	assert_string_equal(s->user, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7");
	expect_defaults("\xef\xbb\xbf");
	refuse("name = a\n\xef\xbb\xbfuser = b", "initbox.conf:2: \xef\xbb\xbfuser: no such setting (initbox run --help lists them)");
	refuse("\xff\xfen", "initbox.conf:1: is UTF-16; it has to be UTF-8");
	refuse("\xfe\xff", "initbox.conf:1: is UTF-16; it has to be UTF-8");
	refuse("\xef\xbb", "initbox.conf:1: is not UTF-8 (byte 0xef)");
	refuse("name = a\n# caf\xe9\n", "initbox.conf:2: is not UTF-8 (byte 0xe9)");
	refuse("user = a\xc0\x80", "initbox.conf:1: is not UTF-8 (byte 0xc0)");
	refuse("user = \xe2\x82", "initbox.conf:1: is not UTF-8 (byte 0xe2)");
}

// Whatever is cut off, what is left is read or refused; the last line never needs its newline.
static void survives_truncation(void **state)
{
	static const char text[] = "name = 'a'\nuser = \"x\\\"y\"\ncommand = sh -c 'a \"b'\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++)
		(void)!parse_bytes(unit_spec(), text, n);
	assert_int_equal(parse_bytes(unit_spec(), text, 10), 0);
	assert_int_equal(parse_bytes(unit_spec(), text, 9), -1);
}

enum { LARGE = 48 * 1024 };
static char large[LARGE];

static void fill(const char *start, char c)
{
	memset(large, c, LARGE);
	memcpy(large, start, strlen(start));
}

// As much as the whole file may have: one line.
static int reads_a_long_line(void)
{
	struct spec *s = unit_spec();

	fill("env = A=", 'x');
	unit_check(parse_bytes(s, large, LARGE) == 0);
	unit_check(strlen(s->env[0]) == LARGE - 6);
	fill("# ", '#');
	unit_check(parse_bytes(s, large, LARGE) == 0);
	fill("", 'x');
	unit_check(parse_bytes(s, large, LARGE) == -1);
	fill("", '=');
	unit_check(parse_bytes(s, large, LARGE) == -1);
	fill("name = ", 'x');
	unit_check(parse_bytes(s, large, LARGE) == -1);
	unit_check(!strcmp(err_last.text, "not a name (letters, digits, _ . -, at most 63, a letter or digit first)"));
	unit_check(s->name == NULL);
	return 0;
}

static int reads_a_long_command(void)
{
	struct spec *s = unit_spec();

	fill("command = ", 'x');
	unit_check(parse_bytes(s, large, LARGE) == -1);
	unit_check(!strcmp(err_last.text, "a word is too long"));
	for (size_t i = 10; i < LARGE; i += 256) // 192 words
		large[i] = ' ';
	unit_check(parse_bytes(s, large, LARGE) == 0);
	unit_check(s->command_count == (LARGE - 10 + 255) / 256);
	unit_check(strlen(s->command[0]) == 255);
	// The arena holds no second one.
	unit_check(parse_bytes(s, large, LARGE) == -1);
	unit_check(!strcmp(err_last.text, "the configuration is too large"));
	return 0;
}

static int counts_words(void)
{
	struct spec *s = unit_spec();

	fill("command = ", ' ');
	for (size_t i = 10; i < 10 + 2 * MAX_WORDS; i += 2)
		large[i] = 'x';
	unit_check(parse_bytes(s, large, LARGE) == 0);
	unit_check(s->command_count == MAX_WORDS && !s->command[MAX_WORDS]);
	large[10 + 2 * MAX_WORDS] = 'x';
	unit_check(parse_bytes(s, large, LARGE) == -1);
	unit_check(!strcmp(err_last.text, "too many words"));
	return 0;
}

static void reads_long_lines(void **state)
{
	(void)state;
	assert_int_equal(unit_child(reads_a_long_line), 0);
	assert_int_equal(unit_child(reads_a_long_command), 0);
	assert_int_equal(unit_child(counts_words), 0);
}

// Every setting that there is may stand in a file.
static void takes_every_key(void **state)
{
	static const char *const values[][2] = {
		{"name", "a"},	     {"hostname", "a"},	  {"rootfs", "/"},	     {"tmpfs-size", "1M"}, {"volume", "/a:/b"},
		{"env", "A=b"},	     {"workdir", "/"},	  {"user", "0"},	     {"memory", "max"},	   {"cpus", "1"},
		{"pids-limit", "9"}, {"network", "host"}, {"publish", "1:1"},	     {"ip", "1.2.3.4"},	   {"subnet", "10.0.0.0/8"},
		{"bridge", "br0"},   {"dns", "1.2.3.4"},  {"stdin", "inherit"},	     {"seccomp", "default"}, {"trace", "console"},
		{"explain", "no"},   {"dry-run", "no"},	  {"verbose", "no"},	     {"command", "sh"},	   {"machine-link", "eth1"},
		{"machine-address", "1.2.3.4/5"},	  {"machine-gateway", "1.2.3.4"}, {"share", "t:/d"},
		{"status-port", "/dev/ttyS1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char text[64];

		assert_int_equal(fmt(text, sizeof(text), "%s = %s\n", values[i][0], values[i][1]), 0);
		good(text);
	}
}

static void refuses_a_long_file_name(void **state)
{
	char name[200], text[] = "name = a";

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(parse_config(unit_spec(), text, strlen(text), name), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_nothing),
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(last_one_wins),
		cmocka_unit_test(takes_quotes_off),
		cmocka_unit_test(keeps_the_quotes_of_a_command),
		cmocka_unit_test(refuses_open_quotes),
		cmocka_unit_test(tells_the_line),
		cmocka_unit_test(refuses_nul_bytes),
		cmocka_unit_test(takes_what_editors_do),
		cmocka_unit_test(survives_truncation),
		cmocka_unit_test(reads_long_lines),
		cmocka_unit_test(takes_every_key),
		cmocka_unit_test(refuses_a_long_file_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
