// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boxfilter_options.h"
#include "fail.h"

#define MAX_PROFILE (16U << 20)
/* All that can be read from the profile, with a 0 behind it, in new memory. */
static char *read_profile(const struct options *o, size_t *length)
{
	int fd = strcmp(o->profile, "-") ? open(o->profile, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	size_t room = 65536;
	char *text;
	ssize_t n;

	if (fd < 0)
		fail("%s: open: %s", o->name, strerror(errno));
	text = fail_realloc(NULL, room, 1);
	*length = 0;
	while ((n = read(fd, text + *length, room - *length - 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fail("%s: read: %s", o->name, strerror(errno));
		*length += (size_t)n;
		if (*length > MAX_PROFILE)
			fail("%s: larger than %u MiB", o->name, MAX_PROFILE >> 20);
		if (room - *length < 2) {
			room *= 2;
			text = fail_realloc(text, room, 1);
		}
	}
	if (fd != STDIN_FILENO)
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

/* From here to the end nothing but a full disk is in the way, so a signal can wait. */
static void hold_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
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
	hold_signals();
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

static void write_output(const struct options *o, const struct profile *profile, const struct program *program)
{
	FILE *file = o->output ? open_output(o->output) : stdout;
	const char *name = o->output ? o->output : "standard output";

	if (!file)
		fail("out of memory");
	o->format->print(file, program, profile);
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

	options_parse(argc, argv, &options);
	text = read_profile(&options, &length);
	profile_read(&profile, options.name, text, length, &options.target);
	if (profile.flags && !options.format->has_flags)
		fail_note("%s: flags: no part of the program, whoever loads it must set 0x%x; --format box keeps them",
			  options.name, profile.flags);
	rules_compile(&profile, options.strict, &verdicts);
	shape_program(&verdicts, &program);
	check_program(&profile, &program);
	write_output(&options, &profile, &program);
	free(program.code);
	rules_free(&verdicts);
	profile_free(&profile);
	free(text);
	return 0;
}
