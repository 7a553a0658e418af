// SPDX-License-Identifier: MIT
// What a machine's root is, and what becomes of the machine.
#include <string.h>
#include <sys/mount.h>

#include "spec/value.h"

bool spec_root_is_share(const struct spec *s)
{
	return s->rootfstype && (!strcmp(s->rootfstype, "virtiofs") || !strcmp(s->rootfstype, "9p"));
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
	if (s->root.path && !(s->root_flags & MS_RDONLY))
		return fail_text("an image is never written to (try overlay)", "rw");
	s->hands_over = s->root.kind && (s->init || !s->command_count);
	if (s->root.kind && !s->rootfs_count)
		s->rootfs[s->rootfs_count++] = MACHINE_ROOT;
	return 0;
}
