// SPDX-License-Identifier: MIT
// Loads the kernel modules of the image in the order that mkinitramfs computed. Source: finit_module(2).
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/phase.h"

static const char list_path[] = "/etc/initbox.modules";
static LARGE_BSS char list[16 * 1024];

// A line is a path; with - in front the module may fail (a softdep, for instance for a CPU that this is not).
static int load(const char *path)
{
	bool optional = path[0] == '-';
	int fd, ret = 0;

	path += optional;
	explain("finit_module", "insmod %s%s", path, optional ? " || true" : "");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return optional ? 0 : fail("open", "%s", path);
	if (sys_finit_module(fd, "", 0) && errno != EEXIST && !optional)
		ret = fail("finit_module", "%s", path);
	close(fd);
	// The kernel has its own copy now; the file only takes up the initramfs's memory.
	if (ret == 0 && unlink(path) && errno != EROFS)
		ret = fail("unlink", "%s", path);
	return ret;
}

static int modules_up(struct box *box)
{
	(void)box;
	if (file_read(AT_FDCWD, list_path, list, sizeof(list) - 1) < 0)
		return errno == ENOENT ? 0 : -1; // a kernel with all of it built in has no list
	for (char *line = list, *next; *line; line = next) {
		size_t n = strcspn(line, "\n");

		next = line + n + (line[n] == '\n');
		line[n] = '\0';
		if (n > 0 && load(line))
			return -1;
	}
	return 0;
}

const struct phase phase_modules = {"modules", NULL, modules_up};
