// SPDX-License-Identifier: MIT
// Ids that an ordinary user was given beside his own. Only a program with privileges may map them for him.
// Source: subuid(5), subgid(5), newuidmap(1), newgidmap(1).
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/passwd.h"
#include "base/sys.h"
#include "phase/subids.h"

static const char *const places[] = {"/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin", "/run/wrappers/bin"};

static LARGE_BSS char text[64 * 1024];

static long read_if_there(const char *file)
{
	long n = file_read(AT_FDCWD, file, text, sizeof(text) - 1);

	if (n < 0 && errno == ENOENT)
		text[n = 0] = '\0';
	return n;
}

int subids_read(const char *file, uint32_t uid, struct id_range list[MAX_RANGES])
{
	char name[64] = "", number[12];
	struct account a = {0};

	if (fmt(number, sizeof(number), "%u", uid) || read_if_there("/etc/passwd") < 0)
		return -1;
	if (!passwd_find(text, number, strlen(number), &a) && a.name_len < sizeof(name))
		memcpy(name, a.name, a.name_len);
	return read_if_there(file) < 0 ? -1 : (int)subid_list(text, name, number, list, MAX_RANGES);
}

static void add(struct id_map *m, uint32_t *inside, uint32_t outside, uint32_t count)
{
	m->extent[m->count++] = (struct extent){*inside, outside, count};
	*inside += count;
}

void subids_map(struct id_map *m, const struct id_range *list, int n, const uint32_t *own, uint32_t at)
{
	uint32_t inside = 0;
	bool placed = !own;

	for (int i = 0; i < n; i++) {
		uint32_t first = list[i].first, left = list[i].count;

		while (left > 0) {
			uint32_t part = left;

			if (!placed && inside == at) {
				add(m, &inside, *own, 1);
				placed = true;
			}
			if (!placed && at - inside < part)
				part = at - inside;
			add(m, &inside, first, part);
			first += part;
			left -= part;
		}
	}
	if (!placed) // behind all of them
		add(m, &at, *own, 1);
}

static bool find(const char *name, char path[64])
{
	for (size_t i = 0; i < COUNT(places); i++)
		if (!fmt(path, 64, "%s/%s", places[i], name) && !access(path, X_OK))
			return true;
	return false;
}

bool subids_have_helpers(void)
{
	char path[64];

	return find("newuidmap", path) && find("newgidmap", path);
}

// NAME PID, and three numbers for each extent.
static int write_words(char *dst, size_t cap, char **words, const char *name, pid_t pid, const struct id_map *m)
{
	struct buf b = {.p = dst, .cap = cap};
	unsigned n = 0;

	buf_fmt(&b, "%s %d", name, (int)pid);
	for (unsigned i = 0; i < m->count; i++)
		buf_fmt(&b, " %u %u %u", m->extent[i].inside, m->extent[i].outside, m->extent[i].count);
	if (b.cut)
		return -1;
	for (char *p = dst; p; n++) {
		words[n] = p;
		p = strchr(p, ' ');
		if (p)
			*p++ = '\0';
	}
	words[n] = NULL;
	return 0;
}

// What it says goes into the error record. Its signals are those of a program that a shell starts.
static _Noreturn void become(const char *path, char *const *words, int out)
{
	static const uint64_t none;
	char *env[] = {NULL};

	sys_rt_sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execve(path, words, env);
	_exit(EXIT_NOT_EXECUTABLE);
}

static int run(const char *name, pid_t pid, const struct id_map *m)
{
	char path[64], line[1024], said[100];
	char *words[3 + 3 * MAX_EXTENTS];
	int out[2], status = 0;
	struct buf b = BUF(said);
	pid_t child;
	ssize_t n;

	if (!find(name, path) || write_words(line, sizeof(line), words, name, pid, m))
		return fail_text("is not there (package uidmap)", "%s", name);
	if (sys_pipe2(out, O_CLOEXEC))
		return fail("pipe2", "%s", name);
	child = vfork();
	if (child == 0)
		become(path, words, out[1]);
	close(out[1]);
	said[0] = '\0';
	while (child > 0 && (n = read(out[0], line, sizeof(line))) > 0) // to the end, so that it never has to wait
		buf_mem(&b, line, (size_t)n);
	close(out[0]);
	if (child < 0)
		return fail("vfork", "%s", name);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return fail("waitpid", "%s", name);
	if (status == 0)
		return 0;
	if (b.len > 0 && said[b.len - 1] == '\n')
		said[b.len - 1] = '\0';
	return fail_text(said[0] ? said : "ended with an error and said nothing", "%s", path);
}

int subids_write(pid_t pid, const struct id_map *uids, const struct id_map *gids)
{
	return run("newuidmap", pid, uids) || run("newgidmap", pid, gids) ? -1 : 0;
}
