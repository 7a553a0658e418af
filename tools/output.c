// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "output.h"

#include "fail.h"
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The same input has to give the same bytes: no name and no date, and one
// thread, as the number of processors must not matter.
static const struct compressor {
	const char *name;
	const char *argv[6];
} compressors[] = {
	{ "none", { NULL } },
	{ "gzip", { "gzip", "-n", "-9", "-c", NULL } },
	{ "zstd", { "zstd", "-q", "-19", "--single-thread", "-c", NULL } },
};

const char output_compressors[] = "gzip, zstd or none";

static struct {
	const char *name;	// for messages
	int fd;
	char *place;		// of a regular file: where it belongs,
	char *unfinished;	// and where it is until it is complete
	bool packed;
	struct child child;	// the compressor
	int pipe;		// to it
} out;

static void remove_unfinished(void)
{
	if (out.unfinished)
		unlink(out.unfinished);
}

static void on_signal(int number)
{
	remove_unfinished();
	signal(number, SIG_DFL);
	raise(number);
}

void output_guard(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM, SIGBUS }; // the last: a mapped file was cut short

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], on_signal);
	atexit(remove_unfinished);
}

// A regular file is written under another name beside its real place and
// renamed at the end; anything else (a pipe, a device) is written as it is.
static int open_file(const char *path)
{
	struct stat st;
	char *name;
	int fd;

	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			fail("%s: %s", path, strerror(errno));
		return fd;
	}
	// A link stays a link: /dev/stdout must survive.
	out.place = realpath(path, NULL);
	if (!out.place)
		out.place = fail_text("%s", path);
	name = fail_text("%s.%ld.tmp", out.place, (long)getpid());
	out.unfinished = name; // before it is there: a signal may come right behind
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		out.unfinished = NULL;
		fail("%s: %s", path, strerror(errno));
	}
	return fd;
}

void output_begin(struct cpio *c, const char *path)
{
	out.name = path ? path : "standard output";
	out.fd = path ? open_file(path) : STDOUT_FILENO;
	cpio_begin(c, out.fd, 0);
}

_Noreturn void output_failed(void)
{
	int error = errno;
	const char *why = NULL;

	if (out.packed) {
		close(out.pipe);
		why = child_end(&out.child);
	}
	fail("%s: %s", out.name, why ? why : strerror(error));
}

void output_copy(struct cpio *c, const char *path)
{
	static char buffer[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (cpio_data(c, buffer, (size_t)n))
			output_failed();
	if (n < 0)
		fail("%s: %s", path, strerror(errno));
	close(fd);
	if (cpio_align(c, 4))
		output_failed();
}

static const struct compressor *find_compressor(const char *name)
{
	for (size_t i = 0; i < sizeof(compressors) / sizeof(compressors[0]); i++)
		if (!strcmp(compressors[i].name, name))
			return &compressors[i];
	return NULL;
}

bool output_knows(const char *compressor)
{
	return find_compressor(compressor);
}

void output_compress(struct cpio *c, const char *compressor)
{
	const struct compressor *with = find_compressor(compressor);
	int ends[2];

	if (!with->argv[0])
		return;
	if (cpio_flush(c))
		output_failed();
	if (pipe2(ends, O_CLOEXEC))
		fail("%s: pipe: %s", out.name, strerror(errno));
	signal(SIGPIPE, SIG_IGN); // its end is told by its status
	child_start(&out.child, with->argv, ends[0], out.fd, "compress it", out.name);
	close(ends[0]);
	out.packed = true;
	out.pipe = ends[1];
	cpio_begin(c, out.pipe, 0);
}

void output_end(struct cpio *c)
{
	const char *why = NULL;

	if (cpio_flush(c))
		output_failed();
	if (out.packed) {
		close(out.pipe);
		out.packed = false;
		why = child_end(&out.child);
	}
	if (why)
		fail("%s: %s", out.name, why);
	if (close(out.fd) || (out.unfinished && rename(out.unfinished, out.place)))
		fail("%s: %s", out.name, strerror(errno));
	free(out.unfinished);
	out.unfinished = NULL;
	free(out.place);
}
