// SPDX-License-Identifier: MIT
// The box's root: an overlay of the layers with an upper on a private tmpfs that goes away with the mount namespace.
// Nothing is created in the user's trees: the tmpfs is mounted over the top layer's directory, inside the box's mount
// namespace only, and the layers are reached by descriptors opened before that.
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mnt.h"
#include "base/sys.h"
#include "phase/phase.h"

// In the box's mount namespace: descriptors from before the clone are of the launcher's mounts, on which nothing may be
// mounted from here.
static int open_layers(struct box *box)
{
	for (unsigned i = 0; i < box->spec->rootfs_count; i++) {
		box->layer_fd[i] = open(box->spec->rootfs[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (box->layer_fd[i] < 0)
			return fail("open", "rootfs %s", box->spec->rootfs[i]);
	}
	return 0;
}

// "lowerdir=" wants paths: numbers in /proc/self/fd have no characters to escape, and 16 of them fit into the 256 bytes
// that fsconfig takes.
static int mount_overlay(const struct box *box, int tmpfs)
{
	char lower[256], upper[32], work[32];
	struct buf b = BUF(lower);
	const struct mnt_option options[] = {
		{"lowerdir", lower},
		{"upperdir", upper},
		{"workdir", work},
	};

	b.p[0] = '\0';
	for (unsigned i = 0; i < box->spec->rootfs_count; i++)
		buf_fmt(&b, "%s%d", i ? ":" : "", box->layer_fd[i]);
	if (fmt(upper, sizeof(upper), "%d/upper", tmpfs) || fmt(work, sizeof(work), "%d/work", tmpfs))
		return fail("fsconfig", "upperdir");
	if (chdir("/proc/self/fd"))
		return fail("chdir", "/proc/self/fd");
	return mnt_new("overlay", options, COUNT(options), MOUNT_ATTR_NODEV);
}

// Takes the mounts that come from the host's tree while it can still be seen.
static int take_volumes(struct box *box)
{
	for (unsigned i = 0; i < box->spec->volume_count; i++) {
		const struct volume *v = &box->spec->volume[i];
		unsigned attrs = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (v->read_only ? MOUNT_ATTR_RDONLY : 0);

		box->volume_fd[i] = mnt_clone(v->source, true, attrs);
		if (box->volume_fd[i] < 0)
			return -1;
	}
	return 0;
}

// Takes the launcher's terminal for /dev/console. In the copied mount namespace it has to be found by its name.
static int take_console(struct box *box)
{
	char name[64];
	struct stat fd0, node;
	ssize_t n;

	box->console_fd = -1;
	if (!isatty(STDIN_FILENO) || box->spec->stdin_from == STDIN_NULL)
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
static int close_host(const struct box *box, int tmpfs, int overlay)
{
	for (unsigned i = 0; i < box->spec->rootfs_count; i++)
		close(box->layer_fd[i]);
	close(tmpfs);
	return close(overlay) ? fail("close", "overlay") : 0;
}

static int enter(int root)
{
	if (fchdir(root))
		return fail("fchdir", "/");
	// The old root is stacked on the new one and let go: no directory for it is needed in the image (pivot_root(2)).
	if (sys_pivot_root(".", "."))
		return fail("pivot_root", "/");
	if (umount2(".", MNT_DETACH))
		return fail("umount2", "the host's root");
	if (chdir("/"))
		return fail("chdir", "/");
	return 0;
}

static int root_up(struct box *box)
{
	char size[24];
	const struct mnt_option options[] = {{"size", size}, {"mode", "0755"}};
	int tmpfs, overlay;

	if (fmt(size, sizeof(size), "%lu", (unsigned long)box->spec->tmpfs_size))
		return fail("fsconfig", "size");
	umask(0); // the caller's is not for the box; mounts_up sets the usual one
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return fail("mount", "/ private");
	if (open_layers(box) || take_volumes(box) || take_console(box))
		return -1;
	tmpfs = mnt_new("tmpfs", options, COUNT(options), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (tmpfs < 0)
		return -1;
	if (sys_move_mount(tmpfs, "", box->layer_fd[0], "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		return fail("move_mount", "tmpfs for the upper layer");
	if (mkdirat(tmpfs, "upper", 0755) || mkdirat(tmpfs, "work", 0755))
		return fail("mkdir", "upper layer");
	overlay = mount_overlay(box, tmpfs);
	if (overlay < 0)
		return -1;
	if (sys_move_mount(overlay, "", tmpfs, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		return fail("move_mount", "overlay");
	return enter(overlay) ? -1 : close_host(box, tmpfs, overlay);
}

static void root_explain(const struct box *box)
{
	const struct spec *s = box->spec;
	char lower[512];
	struct buf b = BUF(lower);

	b.p[0] = '\0';
	for (unsigned i = 0; i < s->rootfs_count; i++)
		buf_fmt(&b, "%s%s", i ? ":" : "", s->rootfs[i]);
	explain("mount", "mount --make-rprivate /");
	explain("fsopen fsconfig fsmount move_mount", "mount -t tmpfs -o nosuid,nodev,size=%lu,mode=0755 tmpfs /mnt",
		(unsigned long)s->tmpfs_size);
	explain("mkdirat", "mkdir /mnt/upper /mnt/work");
	explain("fsopen fsconfig fsmount move_mount",
		"mount -t overlay -o nodev,lowerdir=%s,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt", lower);
	for (unsigned i = 0; i < s->volume_count; i++)
		explain("open_tree mount_setattr", "mount --rbind -o nosuid,nodev%s %s /mnt%s",
			s->volume[i].read_only ? ",ro" : "", s->volume[i].source, s->volume[i].target);
	explain("pivot_root", "cd /mnt; pivot_root . .");
	explain("umount2", "umount -l .");
}

const struct phase phase_root = {"root", root_explain, root_up};
