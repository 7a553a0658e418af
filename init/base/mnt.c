// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/mnt.h"
#include "base/sys.h"

// The fs context keeps messages like "e overlay: …" of what went wrong: level, space, text.
static int fail_mount(int ctx, const char *call, const char *fstype, const char *key)
{
	char words[160];
	ssize_t n;

	fail(call, "%s%s%s", fstype, key ? " " : "", key ? key : "");
	n = read(ctx, words, sizeof(words));
	if (n > 2)
		fail_kernel_words(words + 2, (size_t)n - 2);
	close(ctx);
	return -1;
}

static bool has_source(const struct mnt_option *options, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(options[i].key, "source"))
			return true;
	return false;
}

int mnt_new(const char *fstype, const struct mnt_option *options, size_t n, unsigned attrs)
{
	int ctx = sys_fsopen(fstype, FSOPEN_CLOEXEC), fd;

	if (ctx < 0)
		return fail("fsopen", "%s", fstype);
	// The name that /proc/mounts shows. A file system takes one source only.
	if (!has_source(options, n) && sys_fsconfig(ctx, FSCONFIG_SET_STRING, "source", fstype, 0))
		return fail_mount(ctx, "fsconfig", fstype, "source");
	for (size_t i = 0; i < n; i++) {
		unsigned cmd = options[i].value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

		if (sys_fsconfig(ctx, cmd, options[i].key, options[i].value, 0))
			return fail_mount(ctx, "fsconfig", fstype, options[i].key);
	}
	if (sys_fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return fail_mount(ctx, "fsconfig", fstype, NULL);
	fd = sys_fsmount(ctx, FSMOUNT_CLOEXEC, attrs);
	if (fd < 0)
		return fail_mount(ctx, "fsmount", fstype, NULL);
	close(ctx);
	return fd;
}

int mnt_attach(int fd, int dirfd, const char *path, uint64_t resolve)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve};
	int target = sys_openat2(dirfd, path, &how), ret = 0;

	if (target < 0)
		return fail("openat2", "%s", path);
	if (sys_move_mount(fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		ret = fail("move_mount", "%s", path);
	close(target);
	return ret;
}

int mnt_clone(int dirfd, const char *path, bool recursive, unsigned attrs)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
	struct mount_attr attr = {.attr_set = attrs, .propagation = 0};
	int fd = sys_open_tree(dirfd, path, flags | (path[0] ? 0 : AT_EMPTY_PATH));

	if (fd < 0)
		return fail("open_tree", "%s", path);
	if (attrs && sys_mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr)) {
		fail("mount_setattr", "%s", path);
		close(fd);
		return -1;
	}
	return fd;
}
