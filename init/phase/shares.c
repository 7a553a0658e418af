// SPDX-License-Identifier: MIT
// Directories of the machine's host, through virtiofs. Source: kernel Documentation/filesystems/virtiofs.rst.
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mnt.h"
#include "base/sys.h"
#include "phase/phase.h"

static int shares_up(struct box *box)
{
	for (unsigned i = 0; i < box->spec->share_count; i++) {
		const struct mnt_option source = {"source", box->spec->share[i].source};
		char path[96];
		int fd, ret;

		if (fmt(path, sizeof(path), "/run/share/%s", source.value))
			return fail("mkdir", "/run/share");
		if (file_mkdirs(AT_FDCWD, path, 0755))
			return -1;
		fd = mnt_new("virtiofs", &source, 1, 0);
		if (fd < 0)
			return -1;
		ret = mnt_attach(fd, AT_FDCWD, path, RESOLVE_NO_SYMLINKS);
		close(fd);
		if (ret)
			return -1;
	}
	return 0;
}

static void shares_explain(const struct box *box)
{
	for (unsigned i = 0; i < box->spec->share_count; i++)
		explain("fsopen fsconfig fsmount move_mount", "mount -t virtiofs %s /run/share/%s",
			box->spec->share[i].source, box->spec->share[i].source);
}

const struct phase phase_shares = {"shares", shares_explain, shares_up};
