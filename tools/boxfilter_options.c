// SPDX-License-Identifier: MIT
#include "boxfilter_options.h"

#include <errno.h>
#include <getopt.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

/*
 * The oldest kernel that initbox runs on. The machine that compiles is not asked:
 * a filter must not depend on it.
 */
#define DEFAULT_KERNEL "5.14"
#define DEFAULT_CAPS \
	"chown,dac_override,fsetid,fowner,mknod,net_raw,setgid,setuid,setfcap,setpcap," \
	"net_bind_service,sys_chroot,kill,audit_write"

static const char usage[] =
	"Usage: boxfilter [OPTION]... PROFILE\n"
	"Compiles a seccomp profile (the JSON of Docker, Podman and OCI, or an OCI\n"
	"config.json) to BPF. A PROFILE of - is standard input.\n"
	"\n"
	"  --arch ARCH         machine that the filter is for (default: this one)\n"
	"  --caps CAP,CAP,...  capabilities that the box keeps (default: the 14 of a box;\n"
	"                      none: --caps ''), or a mask as /proc/PID/status has it: 0x...\n"
	"  --kernel X.Y        kernel that the filter is for, as uname -r says it\n"
	"                      (default: " DEFAULT_KERNEL ")\n"
	"  --listener          somebody will answer the calls that SCMP_ACT_NOTIFY holds\n"
	"  --format FORMAT     bpf (default): the program alone; box: with the profile's\n"
	"                      flags for seccomp(2) in front, for initbox; c; pseudo\n"
	"  --name NAME         what messages call the profile\n"
	"  --strict            unknown syscalls and rows without effect are errors\n"
	"  -o, --output FILE   replaced at once when all is well (default: standard output)\n"
	"  --help\n";

static uint64_t parse_mask(const char *text)
{
	unsigned long long mask;
	char *end;

	errno = 0;
	mask = strtoull(text, &end, 16);
	if (errno || *end || end == text + 2)
		fail("--caps: \"%s\" is not a mask such as 0xa80425fb", text);
	return mask;
}

static uint64_t parse_caps(const char *list)
{
	char *copy, *rest, *word;
	uint64_t caps = 0;

	if (!strncmp(list, "0x", 2))
		return parse_mask(list);
	copy = rest = fail_text("%s", list);
	while ((word = strsep(&rest, ","))) {
		int cap;

		if (!*word)
			continue;
		cap = cap_find(word);
		if (cap < 0)
			fail("--caps: unknown capability \"%s\"", word);
		caps |= 1ULL << cap;
	}
	free(copy);
	return caps;
}

static unsigned parse_kernel(const char *text)
{
	unsigned major, minor;
	int end = 0;

	/* What uname -r says may follow: 6.1.0-18-amd64 */
	if (sscanf(text, "%5u.%5u%n", &major, &minor, &end) != 2 || major > 0xffff || minor > 0xffff ||
	    (text[end] && text[end] != '.' && text[end] != '-' && text[end] != '+'))
		fail("--kernel: \"%s\" is not a version such as 6.1", text);
	return major << 16 | minor;
}

static const struct arch *parse_arch(const char *text)
{
	const struct arch *arch = arch_find(text);

	if (!arch)
		fail("--arch: unknown architecture \"%s\"", text);
	return arch;
}

static const struct print_format *parse_format(const char *text)
{
	const struct print_format *format = print_find(text);

	if (!format)
		fail("--format: \"%s\" is not bpf, box, c or pseudo", text);
	return format;
}

static void print_usage(void)
{
	fputs(usage, stdout);
	exit(fflush(stdout) ? 1 : 0);
}

static void take(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'a':
		o->target.arch = parse_arch(value);
		break;
	case 'c':
		o->target.caps = parse_caps(value);
		break;
	case 'f':
		o->format = parse_format(value);
		break;
	case 'h':
		print_usage();
		break;
	case 'k':
		o->target.kernel = parse_kernel(value);
		break;
	case 'l':
		o->target.listener = true;
		break;
	case 'n':
		o->name = value;
		break;
	case 'o':
		o->output = value;
		break;
	case 's':
		o->strict = true;
		break;
	default:
		fail("try boxfilter --help");
	}
}

void options_parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "arch", required_argument, NULL, 'a' }, { "caps", required_argument, NULL, 'c' },
		{ "format", required_argument, NULL, 'f' }, { "help", no_argument, NULL, 'h' },
		{ "kernel", required_argument, NULL, 'k' }, { "listener", no_argument, NULL, 'l' },
		{ "name", required_argument, NULL, 'n' }, { "output", required_argument, NULL, 'o' },
		{ "strict", no_argument, NULL, 's' }, { NULL, 0, NULL, 0 },
	};
	int option;

	*o = (struct options){
		.target = { .arch = arch_native(), .caps = parse_caps(DEFAULT_CAPS),
			    .kernel = parse_kernel(DEFAULT_KERNEL) },
		.format = print_find("bpf"),
	};
	while ((option = getopt_long(argc, argv, "o:h", longs, NULL)) != -1)
		take(o, option, optarg);
	if (argc - optind != 1)
		fail("expected one profile; try boxfilter --help");
	if (!o->target.arch)
		fail("--arch: this machine's architecture is unknown; name one");
	o->profile = argv[optind];
	if (!o->name)
		o->name = strcmp(o->profile, "-") ? o->profile : "standard input";
}
