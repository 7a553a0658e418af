// SPDX-License-Identifier: MIT
// The box's root: an overlay of the layers with an upper on a private tmpfs that goes away with the mount namespace, or on a
// directory that stays (phase/upper). Nothing is created in the user's trees: what is mounted on the way lies on the host's
// /proc, inside the box's mount namespace only (on / it would stay behind when the host's root is let go), and is reached by
// descriptors.
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mnt.h"
#include "base/sys.h"
#include "phase/devices.h"
#include "phase/handover.h"
#include "phase/image.h"
#include "phase/taken.h"
#include "phase/upper.h"
#include "phase/volumes.h"

// On top of what has been mounted here so far.
static const char place[] = "/proc";

// In the box's mount namespace: descriptors from before the clone are of the launcher's mounts, on which nothing may be
// mounted from here. *images gets a bit for each layer that is one.
static int open_layers(struct box *box, unsigned *images)
{
	for (unsigned i = 0; i < box->spec->rootfs_count; i++) {
		const char *path = box->spec->rootfs[i];
		int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 && errno == ENOTDIR) {
			*images |= 1u << i;
			fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		}
		if (fd < 0)
			return fail("open", "rootfs %s", path);
		box->layer_fd[i] = fd;
	}
	return 0;
}

static int mount_images(struct box *box, unsigned images)
{
	for (unsigned i = 0; images >> i; i++) {
		int file = box->layer_fd[i], ret;

		if (!(images >> i & 1))
			continue;
		ret = image_mount(file, box->spec->rootfs[i], place);
		close(file);
		if (ret)
			return -1;
		box->layer_fd[i] = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (box->layer_fd[i] < 0)
			return fail("open", "rootfs %s", box->spec->rootfs[i]);
	}
	return 0;
}
_Static_assert(MAX_LAYERS <= 32, "a bit for each layer");

// A tmpfs for uppers, sized in bytes and, so that empty files have a bound, too, in files. Returns its descriptor.
static int mount_tmpfs(const struct spec *s)
{
	char data[80];
	uint64_t size = s->tmpfs_size == SIZE_UNLIMITED ? 0 : s->tmpfs_size; // 0: no bound
	int fd;

	if (fmt(data, sizeof(data), "mode=0755,size=%lu,nr_inodes=%lu", (unsigned long)size, (unsigned long)size >> 10))
		return fail("mount", "tmpfs");
	if (mnt_mount("tmpfs", place, MS_NOSUID | MS_NODEV, data))
		return -1;
	fd = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fail("open", "tmpfs") : fd;
}

// Whether the names of one layer and of an upper on the tmpfs are enough. Descriptors' names in /proc cost 40 us: the kernel
// makes inodes for them, and at the process' end takes them away.
static bool has_names(const struct spec *s)
{
	return s->rootfs_count == 1 && !s->upper && !volumes_have(s, VOLUME_OVERLAY);
}

// The layer is the current directory.
static int mount_named(const struct box *box)
{
	char upper[32], work[32];

	if (fmt(upper, sizeof(upper), "%s/upper", place) || fmt(work, sizeof(work), "%s/work", place))
		return fail("mount", "overlay");
	return mnt_overlay(place, ".", upper, work, box->userns);
}

// The current directory is that of the descriptors' names.
static int mount_numbered(struct box *box)
{
	char lower[128], upper[32], work[32];
	struct buf b = BUF(lower);

	for (unsigned i = 0; i < box->spec->rootfs_count; i++)
		buf_fmt(&b, "%s%d", i ? ":" : "", box->layer_fd[i]);
	if (box->spec->upper) {
		if (upper_name(box, upper, work))
			return -1;
	} else if (fmt(upper, sizeof(upper), "%d/upper", box->tmpfs_fd) || fmt(work, sizeof(work), "%d/work", box->tmpfs_fd)) {
		return fail("mount", "overlay");
	}
	return mnt_overlay(place, lower, upper, work, box->userns);
}

static int mount_overlay(struct box *box)
{
	if (!box->spec->upper && (mkdirat(box->tmpfs_fd, "upper", 0755) || mkdirat(box->tmpfs_fd, "work", 0755)))
		return fail("mkdir", "upper layer");
	if (has_names(box->spec) ? mount_named(box) : mount_numbered(box))
		return -1;
	if (chdir(place))
		return fail("chdir", "overlay");
	return box->spec->upper ? upper_check(box) : 0;
}

// Takes the launcher's terminal for /dev/console. In the copied mount namespace it has to be found by its name.
static int take_console(struct box *box)
{
	char name[64];
	struct stat fd0, node;
	ssize_t n;

	box->console_fd = -1;
	if (box->spec->tty || box->spec->stdin_from == STDIN_NULL || !isatty(STDIN_FILENO))
		return 0;
	n = readlink("/proc/self/fd/0", name, sizeof(name) - 1);
	if (n < 0)
		return fail("readlink", "/proc/self/fd/0");
	name[n] = '\0';
	if (fstat(STDIN_FILENO, &fd0) || stat(name, &node) || fd0.st_rdev != node.st_rdev || !S_ISCHR(node.st_mode))
		return 0; // a terminal of another mount namespace: the box does without /dev/console
	box->console_fd = mnt_clone(name, false, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	return box->console_fd < 0 ? -1 : 0;
}

// Nothing that leads back to the host's tree stays open: what follows resolves paths of the image.
static void close_host(const struct box *box)
{
	for (unsigned i = 0; i < box->spec->rootfs_count; i++)
		close(box->layer_fd[i]);
	if (box->tmpfs_fd >= 0)
		close(box->tmpfs_fd);
	if (box->spec->upper)
		upper_close(box);
}

// From the current directory, which is the new root.
static int enter(void)
{
	// The old root is stacked on the new one and let go: no directory for it is needed in the image (pivot_root(2)).
	if (sys_pivot_root(".", "."))
		return fail("pivot_root", "/");
	if (umount2(".", MNT_DETACH))
		return fail("umount2", "the host's root");
	return chdir("/") ? fail("chdir", "/") : 0;
}

// While the host's tree can be seen, and names mean what they mean to the caller.
static int take_from_host(struct box *box, unsigned *images)
{
	if (!box->handed_over && volumes_take(box, true))
		return -1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return fail("mount", "/ private");
	if (!box->handed_over && (open_layers(box, images) || volumes_take(box, false)))
		return -1;
	if (devices_take(box) || take_console(box) || taken_take(box))
		return -1;
	return box->spec->upper ? upper_open(box) : 0;
}

static int root_up(struct box *box)
{
	unsigned images = 0;

	umask(0); // the caller's is not for the box; mounts_up sets the usual one
	if (take_from_host(box, &images))
		return -1;
	if ((images || !has_names(box->spec)) && chdir("/proc/self/fd"))
		return fail("chdir", "/proc/self/fd");
	if (mount_images(box, images) || (box->handed_over && handover_attach(box, place)))
		return -1;
	if (has_names(box->spec) && fchdir(box->layer_fd[0]))
		return fail("fchdir", "rootfs %s", box->spec->rootfs[0]);
	box->tmpfs_fd = -1;
	if (!box->spec->upper || volumes_have(box->spec, VOLUME_OVERLAY)) {
		box->tmpfs_fd = mount_tmpfs(box->spec);
		if (box->tmpfs_fd < 0)
			return -1;
	}
	if (volumes_overlay(box, place) || mount_overlay(box) || enter())
		return -1;
	close_host(box);
	return 0;
}

static void root_explain(const struct box *box)
{
	const struct spec *s = box->spec;
	char lower[512];
	struct buf b = BUF(lower);

	b.p[0] = '\0';
	explain("mount", "mount --make-rprivate /");
	for (unsigned i = 0; i < s->rootfs_count; i++)
		if (image_explain(s->rootfs[i], i))
			buf_fmt(&b, "%s/mnt/%u", i ? ":" : "", i);
		else
			buf_fmt(&b, "%s%s", i ? ":" : "", s->rootfs[i]);
	if (!s->upper) {
		explain("mount", "mount -t tmpfs -o nosuid,nodev,mode=0755,size=%lu tmpfs /mnt", (unsigned long)s->tmpfs_size);
		explain("mkdirat", "mkdir /mnt/upper /mnt/work");
	}
	explain("mount", "mount -t overlay -o nodev,lowerdir=%s,upperdir=%s,workdir=%s%s%s overlay /mnt", lower,
		s->upper ? s->upper : "/mnt/upper", s->upper ? s->upper : "/mnt/work", s->upper ? ".work" : "", box->userns ? ",userxattr" : "");
	volumes_explain(s);
	taken_explain(box);
	explain("pivot_root", "cd /mnt; pivot_root . .");
	explain("umount2", "umount -l .");
}

const struct phase phase_root = {"root", root_explain, root_up};
