// SPDX-License-Identifier: MIT
// phase/phase and phase/trace: the runner of phases and the time it notes; role/reap: exit codes.
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/log.h"
#include "phase/phase.h"
#include "phase/trace.h"
#include "role/reap.h"

static char order[32];
static size_t used;

static void note(char c)
{
	order[used++] = c;
	order[used] = '\0';
}

static int fresh(void **state)
{
	(void)state;
	used = 0;
	order[0] = '\0';
	log_setup.explain = log_setup.dry_run = false;
	memset(&err_last, 0, sizeof(err_last));
	return 0;
}

static int up_a(struct box *box)
{
	(void)box;
	note('a');
	return 0;
}

static int up_b(struct box *box)
{
	box->address = 7;
	note('b');
	return 0;
}

static int up_bad(struct box *box)
{
	(void)box;
	note('x');
	errno = EBUSY;
	return fail("mkdir", "thing");
}

static void explain_a(const struct box *box)
{
	(void)box;
	note('A');
}

static const struct phase phase_a = {"a", explain_a, up_a}, phase_b = {"b", NULL, up_b},
			  phase_bad = {"phase-with-a-long-name", NULL, up_bad};

static void runs_in_order(void **state)
{
	static const struct phase *const phases[] = {&phase_a, &phase_b, &phase_a, NULL}, *const none[] = {NULL};
	static struct box box;

	(void)state;
	assert_int_equal(phase_run(&box, phases), 0);
	assert_string_equal(order, "aba");
	assert_int_equal(box.address, 7);
	assert_int_equal(phase_run(&box, none), 0);
	assert_string_equal(order, "aba");
}

static void stops_at_a_failure(void **state)
{
	static const struct phase *const phases[] = {&phase_a, &phase_bad, &phase_b, NULL};
	static struct box box;

	(void)state;
	assert_int_equal(phase_run(&box, phases), -1);
	assert_string_equal(order, "ax");
	unit_expect_err("phase-with-a-lo: thing: mkdir: Device or resource busy (EBUSY)");
}

static void explains_before_it_does(void **state)
{
	static const struct phase *const phases[] = {&phase_a, &phase_b, NULL};
	static struct box box;

	(void)state;
	log_setup.explain = true;
	assert_int_equal(phase_run(&box, phases), 0);
	assert_string_equal(order, "Aab");
}

static void does_nothing_in_a_dry_run(void **state)
{
	static const struct phase *const phases[] = {&phase_a, &phase_bad, &phase_b, NULL};
	static struct box box;

	(void)state;
	log_setup.explain = log_setup.dry_run = true;
	assert_int_equal(phase_run(&box, phases), 0);
	assert_string_equal(order, "A");
	assert_int_equal(box.address, 0);
}

static int traces(void)
{
	char path[] = "/tmp/initbox-unit-XXXXXX", text[16384];
	int fd = mkstemp(path);
	ssize_t n;

	unit_check(fd >= 0);
	unit_check(trace_now() == 0); // not on yet
	trace_add("early", 1, 2);
	unit_check(trace_end("early") == 0);
	unit_check(trace_start() == 0 && trace_open(path) == 0);
	unit_check(trace_now() > 0);
	trace_add("cgroup", 1000, 2500);
	trace_set_side(TRACE_BOX);
	trace_add("root", 1234567, 1234568);
	trace_add("root", 2000000, 4000007);
	unit_check(trace_end("root") == 4000007 && trace_end("nothing") == 0);
	unit_check(trace_write() == 0);
	n = read(fd, text, sizeof(text) - 1);
	unit_check(n > 0);
	text[n] = '\0';
	unlink(path);
	unit_check(!strcmp(text,
			   "{\"traceEvents\":[\n"
			   "{\"name\":\"cgroup\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"cat\":\"host\",\"ts\":1.000,\"dur\":1.500},\n"
			   "{\"name\":\"root\",\"ph\":\"X\",\"pid\":1,\"tid\":2,\"cat\":\"box\",\"ts\":1234.567,\"dur\":0.001},\n"
			   "{\"name\":\"root\",\"ph\":\"X\",\"pid\":1,\"tid\":2,\"cat\":\"box\",\"ts\":2000.000,\"dur\":2000.007}\n"
			   "]}\n"));
	return 0;
}

// The longest names and times there are: all 64 spans are in the file, or it is not written.
static int traces_many(void)
{
	char path[] = "/tmp/initbox-unit-XXXXXX", text[16384];
	int fd = mkstemp(path), spans = 0;
	ssize_t n;

	unit_check(fd >= 0 && trace_start() == 0 && trace_open(path) == 0);
	for (int i = 0; i < 70; i++)
		trace_add("machine-net", UINT64_MAX / 2, UINT64_MAX);
	unit_stderr_begin();
	unit_check(trace_write() == 0);
	unit_check(!strcmp(unit_stderr_end(), "initbox: trace: 6 spans left out\n"));
	n = read(fd, text, sizeof(text) - 1);
	unit_check(n > 0);
	text[n] = '\0';
	unlink(path);
	for (const char *p = text; (p = strstr(p, "\"name\"")); p++)
		spans++;
	unit_check(spans == 64);
	unit_check(!strcmp(text + n - 4, "\n]}\n"));
	return 0;
}

static int traces_to_the_log(void)
{
	unit_check(trace_start() == 0 && trace_open("console") == 0);
	trace_add("cgroup", 1000, 2500);
	unit_stderr_begin();
	unit_check(trace_write() == 0);
	unit_check(!strcmp(unit_stderr_end(), "initbox: trace: host: cgroup: 1 us\n"));
	return 0;
}

static int traces_nowhere(void)
{
	unit_check(trace_start() == 0 && trace_open("/nonexistent/file") == -1);
	unit_check(err_last.no == ENOENT && !strcmp(err_last.object, "trace /nonexistent/file"));
	unit_check(trace_open("/dev/full") == 0);
	unit_check(trace_write() == -1);
	unit_check(err_last.no == ENOSPC && !strcmp(err_last.object, "trace /dev/full"));
	return 0;
}

static void writes_a_trace(void **state)
{
	(void)state;
	assert_int_equal(unit_child(traces), 0);
	assert_int_equal(unit_child(traces_to_the_log), 0);
	assert_int_equal(unit_child(traces_nowhere), 0);
}

static void writes_a_full_trace(void **state)
{
	(void)state;
	assert_int_equal(unit_child(traces_many), 0);
}

static void turns_a_status_into_a_code(void **state)
{
	(void)state;
	assert_int_equal(reap_code(0), 0);
	assert_int_equal(reap_code(3 << 8), 3);
	assert_int_equal(reap_code(255 << 8), 255);
	assert_int_equal(reap_code(9), 137);
	assert_int_equal(reap_code(15), 143);
	assert_int_equal(reap_code(11 | 0x80), 139); // a core was dumped
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(runs_in_order, fresh),
		cmocka_unit_test_setup(stops_at_a_failure, fresh),
		cmocka_unit_test_setup(explains_before_it_does, fresh),
		cmocka_unit_test_setup(does_nothing_in_a_dry_run, fresh),
		cmocka_unit_test(writes_a_trace),
		cmocka_unit_test(writes_a_full_trace),
		cmocka_unit_test(turns_a_status_into_a_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
