// SPDX-License-Identifier: MIT
// Source: kernel Documentation/admin-guide/cgroup-v2.rst ("No Internal Process Constraint", "Delegation"), systemd's
// CGROUP_DELEGATION.md.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "phase/cgroup_limits.h"
#include "phase/cgroup_place.h"

// Where hosts have the v2 hierarchy: alone, or beside v1 ones.
static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

// Where launchers go that are in the way.
const char cgroup_aside[] = "initbox-launchers";

int cgroup_place_top(struct box *box)
{
	struct statfs st = {0};

	for (size_t i = 0; i < COUNT(places); i++) {
		if (statfs(places[i], &st) && errno != ENOENT)
			return fail("statfs", "%s", places[i]);
		if (st.f_type != CGROUP2_SUPER_MAGIC)
			continue;
		box->cgroup_root_fd = openat(AT_FDCWD, places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return box->cgroup_root_fd < 0 ? fail("open", "%s", places[i]) : 0;
	}
	return 0;
}

// The launcher's own cgroup below the top: "user.slice/x", "" for the top itself. NULL: it is not below this top.
static char *own_path(char *text, size_t cap)
{
	char *p, *end;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", text, cap) < 0)
		return NULL;
	p = str_find(text, "0::/");
	if (!p || (p > text && p[-1] != '\n') || !strncmp(p + 4, "..", 2))
		return NULL;
	end = strchr(p, '\n');
	if (end)
		*end = '\0';
	return p + 4;
}

bool cgroup_place_own(struct box *box)
{
	char text[4096];
	const char *path = own_path(text, sizeof(text));
	int fd = path && *path ? openat(box->cgroup_root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		return false;
	close(box->cgroup_root_fd);
	box->cgroup_root_fd = fd;
	return true;
}

static bool is_delegated(int top, int own)
{
	char value[4];

	if (fgetxattr(own, "user.delegate", value, sizeof(value)) == 1 && value[0] == '1')
		return true;
	return sys_faccessat(top, ".", W_OK) && !sys_faccessat(own, ".", W_OK);
}

static bool is_root(int cgroup)
{
	return sys_faccessat(cgroup, "cgroup.type", F_OK) != 0;
}

// The mount point of the v1 hierarchy that has this controller, or NULL.
static const char *v1_mount(char *text, size_t cap, const char *name)
{
	char *line = text, *end, *type;
	size_t n = strlen(name);

	if (file_read(AT_FDCWD, "/proc/self/mountinfo", text, cap) < 0)
		return NULL;
	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return NULL;
		*end = '\0';
		type = str_find(line, " - cgroup ");
		for (char *p = type; p && (p = str_find(p, name)); p += n) {
			if (!strchr(", ", p[-1]) || (p[n] && p[n] != ','))
				continue;
			for (int field = 0; field < 4; field++)
				line = strchr(line, ' ') + 1;
			line[strcspn(line, " ")] = '\0';
			return line;
		}
	}
	return NULL;
}

int cgroup_place_missing(const struct box *box, const char *name)
{
	const char *v1 = strcmp(name, "io") ? name : "blkio", *mount;
	char text[16384], groups[4096], pattern[24];
	bool in_v1;

	mount = v1_mount(text, sizeof(text), v1);
	in_v1 = file_read(AT_FDCWD, "/proc/self/cgroup", groups, sizeof(groups)) > 0 &&
		!fmt(pattern, sizeof(pattern), ":%s:", v1) && str_find(groups, pattern);
	fail_text("", "controller %s", name);
	if (mount)
		return fail_because("is in the cgroup v1 hierarchy on %s; limits need v2 "
				    "(boot with systemd.unified_cgroup_hierarchy=1)",
				    mount);
	if (box->cgroup_root_fd < 0)
		return fail_because("no cgroup v2 hierarchy is mounted on /sys/fs/cgroup");
	if (in_v1)
		return fail_because("is in a cgroup v1 hierarchy; limits need v2");
	if (is_root(box->cgroup_root_fd))
		return fail_because("the kernel does not have it, or it is switched off (cgroup_disable=)");
	return fail_because("is not passed on to this cgroup (not in the cgroup.subtree_control above it)");
}

// Returns the first controller of wanted that fd can't pass on, NULL when it can all; err_last is set when that is not known.
static int find_missing(int fd, unsigned wanted, const char **missing)
{
	char available[512];
	size_t n;

	*missing = NULL;
	if (file_read(fd, "cgroup.controllers", available, sizeof(available)) < 0)
		return -1;
	n = strcspn(available, "\n");
	for (unsigned i = 0; i < CONTROLLERS && !*missing; i++)
		if (wanted & 1u << i && !str_has_word(available, n, cgroup_controllers[i], strlen(cgroup_controllers[i])))
			*missing = cgroup_controllers[i];
	return 0;
}

// Writes "+memory +cpu" into dir's subtree_control, or the same with '-'.
static int pass_on(int dirfd, const char *dir, unsigned wanted, char sign)
{
	char file[4096], text[64];
	struct buf b = BUF(text);

	b.p[0] = '\0';
	for (unsigned i = 0; i < CONTROLLERS; i++)
		if (wanted & 1u << i)
			buf_fmt(&b, "%s%c%s", b.len ? " " : "", sign, cgroup_controllers[i]);
	if (fmt(file, sizeof(file), "%s%scgroup.subtree_control", dir, *dir ? "/" : ""))
		return fail("write", "cgroup.subtree_control");
	return file_write(dirfd, file, text);
}

// On the way down from the top to above path. Whether it helped is seen at its end.
static void pass_down(int top, char *path, unsigned wanted)
{
	int ignored = pass_on(top, "", wanted, '+');

	for (char *p = path; (p = strchr(p, '/')); p++) {
		*p = '\0';
		ignored |= pass_on(top, path, wanted, '+');
		*p = '/';
	}
	(void)ignored;
}

// The last box out of a delegated cgroup: as it was before the first one.
static int move_back(void *arg)
{
	struct box *box = arg;
	struct stat st;
	enum { ONLY_ASIDE = 3 }; // links of a directory with one directory in it

	if (fstat(box->cgroup_root_fd, &st) || st.st_nlink > ONLY_ASIDE)
		return 0; // others are there, with limits that go with the controllers
	if (pass_on(box->cgroup_root_fd, "", cgroup_limits_wanted(box->spec), '-') ||
	    file_write(box->cgroup_root_fd, "cgroup.procs", "0"))
		return -1;
	return unlinkat(box->cgroup_root_fd, cgroup_aside, AT_REMOVEDIR) ? fail("rmdir", "%s", cgroup_aside) : 0;
}

// A cgroup with processes can't pass controllers on. The launcher can go into one below, where its box is, too; somebody
// else's processes are not touched. A write to cgroup.procs may take 14 ms (an RCU grace period).
static int move_aside(struct box *box)
{
	char text[64];
	long n = file_read(box->cgroup_root_fd, "cgroup.procs", text, sizeof(text));

	if (n < 0 && errno != EFBIG)
		return -1;
	if (n < 0 || strchr(text, '\n') != strrchr(text, '\n')) {
		errno = EBUSY;
		fail("write", "cgroup.subtree_control");
		return fail_because("other processes are in this cgroup beside the launcher");
	}
	if (mkdirat(box->cgroup_root_fd, cgroup_aside, 0755) && errno != EEXIST)
		return fail("mkdir", "%s", cgroup_aside);
	if (fmt(text, sizeof(text), "%s/cgroup.procs", cgroup_aside))
		return fail("write", "%s", cgroup_aside);
	if (undo_push(&box->undo, move_back, box, "the launcher's move"))
		return -1;
	return file_write(box->cgroup_root_fd, text, "0");
}

int cgroup_place_has(const struct box *box, unsigned controller)
{
	const char *missing = cgroup_controllers[controller];

	if (box->cgroup_root_fd >= 0 && find_missing(box->cgroup_root_fd, 1u << controller, &missing))
		return -1;
	return missing ? cgroup_place_missing(box, missing) : 0;
}

int cgroup_place_limited(struct box *box, unsigned wanted)
{
	char text[4096], *path = own_path(text, sizeof(text));
	int top = box->cgroup_root_fd, own = -1;
	bool inside = path && !*path;
	const char *missing;

	if (path && *path)
		own = openat(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (own >= 0 && is_delegated(top, own)) {
		box->cgroup_root_fd = own;
		inside = true;
	} else if (own >= 0) {
		close(own);
	}
	if (find_missing(box->cgroup_root_fd, wanted, &missing))
		return -1;
	if (missing && box->cgroup_root_fd != top) {
		pass_down(top, path, wanted);
		if (find_missing(box->cgroup_root_fd, wanted, &missing))
			return -1;
	}
	if (box->cgroup_root_fd != top)
		close(top);
	if (missing)
		return cgroup_place_missing(box, missing);
	if (inside && !is_root(box->cgroup_root_fd) && move_aside(box))
		return -1;
	return pass_on(box->cgroup_root_fd, "", wanted, '+');
}
