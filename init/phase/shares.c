// SPDX-License-Identifier: MIT
// Directories of the machine's host, through virtiofs. Source: kernel Documentation/filesystems/virtiofs.rst.
#include <fcntl.h>
#include <sys/mount.h>

#include "base/file.h"
#include "base/log.h"
#include "phase/phase.h"

static int shares_up(struct box *box)
{
	for (unsigned i = 0; i < box->spec->share_count; i++) {
		const char *tag = box->spec->share[i].source;
		char path[96];

		if (fmt(path, sizeof(path), "/run/share/%s", tag))
			return fail("mkdir", "/run/share");
		if (file_mkdirs(AT_FDCWD, path, 0755))
			return -1;
		if (mount(tag, path, "virtiofs", MS_NOSUID | MS_NODEV, NULL))
			return fail("mount", "virtiofs %s", tag);
	}
	return 0;
}

static void shares_explain(const struct box *box)
{
	for (unsigned i = 0; i < box->spec->share_count; i++)
		explain("mount", "mount -t virtiofs %s /run/share/%s", box->spec->share[i].source,
			box->spec->share[i].source);
}

const struct phase phase_shares = {"shares", shares_explain, shares_up};
