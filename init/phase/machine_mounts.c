// SPDX-License-Identifier: MIT
// What the machine itself mounts, and where it swaps to. Source: mount(2), swapon(2).
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/swap.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mnt.h"
#include "phase/late.h"

// The kernel takes a bind's other flags when it is mounted once more only.
static int mount_bind(const struct machine_mount *m)
{
	if (mount(m->source, m->target, NULL, m->flags & (MS_BIND | MS_REC), NULL))
		return fail("mount", "%s on %s", m->source, m->target);
	if ((m->flags & ~(unsigned)(MS_BIND | MS_REC)) &&
	    mount(NULL, m->target, NULL, (m->flags & ~(unsigned)MS_REC) | MS_REMOUNT, NULL))
		return fail("mount", "%s with its options", m->target);
	return 0;
}

static int mount_one(const struct spec *s, const struct machine_mount *m)
{
	char path[LATE_PATH];
	const char *source = late_source(s, &m->device, m->source, path);

	if (!source || file_mkdirs(AT_FDCWD, m->target, 0755))
		return -1;
	return m->flags & MS_BIND ? mount_bind(m) : mnt_mount_device(source, m->fstype, m->target, m->flags, m->data);
}

static int machine_mounts_up(struct box *box)
{
	for (unsigned i = 0; i < box->spec->machine_mount_count; i++)
		if (mount_one(box->spec, &box->spec->machine_mount[i]))
			return -1;
	return 0;
}

static void machine_mounts_explain(const struct box *box)
{
	for (unsigned i = 0; i < box->spec->machine_mount_count; i++) {
		const struct machine_mount *m = &box->spec->machine_mount[i];

		explain("mkdir mount", "mkdir -p %s; mount -t %s%s%s %s %s", m->target, m->fstype,
			*m->options ? " -o " : "", m->options, m->source, m->target);
	}
}

const struct phase phase_machine_mounts = {"machine-mounts", machine_mounts_explain, machine_mounts_up};

// It is taken off with the file systems (role/teardown.c), which can't be unmounted before.
static int swap_up(struct box *box)
{
	for (unsigned i = 0; i < box->spec->swap_count; i++) {
		const struct swap_area *a = &box->spec->swap[i];
		char path[LATE_PATH];
		const char *source = late_source(box->spec, &a->device, a->path, path);

		if (!source)
			return -1;
		if (swapon(source, (int)a->flags))
			return fail("swapon", "%s", source);
	}
	return 0;
}

static void swap_explain(const struct box *box)
{
	for (unsigned i = 0; i < box->spec->swap_count; i++) {
		const struct swap_area *a = &box->spec->swap[i];

		explain("swapon", "swapon%s%s %s", *a->options ? " -o " : "", a->options, a->path);
	}
}

const struct phase phase_swap = {"swap", swap_explain, swap_up};
