// SPDX-License-Identifier: MIT
// What the programs at both ends of a boot share: the guest's clock, how long it was idle, and the way to the host, qemu's
// isa-debugcon, which needs no driver and no file of the root.
#ifndef BOOT_MARK_H
#define BOOT_MARK_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <time.h>
#include <unistd.h>

enum { DEBUGCON = 0xe9 };

// CLOCK_BOOTTIME in ns: under qemu's icount shift=0 one instruction, or one ns of an idle processor.
static inline uint64_t mark_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// The whole file in buf, NUL-terminated; empty when it can't be read.
static inline void mark_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n;

	while (fd >= 0 && have < size - 1 && (n = read(fd, buf + have, size - 1 - have)) > 0)
		have += (size_t)n;
	buf[have] = '\0';
	if (fd >= 0)
		close(fd);
}

// The sum of the numbers behind each name in the text.
static inline uint64_t mark_sum(const char *text, const char *name)
{
	uint64_t sum = 0;

	while ((text = strstr(text, name))) {
		text += strlen(name);
		sum += strtoull(text + strspn(text, " :"), NULL, 10);
	}
	return sum;
}

// How long the processors were idle, in ns. /proc has to be mounted; /proc/timer_list has it to the ns, /proc/stat to 10 ms.
static inline uint64_t mark_idle(char *buf, size_t size)
{
	mark_read("/proc/timer_list", buf, size);
	return mark_sum(buf, ".idle_sleeptime") + mark_sum(buf, ".iowait_sleeptime");
}

static inline void mark_say(const char *text)
{
	if (iopl(3))
		return;
	for (; *text; text++)
		outb((unsigned char)*text, DEBUGCON);
	iopl(0);
}

#endif
