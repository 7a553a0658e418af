// SPDX-License-Identifier: MIT
// Source: mount_namespaces(7), mount_setattr(2), open_tree(2), move_mount(2).
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mnt.h"
#include "base/path.h"
#include "base/sys.h"
#include "phase/volumes.h"

_Static_assert(MAX_VOLUMES + 3 <= COUNT(((struct path_where *)0)->dev), "room for each file system of the box's own");

bool volumes_have(const struct spec *s, enum volume_kind kind)
{
	for (unsigned i = 0; i < s->volume_count; i++)
		if (s->volume[i].kind == kind)
			return true;
	return false;
}

static bool is_shared(const struct volume *v)
{
	return v->propagation == MS_SHARED || v->propagation == MS_SLAVE;
}

// One line of /proc/self/mountinfo: is it the mount with this number, and does it exchange mounts with others?
static bool exchanges(char *line, uint64_t id, const struct volume *v)
{
	char *end = str_find(line, " - ");
	uint64_t number;

	if (!end || num_parse(line, strcspn(line, " "), 10, UINT64_MAX, &number) || number != id)
		return false;
	*end = '\0';
	return str_find(line, " shared:") || (v->propagation == MS_SLAVE && str_find(line, " master:"));
}

// Where the host's mount is private nothing would ever arrive, and nobody would say why.
static int check_shared(const struct volume *v)
{
	char text[8192];
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	bool found = false;
	struct statx st;
	ssize_t n;

	if (fd < 0)
		return fail("open", "/proc/self/mountinfo");
	if (syscall(SYS_statx, AT_FDCWD, v->source, 0, STATX_MNT_ID, &st)) {
		fail("statx", "volume %s", v->source);
		close(fd);
		return -1;
	}
	while (!found && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0) {
		char *line = text, *end;

		len += (size_t)n;
		text[len] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			found = found || exchanges(line, st.stx_mnt_id, v);
		}
		len -= (size_t)(line - text);
		memmove(text, line, len);
	}
	close(fd);
	return found ? 0 : fail_text("lies on a mount that is not shared: no mount can pass", "volume %s", v->source);
}

// open_tree(2) copies a mount with its peer group; a slave is one that was a peer.
int volumes_take_one(const struct volume *v)
{
	unsigned top = v->top_read_only ? v->attrs & MOUNT_ATTR_RDONLY : 0;
	int fd;

	if (is_shared(v) && check_shared(v))
		return -1;
	fd = mnt_clone(v->source, !v->flat, v->attrs & ~top);
	if (fd < 0)
		return -1;
	if ((top && mnt_set(fd, v->source, false, top, 0)) ||
	    (v->propagation == MS_SLAVE && mnt_set(fd, v->source, true, 0, MS_SLAVE))) {
		close(fd);
		return -1;
	}
	return fd;
}

int volumes_take(struct box *box, bool shared)
{
	for (unsigned i = 0; i < box->spec->volume_count; i++) {
		const struct volume *v = &box->spec->volume[i];

		if (v->kind == VOLUME_TMPFS || is_shared(v) != shared)
			continue;
		box->volume_fd[i] = v->kind == VOLUME_BIND ? volumes_take_one(v) : open(v->source, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (box->volume_fd[i] < 0)
			return v->kind == VOLUME_BIND ? -1 : fail("open", "volume %s", v->source);
	}
	return 0;
}

static int overlay(struct box *box, unsigned i, const char *place)
{
	const struct volume *v = &box->spec->volume[i];
	int source = box->volume_fd[i], ret;
	char lower[16], upper[32], work[32], name[16];

	ret = fmt(lower, sizeof(lower), "%d", source) || fmt(name, sizeof(name), "upper%u", i) ||
	      fmt(upper, sizeof(upper), "%d/upper%u", box->tmpfs_fd, i) ||
	      fmt(work, sizeof(work), "%d/work%u", box->tmpfs_fd, i);
	if (ret || mkdirat(box->tmpfs_fd, name, 0755) || mkdirat(box->tmpfs_fd, strchr(work, '/') + 1, 0755))
		ret = fail("mkdir", "volume %s", v->source);
	else
		ret = mnt_overlay(place, lower, upper, work, box->userns);
	close(source);
	if (ret)
		return -1;
	box->volume_fd[i] = mnt_clone(place, false, v->attrs);
	return box->volume_fd[i] < 0 ? -1 : 0;
}

int volumes_overlay(struct box *box, const char *place)
{
	for (unsigned i = 0; i < box->spec->volume_count; i++)
		if (box->spec->volume[i].kind == VOLUME_OVERLAY && overlay(box, i, place))
			return -1;
	return 0;
}

// Entered and mounted on from there: what was looked at is what is mounted on.
static int mount_tmpfs(const struct spec *s, const struct volume *v, int target)
{
	uint64_t size = v->size ? v->size : s->tmpfs_size;
	char data[112];
	int ret;

	if (size == SIZE_UNLIMITED)
		size = 0;
	if (fmt(data, sizeof(data), "mode=%o,uid=%u,gid=%u,size=%lu,nr_inodes=%lu", v->mode ? v->mode - 1u : 01777u, v->uid,
		v->gid, (unsigned long)size, (unsigned long)(size && size < 65536 ? 64 : size >> 10)))
		return fail("mount", "tmpfs on %s", v->target);
	ret = fchdir(target) ? fail("fchdir", "%s", v->target) : mnt_mount("tmpfs", ".", v->attrs, data);
	return ret == 0 && chdir("/") ? fail("chdir", "/") : ret;
}

// Adds the file system of path to those in which targets are made: only the box can see it.
static int add_own(struct path_where *own, const char *path)
{
	int fd = path_open(path, O_PATH);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return fail("stat", "%s", path);
	close(fd);
	own->dev[own->n++] = st.st_dev;
	return 0;
}

// Looked at and mounted on is one and the same descriptor.
static int attach(struct box *box, unsigned i, struct path_where *own)
{
	const struct volume *v = &box->spec->volume[i];
	struct stat st = {.st_mode = S_IFDIR};
	int target, ret;

	if (v->kind != VOLUME_TMPFS && fstat(box->volume_fd[i], &st))
		return fail("fstat", "volume %s", v->source);
	target = path_make_target(v->target, S_ISDIR(st.st_mode), own);
	if (target < 0)
		return -1;
	if (v->kind == VOLUME_TMPFS)
		ret = mount_tmpfs(box->spec, v, target);
	else
		ret = mnt_attach(box->volume_fd[i], target, v->target);
	close(target);
	if (v->kind != VOLUME_TMPFS)
		close(box->volume_fd[i]);
	return ret == 0 && v->kind != VOLUME_BIND ? add_own(own, v->target) : ret;
}

int volumes_attach(struct box *box)
{
	struct path_where own = {.n = 0};

	if (box->spec->volume_count && (add_own(&own, "/") || add_own(&own, "/dev") || add_own(&own, "/dev/shm")))
		return -1;
	for (unsigned i = 0; i < box->spec->volume_count; i++)
		if (attach(box, i, &own))
			return -1;
	return 0;
}

static const char *propagation_word(const struct volume *v)
{
	return v->propagation == MS_SHARED ? ",rshared" : v->propagation == MS_SLAVE ? ",rslave" : "";
}

void volumes_explain(const struct spec *s)
{
	for (unsigned i = 0; i < s->volume_count; i++) {
		const struct volume *v = &s->volume[i];
		char options[80];
		struct buf b = BUF(options);

		buf_fmt(&b, "%s%s%s%s%s", v->attrs & MS_NOSUID ? ",nosuid" : "", v->attrs & MS_NODEV ? ",nodev" : "",
			v->attrs & MS_NOEXEC ? ",noexec" : "", v->attrs & MS_RDONLY ? ",ro" : "",
			v->idmap ? ",X-mount.idmap=/proc/PID/ns/user" : "");
		if (v->kind == VOLUME_BIND)
			explain("open_tree mount_setattr move_mount", "mount --%sbind -o %s%s %s /mnt%s", v->flat ? "" : "r",
				b.p + (b.len > 0), propagation_word(v), v->source, v->target);
		else if (v->kind == VOLUME_TMPFS)
			explain("openat2 fchdir mount", "mount -t tmpfs -o mode=%o,size=%lu%s tmpfs /mnt%s",
				v->mode ? v->mode - 1u : 01777u, (unsigned long)(v->size ? v->size : s->tmpfs_size), b.p,
				v->target);
		else
			explain("mount open_tree mount_setattr move_mount",
				"mount -t overlay -o lowerdir=%s,upperdir=/mnt/upper%u,workdir=/mnt/work%u%s overlay /mnt%s",
				v->source, i, i, b.p, v->target);
	}
}
