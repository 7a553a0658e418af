// SPDX-License-Identifier: MIT
// base/watch: a descriptor tells by SIGIO, times come in order, callbacks change the list while it is walked.
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "base/watch.h"

static int sockets[2];
static unsigned reads, dues;

static void take_all(struct watch *w)
{
	char text[64];

	reads++;
	while (read(w->fd, text, sizeof(text)) > 0)
		;
}

static void count_due(struct watch *w)
{
	(void)w;
	dues++;
}

static struct watch socket_watch = {.what = "socket", .ready = take_all, .due = count_due};
static struct watch timer = {.fd = -1, .what = "timer", .due = count_due};
static struct watch other = {.fd = -1, .what = "other", .due = count_due};

// Whether SIGIO comes within ms; it is the kernel's.
static bool sigio(long ms)
{
	const uint64_t mask = 1ull << (SIGIO - 1);
	const struct timespec timeout = {ms / 1000, ms % 1000 * 1000000};
	siginfo_t info;

	return sys_rt_sigtimedwait(&mask, &info, &timeout) == SIGIO && info.si_code > 0;
}

static int fresh(void **state)
{
	const uint64_t mask = 1ull << (SIGIO - 1);

	(void)state;
	reads = dues = 0;
	assert_int_equal(sys_rt_sigprocmask(SIG_BLOCK, &mask, NULL), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets), 0);
	socket_watch.fd = sockets[0];
	return 0;
}

static int drop(void **state)
{
	(void)state;
	watch_remove(&socket_watch);
	watch_remove(&timer);
	watch_remove(&other);
	close(sockets[0]);
	close(sockets[1]);
	while (sigio(0))
		;
	return 0;
}

static void a_descriptor_tells_by_a_signal(void **state)
{
	(void)state;
	assert_int_equal(watch_add(&socket_watch), 0);
	watch_serve(false);
	assert_int_equal(reads, 0);
	assert_int_equal(watch_deadline(), 0);
	assert_false(sigio(0));
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(write(sockets[1], "x", 1), 1);
		assert_true(sigio(5000));
		watch_serve(true);
		assert_int_equal(reads, i);
	}
	close(sockets[1]);
	assert_true(sigio(5000));
	watch_serve(true);
	assert_int_equal(reads, 4);
}

static void what_came_before_counts(void **state)
{
	(void)state;
	assert_int_equal(write(sockets[1], "x", 1), 1);
	assert_int_equal(watch_add(&socket_watch), 0);
	assert_true(watch_deadline() != 0 && watch_deadline() <= sys_now_ms());
	watch_serve(false);
	assert_int_equal(reads, 1);
	assert_int_equal(watch_deadline(), 0);
}

static void what_can_not_tell_is_refused(void **state)
{
	(void)state;
	socket_watch.fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	assert_true(socket_watch.fd >= 0);
	assert_int_equal(watch_add(&socket_watch), -1);
	unit_expect_err("socket: O_ASYNC: Operation not supported (EOPNOTSUPP)");
	close(socket_watch.fd);
	assert_int_equal(watch_add(&socket_watch), -1);
	unit_expect_err("socket: fcntl: Bad file descriptor (EBADF)");
}

static void times_come_once_and_the_earliest_counts(void **state)
{
	uint64_t now = sys_now_ms();

	(void)state;
	assert_int_equal(watch_add(&timer) | watch_add(&other), 0);
	assert_int_equal(watch_deadline(), 0);
	timer.at = now + 100000;
	other.at = now + 50000;
	assert_int_equal(watch_deadline(), now + 50000);
	watch_serve(true);
	assert_int_equal(dues, 0);
	other.at = now;
	watch_serve(false);
	watch_serve(false);
	assert_int_equal(dues, 1);
	assert_int_equal(watch_deadline(), now + 100000);
	watch_remove(&timer);
	assert_int_equal(watch_deadline(), 0);
}

static void remove_both(struct watch *w)
{
	(void)w;
	dues++;
	watch_remove(&timer);
	watch_remove(&other);
}

static void a_callback_may_remove_any(void **state)
{
	(void)state;
	timer.due = other.due = remove_both;
	assert_int_equal(watch_add(&socket_watch) | watch_add(&timer) | watch_add(&other), 0);
	assert_int_equal(watch_add(&other), 0); // once more: once in the list
	timer.at = other.at = sys_now_ms();
	assert_int_equal(write(sockets[1], "x", 1), 1);
	watch_serve(true);
	assert_int_equal(dues, 1);
	assert_int_equal(reads, 1);
	assert_int_equal(watch_deadline(), 0);
	timer.due = other.due = count_due;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_descriptor_tells_by_a_signal, fresh, drop),
		cmocka_unit_test_setup_teardown(what_came_before_counts, fresh, drop),
		cmocka_unit_test_setup_teardown(what_can_not_tell_is_refused, fresh, drop),
		cmocka_unit_test_setup_teardown(times_come_once_and_the_earliest_counts, fresh, drop),
		cmocka_unit_test_setup_teardown(a_callback_may_remove_any, fresh, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
