// SPDX-License-Identifier: MIT
// Picks the role by how initbox was started, nothing else.
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "role/boot.h"
#include "role/box.h"
#include "role/run.h"

static const char usage[] = "usage: initbox run [OPTIONS] --rootfs DIR [--] COMMAND [ARGUMENTS]\n"
			    "       initbox run --help\n"
			    "       initbox --version\n"
			    "As /init of an initramfs it boots the machine that /etc/initbox.conf describes.\n";
static const char version[] = "initbox " INITBOX_VERSION "\n";

// The kernel starts the first process of an initramfs as "/init"; the words of its command line that are not for it follow.
static bool is_machine_init(const char *name)
{
	return getpid() == 1 && !strcmp(name, "/init");
}

int main(int argc, char **argv)
{
	const char *word;

	if (argc > 0 && is_machine_init(argv[0]))
		boot_main();
	if (box_take_arguments(argc, argv)) {
		log_err(&err_last);
		return EXIT_OWN_FAILURE;
	}
	word = argc > 1 ? argv[1] : "";
	if (!strcmp(word, "run"))
		return run_main(argc - 2, argv + 2);
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return log_print(usage);
	if (!strcmp(word, "--version"))
		return log_print(version);
	log_line(LOG_ERROR, "command line: %s (initbox --help)", *word ? "no such command" : "a command is missing");
	return EXIT_OWN_FAILURE;
}
