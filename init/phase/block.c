// SPDX-License-Identifier: MIT
// Source: sysfs(5), the kernel's Documentation/ABI/testing/sysfs-block; early_lookup_bdev() in block/early-lookup.c for what the
// forms of root= mean.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "base/ptable.h"
#include "base/superblock.h"
#include "base/sys.h"
#include "base/uevent.h"
#include "phase/block.h"
#include "phase/modules.h"

static const char all[] = "/sys/class/block";

struct block {
	char path[BLOCK_PATH];	// "/dev/vda1"
	char whole[BLOCK_PATH]; // of a partition: the disk that it is on
	uint32_t major, minor;
	uint32_t partition; // its number, 0: is none
};

static uint32_t number_of(const char *s)
{
	uint64_t v;

	return num_parse(s, strcspn(s, "\n"), 10, UINT32_MAX, &v) ? 0 : (uint32_t)v;
}

// Fills b from the lines KEY=VALUE of a uevent file.
static void take_lines(struct block *b, const char *line)
{
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (!strncmp(line, "MAJOR=", 6))
			b->major = number_of(line + 6);
		else if (!strncmp(line, "MINOR=", 6))
			b->minor = number_of(line + 6);
		else if (!strncmp(line, "PARTN=", 6))
			b->partition = number_of(line + 6);
		else if (!strncmp(line, "DEVNAME=", 8) && fmt(b->path, sizeof(b->path), "/dev/%.*s", (int)strcspn(line + 8, "\n"), line + 8))
			b->path[0] = '\0';
	}
}

// The disk is the directory that a partition's link leads through: …/block/vda/vda1. In sysfs a / of a name is a !.
static bool take_whole(struct block *b, const char *link)
{
	char target[512];
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	char *slash;

	if (n < 0)
		return false;
	target[n] = '\0';
	slash = strrchr(target, '/');
	if (!slash)
		return false;
	*slash = '\0';
	slash = strrchr(target, '/');
	if (!slash || fmt(b->whole, sizeof(b->whole), "/dev/%s", slash + 1))
		return false;
	for (char *p = b->whole + 5; *p; p++)
		if (*p == '!')
			*p = '/';
	return true;
}

// Reads what /sys says of the device. Returns false when it says nothing: it may be gone again.
static bool read_block(const char *name, struct block *b)
{
	char path[300], text[1024];

	*b = (struct block){.major = 0};
	if (fmt(path, sizeof(path), "%s/%s/uevent", all, name) || file_read(AT_FDCWD, path, text, sizeof(text) - 1) < 0)
		return false;
	take_lines(b, text);
	path[strlen(path) - strlen("/uevent")] = '\0';
	return b->path[0] && (!b->partition || take_whole(b, path));
}

static bool has_tag(const struct device_word *w, const struct block *b)
{
	struct superblock sb;
	struct disk d;

	if (disk_open(&d, b->path))
		return false; // a drive without a disc in it
	superblock_read(&d, &sb);
	disk_close(&d);
	return w->kind == DEVICE_UUID ? !strcasecmp(w->value, sb.uuid) && sb.uuid[0] : !strcmp(w->value, sb.label);
}

// The name may be that of another partition of the same disk (PARTNROFF).
static bool has_table_entry(const struct device_word *w, const struct block *b)
{
	int64_t number = (int64_t)b->partition - w->offset;
	struct partition_id id;
	struct disk d;

	if (!b->partition || number < 1 || disk_open(&d, b->whole))
		return false;
	ptable_read(&d, (uint32_t)number, &id);
	disk_close(&d);
	return w->kind == DEVICE_PARTUUID ? !strcasecmp(w->value, id.uuid) : !strcmp(w->value, id.label);
}

static bool is_meant(const struct device_word *w, const struct block *b)
{
	switch ((enum device_kind)w->kind) {
	case DEVICE_NAME:
		return !strcmp(b->path + strlen("/dev/"), w->value);
	case DEVICE_NUMBER:
		return b->major == w->major && b->minor == w->minor;
	case DEVICE_UUID:
	case DEVICE_LABEL:
		return has_tag(w, b);
	default:
		return has_table_entry(w, b);
	}
}

// Calls what with each device until it returns true. Returns whether it did, or -1.
static int each_block(bool (*what)(void *arg, const struct block *b), void *arg)
{
	int fd = open(all, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;
	const char *name;
	struct block b;
	struct dir d;

	if (fd < 0)
		return fail("open", "%s", all);
	dir_begin(&d, fd);
	while (ret == 0 && (name = dir_next(&d, NULL)))
		if (read_block(name, &b))
			ret = what(arg, &b);
	close(fd);
	return ret;
}

struct search {
	const struct device_word *w;
	char *path; // BLOCK_PATH bytes
	uint64_t number; // of the device at path
	unsigned count;
};

// Disks may be copies of each other. Which is taken must not hang on the order in which the kernel lists them.
static bool take(void *arg, const struct block *b)
{
	struct search *s = arg;
	uint64_t number = (uint64_t)b->major << 32 | b->minor;

	if (!is_meant(s->w, b))
		return false;
	if (!s->count++ || number < s->number) {
		strcpy(s->path, b->path);
		s->number = number;
	}
	return s->w->kind == DEVICE_NAME || s->w->kind == DEVICE_NUMBER;
}

// Returns 1 when it is there, 0, or -1.
static int look(struct search *s)
{
	s->count = 0;
	if (each_block(take, s) < 0)
		return -1;
	if (s->count > 1)
		log_line(LOG_NOTE, "%s: is on %u devices: taking %s", s->w->said, s->count, s->path);
	return s->count > 0;
}

// Labels come from disks: what would disturb the console does not get there, nor the controls of UTF-8 (U+0080 to U+009F).
static void put_text(struct buf *b, const char *key, const char *text)
{
	if (!text[0])
		return;
	buf_fmt(b, " %s=\"", key);
	for (; *text; text++) {
		bool wide = (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0;

		buf_char(b, wide || (unsigned char)*text < ' ' || *text == 127 ? '?' : *text);
		text += wide;
	}
	buf_char(b, '"');
}

void block_describe(struct buf *b, const char *path)
{
	uint8_t first[8] = {0};
	struct superblock sb;
	struct disk d;

	if (disk_open(&d, path)) {
		buf_fmt(b, " can't be opened (%s)", err_name(err_last.no));
		return;
	}
	superblock_read(&d, &sb);
	if (sb.type) {
		buf_fmt(b, " %s", sb.type);
		put_text(b, "LABEL", sb.label);
		put_text(b, "UUID", sb.uuid);
	} else if (disk_read(&d, 0, first, sizeof(first))) {
		buf_str(b, " no file system known here (its first bytes:");
		for (size_t i = 0; i < sizeof(first); i++)
			buf_fmt(b, " %02x", first[i]);
		buf_char(b, ')');
	} else {
		buf_str(b, " can't be read");
	}
	if (sb.damage)
		buf_fmt(b, ", but %s", sb.damage);
	disk_close(&d);
}

// A line for a device that is not empty (a loop device without a file, a drive without a disc).
static bool tell(void *arg, const struct block *b)
{
	unsigned *count = arg;
	struct partition_id id = {.uuid = ""};
	char text[800];
	struct buf t = BUF(text);
	struct disk d;

	if (disk_open(&d, b->path)) {
		if (err_last.no == ENOMEDIUM)
			return false;
	} else {
		disk_close(&d);
		if (!d.size)
			return false;
	}
	buf_fmt(&t, "%s (%u:%u, %lu MiB):", b->path, b->major, b->minor, (unsigned long)(d.size >> 20));
	block_describe(&t, b->path);
	if (b->partition && !disk_open(&d, b->whole)) {
		ptable_read(&d, b->partition, &id);
		disk_close(&d);
	}
	put_text(&t, "PARTLABEL", id.label);
	put_text(&t, "PARTUUID", id.uuid);
	log_line(LOG_ERROR, "there is %s", text);
	++*count;
	return false;
}

static int not_there(const struct device_word *w, uint32_t ms)
{
	unsigned count = 0;

	if (each_block(tell, &count) < 0)
		return -1;
	if (!count)
		log_line(LOG_ERROR, "there is no block device at all: is its driver in the image (mkinitramfs --on-demand)?");
	fail_text("is not there", "%s", w->said);
	if (ms)
		fail_because("is not there, nor has it come within %u%s", ms % 1000 ? ms : ms / 1000, ms % 1000 ? " ms" : " s");
	return -1;
}

// The device that an event is about has its name at the end of the path.
static bool is_in_event(const struct uevent *e, const struct search *s)
{
	const char *slash = strrchr(e->devpath, '/');
	struct block b;

	return e->subsystem && !strcmp(e->subsystem, "block") && strcmp(e->action, "remove") && slash && read_block(slash + 1, &b) &&
	       is_meant(s->w, &b);
}

// Returns 1 when it has come, 0 when it has not until then, or -1.
static int wait_for_event(int events, struct search *s, uint64_t until)
{
	for (;;) {
		struct uevent e;
		enum uevent_got got = uevent_next(events, &e, until);
		int found;

		if (got == UEVENT_ONE)
			modules_event(&e); // it may be the disk's controller
		else if (got == UEVENT_LOST)
			modules_catch_up();
		found = got == UEVENT_LOST || (got == UEVENT_ONE && is_in_event(&e, s)) ? look(s) : 0;
		if (got == UEVENT_FAILED || found < 0)
			return -1;
		if (found || got == UEVENT_NONE)
			return found;
	}
}

static int wait_for(struct search *s, uint32_t ms)
{
	uint64_t until = ms == WAIT_FOR_EVER ? UINT64_MAX : sys_boottime_ns() + ms * 1000000ull;
	int events = uevent_open(), found;

	if (events < 0)
		return -1;
	modules_catch_up();
	found = look(s); // it may have come before the socket heard of it
	if (!found && ms == WAIT_FOR_EVER)
		log_line(LOG_ERROR, "find-root: %s: is not there yet: waiting for ever (rootwait)", s->w->said);
	if (!found)
		found = wait_for_event(events, s, until);
	close(events);
	return found ? found : look(s); // it may have come while a driver took the rest of the time
}

int block_find(const struct device_word *w, uint32_t ms, char path[BLOCK_PATH])
{
	struct search s = {.w = w, .path = path};
	int found = look(&s);

	if (!found && ms)
		found = wait_for(&s, ms);
	if (!found)
		return not_there(w, ms);
	return found < 0 ? -1 : 0;
}
