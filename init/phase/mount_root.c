// SPDX-License-Identifier: MIT
// Mounts the machine's root: a device, an image on one or in the initramfs, a share of the host, a tmpfs; and the overlay over
// it. Source: mount(8) for the words of rootflags=, the kernel's Documentation/filesystems/overlayfs.rst, 9p.rst, virtiofs.rst.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mnt.h"
#include "base/path.h"
#include "base/superblock.h"
#include "phase/block.h"
#include "phase/image.h"

#define PLACE	"/run/initbox"
#define OVERLAY "lowerdir=" PLACE "/lower,upperdir=" PLACE "/upper/upper,workdir=" PLACE "/upper/work"
static const char carrier[] = PLACE "/carrier", lower[] = PLACE "/lower", upper[] = PLACE "/upper";

struct options {
	unsigned long flags;
	char data[1024]; // of the file system, with commas between
};

static int read_options(const struct spec *s, struct options *o)
{
	o->flags = s->root_flags;
	return fmt(o->data, sizeof(o->data), "%s", s->root_data ? s->root_data : "") ? fail("mount", "rootflags") : 0;
}

// Takes the next of the types with commas between from *types. Returns false at the end.
static bool next_type(const char **types, char type[32])
{
	size_t n = strcspn(*types, ",");

	if (!n || fmt(type, 32, "%.*s", (int)n, *types))
		return false;
	*types += n + ((*types)[n] == ',');
	return true;
}

// Adds to the error just made what the device holds.
static void say_what_it_holds(const char *device)
{
	char text[160];
	struct buf b = BUF(text);

	text[0] = '\0';
	block_describe(&b, device);
	fail_because("it holds%s", text);
}

// What the device's superblock says that it is. Returns NULL with err_last set when nothing can be mounted of it.
static const char *type_of(const char *device, struct superblock *sb)
{
	struct disk d;

	if (disk_open(&d, device))
		return NULL;
	superblock_read(&d, sb);
	disk_close(&d);
	if (sb->driver && !sb->damage)
		return sb->driver;
	fail_text("", "%s", device);
	say_what_it_holds(device);
	return NULL;
}

// Tries the types that were named, or that of the superblock.
static int mount_device(const char *device, const char *types, const char *target, const struct options *o)
{
	struct superblock sb;
	char type[32];
	int ret = -1;

	if (!types || !strcmp(types, "auto"))
		types = type_of(device, &sb);
	if (!types)
		return -1;
	fail_text("names no file system", "rootfstype");
	while (ret && next_type(&types, type)) {
		ret = mnt_mount_device(device, type, target, o->flags, o->data);
		if (ret && err_last.no != EINVAL && err_last.no != ENODEV)
			break; // it is one, but can't be mounted
	}
	if (ret && err_last.no)
		say_what_it_holds(device);
	return ret;
}

// An image file, opened, on a loop device.
static int mount_image(int file, const struct spec *s, const char *target, const struct options *o)
{
	char device[24];
	struct stat st;
	int loop, ret;

	if (file < 0)
		return -1;
	if (fstat(file, &st) || !S_ISREG(st.st_mode)) {
		close(file);
		return fail_text("is no image: not a regular file", "root %s", s->root.said);
	}
	loop = image_attach(file, "root", s->root.said, device);
	close(file);
	if (loop < 0)
		return -1;
	ret = mount_device(device, s->rootfstype, target, o);
	close(loop);
	return ret;
}

// The image's device first; the path is one of its file system, whatever links are on the way.
static int open_carried(const struct box *box)
{
	const struct options plain = {.flags = MS_RDONLY};
	int file;

	if (file_mkdirs(AT_FDCWD, carrier, 0755) || mount_device(box->root_device, NULL, carrier, &plain))
		return -1;
	if (chdir(carrier))
		return fail("chdir", "%s", carrier);
	file = path_open(box->spec->root.path, O_RDONLY);
	return chdir("/") ? fail("chdir", "/") : file;
}

static int open_image(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? fail("open", "root %s", path) : fd;
}

// virtiofs and 9p: the tag is the device.
static int mount_share(const struct spec *s, const char *target, struct options *o)
{
	size_t n = strlen(o->data);

	if (!strcmp(s->rootfstype, "9p") && !str_find(o->data, "trans=") &&
	    fmt(o->data + n, sizeof(o->data) - n, "%strans=virtio", n ? "," : ""))
		return fail("mount", "rootflags");
	return mnt_mount_device(s->root.said, s->rootfstype, target, o->flags, o->data);
}

// Whatever is mounted into it later (machine-mount), an init wants these.
static int mount_memory(const char *target, const struct options *o)
{
	static const char *const directories[] = {"dev", "proc", "run", "sys"};
	char path[64];

	if (mnt_mount("tmpfs", target, o->flags & ~(unsigned long)MS_RDONLY, o->data))
		return -1;
	for (size_t i = 0; i < COUNT(directories); i++)
		if (fmt(path, sizeof(path), "%s/%s", target, directories[i]) || mkdir(path, 0755))
			return fail("mkdir", "%s/%s", target, directories[i]);
	return 0;
}

static int mount_what(const struct box *box, const char *target)
{
	const struct spec *s = box->spec;
	struct options o;

	if (file_mkdirs(AT_FDCWD, target, 0755) || read_options(s, &o))
		return -1;
	if (spec_root_is_share(s))
		return mount_share(s, target, &o);
	if (s->root.kind == DEVICE_NONE_TMPFS)
		return mount_memory(target, &o);
	if (s->root.kind == DEVICE_NONE_FILE)
		return mount_image(open_image(s->root.path), s, target, &o);
	if (s->root.path)
		return mount_image(open_carried(box), s, target, &o);
	return mount_device(box->root_device, s->rootfstype, target, &o);
}

static int mount_upper(const struct box *box)
{
	const struct overlay_word *o = &box->spec->overlay;
	const struct options writable = {.flags = 0};
	char data[64] = "mode=0755";

	if (file_mkdirs(AT_FDCWD, upper, 0755))
		return -1;
	if (o->device.kind)
		return mount_device(box->overlay_device, o->fstype, upper, &writable);
	if (o->size && o->size != SIZE_UNLIMITED && fmt(data, sizeof(data), "mode=0755,size=%lu", (unsigned long)o->size))
		return fail("mount", "overlay");
	return mnt_mount("tmpfs", upper, 0, data);
}

// The upper's own attributes are what is seen of the root directory.
static int make_upper(void)
{
	static const char directory[] = PLACE "/upper/upper", work[] = PLACE "/upper/work";
	struct stat st;

	if (file_mkdirs(AT_FDCWD, work, 0755))
		return -1;
	if (!mkdir(directory, 0755)) {
		if (stat(lower, &st) || chown(directory, st.st_uid, st.st_gid) || chmod(directory, st.st_mode & 07777))
			return fail("chmod", "%s", directory);
	} else if (errno != EEXIST) {
		return fail("mkdir", "%s", directory);
	}
	return 0;
}

static int mount_root_up(struct box *box)
{
	if (mount_what(box, box->spec->overlay.on ? lower : MACHINE_ROOT))
		return -1;
	if (!box->spec->overlay.on)
		return 0;
	if (mount_upper(box) || make_upper() || file_mkdirs(AT_FDCWD, MACHINE_ROOT, 0755))
		return -1;
	return mnt_mount("overlay", MACHINE_ROOT, 0, OVERLAY);
}

// The image's device is mounted first.
static void explain_source(const struct spec *s, const char *target)
{
	const char *comma = s->rootflags ? "," : "", *flags = s->rootflags ? s->rootflags : "", *mode = s->rw ? "rw" : "ro";

	if (s->root.kind == DEVICE_NONE_TMPFS)
		explain("mount", "mount -t tmpfs -o rw%s%s tmpfs %s", comma, flags, target);
	else if (s->root.kind == DEVICE_NONE_FILE)
		explain("LOOP_CONFIGURE mount", "mount -o loop,ro%s%s %s %s", comma, flags, s->root.path, target);
	else if (s->root.path)
		explain("mount LOOP_CONFIGURE", "mount -o ro $device %s; mount -o loop,ro%s%s %s%s %s", carrier, comma, flags,
			carrier, s->root.path, target);
	else
		explain("mount", "mount -t %s -o %s%s%s %s %s", s->rootfstype ? s->rootfstype : "auto", mode, comma, flags,
			spec_root_is_share(s) ? s->root.said : "$device", target);
}

static void mount_root_explain(const struct box *box)
{
	const struct overlay_word *o = &box->spec->overlay;
	char size[32] = "";

	explain_source(box->spec, o->on ? lower : MACHINE_ROOT);
	if (!o->on)
		return;
	if (o->size && fmt(size, sizeof(size), ",size=%lu", (unsigned long)o->size))
		size[0] = '\0';
	if (o->device.kind)
		explain("mount", "mount -t %s $upper %s", o->fstype ? o->fstype : "auto", upper);
	else
		explain("mount", "mount -t tmpfs -o mode=0755%s tmpfs %s", size, upper);
	explain("mkdir", "mkdir -p %s/upper %s/work", upper, upper);
	explain("mount", "mount -t overlay -o " OVERLAY " overlay " MACHINE_ROOT);
}

const struct phase phase_mount_root = {"mount-root", mount_root_explain, mount_root_up};
