// SPDX-License-Identifier: MIT
// What a machine's root is, and what becomes of the machine.
#include <string.h>
#include <sys/mount.h>

#include "spec/value.h"

bool spec_root_is_share(const struct spec *s)
{
	return s->rootfstype && (!strcmp(s->rootfstype, "virtiofs") || !strcmp(s->rootfstype, "9p"));
}

static bool is_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return !strncmp(path, directory, n) && path[n] == '/';
}

// What is mounted anywhere else in the initramfs is gone with it.
static int check_mounts(const struct spec *s)
{
	for (unsigned i = 0; i < s->machine_mount_count; i++)
		if (!is_below(s->machine_mount[i].target, MACHINE_ROOT) && !is_below(s->machine_mount[i].target, "/run"))
			return fail_text("is not seen by the root's init: put it below " MACHINE_ROOT ", which is its root", "machine-mount: \"%s\"",
					 s->machine_mount[i].target);
	return 0;
}

int spec_check_root(struct spec *s)
{
	const char *why;

	if (s->init && !s->root.kind)
		return fail_text("needs root: it is a program of the root file system", "init");
	if (s->overlay.on && !s->root.kind)
		return fail_text("needs root: it goes over it", "overlay");
	if (s->root.kind == DEVICE_TAG && !spec_root_is_share(s))
		return fail_text("not a device (try /dev/vda1, UUID=…, LABEL=…); a tag needs rootfstype=virtiofs or 9p", "root: \"%s\"", s->root.said);
	s->root_flags = s->rw ? 0 : MS_RDONLY;
	why = s->rootflags ? value_mount_options(s->rootflags, &s->root_flags, &s->root_data) : NULL;
	if (why)
		return fail_text(why, "rootflags: \"%s\"", s->rootflags);
	if (s->overlay.on) // takes what is written
		s->root_flags |= MS_RDONLY;
	if (s->root.path && !spec_root_is_share(s) && !(s->root_flags & MS_RDONLY))
		return fail_text("an image is never written to (try overlay)", "rw");
	s->hands_over = s->root.kind && (s->init || (!s->command_count && !s->rootfs_count));
	if (s->hands_over && check_mounts(s))
		return -1;
	if (s->root.kind && !s->rootfs_count)
		s->rootfs[s->rootfs_count++] = MACHINE_ROOT;
	return 0;
}
