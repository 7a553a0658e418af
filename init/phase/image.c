// SPDX-License-Identifier: MIT
// Source: loop(4), linux/loop.h, linux/magic.h; superblocks: squashfs at byte 0, erofs and ext4 at byte 1024.
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mnt.h"
#include "phase/image.h"

static const struct magic_row {
	char fstype[9];
	uint8_t len;
	uint16_t at;
	uint8_t bytes[4]; // as they lie there: little endian
} magic_rows[] = {
	{"squashfs", 4, 0, {'h', 's', 'q', 's'}},
	{"erofs", 4, 1024, {0xe2, 0xe1, 0xf5, 0xe0}},
	{"ext4", 2, 1024 + 56, {0x53, 0xef}},
};

// The file system in it by its superblock, or NULL with err_last set.
static const char *probe(int fd, const char *path)
{
	uint8_t start[1024 + 64] = {0};

	if (pread(fd, start, sizeof(start), 0) < 0) {
		fail("read", "rootfs %s", path);
		return NULL;
	}
	for (size_t i = 0; i < COUNT(magic_rows); i++)
		if (!memcmp(start + magic_rows[i].at, magic_rows[i].bytes, magic_rows[i].len))
			return magic_rows[i].fstype;
	fail_text("neither a directory nor an image with squashfs, erofs or ext4", "rootfs %s", path);
	return NULL;
}

enum { LOOP_TRIES = 64, READ_ONLY = MS_RDONLY | MS_NOSUID | MS_NODEV };

// Between asking for a free one and taking it somebody else may have taken it.
int image_attach(int file, const char *what, const char *path, char device[24])
{
	struct loop_config config = {.fd = (unsigned)file, .info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), loop = -1;

	if (control < 0)
		return fail("open", "/dev/loop-control");
	for (int i = 0; i < LOOP_TRIES; i++) {
		int n = ioctl(control, LOOP_CTL_GET_FREE);

		if (n < 0 || fmt(device, 24, "/dev/loop%d", n)) {
			fail("LOOP_CTL_GET_FREE", "%s %s", what, path);
			break;
		}
		loop = open(device, O_RDONLY | O_CLOEXEC);
		if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) == 0)
			break;
		fail(loop < 0 ? "open" : "LOOP_CONFIGURE", "%s of %s %s", device, what, path);
		if (loop >= 0)
			close(loop);
		loop = -1;
		if (err_last.no != EBUSY && err_last.no != ENXIO)
			break;
	}
	close(control);
	return loop;
}

static int mount_file(int file, const char *path, const char *fstype, const char *target)
{
	char device[24];
	int loop = image_attach(file, "rootfs", path, device), ret;

	if (loop < 0)
		return -1;
	ret = mnt_mount_device(device, fstype, target, READ_ONLY, NULL);
	close(loop); // a mount keeps it; without one the kernel frees it now
	return ret;
}

int image_mount(int file, const char *path, const char *target)
{
	const char *fstype = probe(file, path);
	char name[12];
	struct stat st;

	if (!fstype)
		return -1;
	if (fstat(file, &st) || fmt(name, sizeof(name), "%d", file))
		return fail("fstat", "rootfs %s", path);
	return S_ISBLK(st.st_mode) ? mnt_mount_device(name, fstype, target, READ_ONLY, NULL)
				   : mount_file(file, path, fstype, target);
}

bool image_explain(const char *path, unsigned number)
{
	struct stat st;

	if (stat(path, &st) || S_ISDIR(st.st_mode))
		return false;
	explain("open LOOP_CTL_GET_FREE LOOP_CONFIGURE mount", "mount -o ro,loop,nosuid,nodev %s /mnt/%u", path, number);
	return true;
}
