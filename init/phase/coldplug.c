// SPDX-License-Identifier: MIT
// Devices that were there before somebody listened. Each that a driver can be loaded for is on a bus or in a class, and has
// a file "modalias" there; the tree below /sys/devices need not be walked.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/coldplug.h"
#include "phase/modload.h"

// Calls each for the entries of dirfd/path, whose names do not begin with a dot. A directory that is not there has none.
static void for_entries(int dirfd, const char *path, void *list, size_t cap,
			void (*each)(int fd, const char *name, const char *below), const char *below)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	if (fd < 0)
		return;
	while ((n = syscall(SYS_getdents64, fd, list, cap)) > 0) {
		for (long at = 0; at < n;) {
			const struct linux_dirent64 *d = (const void *)((const char *)list + at);

			at += d->d_reclen;
			if (d->d_name[0] != '.')
				each(fd, d->d_name, below);
		}
	}
	close(fd);
}

static void one_device(int bus, const char *name, const char *below)
{
	char path[300], alias[512];

	(void)below;
	if (fmt(path, sizeof(path), "%s/modalias", name) || faccessat(bus, path, R_OK, 0))
		return;
	if (file_read(bus, path, alias, sizeof(alias) - 1) > 0) {
		alias[strcspn(alias, "\n")] = '\0';
		if (modload_alias(alias) >= 0)
			return;
	}
	strcpy(err_last.phase, "modules");
	log_err(&err_last);
}

static void one_bus(int buses, const char *name, const char *below)
{
	_Alignas(8) char list[4096], path[300];

	if (!fmt(path, sizeof(path), "%s%s", name, below))
		for_entries(buses, path, list, sizeof(list), one_device, "");
}

void coldplug(void)
{
	_Alignas(8) char list[2048];

	for_entries(AT_FDCWD, "/sys/bus", list, sizeof(list), one_bus, "/devices");
	for_entries(AT_FDCWD, "/sys/class", list, sizeof(list), one_bus, "");
}
