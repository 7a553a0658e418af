// SPDX-License-Identifier: MIT
// Devices that were there before somebody listened. Each that a module can be loaded for is on a bus, or of the classes dmi
// and input, and has a file "modalias" there; the tree below /sys/devices need not be walked. Source: scripts/mod/file2alias.c.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "phase/coldplug.h"
#include "phase/modload.h"

// Devices of a kind stand together and have the same alias: the CPUs.
static char last[512];

static void one_device(int bus, const char *name)
{
	char path[300], alias[sizeof(last)];
	int fd;

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

// One that is not there has no devices.
static void one_bus(int buses, const char *name, const char *below)
{
	const char *device;
	char path[300];
	struct dir d;
	int fd;

	if (fmt(path, sizeof(path), "%s%s", name, below))
		return;
	fd = openat(buses, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	dir_begin(&d, fd);
	while ((device = dir_next(&d, NULL)))
		one_device(fd, device);
	close(fd);
}

void coldplug(void)
{
	int buses = open("/sys/bus", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *bus;
	struct dir d;

	last[0] = '\0';
	dir_begin(&d, buses);
	while (buses >= 0 && (bus = dir_next(&d, NULL)))
		one_bus(buses, bus, "/devices");
	if (buses >= 0)
		close(buses);
	one_bus(AT_FDCWD, "/sys/class/dmi", "");
	one_bus(AT_FDCWD, "/sys/class/input", "");
}
