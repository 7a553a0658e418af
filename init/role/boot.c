// SPDX-License-Identifier: MIT
// The machine: early mounts, configuration, modules, network, then one box, then power off with its status.
// Nothing here may end this process: every way out goes through power_off.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "phase/trace.h"
#include "role/boot.h"
#include "role/box.h"
#include "role/power.h"
#include "spec/parse.h"

// Later ones win. The second is for what one run adds to an image (qemu/boot --command).
static const char *const config_files[] = {"/etc/initbox.conf", "/etc/initbox.run.conf"};
static LARGE_BSS char config_text[COUNT(config_files)][48 * 1024];
static LARGE_BSS char cmdline[4096];
static LARGE_BSS struct box self; // the machine, which is no box: what its phases have made

static const struct phase *const early[] = {&phase_early, NULL};
static const struct phase *const machine[] = {
	&phase_modules,	       &phase_machine_mounts, &phase_swap, &phase_machine_net,
	&phase_machine_kernel, &phase_shares,	      NULL};

static int read_config(struct spec *s, size_t i)
{
	const char *path = config_files[i], *name = strrchr(path, '/') + 1;
	long n = file_read(AT_FDCWD, path, config_text[i], sizeof(config_text[i]) - 1);

	if (n < 0 && errno == EFBIG)
		return fail_text("is larger than 48 KiB", "%s", name);
	if (n < 0)
		return errno == ENOENT ? 0 : -1;
	return parse_config(s, config_text[i], (size_t)n, name);
}

// The kernel's command line is read first for status-port alone, so that also a broken configuration file is reported
// to the host, and once more at the end, because it wins over the files.
static int configure(struct spec *s)
{
	if (file_read(AT_FDCWD, "/proc/cmdline", cmdline, sizeof(cmdline) - 1) < 0)
		return -1;
	s->status_port = parse_cmdline_value(cmdline, "status-port");
	for (size_t i = 0; i < COUNT(config_files); i++)
		if (read_config(s, i))
			return -1;
	return parse_cmdline(s, cmdline) || spec_check(s) ? -1 : 0;
}

// Without a reader at the other end the console is a pipe: the program's bytes pass as they are.
static void make_console_raw(void)
{
	struct termios t;

	if (tcgetattr(STDOUT_FILENO, &t))
		return;
	t.c_oflag &= ~(tcflag_t)OPOST;
	tcsetattr(STDOUT_FILENO, TCSANOW, &t);
}

static int start(struct spec *s)
{
	self.spec = s;
	if (box_block_signals() || trace_start() || phase_run(&self, early) || configure(s) || spec_freeze())
		return -1;
	if (s->trace && trace_open(s->trace))
		return -1;
	if (s->stdin_from == STDIN_NULL)
		make_console_raw();
	log_setup.level = s->verbose ? LOG_DETAIL : LOG_NOTE;
	log_setup.explain = s->explain || s->dry_run;
	return phase_run(&self, machine);
}

static void write_trace(uint64_t from)
{
	if (trace_write())
		log_err(&err_last);
	if (trace_end("start"))
		log_line(LOG_ERROR, "trace: exec at %lu us after /init",
			 (unsigned long)(trace_end("start") - from) / 1000);
}

_Noreturn void boot_main(void)
{
	struct spec *s = spec_new();
	uint64_t from = trace_clock();
	bool failed = true;
	int code = EXIT_OWN_FAILURE;

	if (start(s))
		log_err(&err_last);
	else
		code = box_run(s, &failed);
	undo_unwind(&self.undo);
	if (s->trace)
		write_trace(from);
	power_report(s, code, failed && code == EXIT_OWN_FAILURE);
	power_off();
}
