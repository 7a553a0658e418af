// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "cpio_read.h"

#include <string.h>
#include <sys/stat.h>

// The fields of a header in their order, after the magic number.
enum {
	INO, MODE, UID, GID, NLINK, MTIME, SIZE, MAJOR, MINOR, RMAJOR, RMINOR, NAME_SIZE, CHECK, FIELDS
};

_Static_assert(6 + FIELDS * 8 == CPIO_HEADER, "newc header");

bool cpio_is(const unsigned char *bytes, size_t size)
{
	return size >= 6 && !memcmp(bytes, "07070", 5) && (bytes[5] == '1' || bytes[5] == '2');
}

static bool take_hex(const unsigned char *digits, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		unsigned char c = digits[i];

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*value = *value << 4 | (unsigned)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	return true;
}

static size_t up(size_t value)
{
	return (value + 3) & ~(size_t)3;
}

static uint32_t sum(const unsigned char *data, size_t size)
{
	uint32_t total = 0;

	for (size_t i = 0; i < size; i++)
		total += data[i];
	return total;
}

const char *cpio_read(const unsigned char *bytes, size_t size, size_t *at, struct cpio_found *out)
{
	const unsigned char *header;
	uint32_t f[FIELDS];
	size_t name, data;

	if (*at >= size)
		return "it ends without a trailer";
	header = bytes + *at;
	if (size - *at >= 6 && !cpio_is(header, 6))
		return "no header where one must be";
	if (size - *at < CPIO_HEADER)
		return "it is cut short in a header";
	for (int i = 0; i < FIELDS; i++)
		if (!take_hex(header + 6 + 8 * i, &f[i]))
			return "a header with other bytes than hexadecimal digits";
	name = *at + CPIO_HEADER;
	if (f[NAME_SIZE] == 0 || f[NAME_SIZE] > CPIO_NAME_MAX + 1)
		return "a name that is empty or longer than 4095 bytes";
	if (f[NAME_SIZE] > size - name)
		return "it is cut short in a name";
	if (bytes[name + f[NAME_SIZE] - 1])
		return "a name that no NUL ends";
	data = up(name + f[NAME_SIZE]);
	if (f[SIZE] && (data > size || f[SIZE] > size - data))
		return "it is cut short in the data of a file";
	*out = (struct cpio_found){
		.member = { .name = (const char *)bytes + name, .ino = f[INO], .mode = f[MODE], .uid = f[UID],
			    .gid = f[GID], .nlink = f[NLINK], .mtime = f[MTIME], .size = f[SIZE],
			    .major = f[MAJOR], .minor = f[MINOR], .rmajor = f[RMAJOR], .rminor = f[RMINOR] },
		.data = bytes + (f[SIZE] ? data : 0),
	};
	out->member.name_padding = f[NAME_SIZE] - (uint32_t)strlen(out->member.name) - 1;
	out->trailer = !strcmp(out->member.name, "TRAILER!!!");
	if (bytes[*at + 5] == '2' && S_ISREG(f[MODE]) && sum(out->data, f[SIZE]) != f[CHECK])
		return "a file whose checksum is wrong";
	data = up(data + f[SIZE]);
	*at = data < size ? data : size;
	return NULL;
}
