// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "tar.h"

#include <string.h>

// Where the fields of a header are.
struct field {
	unsigned short at;
	unsigned short size;
};

static const struct field name_field = { 0, 100 }, mode_field = { 100, 8 }, uid_field = { 108, 8 },
			  gid_field = { 116, 8 }, size_field = { 124, 12 }, sum_field = { 148, 8 },
			  target_field = { 157, 100 }, major_field = { 329, 8 }, minor_field = { 337, 8 },
			  prefix_field = { 345, 155 };

enum { TYPE = 156, MAGIC = 257, MAX_EXTENSIONS = 16 };

// Octal digits among spaces and NULs, or, with the highest bit set, a number of
// 95 bits with the most significant byte first (GNU).
static bool take_number(const unsigned char *header, struct field f, uint64_t max, uint64_t *value)
{
	const unsigned char *at = header + f.at, *end = at + f.size;

	*value = 0;
	if (*at & 0x80) {
		for (*value = *at++ & 0x7f; at < end; at++) {
			if (*value > max >> 8)
				return false;
			*value = *value << 8 | *at;
		}
		return *value <= max;
	}
	while (at < end && *at == ' ')
		at++;
	for (; at < end && *at >= '0' && *at <= '7'; at++)
		*value = *value << 3 | (unsigned)(*at - '0');
	return *value <= max && (at == end || *at == ' ' || *at == 0);
}

static bool is_right(const unsigned char *header)
{
	uint64_t sum = 8 * ' ', wanted; // the field itself counts as spaces

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i - sum_field.at < sum_field.size ? 0 : header[i];
	return take_number(header, sum_field, UINT32_MAX, &wanted) && wanted == sum;
}

static bool is_zero(const unsigned char *block)
{
	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

bool tar_is(const unsigned char *bytes, size_t size)
{
	return size >= TAR_BLOCK && !is_zero(bytes) && is_right(bytes);
}

// Copies text[0..size) up to a NUL. Returns false if it does not fit.
static bool take_text(const unsigned char *text, size_t size, char *out, size_t room)
{
	size = strnlen((const char *)text, size);
	if (size >= room)
		return false;
	memcpy(out, text, size);
	out[size] = '\0';
	return true;
}

// A value of digits alone.
static bool take_decimal(const unsigned char *text, size_t size, uint64_t max, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < size; i++) {
		uint64_t digit = (uint64_t)text[i] - '0';

		if (digit > 9 || digit > max || *value > (max - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	return size;
}

// What extensions before a header say in the place of its fields.
struct extension {
	bool has_name, has_target, has_size, has_uid, has_gid;
	uint64_t size, uid, gid;
};

static bool starts(const unsigned char *text, size_t size, const char *with)
{
	return size >= strlen(with) && !memcmp(text, with, strlen(with));
}

static const char *take_pair(const unsigned char *key, size_t key_size, const unsigned char *value, size_t size,
			     struct tar_found *out, struct extension *e)
{
	static const char attribute[] = "SCHILY.xattr.";
	size_t skip = strlen(attribute);
	bool right = true;

	if (key_size == 4 && starts(key, 4, "path"))
		right = e->has_name = !memchr(value, 0, size) && take_text(value, size, out->name, sizeof(out->name));
	else if (key_size == 8 && starts(key, 8, "linkpath"))
		right = e->has_target =
			!memchr(value, 0, size) && take_text(value, size, out->target, sizeof(out->target));
	else if (key_size == 4 && starts(key, 4, "size"))
		right = e->has_size = take_decimal(value, size, UINT64_MAX, &e->size);
	else if (key_size == 3 && starts(key, 3, "uid"))
		right = e->has_uid = take_decimal(value, size, UINT32_MAX, &e->uid);
	else if (key_size == 3 && starts(key, 3, "gid"))
		right = e->has_gid = take_decimal(value, size, UINT32_MAX, &e->gid);
	else if (starts(key, key_size, "GNU.sparse."))
		return "a sparse file (make the archive without --sparse)";
	else if (starts(key, key_size, attribute) && (!out->attribute[0] || strcmp(out->attribute, "security.capability")))
		(void)take_text(key + skip, key_size - skip < TAR_ATTRIBUTE_MAX ? key_size - skip : TAR_ATTRIBUTE_MAX,
				out->attribute, sizeof(out->attribute));
	return right ? NULL : "a pax record with a value that can't be";
}

// Records "LENGTH KEY=VALUE\n", the length counting all of the record.
static const char *take_records(const unsigned char *data, size_t size, struct tar_found *out, struct extension *e)
{
	while (size) {
		const unsigned char *space = memchr(data, ' ', size), *equals, *end;
		uint64_t length;
		const char *why;

		if (!space || !take_decimal(data, (size_t)(space - data), size, &length) || length == 0 ||
		    length <= (size_t)(space - data) + 1)
			return "a pax record of a wrong length";
		end = data + length - 1;
		equals = memchr(space + 1, '=', (size_t)(end - space - 1));
		if (*end != '\n' || !equals)
			return "a pax record without = or an end";
		why = take_pair(space + 1, (size_t)(equals - space - 1), equals + 1, (size_t)(end - equals - 1), out, e);
		if (why)
			return why;
		data += length;
		size -= length;
	}
	return NULL;
}

// A header that belongs to the next one.
static const char *take_extension(char type, const unsigned char *data, size_t size, struct tar_found *out,
				  struct extension *e)
{
	switch (type) {
	case 'x':
		return take_records(data, size, out, e);
	case 'L':
		e->has_name = take_text(data, size, out->name, sizeof(out->name));
		return e->has_name ? NULL : "a name that is longer than 4095 bytes";
	case 'K':
		e->has_target = take_text(data, size, out->target, sizeof(out->target));
		return e->has_target ? NULL : "a link's target that is longer than 4095 bytes";
	default: // 'g': comments and defaults that nothing here needs; 'V': the volume's name
		return NULL;
	}
}

// The fields that no extension has given.
static const char *take_fields(const unsigned char *h, struct tar_found *out, const struct extension *e)
{
	bool ustar = !memcmp(h + MAGIC, "ustar", 6);
	uint64_t mode, uid = e->uid, gid = e->gid, rmajor = 0, rminor = 0;
	size_t prefix = ustar ? strnlen((const char *)h + prefix_field.at, prefix_field.size) : 0;

	if (!take_number(h, mode_field, 0xffffff, &mode) ||
	    (!e->has_uid && !take_number(h, uid_field, UINT32_MAX, &uid)) ||
	    (!e->has_gid && !take_number(h, gid_field, UINT32_MAX, &gid)))
		return "a header with a number that can't be";
	if ((out->type == TAR_CHARACTER || out->type == TAR_BLOCK_DEVICE) &&
	    (!take_number(h, major_field, (1 << 12) - 1, &rmajor) || !take_number(h, minor_field, (1 << 20) - 1, &rminor)))
		return "a device with a number that can't be";
	out->mode = mode & 07777;
	out->uid = (uint32_t)uid;
	out->gid = (uint32_t)gid;
	out->rmajor = (uint32_t)rmajor;
	out->rminor = (uint32_t)rminor;
	if (!e->has_target)
		(void)take_text(h + target_field.at, target_field.size, out->target, sizeof(out->target));
	if (e->has_name)
		return NULL;
	if (prefix) {
		memcpy(out->name, h + prefix_field.at, prefix);
		out->name[prefix++] = '/';
	}
	(void)take_text(h + name_field.at, name_field.size, out->name + prefix, sizeof(out->name) - prefix);
	return NULL;
}

static bool set_type(char type, struct tar_found *out)
{
	if (type == 0 || type == '7')
		type = TAR_FILE;
	if (type < TAR_FILE || type > TAR_FIFO)
		return false;
	out->type = (enum tar_type)type;
	return true;
}

// What stands behind a header, and in it if it is no extension.
static const char *take_member(const unsigned char *h, size_t rest, struct tar_found *out, struct extension *e,
			       uint64_t *length)
{
	const unsigned char *data = h + TAR_BLOCK;
	const char *why;
	size_t end;

	if (h[TYPE] && strchr("xgLKV", h[TYPE])) {
		if (!take_number(h, size_field, rest, length))
			return "it is cut short in a member";
		return take_extension((char)h[TYPE], data, (size_t)*length, out, e);
	}
	if (h[TYPE] == 'S')
		return "a sparse file (make the archive without --sparse)";
	if (!set_type((char)h[TYPE], out))
		return "a member of a kind that is no file";
	if (!e->has_size && !take_number(h, size_field, UINT64_MAX >> 1, &e->size))
		return "a header with a size that can't be";
	*length = out->type == TAR_FILE ? e->size : 0;
	if (*length > rest)
		return "it is cut short in a member";
	why = take_fields(h, out, e);
	out->data = data;
	out->size = *length;
	end = strlen(out->name);
	if (out->type == TAR_FILE && end && out->name[end - 1] == '/' && !*length)
		out->type = TAR_DIRECTORY; // as before POSIX
	return why;
}

const char *tar_read(const unsigned char *bytes, size_t size, size_t *at, struct tar_found *out)
{
	struct extension e = { 0 };

	out->type = TAR_END;
	out->size = 0;
	out->data = bytes;
	out->name[0] = out->target[0] = out->attribute[0] = '\0';
	for (unsigned n = 0; n <= MAX_EXTENSIONS; n++) {
		const unsigned char *h = bytes + *at;
		uint64_t length = 0;
		const char *why;

		if (size - *at >= TAR_BLOCK && is_zero(h))
			return n ? "it ends where a member must be" : NULL;
		if (size - *at < TAR_BLOCK)
			return "it is cut short: no block of zeros ends it";
		if (!is_right(h))
			return "a header whose checksum is wrong";
		why = take_member(h, size - *at - TAR_BLOCK, out, &e, &length);
		if (why)
			return why;
		*at += TAR_BLOCK + (size_t)((length + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
		if (*at > size)
			return "it is cut short: no block of zeros ends it";
		if (out->type != TAR_END)
			return NULL;
	}
	return "more headers that belong to the next one than can be";
}
