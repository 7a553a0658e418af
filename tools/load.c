// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "load.h"

#include "fail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MAX_ARGS = 8 };

struct bytes load_fd(int fd, const char *object)
{
	size_t room = 65536, size = 0;
	unsigned char *bytes = fail_realloc(NULL, room, 1);

	for (;;) {
		ssize_t n = read(fd, bytes + size, room - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fail("%s: %s", object, strerror(errno));
		if (n == 0)
			return (struct bytes){ bytes, size };
		size += (size_t)n;
		if (size > LOAD_MAX)
			fail("%s: larger than 8 GiB", object);
		if (size == room)
			bytes = fail_realloc(bytes, room *= 2, 1);
	}
}

static int open_file(const char *path, const char *object)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s", object, strerror(errno));
	return fd;
}

struct bytes load_file(const char *path, const char *object)
{
	int fd = open_file(path, object);
	struct bytes bytes = load_fd(fd, object);

	close(fd);
	return bytes;
}

void load_free(struct bytes bytes)
{
	free((void *)(uintptr_t)bytes.at);
}

struct bytes load_map(const char *path, const char *object)
{
	int fd = open_file(path, object);
	void *map = MAP_FAILED;
	struct bytes bytes;
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size <= SIZE_MAX)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	bytes = map == MAP_FAILED ? load_fd(fd, object) : (struct bytes){ map, (size_t)st.st_size };
	close(fd);
	return bytes;
}

void child_start(struct child *c, const char *const *argv, int in, int out, const char *why, const char *object)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *words[MAX_ARGS + 1];
	size_t count = 0;
	sigset_t signals;
	int error;

	*c = (struct child){ .program = argv[0], .words = memfd_create("words", MFD_CLOEXEC) };
	if (c->words < 0)
		fail("%s: memfd_create: %s", object, strerror(errno));
	for (; argv[count] && count < MAX_ARGS; count++)
		words[count] = fail_text("%s", argv[count]);
	words[count] = NULL;
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE); // which this program may have ignored
	if (posix_spawn_file_actions_init(&actions) || posix_spawn_file_actions_adddup2(&actions, in, 0) ||
	    posix_spawn_file_actions_adddup2(&actions, out, 1) ||
	    posix_spawn_file_actions_adddup2(&actions, c->words, 2) || posix_spawnattr_init(&attributes) ||
	    posix_spawnattr_setsigdefault(&attributes, &signals) ||
	    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF))
		fail("out of memory");
	error = posix_spawnp(&c->pid, argv[0], &actions, &attributes, words, environ);
	if (error)
		fail("%s: %s, needed to %s: %s", object, argv[0], why, strerror(error));
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	while (count)
		free(words[--count]);
}

const char *child_end(struct child *c)
{
	char words[256] = "", *line;
	ssize_t n;
	int status;

	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("%s: waitpid: %s", c->program, strerror(errno));
	n = pread(c->words, words, sizeof(words) - 1, 0);
	close(c->words);
	words[n > 0 ? n : 0] = '\0';
	line = words + strspn(words, "\n");
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, c->program, strlen(c->program)) && !strncmp(line + strlen(c->program), ": ", 2))
		line += strlen(c->program) + 2;
	if (WIFSIGNALED(status))
		return fail_text("%s: ended by signal %d", c->program, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return line[0] ? fail_text("%s: %s", c->program, line)
			       : fail_text("%s: ended with %d", c->program, WEXITSTATUS(status));
	return NULL;
}

struct bytes load_unpacked(int fd, const char *program, const char *object)
{
	const char *const argv[] = { program, "-dc", NULL };
	struct bytes bytes;
	struct child child;
	const char *why;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		fail("%s: pipe: %s", object, strerror(errno));
	child_start(&child, argv, fd, ends[1], "decompress it", object);
	close(ends[1]);
	bytes = load_fd(ends[0], object);
	close(ends[0]);
	why = child_end(&child);
	if (why)
		fail("%s: can't be decompressed: %s", object, why);
	return bytes;
}

struct bytes load_unpacked_bytes(struct bytes packed, const char *program, const char *object)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);
	struct bytes bytes;

	if (fd < 0)
		fail("%s: memfd_create: %s", object, strerror(errno));
	for (size_t done = 0; done < packed.size;) {
		ssize_t n = write(fd, packed.at + done, packed.size - done);

		if (n < 0 && errno != EINTR)
			fail("%s: a copy in memory: %s", object, strerror(errno));
		done += n > 0 ? (size_t)n : 0;
	}
	if (lseek(fd, 0, SEEK_SET))
		fail("%s: lseek: %s", object, strerror(errno));
	bytes = load_unpacked(fd, program, object);
	close(fd);
	return bytes;
}
