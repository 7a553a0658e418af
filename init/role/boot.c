// SPDX-License-Identifier: MIT
// The machine: early mounts, configuration, modules, network, then one box, then power off with its status.
// Nothing here may end this process: every way out goes through power_end.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "phase/machine_console.h"
#include "phase/modload.h"
#include "phase/trace.h"
#include "role/boot.h"
#include "role/box.h"
#include "role/crash.h"
#include "role/order.h"
#include "role/power.h"
#include "role/reap.h"
#include "role/shell.h"
#include "spec/config.h"
#include "spec/keys.h"
#include "spec/parse.h"

// Later ones win: the image's, what one run adds to the image as a small archive (qemu/boot --command), what qemu is given
// (-fw_cfg name=opt/initbox/conf,file=…).
static const struct {
	const char *path, *name;
} config_files[] = {
	{"/etc/initbox.conf", "initbox.conf"},
	{"/etc/initbox.run.conf", "initbox.run.conf"},
	{"/sys/firmware/qemu_fw_cfg/by_name/opt/initbox/conf/raw", "opt/initbox/conf"},
};
static const char fw_cfg_device[] = "/sys/bus/acpi/devices/QEMU0002:00";
static LARGE_BSS char cmdline[4096];
static LARGE_BSS struct box self; // the machine, which is no box: what its phases have made

static const struct phase *const early[] = {&phase_early, NULL};
static const struct phase *const drivers[] = {&phase_modules, &phase_machine_console, NULL};
static const struct phase *const root[] = {&phase_find_root, &phase_mount_root, NULL};
static const struct phase *const machine[] = {
	&phase_machine_mounts, &phase_swap,   &phase_seed,   &phase_machine_net,
	&phase_machine_kernel, &phase_shares, &phase_button, &phase_watchdog, NULL};
static const struct phase *const handover[] = {&phase_switch_root, NULL};

// What is needed to end in order also when a configuration file is broken.
static int configure_end(struct spec *s)
{
	const char *what = parse_cmdline_value(cmdline, "on-error");

	s->status_port = parse_cmdline_value(cmdline, "status-port");
	return what ? key_set(key_find("on-error", 8), s, what, "kernel command line") : 0;
}

// The kernel's command line is read first for that alone, and once more at the end, because it wins over the files.
static int configure(struct spec *s)
{
	if (file_read(AT_FDCWD, "/proc/cmdline", cmdline, sizeof(cmdline) - 1) < 0)
		return -1;
	if (configure_end(s))
		return -1;
	if (!access(fw_cfg_device, F_OK) && modload_early("qemu_fw_cfg"))
		return -1;
	for (size_t i = 0; i < COUNT(config_files); i++)
		if (config_read(s, config_files[i].path, config_files[i].name) < 0)
			return -1;
	return parse_cmdline(s, cmdline) || spec_check(s) ? -1 : 0;
}

static uint64_t first; // /init's first time, ns

// what comes when the span last has ended.
static void write_trace(const char *what, const char *last)
{
	if (trace_write())
		log_err(&err_last);
	if (trace_end(last))
		log_line(LOG_RESULT, "trace: %s at %lu us after /init", what, (unsigned long)(trace_end(last) - first) / 1000);
}

// Returns 0 when there is a box to run. Where the machine is its root's, it does not return but with an error.
static int start(struct spec *s, char **words)
{
	self.machine_words = words;
	if (trace_start() || phase_run(&self, early) || configure(s) || spec_freeze())
		return -1;
	if (s->trace && trace_open(s->trace))
		return -1;
	if (s->stdin_from == STDIN_NULL && !s->hands_over)
		machine_console_raw();
	log_setup.level = s->verbose ? LOG_DETAIL : (enum log_level)(s->log_level + LOG_RESULT);
	log_setup.explain = s->explain || s->dry_run;
	log_setup.dry_run = s->dry_run;
	if (phase_run(&self, drivers) || (s->root.kind && phase_run(&self, root)) || phase_run(&self, machine))
		return -1;
	if (s->hands_over && s->trace)
		write_trace("handover", machine[COUNT(machine) - 2]->name); // afterwards nobody is there to do it
	return s->hands_over ? phase_run(&self, handover) : 0;
}

static struct {
	int code;
	struct box_end end;
} machine_end = {.code = EXIT_OWN_FAILURE, .end.failed = true};

// Until somebody orders an end.
static void stay(void)
{
	struct reap r = {.mask = box_signals, .order = order_take};

	if (order_last() != ORDER_NONE)
		return;
	log_line(LOG_NOTE, "exit status %d; the machine stays (on-end)", machine_end.code);
	reap_run(&r);
}

// What the settings say about this end. An order that came is more than they are.
static _Noreturn void finish(void)
{
	const struct spec *s = self.spec;
	bool failed = machine_end.end.failed;
	uint8_t what = failed ? s->on_error : s->on_end;

	order_poll();
	if (failed && what == END_SHELL && order_last() == ORDER_NONE)
		shell_run();
	else if (!failed && what == END_STAY)
		stay();
	power_end(&self, what >= END_STAY ? ORDER_POWEROFF : (enum order)what, machine_end.code, &machine_end.end);
}

static _Noreturn void crashed(void)
{
	machine_end.code = EXIT_OWN_FAILURE;
	machine_end.end = (struct box_end){.failed = true};
	finish();
}

static _Noreturn void crashed_again(void)
{
	uint8_t what = self.spec->on_error;

	power_switch(what >= END_SHELL ? ORDER_POWEROFF : (enum order)what);
}

// Before anything else: what goes wrong from here on does so in order. Ctrl-alt-del becomes INT (reboot(2)).
static int take_over(void)
{
	if (prctl(PR_SET_NAME, "initbox") || reboot(RB_DISABLE_CAD))
		return fail("reboot", "RB_DISABLE_CAD");
	return box_block_signals() || crash_catch(crashed, crashed_again) ? -1 : 0;
}

_Noreturn void boot_main(char **words)
{
	struct spec *s = spec_new();

	log_setup.kmsg = true;
	first = trace_clock();
	self.spec = s;
	if (take_over() || start(s, words)) {
		log_err(&err_last);
		if (s->hands_over && take_over()) // its init could not be executed: signals were at their default already
			log_err(&err_last);
	} else if (s->hands_over) { // --dry-run
		machine_end.code = 0;
		machine_end.end.failed = false;
	} else {
		order_setup(s->kill_after, SIGTERM);
		machine_end.code = box_run(s, order_take, &machine_end.end);
	}
	if (s->trace && !s->hands_over)
		write_trace("exec", "start");
	finish();
}
