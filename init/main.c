// SPDX-License-Identifier: MIT
// Picks the role by how initbox was started, nothing else.
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "role/boot.h"
#include "role/box.h"
#include "role/check.h"
#include "role/entry.h"
#include "role/gc.h"
#include "role/modprobe.h"
#include "role/names.h"
#include "role/order.h"
#include "role/run.h"

// The kernel starts the first process of an initramfs as "/init"; the words of its command line that are not for it follow.
static bool is_machine_init(const char *name)
{
	return getpid() == 1 && !strcmp(name, "/init");
}

// The kernel of a machine wants a module: PATH -q -- NAME, with the path that phase/modules.c gave it, and no file open.
static bool is_modprobe(int argc, char **argv)
{
	return argc == 4 && !strcmp(argv[0], "/proc/1/exe") && !strcmp(argv[1], "-q") && !strcmp(argv[2], "--") &&
	       sys_fcntl(STDIN_FILENO, F_GETFD, 0) < 0 && sys_fcntl(STDERR_FILENO, F_GETFD, 0) < 0;
}

// `initbox poweroff`, or a link poweroff to it, and nothing else: `tini reboot` starts a program. Looked at here, because a
// start as an entry is to touch few pages. Returns the word, or NULL.
static const char *order_of(int argc, char **argv)
{
	static const char orders[][9] = {"poweroff", "reboot", "halt"};
	const char *slash = strrchr(argv[0], '/'), *word = argc == 2 ? argv[1] : slash ? slash + 1 : argv[0];

	for (size_t i = 0; i < COUNT(orders) && argc < 3; i++)
		if (!strcmp(word, orders[i]))
			return argc < 2 || !name_find(argv[0])->options ? word : NULL;
	return NULL;
}

int main(int argc, char **argv)
{
	const uint64_t all = ~0ull;
	uint64_t inherited;

	// First of all: what arrives before is lost.
	if (sys_rt_sigprocmask(SIG_SETMASK, &all, &inherited)) {
		fail("rt_sigprocmask", "signals");
		log_err(&err_last);
		return EXIT_OWN_FAILURE;
	}
	if (argc < 1)
		return EXIT_OWN_FAILURE;
	if (is_machine_init(argv[0]))
		boot_main(argv);
	// It does what its caller says: with the rights of somebody else (a setuid file) it must not.
	if (getauxval(AT_UID) != getauxval(AT_EUID) || getauxval(AT_GID) != getauxval(AT_EGID)) {
		fail_text("a file with the rights of another user is not run", "setuid");
		log_err(&err_last);
		return EXIT_OWN_FAILURE;
	}
	if (is_modprobe(argc, argv))
		return modprobe_main(argv[3]);
	if (order_of(argc, argv))
		return order_main(order_of(argc, argv));
	if (argc > 1 && !strcmp(argv[1], "check") && !name_find(argv[0])->options)
		return check_main(argc - 2, argv + 2);
	if (argc > 1 && !strcmp(argv[1], "gc") && !name_find(argv[0])->options)
		return gc_main(argc - 2, argv + 2);
	if (argc < 2 || strcmp(argv[1], "run") || name_find(argv[0])->options)
		return entry_main(inherited, argc, argv);
	if (box_take_arguments(argc, argv)) {
		log_err(&err_last);
		return EXIT_OWN_FAILURE;
	}
	return run_main(argc - 2, argv + 2);
}
