// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/log.h"
#include "phase/modload.h"
#include "phase/static_nodes.h"

static int make(const struct modnode *node)
{
	char path[128], *slash;

	if (fmt(path, sizeof(path), "/dev/%.*s", (int)node->path.n, node->path.p))
		return fail("mknod", "/dev/%.*s", (int)node->path.n, node->path.p);
	slash = strrchr(path, '/');
	*slash = '\0';
	if (strcmp(path, "/dev") != 0 && file_mkdirs(AT_FDCWD, path, 0755))
		return -1;
	*slash = '/';
	explain("mknod", "mknod -m 600 %s %c %u %u", path, node->block ? 'b' : 'c', node->major, node->minor);
	if (mknod(path, (node->block ? S_IFBLK : S_IFCHR) | 0600, makedev(node->major, node->minor)) && errno != EEXIST)
		return fail("mknod", "%s", path);
	return 0;
}

int static_nodes(void)
{
	struct modspan text = {0};
	struct modnode node;

	if (modload_map("/etc/initbox.devnames", &text) < 0)
		return -1;
	while (modtable_node(&text, &node))
		if (make(&node))
			return -1;
	return 0;
}
