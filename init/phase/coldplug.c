// SPDX-License-Identifier: MIT
// Devices that were there before somebody listened. Each that a module can be loaded for is on a bus, or of the classes dmi
// and input, and has a file "modalias" there; the tree below /sys/devices need not be walked. Source: scripts/mod/file2alias.c.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
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

// Devices of a kind stand together and have the same alias: the CPUs.
static char last[512];

static void one_device(int bus, const char *name, const char *below)
{
	char path[300], alias[sizeof(last)];
	int fd;

	(void)below;
	if (fmt(path, sizeof(path), "%s/modalias", name))
		return;
	fd = openat(bus, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || file_take(fd, path, alias, sizeof(alias) - 1) < 0)
		return; // it has none, or is gone
	alias[strcspn(alias, "\n")] = '\0';
	if (strcmp(alias, last) != 0)
		modload_alias(alias);
	strcpy(last, alias);
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

	last[0] = '\0';
	for_entries(AT_FDCWD, "/sys/bus", list, sizeof(list), one_bus, "/devices");
	one_bus(AT_FDCWD, "/sys/class/dmi", "");
	one_bus(AT_FDCWD, "/sys/class/input", "");
}
