// SPDX-License-Identifier: MIT
// What the machine itself mounts, and where it swaps to. Source: mount(2), swapon(2).
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/swap.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mnt.h"
#include "phase/phase.h"

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

static int machine_mounts_up(struct box *box)
{
	for (unsigned i = 0; i < box->spec->machine_mount_count; i++) {
		const struct machine_mount *m = &box->spec->machine_mount[i];

		if (file_mkdirs(AT_FDCWD, m->target, 0755))
			return -1;
		if (m->flags & MS_BIND ? mount_bind(m)
				       : mnt_mount_device(m->source, m->fstype, m->target, m->flags, m->data))
			return -1;
	}
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

static int stop_swap(void *arg)
{
	const struct swap_area *a = arg;

	return swapoff(a->path) ? fail("swapoff", "%s", a->path) : 0;
}

// A file system with a file that is swapped to can't be unmounted.
static int swap_up(struct box *box)
{
	for (unsigned i = 0; i < box->spec->swap_count; i++) {
		const struct swap_area *a = &box->spec->swap[i];

		if (swapon(a->path, (int)a->flags))
			return fail("swapon", "%s", a->path);
		if (undo_push(&box->undo, stop_swap, (void *)(uintptr_t)a, "swap"))
			return -1;
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
