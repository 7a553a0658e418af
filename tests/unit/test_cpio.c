// SPDX-License-Identifier: MIT
// cpio: the bytes of headers, names, data and padding.
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpio.h"

static void formats_header(void **state)
{
	const struct cpio_member m = {
		.name = "dev/console", .ino = 0x12, .mode = 020600, .nlink = 3, .mtime = 0xFFFFFFFF,
		.size = 0xABCDEF01, .rmajor = 5, .rminor = 1,
	};
	char out[CPIO_HEADER + 1] = "";

	(void)state;
	memset(out, 'x', sizeof(out));
	cpio_format(&m, out);
	assert_int_equal(out[CPIO_HEADER], 'x');
	assert_memory_equal(out, "070701"
				 "00000012" "00002180" "00000000" "00000000" "00000003" "FFFFFFFF" "ABCDEF01"
				 "00000000" "00000000" "00000005" "00000001" "0000000C" "00000000",
			    CPIO_HEADER);
}

// Reads all of the file behind fd.
static char *contents(int fd, size_t *size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char *bytes;

	assert_true(end >= 0);
	*size = (size_t)end;
	bytes = malloc(*size + 1);
	assert_non_null(bytes);
	assert_int_equal(pread(fd, bytes, *size, 0), end);
	return bytes;
}

static size_t field(const char *header, int n)
{
	char digits[9] = "";

	memcpy(digits, header + 6 + 8 * n, 8);
	return strtoul(digits, NULL, 16);
}

static size_t up(size_t value, size_t boundary)
{
	return (value + boundary - 1) / boundary * boundary;
}

// Every name length and data length modulo 4, after a start at any offset.
static void aligns_members(void **state)
{
	static struct cpio c;

	(void)state;
	for (size_t start = 0; start < 4; start++) {
		int fd = memfd_create("archive", MFD_CLOEXEC);
		size_t size, at = up(start, 4);
		char *bytes;

		assert_true(fd >= 0);
		assert_int_equal(write(fd, "abc", start), start);
		cpio_begin(&c, fd, start);
		assert_int_equal(cpio_align(&c, 4), 0);
		for (unsigned i = 0; i < 16; i++) {
			struct cpio_member m = { .name = &"12345678"[i % 4], .mode = 0100644, .size = i / 4 };

			assert_int_equal(cpio_header(&c, &m), 0);
			assert_int_equal(cpio_data(&c, "DDDD", m.size), 0);
			assert_int_equal(cpio_align(&c, 4), 0);
		}
		assert_int_equal(cpio_end(&c), 0);
		bytes = contents(fd, &size);
		assert_int_equal(size % CPIO_BLOCK, 0);
		for (unsigned i = 0; i < 16; i++) {
			size_t data = up(at + CPIO_HEADER + 8 - i % 4 + 1, 4);

			assert_memory_equal(bytes + at, "070701", 6);
			assert_int_equal(field(bytes + at, 6), i / 4);
			assert_int_equal(field(bytes + at, 11), 8 - i % 4 + 1);
			assert_string_equal(bytes + at + CPIO_HEADER, &"12345678"[i % 4]);
			assert_memory_equal(bytes + data, "DDDD", i / 4);
			at = up(data + i / 4, 4);
		}
		assert_memory_equal(bytes + at, "070701", 6);
		assert_string_equal(bytes + at + CPIO_HEADER, "TRAILER!!!");
		for (at += CPIO_HEADER + sizeof("TRAILER!!!"); at < size; at++)
			assert_int_equal(bytes[at], 0);
		free(bytes);
		close(fd);
	}
}

static void passes_large_data(void **state)
{
	static struct cpio c;
	static char data[3 * sizeof(c.buffer) + 5];
	const struct cpio_member m = { .name = "f", .mode = 0100644, .size = sizeof(data) };
	int fd = memfd_create("archive", MFD_CLOEXEC);
	size_t size;
	char *bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 251);
	cpio_begin(&c, fd, 0);
	assert_int_equal(cpio_header(&c, &m), 0);
	assert_int_equal(cpio_data(&c, data, sizeof(data)), 0);
	assert_int_equal(cpio_align(&c, 4), 0);
	assert_int_equal(cpio_end(&c), 0);
	bytes = contents(fd, &size);
	assert_int_equal(c.offset, size);
	assert_memory_equal(bytes + 112, data, sizeof(data));
	free(bytes);
	close(fd);
}

static void reports_full_disk(void **state)
{
	static struct cpio c;
	static char data[2 * sizeof(c.buffer)];
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	cpio_begin(&c, fd, 0);
	errno = 0;
	assert_int_equal(cpio_data(&c, data, sizeof(data)), -1);
	assert_int_equal(errno, ENOSPC);
	cpio_begin(&c, fd, 0);
	errno = 0;
	assert_int_equal(cpio_end(&c), -1);
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_header),
		cmocka_unit_test(aligns_members),
		cmocka_unit_test(passes_large_data),
		cmocka_unit_test(reports_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
