// SPDX-License-Identifier: MIT
// The box's cgroup: initbox-NAME at the top of the v2 hierarchy, made and limited before anything runs in it. A parent for
// all boxes would cost each start and end two more system calls of 70 us.
// Source: kernel Documentation/admin-guide/cgroup-v2.rst.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "phase/cgroup.h"

enum controller { CONTROLLER_MEMORY, CONTROLLER_PIDS, CONTROLLER_CPU };
static const char *const controllers[] = {"memory", "pids", "cpu"};

// Where hosts have the v2 hierarchy: alone, or beside v1 ones.
static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

static bool wanted(const struct spec *s, unsigned controller)
{
	switch ((enum controller)controller) {
	case CONTROLLER_MEMORY:
		return s->memory != 0;
	case CONTROLLER_PIDS:
		return s->pids_limit != 0;
	case CONTROLLER_CPU:
		return s->cpus != 0;
	}
	return false;
}

static bool any_wanted(const struct spec *s)
{
	return s->memory || s->pids_limit || s->cpus;
}

static int open_hierarchy(void)
{
	struct statfs st;

	for (size_t i = 0; i < COUNT(places); i++)
		if (!statfs(places[i], &st) && st.f_type == CGROUP2_SUPER_MAGIC)
			return open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	errno = ENOENT;
	return -1;
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += n)
		if ((p == text || p[-1] == ' ') && strchr(" \n", p[n]))
			return true;
	return false;
}

// Says where a controller is that the v2 hierarchy does not have. /proc/self/cgroup lists a v1 one as N:memory:/path.
static int controller_missing(const char *name)
{
	char text[4096], pattern[24];

	bool v1 = file_read(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text)) > 0 &&
		  !fmt(pattern, sizeof(pattern), ":%s:", name) && strstr(text, pattern);

	if (v1)
		return fail_text("is in a cgroup v1 hierarchy on this host; limits need cgroup v2 "
				 "(boot with systemd.unified_cgroup_hierarchy=1)",
				 "controller %s", name);
	return fail_text("the kernel does not have it, or it is switched off (cgroup_disable=)", "controller %s", name);
}

// Enables the wanted controllers for the children of the top.
static int enable(const struct box *box)
{
	char available[512], on[64];
	struct buf b = BUF(on);

	if (file_read(box->cgroup_root_fd, "cgroup.controllers", available, sizeof(available)) < 0)
		return -1;
	b.p[0] = '\0';
	for (unsigned i = 0; i < COUNT(controllers); i++) {
		if (!wanted(box->spec, i))
			continue;
		if (!has_word(available, controllers[i]))
			return controller_missing(controllers[i]);
		buf_fmt(&b, "%s+%s", b.len ? " " : "", controllers[i]);
	}
	return b.len ? file_write(box->cgroup_root_fd, "cgroup.subtree_control", on) : 0;
}

// Writes a limit and reads it back: the kernel rounds some and, in some hierarchies, ignores some.
static int set_limit(const struct box *box, const char *file, const char *value)
{
	char got[64], want[64];
	long n;

	if (file_write(box->cgroup_fd, file, value))
		return -1;
	n = file_read(box->cgroup_fd, file, got, sizeof(got));
	if (n < 0)
		return -1;
	if (fmt(want, sizeof(want), "%s\n", value))
		return fail("write", "%s", file);
	if (strcmp(got, want))
		return fail_text("the kernel took another value than the one that was asked for", "%s: %s became %.*s",
				 file, value, (int)n - 1, got);
	return 0;
}

static int set_number(const struct box *box, const char *file, uint64_t v, uint64_t unit)
{
	char text[32];

	if (v != SIZE_UNLIMITED)
		v -= v % unit;
	if (v == SIZE_UNLIMITED ? fmt(text, sizeof(text), "max") : fmt(text, sizeof(text), "%lu", (unsigned long)v))
		return fail("write", "%s", file);
	return set_limit(box, file, text);
}

static int set_limits(const struct box *box)
{
	const struct spec *s = box->spec;
	char text[32];

	if (s->memory) {
		if (set_number(box, "memory.max", s->memory, 4096))
			return -1;
		// Without this a box would go on in swap. A kernel without swap accounting has no such file.
		if (s->memory != SIZE_UNLIMITED && !faccessat(box->cgroup_fd, "memory.swap.max", F_OK, 0) &&
		    set_limit(box, "memory.swap.max", "0"))
			return -1;
	}
	if (s->pids_limit && set_number(box, "pids.max", s->pids_limit, 1))
		return -1;
	if (!s->cpus)
		return 0;
	if (fmt(text, sizeof(text), "%lu 100000", (unsigned long)s->cpus * 100))
		return fail("write", "cpu.max");
	return set_limit(box, "cpu.max", text);
}

// Kills what is left in the cgroup (normally nothing: its PID 1 took all with it) and removes it as soon as it is empty.
static int remove_leaf(const struct box *box)
{
	struct pollfd p = {.events = POLLPRI};

	if (unlinkat(box->cgroup_root_fd, box->cgroup, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (file_write(box->cgroup_fd, "cgroup.kill", "1"))
		return -1;
	p.fd = openat(box->cgroup_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (p.fd < 0)
		return fail("open", "%s/cgroup.events", box->cgroup);
	for (int i = 0; unlinkat(box->cgroup_root_fd, box->cgroup, AT_REMOVEDIR); i++) {
		char text[128];

		if (errno != EBUSY || i == 10) {
			fail("rmdir", "%s", box->cgroup);
			close(p.fd);
			return -1;
		}
		poll(&p, 1, 500); // "populated 0" ends the wait
		if (pread(p.fd, text, sizeof(text), 0) < 0) {
			fail("read", "%s/cgroup.events", box->cgroup);
			close(p.fd);
			return -1;
		}
	}
	close(p.fd);
	return 0;
}

static int cgroup_down(void *arg)
{
	struct box *box = arg;

	if (remove_leaf(box))
		return -1;
	close(box->cgroup_fd);
	box->cgroup_fd = -1;
	return 0;
}

// A launcher holds the lock of its box's cgroup. One that nobody holds was left by a launcher that was killed, and goes:
// it has old limits. Between open and flock its owner may have removed the one that we then hold.
static int make_leaf(struct box *box)
{
	struct stat mine, there;
	bool same;

	for (;;) {
		bool made = mkdirat(box->cgroup_root_fd, box->cgroup, 0755) == 0;

		if (!made && errno != EEXIST)
			return fail("mkdir", "%s", box->cgroup);
		box->cgroup_fd = openat(box->cgroup_root_fd, box->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (box->cgroup_fd < 0 && errno == ENOENT)
			continue;
		if (box->cgroup_fd < 0) {
			fail("open", "%s", box->cgroup);
			if (made)
				unlinkat(box->cgroup_root_fd, box->cgroup, AT_REMOVEDIR);
			return -1;
		}
		if (flock(box->cgroup_fd, LOCK_EX | LOCK_NB))
			return errno == EWOULDBLOCK ? fail_text("a box of this name is running", "%s", box->spec->name)
						    : fail("flock", "%s", box->cgroup);
		same = !fstat(box->cgroup_fd, &mine) && !fstatat(box->cgroup_root_fd, box->cgroup, &there, 0) &&
		       mine.st_ino == there.st_ino;
		if (same && made)
			return 0;
		// Its processes may still be dying with the launcher that was killed a moment ago.
		if (same && remove_leaf(box))
			return -1;
		close(box->cgroup_fd);
		box->cgroup_fd = -1;
	}
}

static int cgroup_up(struct box *box)
{
	box->cgroup_root_fd = open_hierarchy();
	if (box->cgroup_root_fd < 0) {
		for (unsigned i = 0; i < COUNT(controllers); i++)
			if (wanted(box->spec, i))
				return fail_text("no cgroup v2 hierarchy is mounted on /sys/fs/cgroup", "controller %s",
						 controllers[i]);
		return 0; // nothing was asked for: the box runs in the launcher's cgroup
	}
	if (fmt(box->cgroup, sizeof(box->cgroup), "initbox-%s", box->spec->name))
		return fail("mkdir", "%s", box->spec->name);
	if (any_wanted(box->spec) && enable(box))
		return -1;
	if (make_leaf(box))
		return -1;
	return undo_push(&box->undo, cgroup_down, box, "cgroup") ? -1 : set_limits(box);
}

static void explain_limit(const char *name, const char *file, uint64_t v)
{
	if (v == SIZE_UNLIMITED)
		explain("write", "echo max >/sys/fs/cgroup/initbox-%s/%s", name, file);
	else if (v)
		explain("write", "echo %lu >/sys/fs/cgroup/initbox-%s/%s", (unsigned long)v, name, file);
}

static void cgroup_explain(const struct box *box)
{
	const struct spec *s = box->spec;

	for (unsigned i = 0; i < COUNT(controllers); i++)
		if (wanted(s, i))
			explain("write", "echo +%s >/sys/fs/cgroup/cgroup.subtree_control", controllers[i]);
	explain("mkdirat", "mkdir /sys/fs/cgroup/initbox-%s", s->name);
	explain_limit(s->name, "memory.max", s->memory == SIZE_UNLIMITED ? s->memory : s->memory - s->memory % 4096);
	if (s->memory && s->memory != SIZE_UNLIMITED)
		explain("write", "echo 0 >/sys/fs/cgroup/initbox-%s/memory.swap.max", s->name);
	explain_limit(s->name, "pids.max", s->pids_limit);
	if (s->cpus)
		explain("write", "echo '%lu 100000' >/sys/fs/cgroup/initbox-%s/cpu.max", (unsigned long)s->cpus * 100,
			s->name);
}

uint64_t cgroup_oom_kills(const struct box *box)
{
	char text[512];
	const char *p;
	uint64_t n = 0;

	if (box->cgroup_fd < 0 || !box->spec->memory ||
	    file_read(box->cgroup_fd, "memory.events", text, sizeof(text)) < 0)
		return 0;
	p = strstr(text, "oom_kill ");
	if (!p || num_parse(p + 9, strcspn(p + 9, "\n"), 10, UINT64_MAX, &n))
		return 0;
	return n;
}

const struct phase phase_cgroup = {"cgroup", cgroup_explain, cgroup_up};
