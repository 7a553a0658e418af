// SPDX-License-Identifier: MIT
#include <string.h>
#include <sys/mount.h>

#include "base/mnt.h"
#include "base/sys.h"

// The fs context keeps messages like "e overlay: …" of what went wrong: level, space, text. Adds them to the error record
// and closes the context.
static void take_words(int ctx)
{
	char words[160];
	ssize_t n = read(ctx, words, sizeof(words));

	if (n > 2)
		fail_kernel_words(words + 2, (size_t)n - 2);
	close(ctx);
}

// mount(2) gives a number only; the same options through a fs context give the kernel's words, too.
static void ask_why(const char *device, const char *fstype, unsigned long flags, const char *data)
{
	int ctx = sys_fsopen(fstype, FSOPEN_CLOEXEC);
	char option[96];

	if (ctx < 0)
		return;
	sys_fsconfig(ctx, FSCONFIG_SET_STRING, "source", device, 0);
	if (flags & MS_RDONLY)
		sys_fsconfig(ctx, FSCONFIG_SET_FLAG, "ro", NULL, 0);
	for (; data && *data; data += strcspn(data, ","), data += *data == ',') {
		size_t len = strcspn(data, ",");
		char *value;

		if (fmt(option, sizeof(option), "%.*s", (int)len, data))
			continue;
		value = strchr(option, '=');
		if (value)
			*value++ = '\0';
		sys_fsconfig(ctx, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option, value, 0);
	}
	sys_fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	take_words(ctx);
}

int mnt_mount(const char *fstype, const char *target, unsigned long flags, const char *data)
{
	if (mount(fstype, target, fstype, flags, data) == 0)
		return 0;
	fail("mount", "%s on %s", fstype, target);
	ask_why(fstype, fstype, flags, data);
	return -1;
}

int mnt_mount_device(const char *device, const char *fstype, const char *target, unsigned long flags, const char *data)
{
	if (mount(device, target, fstype, flags, data) == 0)
		return 0;
	fail("mount", "%s of %s", fstype, device);
	ask_why(device, fstype, flags, data);
	return -1;
}

int mnt_overlay(const char *target, const char *lower, const char *upper, const char *work, bool user)
{
	char data[256];

	if (fmt(data, sizeof(data), "lowerdir=%s,upperdir=%s,workdir=%s%s", lower, upper, work,
		user ? ",userxattr" : ""))
		return fail("mount", "overlay");
	if (mount("overlay", target, "overlay", MS_NODEV, data) == 0)
		return 0;
	fail("mount", "overlay");
	ask_why("overlay", "overlay", 0, data);
	return -1;
}

int mnt_attach(int fd, int target, const char *path)
{
	return sys_move_mount(fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)
		       ? fail("move_mount", "%s", path)
		       : 0;
}

int mnt_set(int fd, const char *path, bool recursive, unsigned attrs, unsigned propagation)
{
	struct mount_attr attr = {.attr_set = attrs, .propagation = propagation};

	return sys_mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr)
		       ? fail("mount_setattr", "%s", path)
		       : 0;
}

int mnt_clone(const char *path, bool recursive, unsigned attrs)
{
	int fd = sys_open_tree(AT_FDCWD, path,
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0));

	if (fd < 0)
		return fail("open_tree", "%s", path);
	if (attrs && mnt_set(fd, path, recursive, attrs, 0)) {
		close(fd);
		return -1;
	}
	return fd;
}
