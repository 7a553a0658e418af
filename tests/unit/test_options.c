// SPDX-License-Identifier: MIT
// spec/parse: the command line of `initbox run`.
#include "unit.h"

#include <sys/mount.h>

#include <arpa/inet.h>

#include "spec/options.h"
#include "spec/spec.h"

// Splits words at spaces and parses them as options into a fresh spec.
static enum parse_result parse(struct spec **s, const char *words)
{
	static char text[8192];
	static char *argv[1024];
	int argc = 0;

	assert_int_equal(fmt(text, sizeof(text), "%s", words), 0);
	for (char *save, *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	*s = unit_spec();
	memset(&err_last, 0, sizeof(err_last));
	return parse_options(*s, SCOPE_BOX, NULL, argc, argv);
}

static struct spec *good(const char *words)
{
	struct spec *s;

	if (parse(&s, words) != PARSE_OK)
		unit_fail("%s: %s: %s", words, err_last.object, err_last.text);
	return s;
}

static void refuse(const char *words, const char *why)
{
	struct spec *s;

	if (parse(&s, words) != PARSE_BAD)
		unit_fail("accepted: %s", words);
	unit_expect_err(why);
}

static void has_defaults(void **state)
{
	struct spec *s = good("");

	(void)state;
	assert_int_equal(s->tmpfs_size, 0); // 256M, unless --read-only needs none (spec_check)
	assert_null(s->bridge); // what a bridge has by default comes when one is wanted (spec_check)
	assert_int_equal(s->network, NETWORK_NONE);
	assert_int_equal(s->seccomp, SECCOMP_FILTER_UNSET); // spec_check
	assert_int_equal(s->no_new_privs, NOT_SAID);
	assert_int_equal(s->kill_after, 10000);
	assert_int_equal(s->stdin_from, STDIN_INHERIT);
	assert_int_equal(s->command_count, 0);
	assert_null(s->command[0]);
	assert_int_equal(s->grace, 10000);
	assert_string_equal(s->machine_link, "eth0");
	assert_int_equal(s->memory, 0);
}

static void fills_every_field(void **state)
{
	const struct spec *s = good(
		"--name web --hostname web.local --rootfs /top --rootfs=/bottom --tmpfs-size 1G --volume /a:/b:ro "
		"--env A=1 --workdir /srv --user www:web --memory 64M --cpus 1.5 --pids-limit 100 --network bridge "
		"--publish 127.0.0.1:8080:80 --ip 172.20.0.9 --subnet 10.0.0.0/24 --bridge br0 --dns 9.9.9.9 --stdin null "
		"--seccomp none --trace file --explain --dry-run --verbose prog arg");

	(void)state;
	assert_string_equal(s->name, "web");
	assert_string_equal(s->hostname, "web.local");
	assert_int_equal(s->rootfs_count, 2);
	assert_string_equal(s->rootfs[0], "/top");
	assert_string_equal(s->rootfs[1], "/bottom");
	assert_int_equal(s->tmpfs_size, 1 << 30);
	assert_int_equal(s->volume_count, 1);
	assert_string_equal(s->volume[0].target, "/b");
	assert_true(s->volume[0].attrs & MS_RDONLY);
	assert_int_equal(s->env_count, 1);
	assert_string_equal(s->env[0], "A=1");
	assert_string_equal(s->workdir, "/srv");
	assert_string_equal(s->user, "www:web");
	assert_int_equal(s->memory, 64 << 20);
	assert_int_equal(s->cpus, 1500);
	assert_int_equal(s->pids_limit, 100);
	assert_int_equal(s->network, NETWORK_BRIDGE);
	assert_int_equal(s->publish_count, 1);
	assert_int_equal(s->publish[0].addr, htonl(0x7f000001));
	assert_int_equal(s->publish[0].host, 8080);
	assert_int_equal(s->ip.addr, htonl(0xac140009));
	assert_int_equal(s->ip.prefix, 32);
	assert_int_equal(s->subnet.prefix, 24);
	assert_string_equal(s->bridge, "br0");
	assert_int_equal(s->dns_count, 1);
	assert_int_equal(s->dns[0], htonl(0x09090909));
	assert_int_equal(s->stdin_from, STDIN_NULL);
	assert_int_equal(s->seccomp, SECCOMP_FILTER_NONE);
	assert_string_equal(s->trace, "file");
	assert_true(s->explain && s->dry_run && s->verbose);
	assert_int_equal(s->command_count, 2);
	assert_string_equal(s->command[0], "prog");
	assert_string_equal(s->command[1], "arg");
	assert_null(s->command[2]);
}

static void takes_short_options(void **state)
{
	const struct spec *s = good("-e A=1 -eB=2 -v /a:/b -v/c:/d -w /srv -u7 -m 1G -p 80:80 -p81:81/udp x");

	(void)state;
	assert_int_equal(s->env_count, 2);
	assert_string_equal(s->env[1], "B=2");
	assert_int_equal(s->volume_count, 2);
	assert_string_equal(s->volume[1].source, "/c");
	assert_string_equal(s->workdir, "/srv");
	assert_string_equal(s->user, "7");
	assert_int_equal(s->memory, 1 << 30);
	assert_int_equal(s->publish_count, 2);
	assert_int_equal(s->publish[1].proto, IPPROTO_UDP);
	assert_int_equal(s->command_count, 1);
}

static void takes_values_after_an_equals_sign(void **state)
{
	(void)state;
	assert_string_equal(good("--env=A=b=c")->env[0], "A=b=c");
	assert_string_equal(good("--trace=--x")->trace, "--x");
	assert_true(good("--verbose=yes")->verbose);
	assert_false(good("--verbose --verbose=no")->verbose);
	refuse("--verbose=maybe", "command line: verbose: \"maybe\": neither yes nor no");
	refuse("--name=", "command line: name: \"\": not a name (letters, digits, _ . -, at most 63, a letter or digit first)");
	refuse("--user=", "command line: user: \"\": is empty");
}

static void flags_take_no_word(void **state)
{
	const struct spec *s = good("--explain no");

	(void)state;
	assert_true(s->explain);
	assert_string_equal(s->command[0], "no");
}

static void last_one_wins(void **state)
{
	(void)state;
	assert_string_equal(good("--name a --name b")->name, "b");
	assert_int_equal(good("-m 1G --memory 2G")->memory, 2ull << 30);
	assert_int_equal(good("--network host --network none")->network, NETWORK_NONE);
}

static void knows_where_the_command_starts(void **state)
{
	const struct spec *s = good("--verbose -- --name x");

	(void)state;
	assert_int_equal(s->command_count, 2);
	assert_string_equal(s->command[0], "--name");
	assert_null(s->name);
	s = good("ls --name x -- y");
	assert_int_equal(s->command_count, 5);
	assert_string_equal(s->command[1], "--name");
	assert_string_equal(s->command[3], "--");
	s = good("-- --");
	assert_int_equal(s->command_count, 1);
	assert_string_equal(s->command[0], "--");
	s = good("--");
	assert_int_equal(s->command_count, 0);
	s = good("- x");
	assert_int_equal(s->command_count, 2);
	assert_string_equal(s->command[0], "-");
}

static void replaces_the_command(void **state)
{
	static const char *const old[] = {"old", "words", NULL};
	char *argv[] = {(char[]){"ls"}, NULL};
	struct spec *s = unit_spec();

	(void)state;
	s->command = old;
	s->command_count = 2;
	assert_int_equal(parse_options(s, SCOPE_BOX, NULL, 1, argv), PARSE_OK);
	assert_int_equal(s->command_count, 1);
	assert_string_equal(s->command[0], "ls");
	assert_null(s->command[1]);
}

static void takes_an_empty_word(void **state)
{
	char *argv[] = {(char[]){""}, (char[]){"--name"}, NULL};
	struct spec *s = unit_spec();

	(void)state;
	assert_int_equal(parse_options(s, SCOPE_BOX, NULL, 2, argv), PARSE_OK);
	assert_int_equal(s->command_count, 2);
}

static void refuses_unknown_options(void **state)
{
	(void)state;
	refuse("--nope", "command line: --nope: no such setting (initbox run --help lists them)");
	refuse("--nope=3", "command line: --nope: no such setting (initbox run --help lists them)");
	refuse("--nam x", "command line: --nam: no such setting (initbox run --help lists them)");
	refuse("--names x", "command line: --names: no such setting (initbox run --help lists them)");
	refuse("--=x", "command line: --: no such setting (initbox run --help lists them)");
	refuse("-z", "command line: -z: no such setting (initbox run --help lists them)");
	refuse("-name x", "command line: -n: no such setting (initbox run --help lists them)");
	refuse("--help=1", "command line: --help: no such setting (initbox run --help lists them)");
	// settings of a machine
	refuse("--command ls", "command line: --command: no such setting (initbox run --help lists them)");
	refuse("--status-port /dev/ttyS1", "command line: --status-port: no such setting (initbox run --help lists them)");
}

static void refuses_missing_values(void **state)
{
	(void)state;
	refuse("--name", "command line: --name: needs a value");
	refuse("--verbose --memory", "command line: --memory: needs a value");
	refuse("-v", "command line: -v: needs a value");
	refuse("-e", "command line: -e: needs a value");
}

static void says_what_is_wrong_with_a_value(void **state)
{
	(void)state;
	refuse("--memory 12Q", "command line: memory: \"12Q\": not a size (try 64M, 1G, max)");
	refuse("-m 0", "command line: memory: \"0\": a size of nothing");
	refuse("--network wifi", "command line: network: \"wifi\": not one of none|bridge|slirp|host|PATH");
	refuse("--network brid", "command line: network: \"brid\": not one of none|bridge|slirp|host|PATH");
	refuse("--stdin tty", "command line: stdin: \"tty\": not one of inherit|null");
	refuse("--seccomp off", "command line: seccomp: \"off\": not one of default|none|FILE (a file has a dot or a slash in its name)");
	refuse("--workdir srv", "command line: workdir: \"srv\": not an absolute path");
	refuse("-e =x", "command line: env: \"=x\": a variable without a name");
	refuse("--ip 1.2.3.4/24", "command line: ip: \"1.2.3.4/24\": not an IPv4 address");
	refuse("--name --help", "command line: name: \"--help\": not a name (letters, digits, _ . -, at most 63, a letter or digit first)");
	refuse("--bridge sixteen-letters-", "command line: bridge: \"sixteen-letters-\": not a network interface's name "
					    "(at most 15 letters, digits, _ . -)");
}

// The value is cut to 80 bytes, so that the reason is not lost.
static void shortens_long_values(void **state)
{
	char xs[501], text[600], want[300];

	(void)state;
	memset(xs, 'x', sizeof(xs));
	xs[sizeof(xs) - 1] = '\0';
	assert_int_equal(fmt(text, sizeof(text), "--memory %s", xs), 0);
	assert_int_equal(fmt(want, sizeof(want), "command line: memory: \"%.*s\": not a size (try 64M, 1G, max)", 80, xs), 0);
	refuse(text, want);
	assert_int_equal(fmt(text, sizeof(text), "--memory-%s", xs), 0);
	assert_int_equal(fmt(want, sizeof(want), "command line: --memory-%.*s: no such setting (initbox run --help lists them)",
			     80 - 9, xs), 0);
	refuse(text, want);
}

static void inherits_variables(void **state)
{
	char large[5000];

	(void)state;
	setenv("UNIT_HERE", "a=b c", 1);
	setenv("UNIT_EMPTY", "", 1);
	unsetenv("UNIT_GONE");
	assert_string_equal(good("-e UNIT_HERE")->env[0], "UNIT_HERE=a=b c");
	assert_string_equal(good("-e UNIT_EMPTY")->env[0], "UNIT_EMPTY=");
	assert_string_equal(good("-e UNIT_HERE=")->env[0], "UNIT_HERE=");
	refuse("-e UNIT_GONE", "command line: env: \"UNIT_GONE\": not set in the caller's environment");
	memset(large, 'a', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	setenv("UNIT_LARGE", large, 1);
	refuse("-e UNIT_LARGE", "command line: env: \"UNIT_LARGE\": the value is too long");
	unsetenv("UNIT_LARGE");
}

static void takes_commands_of_any_length(void **state)
{
	static char *argv[5000], word[] = "x";
	struct spec *s = unit_spec();

	(void)state;
	for (size_t i = 0; i + 1 < COUNT(argv); i++)
		argv[i] = word;
	assert_int_equal(parse_options(s, SCOPE_BOX, NULL, COUNT(argv) - 1, argv), PARSE_OK);
	assert_int_equal(s->command_count, COUNT(argv) - 1);
	assert_null(s->command[COUNT(argv) - 1]);
}

static void asks_for_help(void **state)
{
	struct spec *s;

	(void)state;
	assert_int_equal(parse(&s, "--help"), PARSE_HELP);
	assert_int_equal(parse(&s, "-h"), PARSE_HELP);
	assert_int_equal(parse(&s, "--verbose --help --nonsense"), PARSE_HELP);
	assert_int_equal(parse(&s, "ls --help"), PARSE_OK);
	assert_int_equal(parse(&s, "-- --help"), PARSE_OK);
	assert_int_equal(parse(&s, "--nonsense --help"), PARSE_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(fills_every_field),
		cmocka_unit_test(takes_short_options),
		cmocka_unit_test(takes_values_after_an_equals_sign),
		cmocka_unit_test(flags_take_no_word),
		cmocka_unit_test(last_one_wins),
		cmocka_unit_test(knows_where_the_command_starts),
		cmocka_unit_test(replaces_the_command),
		cmocka_unit_test(takes_an_empty_word),
		cmocka_unit_test(refuses_unknown_options),
		cmocka_unit_test(refuses_missing_values),
		cmocka_unit_test(says_what_is_wrong_with_a_value),
		cmocka_unit_test(shortens_long_values),
		cmocka_unit_test(inherits_variables),
		cmocka_unit_test(takes_commands_of_any_length),
		cmocka_unit_test(asks_for_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
