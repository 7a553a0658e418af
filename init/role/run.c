// SPDX-License-Identifier: MIT
// A box around a command, on a host or inside a booted machine.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/trace.h"
#include "role/box.h"
#include "role/run.h"
#include "spec/options.h"

static int help(void)
{
	char text[12288];
	struct buf b = BUF(text);

	b.p[0] = '\0';
	buf_str(&b, "usage: initbox run [OPTIONS] --rootfs DIR [--] COMMAND [ARGUMENTS]\n"
		    "Runs COMMAND in a box of its own: namespaces, an overlay over DIR, a cgroup, a filter of system "
		    "calls.\n\n");
	key_help(&b, SCOPE_BOX);
	buf_str(&b, "\nIn a machine's configuration (/etc/initbox.conf: key = value; kernel command line: "
		    "initbox.key=value)\n"
		    "the same keys without the dashes, and:\n");
	key_help(&b, SCOPE_MACHINE);
	buf_str(&b, "\nExit code: the command's; 128+N when signal N killed it; 125 when initbox failed, 126 when the "
		    "command\n"
		    "can't be executed, 127 when it is not found.\n");
	return log_print(b.p);
}

// What the caller left open is not for initbox: closed, so that no later descriptor can be mistaken for a standard one,
// and nothing of the host goes on into the box. poll(2) finds the missing ones of 0 to 2 in one call.
static int own_descriptors(void)
{
	struct pollfd standard[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	if (file_close_from(3))
		return -1;
	if (poll(standard, 3, 0) < 0)
		return fail("poll", "standard descriptors");
	for (int i = 0; i < 3; i++) // open(2) takes the lowest that is free
		if ((standard[i].revents & POLLNVAL) && open("/dev/null", O_RDWR) != i)
			return fail("open", "/dev/null");
	return 0;
}

// While nothing has been made a signal may end it at once: a file of options can be a pipe to which nobody writes.
static int let_end(void)
{
	const uint64_t ends = 1ull << (SIGHUP - 1) | 1ull << (SIGINT - 1) | 1ull << (SIGQUIT - 1) | 1ull << (SIGTERM - 1);

	return sys_rt_sigprocmask(SIG_UNBLOCK, &ends, NULL) ? fail("rt_sigprocmask", "signals") : 0;
}

static int refuse(void)
{
	log_err(&err_last);
	return EXIT_OWN_FAILURE;
}

int run_main(int argc, char **argv)
{
	struct spec *s = spec_new();
	struct box_end end;
	int code;

	// It mounts what its caller says: with the rights of somebody else (a setuid file, a file's capabilities) it must not.
	if (getauxval(AT_SECURE)) {
		fail_text("a file with the rights of another user, or capabilities, is not run", "setuid");
		return refuse();
	}
	if (own_descriptors() || let_end())
		return refuse();
	switch (parse_options(s, SCOPE_BOX, NULL, argc, argv)) {
	case PARSE_OK:
		break;
	case PARSE_HELP:
		return help();
	default:
		return refuse();
	}
	if (spec_check(s) || (s->trace && !s->dry_run && (trace_start() || trace_open(s->trace))))
		return refuse();
	if (spec_freeze() || box_block_signals())
		return refuse();
	log_setup.level = s->verbose ? LOG_DETAIL : LOG_NOTE;
	log_setup.explain = s->explain || s->dry_run;
	log_setup.dry_run = s->dry_run;
	code = box_run(s, NULL, &end);
	if (s->trace && !s->dry_run && trace_write())
		log_err(&err_last);
	return code;
}
