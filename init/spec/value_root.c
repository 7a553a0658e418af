// SPDX-License-Identifier: MIT
// Words about the machine's root file system, as the kernel and udev have them.
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "spec/value.h"

static const struct {
	const char *prefix;
	uint8_t kind; // enum device_kind
} forms[] = {
	{"UUID=", DEVICE_UUID},
	{"LABEL=", DEVICE_LABEL},
	{"PARTUUID=", DEVICE_PARTUUID},
	{"PARTLABEL=", DEVICE_PARTLABEL},
	{"/dev/disk/by-uuid/", DEVICE_UUID}, // no udev makes those links here
	{"/dev/disk/by-label/", DEVICE_LABEL},
	{"/dev/disk/by-partuuid/", DEVICE_PARTUUID},
	{"/dev/disk/by-partlabel/", DEVICE_PARTLABEL},
	{"/dev/", DEVICE_NAME},
};

static bool is_number(const char *s, size_t n, uint32_t *v)
{
	uint64_t wide;

	if (num_parse(s, n, 10, UINT32_MAX, &wide))
		return false;
	*v = (uint32_t)wide;
	return true;
}

// PARTUUID=…/PARTNROFF=1: the partition after that one.
static const char *take_offset(struct device_word *w)
{
	static const char name[] = "/PARTNROFF=";
	char *slash = str_find(w->value, name);
	const char *p;
	uint32_t v;

	if (!slash)
		return NULL;
	p = slash + sizeof(name) - 1;
	if (!is_number(p + (*p == '-'), strlen(p + (*p == '-')), &v) || v > 255)
		return "PARTNROFF is not a number of partitions";
	w->offset = (int16_t)(*p == '-' ? -(int)v : (int)v);
	*slash = '\0';
	return NULL;
}

static bool is_tag(const char *s)
{
	return *s && s[0] != '/' && !strchr(s, '=') && !strchr(s, ' ');
}

// The part of word in front of its image's path.
static const char *take_device(struct device_word *w, char *s)
{
	const char *colon = strchr(s, ':');

	for (size_t i = 0; i < COUNT(forms); i++) {
		size_t n = strlen(forms[i].prefix);

		if (strncmp(s, forms[i].prefix, n))
			continue;
		w->kind = forms[i].kind;
		w->value = s + n;
		if (!s[n])
			return "nothing stands behind it";
		return w->kind == DEVICE_PARTUUID ? take_offset(w) : NULL;
	}
	if (colon && is_number(s, (size_t)(colon - s), &w->major) && is_number(colon + 1, strlen(colon + 1), &w->minor))
		w->kind = DEVICE_NUMBER;
	else if (is_tag(s))
		w->kind = DEVICE_TAG;
	else
		return "not a device (try /dev/vda1, UUID=…, LABEL=…, PARTUUID=…, PARTLABEL=…, 254:1)";
	return NULL;
}

const char *value_root(const char *s, struct device_word *out)
{
	struct device_word w = {.said = s};
	const char *why, *path;
	char *copy;

	if (!strcmp(s, "tmpfs"))
		w.kind = DEVICE_NONE_TMPFS;
	else if (s[0] == '/' && strncmp(s, "/dev/", 5))
		w = (struct device_word){.said = s, .kind = DEVICE_NONE_FILE, .path = s};
	if (w.kind) {
		*out = w;
		return NULL;
	}
	copy = arena_copy(s, strlen(s));
	if (!copy)
		return "the configuration is too large";
	path = str_find(copy, ":/");
	if (path) {
		w.path = path + 1;
		copy[path - copy] = '\0';
	}
	why = take_device(&w, copy);
	if (!why)
		*out = w;
	return why;
}

// A type of file system behind the last colon: ext4, not the 1 of 254:1.
static char *type_of(char *s)
{
	char *colon = strrchr(s, ':');

	return colon && colon[1] >= 'a' && colon[1] <= 'z' && !strchr(colon, '=') && !strchr(colon, '/') ? colon : NULL;
}

const char *value_overlay(const char *s, struct overlay_word *out)
{
	struct overlay_word w = {.on = true};
	char *copy = arena_copy(s, strlen(s)), *type;
	const char *why;

	if (!copy)
		return "the configuration is too large";
	if (!strncmp(copy, "tmpfs", 5) && (!copy[5] || copy[5] == ':')) {
		why = copy[5] ? value_size(copy + 6, &w.size) : NULL;
	} else {
		type = type_of(copy);
		if (type) {
			*type = '\0';
			w.fstype = type + 1;
		}
		why = value_root(copy, &w.device);
		if (!why && (w.device.kind < DEVICE_NAME || w.device.path))
			why = "not a device, nor tmpfs[:SIZE]";
	}
	if (!why)
		*out = w;
	return why;
}

const char *value_rootwait(const char *s, uint32_t *ms)
{
	if (strcmp(s, "yes"))
		return value_time(s, ms);
	*ms = WAIT_FOR_EVER;
	return NULL;
}
