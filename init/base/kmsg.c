// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/kmsg.h"

enum { RECORD_BYTES = 900 }; // the kernel takes a few more, its LOG_LINE_MAX

static bool put_record(int fd, unsigned priority, const char *line, size_t n)
{
	char text[RECORD_BYTES + 8];
	struct buf b = BUF(text);

	// Without a newline the kernel would wait for more of it before it shows it.
	buf_fmt(&b, "<%u>%.*s\n", priority, (int)(n < RECORD_BYTES ? n : RECORD_BYTES), line);
	return write(fd, b.p, b.len) == (ssize_t)b.len;
}

// The first number of /proc/sys/kernel/printk: what has a lower priority number is shown.
static bool is_shown(unsigned priority)
{
	char text[32];
	int fd = open("/proc/sys/kernel/printk", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	uint64_t level = 0;
	size_t digits = 0;

	if (fd >= 0)
		close(fd);
	while (n > 0 && digits < (size_t)n && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	return digits && !num_parse(text, digits, 10, UINT32_MAX, &level) && priority < level;
}

bool kmsg_write(unsigned priority, const char *text, size_t n)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool all = fd >= 0;

	if (fd < 0)
		return false;
	for (size_t at = 0, len; all && at < n; at += len + 1) {
		const char *end = memchr(text + at, '\n', n - at);

		len = end ? (size_t)(end - text) - at : n - at;
		all = put_record(fd, priority, text + at, len);
	}
	close(fd);
	return all && is_shown(priority);
}
