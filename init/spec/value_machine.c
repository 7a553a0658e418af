// SPDX-License-Identifier: MIT
// Words about the machine itself: what it mounts, where it swaps to. Source: mount(2), mount(8), swapon(2).
#include <string.h>
#include <sys/mount.h>
#include <sys/swap.h>

#include "base/arena.h"
#include "spec/value.h"

static const char too_large[] = "the configuration is too large";

// clang-format off
static const struct {
	char name[14];
	uint32_t on, off; // MS_* that it sets, and takes away
} mount_words[] = {
	{"defaults", 0, 0},
	{"ro", MS_RDONLY, 0},		{"rw", 0, MS_RDONLY},
	{"nosuid", MS_NOSUID, 0},	{"suid", 0, MS_NOSUID},
	{"nodev", MS_NODEV, 0},		{"dev", 0, MS_NODEV},
	{"noexec", MS_NOEXEC, 0},	{"exec", 0, MS_NOEXEC},
	{"sync", MS_SYNCHRONOUS, 0},	{"async", 0, MS_SYNCHRONOUS},
	{"dirsync", MS_DIRSYNC, 0},
	{"noatime", MS_NOATIME, 0},	{"atime", 0, MS_NOATIME},
	{"nodiratime", MS_NODIRATIME, 0}, {"diratime", 0, MS_NODIRATIME},
	{"relatime", MS_RELATIME, 0},	{"norelatime", 0, MS_RELATIME},
	{"strictatime", MS_STRICTATIME, 0}, {"nostrictatime", 0, MS_STRICTATIME},
	{"lazytime", MS_LAZYTIME, 0},	{"nolazytime", 0, MS_LAZYTIME},
	{"bind", MS_BIND, 0},		{"rbind", MS_BIND | MS_REC, 0},
	{"silent", MS_SILENT, 0},
};
// clang-format on

static bool take_mount_word(const char *w, size_t n, uint32_t *flags)
{
	for (size_t i = 0; i < COUNT(mount_words); i++) {
		if (!value_is(w, n, mount_words[i].name))
			continue;
		*flags = (*flags | mount_words[i].on) & ~mount_words[i].off;
		return true;
	}
	return false;
}

const char *value_mount_options(const char *s, uint32_t *flags, const char **data)
{
	char *rest = arena_copy(s, strlen(s)), *to = rest; // never longer than all of it

	if (!rest)
		return too_large;
	for (size_t n; *s; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (n == 0)
			return "an option is empty";
		if (take_mount_word(s, n, flags))
			continue;
		if (to > rest)
			*to++ = ',';
		memcpy(to, s, n);
		to += n;
	}
	*to = '\0';
	*data = to > rest ? rest : NULL;
	return NULL;
}

// What has a name as root= has it is looked for, and waited for.
static const char *take_device(const char *source, struct device_word *w)
{
	return !strncmp(source, "/dev/", 5) || strchr(source, '=') ? value_root(source, w) : NULL;
}

// Cuts the text up to the next comma off *s, into the arena. Returns NULL when that is full.
static const char *take_field(const char **s)
{
	size_t n = strcspn(*s, ",");
	const char *field = arena_copy(*s, n);

	*s += n + ((*s)[n] == ',');
	return field;
}

const char *value_machine_mount(const char *s, struct machine_mount *m)
{
	struct machine_mount out = {0};
	const char *why;

	out.fstype = take_field(&s);
	out.source = take_field(&s);
	out.target = take_field(&s);
	if (!out.fstype || !out.source || !out.target)
		return too_large;
	if (!*out.fstype || !*out.source || out.target[0] != '/' || !out.target[strspn(out.target, "/")])
		return "not a mount (try ext4,/dev/vda,/data or tmpfs,tmpfs,/data,size=64M,noexec)";
	out.options = s;
	why = value_mount_options(s, &out.flags, &out.data);
	if (!why && !(out.flags & MS_BIND))
		why = take_device(out.source, &out.device);
	if (!why)
		*m = out;
	return why;
}

const char *value_swap_area(const char *s, struct swap_area *a)
{
	static const char why[] = "not a swap area (try /dev/vdb or /data/swap,pri=5,discard)";
	struct swap_area out = {.path = take_field(&s)};
	uint64_t priority;

	if (!out.path)
		return too_large;
	if (take_device(out.path, &out.device) || (out.path[0] != '/' && !out.device.kind))
		return why;
	out.options = s;
	for (size_t n; *s; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (value_is(s, n, "discard"))
			out.flags |= SWAP_FLAG_DISCARD;
		else if (n > 4 && !memcmp(s, "pri=", 4) && !num_parse(s + 4, n - 4, 10, SWAP_FLAG_PRIO_MASK, &priority))
			out.flags |= SWAP_FLAG_PREFER | (uint32_t)priority << SWAP_FLAG_PRIO_SHIFT;
		else
			return why;
	}
	*a = out;
	return NULL;
}

const char *value_watchdog(const char *s, struct watchdog_spec *w)
{
	static const char why[] = "not a watchdog (try /dev/watchdog or /dev/watchdog0:30, in seconds)";
	size_t n = strcspn(s, ":");
	struct watchdog_spec out = {0};
	uint64_t seconds = 0;

	if (s[0] != '/' || (s[n] && (num_parse(s + n + 1, strlen(s + n + 1), 10, 86400, &seconds) || !seconds)))
		return why;
	out.device = arena_copy(s, n);
	out.seconds = (uint32_t)seconds;
	if (!out.device)
		return too_large;
	*w = out;
	return NULL;
}
