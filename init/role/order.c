// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/sys.h"
#include "base/watch.h"
#include "role/order.h"
#include "role/reap.h"

enum {
	AGAIN_MS = 2000, // a second order that comes sooner is the same one: ctrl-alt-del repeats while it is held
	LEAVE_MS = 3000,  // after KILL: what waits for a disk or a server that does not answer is never gone
	MARGIN_MS = 3000 // the box's own PID 1 kills at its deadline and needs a moment to see all of it gone
};

static const struct {
	uint8_t sig, order;
} rows[] = {
	{SIGUSR2, ORDER_POWEROFF}, // the first of each order is what `initbox poweroff` sends
	{SIGTERM, ORDER_REBOOT},
	{SIGUSR1, ORDER_HALT},
	{SIGINT, ORDER_REBOOT}, // ctrl-alt-del: RB_DISABLE_CAD (reboot(2))
	{SIGPWR, ORDER_POWEROFF},
};

static const char *const words[] = {
	[ORDER_POWEROFF] = "poweroff",
	[ORDER_REBOOT] = "reboot",
	[ORDER_HALT] = "halt",
};

static struct {
	enum order last;
	bool urgent;
	uint64_t first_at; // ms; 0: none came
	pid_t main;
	uint32_t kill_after;
	int stop_signal;
} state = {.last = ORDER_NONE, .stop_signal = SIGTERM};

static void leave_main(struct watch *w)
{
	(void)w;
	log_line(LOG_ERROR, "%s: the kernel does not let the box go; going on", words[state.last]);
	reap_leave();
}

static void kill_main(struct watch *w)
{
	log_line(LOG_NOTE, "%s: %s: KILL", words[state.last], state.urgent ? "ordered again" : "not ended in time");
	kill(state.main, SIGKILL);
	w->due = leave_main;
	w->at = sys_now_ms() + LEAVE_MS;
	if (watch_add(w)) // it is one already, or the program would never have been killed
		log_err(&err_last);
}

static struct watch deadline = {.fd = -1, .what = "end of the box", .due = kill_main};

void order_setup(uint32_t kill_after, int stop_signal)
{
	state.kill_after = kill_after;
	state.stop_signal = stop_signal;
	state.first_at = 0;
	deadline.due = kill_main;
	watch_remove(&deadline);
}

static void say_who(enum order order, int sig, const siginfo_t *info)
{
	char name[16], path[32], comm[32] = "";

	signal_name(name, sig);
	if (info->si_code > 0) {
		log_line(LOG_NOTE, "%s: ordered by the kernel with %s", words[order], name);
		return;
	}
	if (fmt(path, sizeof(path), "/proc/%d/comm", (int)info->si_pid) ||
	    file_read(AT_FDCWD, path, comm, sizeof(comm) - 1) < 0)
		comm[0] = '\0'; // gone again
	comm[strcspn(comm, "\n")] = '\0';
	log_line(LOG_NOTE, "%s: ordered by process %d%s%s%s with %s", words[order], (int)info->si_pid, comm[0] ? " (" : "",
		 comm, comm[0] ? ")" : "", name);
}

static int first_order(pid_t main, uint64_t now)
{
	state.first_at = now;
	state.main = main;
	if (main && state.kill_after) {
		deadline.at = now + state.kill_after + MARGIN_MS;
		if (watch_add(&deadline))
			log_err(&err_last);
	}
	return main ? state.stop_signal : SIGTERM;
}

int order_take(int sig, const siginfo_t *info, pid_t main)
{
	uint64_t now = sys_now_ms();
	size_t i = 0;

	while (i < COUNT(rows) && rows[i].sig != sig)
		i++;
	if (i == COUNT(rows))
		return sig;
	state.last = rows[i].order;
	say_who(state.last, sig, info);
	if (!state.first_at)
		return first_order(main, now);
	if (now - state.first_at < AGAIN_MS)
		return 0;
	if (main && !state.urgent) {
		state.urgent = true;
		kill_main(&deadline);
	}
	state.urgent = true;
	return 0;
}

void order_poll(void)
{
	static const uint64_t mask = SIGNALS_OF_ORDERS;
	const struct timespec at_once = {0};
	siginfo_t info;
	int sig;

	while ((sig = sys_rt_sigtimedwait(&mask, &info, &at_once)) > 0)
		order_take(sig, &info, 0);
}

enum order order_last(void)
{
	return state.last;
}

const char *order_word(enum order order)
{
	return words[order];
}

bool order_is_urgent(void)
{
	return state.urgent;
}

// The number of the first pid namespace, the machine's own: kernel include/linux/proc_ns.h, PROC_PID_INIT_INO.
static int check_reach(const char *word)
{
	static const char first[] = "pid:[4026531836]";
	char link[64], comm[32];
	ssize_t n = readlink("/proc/self/ns/pid", link, sizeof(link));

	if (n < 0)
		return fail("readlink", "/proc/self/ns/pid");
	if (n != (ssize_t)sizeof(first) - 1 || memcmp(link, first, sizeof(first) - 1))
		return fail_text("a box can't reach the machine's first process (but with --pid host); when its program ends "
				 "on-end says what follows",
				 "%s", word);
	if (file_read(AT_FDCWD, "/proc/1/comm", comm, sizeof(comm) - 1) < 0)
		return -1;
	comm[strcspn(comm, "\n")] = '\0';
	if (strcmp(comm, "initbox"))
		return fail_text("this machine's first process is not initbox", "%s: process 1 (%s)", word, comm);
	return 0;
}

int order_main(const char *word)
{
	size_t i = 0;

	while (strcmp(words[rows[i].order], word))
		i++;
	if (!check_reach(word)) {
		if (!kill(1, rows[i].sig))
			return 0;
		fail("kill", "%s: process 1", word);
	}
	log_err(&err_last);
	return EXIT_OWN_FAILURE;
}
