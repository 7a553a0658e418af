// SPDX-License-Identifier: MIT
#include <errno.h>
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

static int fail_mount(int ctx, const char *call, const char *fstype, const char *key)
{
	fail(call, "%s%s%s", fstype, key ? " " : "", key ? key : "");
	take_words(ctx);
	return -1;
}

int mnt_new(const char *fstype, const struct mnt_option *options, size_t n, unsigned attrs)
{
	int ctx = sys_fsopen(fstype, FSOPEN_CLOEXEC), fd;

	if (ctx < 0)
		return fail("fsopen", "%s", fstype);
	// The name that /proc/mounts shows.
	if (sys_fsconfig(ctx, FSCONFIG_SET_STRING, "source", fstype, 0))
		return fail_mount(ctx, "fsconfig", fstype, "source");
	for (size_t i = 0; i < n; i++)
		if (sys_fsconfig(ctx, FSCONFIG_SET_STRING, options[i].key, options[i].value, 0))
			return fail_mount(ctx, "fsconfig", fstype, options[i].key);
	if (sys_fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return fail_mount(ctx, "fsconfig", fstype, NULL);
	fd = sys_fsmount(ctx, FSMOUNT_CLOEXEC, attrs);
	if (fd < 0)
		return fail_mount(ctx, "fsmount", fstype, NULL);
	close(ctx);
	return fd;
}

// mount(2) gives a number only; the same options through a fs context give the kernel's words, too.
static void ask_why(const char *fstype, const char *data)
{
	int ctx = sys_fsopen(fstype, FSOPEN_CLOEXEC);
	char option[64];

	if (ctx < 0)
		return;
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
	ask_why(fstype, data);
	return -1;
}

int mnt_clone(const char *path, bool recursive, unsigned attrs)
{
	unsigned below = recursive ? AT_RECURSIVE : 0;
	struct mount_attr attr = {.attr_set = attrs};
	int fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | below);

	if (fd < 0)
		return fail("open_tree", "%s", path);
	if (attrs && sys_mount_setattr(fd, "", AT_EMPTY_PATH | below, &attr)) {
		fail("mount_setattr", "%s", path);
		close(fd);
		return -1;
	}
	return fd;
}
