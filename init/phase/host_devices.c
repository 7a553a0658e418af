// SPDX-License-Identifier: MIT
// --privileged: the devices of the host. The nodes are made anew, so that what the box does to its /dev does not reach the
// host's; links, sockets and what is mounted below it are left out.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/host_devices.h"

// Directories still to be looked into, each name with a NUL behind it; the first one is /dev itself.
struct walk {
	int from, to; // the host's /dev and the box's
	dev_t dev;
	struct buf todo;
};

// In a user namespace no node can be made, and the box's root may use no more of them than the launcher.
static bool wanted(const struct box *box)
{
	return box->spec->privileged && !box->userns;
}

// Before the host's tree is gone.
static int host_devices_up(struct box *box)
{
	if (!wanted(box))
		return 0;
	box->host_dev_fd = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return box->host_dev_fd < 0 ? fail("open", "/dev") : 0;
}

static void host_devices_explain(const struct box *box)
{
	if (wanted(box))
		explain("mknod", "cp -a /dev/* /mnt/dev");
}

const struct phase phase_host_devices = {"devices", host_devices_explain, host_devices_up};

static int copy_one(struct walk *w, const char *path)
{
	struct stat st;

	if (fstatat(w->from, path, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : fail("fstatat", "/dev/%s", path);
	if (S_ISDIR(st.st_mode) && st.st_dev == w->dev) {
		if (mkdirat(w->to, path, st.st_mode & 07777) && errno != EEXIST)
			return fail("mkdirat", "/dev/%s", path);
		buf_mem(&w->todo, path, strlen(path) + 1);
		return w->todo.cut ? fail_text("too many directories", "/dev/%s", path) : 0;
	}
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return 0;
	if (mknodat(w->to, path, st.st_mode, st.st_rdev))
		return errno == EEXIST ? 0 : fail("mknodat", "/dev/%s", path);
	return fchownat(w->to, path, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) ? fail("fchownat", "/dev/%s", path) : 0;
}

static int copy_directory(struct walk *w, int fd, const char *dir)
{
	const char *name;
	char path[256];
	struct dir d;

	dir_begin(&d, fd);
	while ((name = dir_next(&d, NULL))) {
		if (!*dir && !strcmp(name, "console"))
			continue;
		if (fmt(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "", name))
			return fail("mknodat", "/dev/%s", dir);
		if (copy_one(w, path))
			return -1;
	}
	return d.n < 0 ? fail("getdents64", "/dev/%s", dir) : 0;
}

int host_devices_copy(struct box *box)
{
	static LARGE_BSS char todo[32 * 1024];
	struct walk w = {.from = box->host_dev_fd, .todo = BUF(todo)};
	struct stat st;
	int ret = 0;

	if (!wanted(box))
		return 0;
	w.to = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w.to < 0 || fstat(w.from, &st))
		return fail("open", "/dev");
	w.dev = st.st_dev;
	buf_mem(&w.todo, "", 1);
	for (size_t at = 0; !ret && at < w.todo.len; at += strlen(todo + at) + 1) {
		const char *dir = todo + at;
		int fd = openat(w.from, *dir ? dir : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return fail("openat", "/dev/%s", dir);
		ret = copy_directory(&w, fd, dir);
		close(fd);
	}
	close(w.to);
	close(w.from);
	return ret;
}
