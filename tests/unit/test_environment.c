// SPDX-License-Identifier: MIT
// spec/parse: an entry's settings by variables, and files of variables; spec/options: the options of another init.
#include "unit.h"

#include <signal.h>

#include "spec/options.h"
#include "spec/parse.h"

static struct spec *take(const char *const *env)
{
	struct spec *s = unit_spec();

	memset(&err_last, 0, sizeof(err_last));
	if (parse_environment(s, (char **)(uintptr_t)env))
		unit_fail("%s: %s", err_last.object, err_last.text);
	return s;
}

#define TAKE(...) take((const char *const[]){__VA_ARGS__, NULL})

static void refuse(const char *entry, const char *why)
{
	const char *const env[] = {entry, NULL};

	assert_int_equal(parse_environment(unit_spec(), (char **)(uintptr_t)env), -1);
	unit_expect_err(why);
}

static void reads_variables(void **state)
{
	struct spec *s = TAKE("PATH=/bin", "INITBOX_ON_EXIT=wait", "INITBOX_GRACE=5s", "INITBOX_GROUP=1", "INITBOX=no setting",
			      "INITBOX_REWRITE=TERM=QUIT HUP=0", "INITBOX_EXIT_MAP=143 7=8", "INITBOX_PARENT_DEATH=KILL");

	(void)state;
	assert_int_equal(s->on_exit, ON_EXIT_WAIT);
	assert_int_equal(s->grace, 5000);
	assert_true(s->group);
	assert_int_equal(s->signal[SIGTERM].to, SIGQUIT);
	assert_int_equal(s->signal[SIGHUP].to, SIGNAL_DROPPED);
	assert_int_equal((143 + s->exit_map[143]) & 255, 0);
	assert_int_equal((7 + s->exit_map[7]) & 255, 8);
	assert_int_equal(s->parent_death, SIGKILL);
}

static void knows_other_inits(void **state)
{
	(void)state;
	assert_true(TAKE("TINI_KILL_PROCESS_GROUP=")->group);
	assert_true(TAKE("TINI_VERBOSITY=3")->verbose);
	assert_false(TAKE("TINI_VERBOSITY=1")->verbose);
	assert_false(TAKE("TINI_VERBOSITY=abc")->verbose);
	assert_true(TAKE("DUMB_INIT_DEBUG=1")->verbose);
	assert_false(TAKE("DUMB_INIT_DEBUG=0")->verbose);
}

static void refuses_what_it_does_not_know(void **state)
{
	(void)state;
	refuse("INITBOX_GRCE=1s", "environment: INITBOX_GRCE: no such setting (initbox --help lists them)");
	refuse("INITBOX_=1", "environment: INITBOX_: no such setting (initbox --help lists them)");
	refuse("INITBOX_ROOTFS=/", "environment: INITBOX_ROOTFS: no such setting (initbox --help lists them)");
	refuse("INITBOX_GRACE=soon", "environment: grace: \"soon\": not a time (try 10s, 500ms, 2m)");
	refuse("INITBOX_EXIT_MAP=1 999", "environment: exit-map: \"999\": not an exit code from 0 to 255 (try 143, 143=0, SIGTERM=0)");
	refuse("INITBOX_REWRITE='TERM=QUIT", "environment: rewrite: \"'TERM=QUIT\": a quote is not closed");
}

static void tells_own_variables(void **state)
{
	static const char *const own[] = {"INITBOX_GRACE=1", "INITBOX_NONSENSE=", "TINI_SUBREAPER=", "DUMB_INIT_SETSID=0"};
	static const char *const others[] = {"PATH=/bin", "INITBOX=1", "TINI_=1", "TINI_SUBREAPERS=1", "initbox_grace=1", "",
					     // of Kubernetes, for a service called initbox
					     "INITBOX_SERVICE_HOST=10.0.0.1", "INITBOX_PORT=tcp://10.0.0.1:80",
					     "INITBOX_PORT_80_TCP_ADDR=10.0.0.1", "INITBOX_WEB_SERVICE_HOST=10.0.0.1",
					     "INITBOX_WEB_PORT=tcp://10.0.0.1:80", "INITBOX_VERSION=1.2"};

	(void)state;
	for (size_t i = 0; i < COUNT(own); i++)
		assert_true(parse_is_own_variable(own[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(parse_is_own_variable(others[i]));
}

static int env_file(struct spec *s, const char *text)
{
	static char copy[1024];

	assert_int_equal(fmt(copy, sizeof(copy), "%s", text), 0);
	return parse_env_file(s, copy, strlen(copy), "file");
}

static void reads_files_of_variables(void **state)
{
	struct spec *s = unit_spec();

	(void)state;
	assert_int_equal(env_file(s, "# comment\n\nA=1\n  B=x y \nC=\nD=\"q\"\r\nE=last"), 0);
	assert_int_equal(s->env_count, 5);
	assert_string_equal(s->env[0], "A=1");
	assert_string_equal(s->env[1], "B=x y ");
	assert_string_equal(s->env[2], "C=");
	assert_string_equal(s->env[3], "D=\"q\""); // as docker: quotes belong to the value
	assert_string_equal(s->env[4], "E=last");
}

static void refuses_bad_files(void **state)
{
	(void)state;
	assert_int_equal(env_file(unit_spec(), "A=1\ntwo words\n"), -1);
	unit_expect_err("file:2: \"two words\": not a variable (K=V)");
	assert_int_equal(env_file(unit_spec(), "B = 1\n"), -1);
	unit_expect_err("file:1: \"B = 1\": not a variable (K=V)");
	assert_int_equal(env_file(unit_spec(), "=1\n"), -1);
	unit_expect_err("file:1: env: \"=1\": a variable without a name");
}

static void takes_the_options_of_a_peer(void **state)
{
	static const struct option list[] = {
		{'g', "group", "group", "yes", PARSE_OK},
		{.letter = 'e', .key = "exit-map"},
		{.letter = 's'}, // says what is so in any case
		{.name = "version", .result = PARSE_VERSION},
		{0},
	};
	char *argv[] = {(char[]){"-gs"}, (char[]){"-e7"}, (char[]){"-e"}, (char[]){"9"}, (char[]){"sh"}, (char[]){"-c"}, NULL};
	char *version[] = {(char[]){"--version"}, NULL}, *unknown[] = {(char[]){"-gx"}, NULL}, *cut[] = {(char[]){"-e"}, NULL};
	struct spec *s = unit_spec();

	(void)state;
	assert_int_equal(parse_options(s, SCOPE_ENTRY, list, 6, argv), PARSE_OK);
	assert_true(s->group);
	assert_int_equal((7 + s->exit_map[7]) & 255, 0);
	assert_int_equal((9 + s->exit_map[9]) & 255, 0);
	assert_int_equal(s->command_count, 2);
	assert_string_equal(s->command[1], "-c");
	assert_int_equal(parse_options(s, SCOPE_ENTRY, list, 1, version), PARSE_VERSION);
	assert_int_equal(parse_options(s, SCOPE_ENTRY, list, 1, unknown), PARSE_BAD);
	unit_expect_err("command line: -x: no such option");
	assert_int_equal(parse_options(s, SCOPE_ENTRY, list, 1, cut), PARSE_BAD);
	unit_expect_err("command line: -e: needs a value");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_variables),
		cmocka_unit_test(knows_other_inits),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(tells_own_variables),
		cmocka_unit_test(reads_files_of_variables),
		cmocka_unit_test(refuses_bad_files),
		cmocka_unit_test(takes_the_options_of_a_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
