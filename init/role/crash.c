// SPDX-License-Identifier: MIT
#include <signal.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/sys.h"
#include "role/crash.h"

static const uint8_t faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};

static struct {
	void (*then)(void), (*last)(void);
	unsigned depth;
} crash;

static LARGE_BSS _Alignas(16) char stack[64 * 1024];

// A process of initbox that is on its way to a program shares these handlers (vfork); its faults are its own.
static void on_fault(int sig, siginfo_t *info, void *context)
{
	const struct kernel_sigaction by_default = {0};
	char name[16];

	(void)context;
	if (getpid() != 1) {
		sys_rt_sigaction(sig, &by_default, NULL);
		kill(getpid(), sig); // not raise(3), whose notion of its thread is the parent's after a raw clone(2)
		return;
	}
	if (crash.depth++ == 0) {
		if (info->si_code > 0)
			log_line(LOG_ERROR, "PID 1: %s at address %lx: this is a mistake of initbox",
				 signal_name(name, sig), (unsigned long)(uintptr_t)info->si_addr);
		else
			log_line(LOG_ERROR, "PID 1: %s from process %d", signal_name(name, sig), (int)info->si_pid);
		crash.then();
	}
	if (crash.depth++ < 4)
		crash.last();
	for (;;)
		pause();
}

int crash_catch(void (*then)(void), void (*last)(void))
{
	const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction a = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

	crash.then = then;
	crash.last = last;
	if (sigaltstack(&alternate, NULL))
		return fail("sigaltstack", "faults");
	for (size_t i = 0; i < COUNT(faults); i++)
		if (sigaction(faults[i], &a, NULL))
			return fail("sigaction", "faults");
	return 0;
}

void crash_forget(void)
{
	const struct kernel_sigaction by_default = {0};

	for (size_t i = 0; i < COUNT(faults); i++)
		sys_rt_sigaction(faults[i], &by_default, NULL);
}
