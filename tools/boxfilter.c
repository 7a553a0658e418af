// SPDX-License-Identifier: MIT
#include "boxfilter.h"
#include "boxfilter_print.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"

#define MAX_PROFILE (16U << 20)
/*
 * The oldest kernel that initbox runs on (clone3 with CLONE_INTO_CGROUP). The
 * machine that compiles is not asked: a filter must not depend on it.
 */
#define DEFAULT_KERNEL "5.7"
#define DEFAULT_CAPS \
	"chown,dac_override,fsetid,fowner,mknod,net_raw,setgid,setuid,setfcap,setpcap," \
	"net_bind_service,sys_chroot,kill,audit_write"

static const char usage[] =
	"Usage: boxfilter [OPTION]... PROFILE\n"
	"Compiles a seccomp profile (the JSON of Docker, Podman and OCI) to BPF.\n"
	"\n"
	"  --arch ARCH         machine that the filter is for (default: this one)\n"
	"  --caps CAP,CAP,...  capabilities that the box keeps (default: the 14 of a box;\n"
	"                      none: --caps '')\n"
	"  --kernel X.Y        kernel that the filter is for (default: " DEFAULT_KERNEL ")\n"
	"  --format FORMAT     bpf (default), c or pseudo\n"
	"  --strict            unknown syscalls and rows without effect are errors\n"
	"  -o, --output FILE   default: standard output\n"
	"  --help\n";

struct options {
	struct target target;
	const struct print_format *format;
	const char *output;
	const char *profile;
	bool strict;
};

static uint64_t parse_caps(const char *list)
{
	char *copy = fail_text("%s", list), *rest = copy, *word;
	uint64_t caps = 0;

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

static void parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "arch", required_argument, NULL, 'a' }, { "caps", required_argument, NULL, 'c' },
		{ "kernel", required_argument, NULL, 'k' }, { "format", required_argument, NULL, 'f' },
		{ "strict", no_argument, NULL, 's' }, { "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){
		.target = { .arch = arch_native(), .caps = parse_caps(DEFAULT_CAPS),
			    .kernel = parse_kernel(DEFAULT_KERNEL) },
		.format = print_find("bpf"),
	};
	while ((c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1) {
		switch (c) {
		case 'a':
			o->target.arch = arch_find(optarg);
			if (!o->target.arch)
				fail("--arch: unknown architecture \"%s\"", optarg);
			break;
		case 'c':
			o->target.caps = parse_caps(optarg);
			break;
		case 'k':
			o->target.kernel = parse_kernel(optarg);
			break;
		case 'f':
			o->format = print_find(optarg);
			if (!o->format)
				fail("--format: \"%s\" is not bpf, c or pseudo", optarg);
			break;
		case 's':
			o->strict = true;
			break;
		case 'o':
			o->output = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(fflush(stdout) ? 1 : 0);
		default:
			fail("try boxfilter --help");
		}
	}
	if (argc - optind != 1)
		fail("expected one profile; try boxfilter --help");
	if (!o->target.arch)
		fail("--arch: this machine's architecture is unknown; name one");
	o->profile = argv[optind];
}

/* The whole file with a 0 behind it, in new memory. */
static char *read_file(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 65536;
	char *text;
	ssize_t n;

	if (fd < 0)
		fail("%s: open: %s", path, strerror(errno));
	text = fail_realloc(NULL, room, 1);
	*length = 0;
	while ((n = read(fd, text + *length, room - *length - 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fail("%s: read: %s", path, strerror(errno));
		*length += (size_t)n;
		if (*length > MAX_PROFILE)
			fail("%s: larger than %u MiB", path, MAX_PROFILE >> 20);
		if (room - *length < 2) {
			room *= 2;
			text = fail_realloc(text, room, 1);
		}
	}
	close(fd);
	text[*length] = 0;
	return text;
}

/* What is to be removed when the program fails halfway. */
static char temporary[PATH_MAX];

static void remove_temporary(void)
{
	if (*temporary)
		unlink(temporary);
}

/* A new file beside path; a device or pipe is written to as it is. */
static FILE *open_output(const char *path)
{
	struct stat st;
	mode_t mask;
	int fd;

	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		FILE *file = fopen(path, "we");

		if (!file)
			fail("%s: open: %s", path, strerror(errno));
		return file;
	}
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary)) {
		*temporary = 0;
		fail("%s: name too long", path);
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		*temporary = 0;
		fail("%s: create: %s", path, strerror(errno));
	}
	atexit(remove_temporary);
	mask = umask(0);
	umask(mask);
	if (fchmod(fd, 0666 & ~mask))
		fail("%s: chmod: %s", path, strerror(errno));
	return fdopen(fd, "w");
}

static void write_output(const struct options *o, const struct program *program)
{
	FILE *file = o->output ? open_output(o->output) : stdout;
	const char *name = o->output ? o->output : "standard output";

	if (!file)
		fail("out of memory");
	o->format->print(file, program, o->target.arch);
	if (ferror(file) | fclose(file))
		fail("%s: write: %s", name, strerror(errno));
	if (*temporary && rename(temporary, o->output))
		fail("%s: rename: %s", o->output, strerror(errno));
	*temporary = 0;
}

int main(int argc, char **argv)
{
	struct options options;
	struct profile profile;
	struct verdicts verdicts;
	struct program program;
	size_t length;
	char *text;

	parse_options(argc, argv, &options);
	text = read_file(options.profile, &length);
	profile_read(&profile, options.profile, text, length, &options.target);
	rules_compile(&profile, options.strict, &verdicts);
	shape_program(&verdicts, &program);
	check_program(&profile, &program);
	write_output(&options, &program);
	free(program.code);
	rules_free(&verdicts);
	profile_free(&profile);
	free(text);
	return 0;
}
