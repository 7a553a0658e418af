// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/watchdog.h"
#include "role/bounded.h"
#include "role/power.h"
#include "role/tell.h"
#include "role/teardown.h"

enum {
	KILL_MS = 2000,	 // what the kernel does not let go by then can't be waited for
	SYNC_MS = 30000, // a slow disk with all of a memory to write
	DISKS_MS = 20000
};

static const int commands[] = {
	[ORDER_POWEROFF] = RB_POWER_OFF,
	[ORDER_REBOOT] = RB_AUTOBOOT,
	[ORDER_HALT] = (int)RB_HALT_SYSTEM,
};

// Those that wait for a disk or a server that does not answer: who can't be killed tells what the trouble is.
static void name_the_left(void)
{
	char pids[256], path[32], comm[32];
	long n = file_read(AT_FDCWD, "/proc/1/task/1/children", pids, sizeof(pids) - 1);

	log_line(LOG_ERROR, "end: the kernel does not let all processes go; going on");
	for (char *p = pids, *next; n > 0 && p < pids + n; p = next) {
		next = p + strcspn(p, " ") + 1;
		next[-1] = '\0';
		if (fmt(path, sizeof(path), "/proc/%s/comm", p) ||
		    file_read(AT_FDCWD, path, comm, sizeof(comm) - 1) < 0)
			continue;
		comm[strcspn(comm, "\n")] = '\0';
		log_line(LOG_ERROR, "end: %s (%s) is left", p, comm);
	}
}

// All but PID 1 and the kernel's own (kill(2)). Who is stopped acts on TERM only when it goes on.
static void end_processes(uint32_t grace)
{
	explain("kill", "kill -TERM -1");
	if (kill(-1, SIGTERM) && errno == ESRCH)
		return;
	kill(-1, SIGCONT);
	if (!bounded_wait(0, grace, NULL))
		return;
	log_line(LOG_NOTE, "end: %s: KILL to what is left",
		 errno == EINTR ? "ordered again" : "not all processes have ended in time");
	kill(-1, SIGKILL);
	if (bounded_wait(0, KILL_MS, NULL))
		name_the_left();
}

static int write_out(void *arg)
{
	(void)arg;
	explain("sync", "sync");
	sync();
	return 0;
}

_Noreturn void power_switch(enum order order)
{
	pid_t pid;

	explain("reboot", "%s -f", order_word(order));
	// "reboot: Power down" is an emergency to the kernel; it would end up behind the program's last byte.
	if (file_write(AT_FDCWD, "/proc/sys/kernel/printk", "0"))
		log_err(&err_last);
	// In a child: PID 1 must not end, whatever reboot(2) does to its caller.
	pid = sys_clone(SIGCHLD);
	if (pid <= 0) {
		reboot(commands[order]);
		fail("reboot", "%s", order_word(order));
		log_err(&err_last);
		if (pid == 0)
			_exit(1);
	}
	waitpid(pid, NULL, 0);
	for (;;)
		pause();
}

static int release_disks(void *arg)
{
	struct box *machine = arg;
	int ret = undo_unwind(&machine->undo);

	return teardown() ? -1 : ret;
}

_Noreturn void power_end(struct box *machine, enum order order, int code, const struct box_end *end)
{
	const struct spec *s = machine->spec;

	// A console that stands still (^S) would hold up the first line that does not fit.
	tcflow(STDOUT_FILENO, TCOON);
	end_processes(s->grace);
	bounded_call("end: sync", SYNC_MS, write_out, NULL);
	bounded_call("end: unmount", DISKS_MS, release_disks, machine);
	if (order_last() != ORDER_NONE)
		order = order_last();
	watchdog_close();
	tell(s, order, code, end);
	power_switch(order);
}
