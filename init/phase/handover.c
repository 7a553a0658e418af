// SPDX-License-Identifier: MIT
// Source: unix(7) SCM_RIGHTS; mount_setattr(2) MOUNT_ATTR_IDMAP, for layers of an overlay since Linux 5.19.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mnt.h"
#include "base/sys.h"
#include "phase/handover.h"
#include "phase/userns.h"
#include "phase/volumes.h"

enum { MAX_FDS = MAX_LAYERS + MAX_VOLUMES };

struct message {
	char byte;
	struct iovec iov;
	struct msghdr h;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MAX_FDS * sizeof(int))];
};

static struct cmsghdr *prepare(struct message *m, unsigned fds)
{
	struct cmsghdr *c;

	memset(m, 0, sizeof(*m));
	m->iov = (struct iovec){&m->byte, 1};
	m->h.msg_iov = &m->iov;
	m->h.msg_iovlen = 1;
	if (!fds)
		return NULL;
	m->h.msg_control = m->control;
	m->h.msg_controllen = (socklen_t)CMSG_SPACE(fds * sizeof(int));
	c = CMSG_FIRSTHDR(&m->h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = (socklen_t)CMSG_LEN(fds * sizeof(int));
	return c;
}

static int set_ids(int fd, const char *path, bool recursive, int ids)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)ids};

	return sys_mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr)
		       ? fail("mount_setattr", "ids of %s", path)
		       : 0;
}

// The files of an image belong to the host's root, and are to belong to the box's; one that was given to the range already
// is taken as it is. Nothing that is mounted on the host later shall arrive in the box.
static int clone_layer(const char *path, int ids)
{
	int fd = mnt_clone(path, false, 0);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st))
		fail("fstat", "%s", path);
	else if (!S_ISDIR(st.st_mode))
		fail_text("only a directory can be a layer in the user namespace of a range", "%s", path);
	else if (!mnt_set(fd, path, false, 0, MS_PRIVATE) && (userns_has(st.st_uid) || !set_ids(fd, path, false, ids)))
		return fd;
	close(fd);
	return -1;
}

static int clone_volume(const struct volume *v, int ids)
{
	int fd;

	if (v->kind == VOLUME_OVERLAY)
		return clone_layer(v->source, ids);
	fd = volumes_take_one(v);
	if (fd < 0)
		return -1;
	if ((v->propagation == MS_SHARED || v->propagation == MS_SLAVE || !mnt_set(fd, v->source, true, 0, MS_PRIVATE)) &&
	    (!v->idmap || !set_ids(fd, v->source, true, ids)))
		return fd;
	close(fd);
	return -1;
}

// Where the next descriptor goes on either side: layers first, then what volumes have one. Returns NULL at the end.
static int *next_fd(struct box *box, unsigned *i)
{
	const struct spec *s = box->spec;

	if (*i < s->rootfs_count)
		return &box->layer_fd[(*i)++];
	while (*i - s->rootfs_count < s->volume_count)
		if (s->volume[(*i)++ - s->rootfs_count].kind != VOLUME_TMPFS)
			return &box->volume_fd[*i - 1 - s->rootfs_count];
	return NULL;
}

static unsigned count_of(struct box *box)
{
	unsigned n = 0;

	for (unsigned i = 0; box->handed_over && next_fd(box, &i);)
		n++;
	return n;
}

// Returns how many are open; less than there are: the next one failed.
static unsigned open_all(struct box *box, int ids, int fds[MAX_FDS])
{
	const struct spec *s = box->spec;
	unsigned n = 0;

	for (unsigned i = 0; next_fd(box, &i); n++) {
		fds[n] = i <= s->rootfs_count ? clone_layer(s->rootfs[i - 1], ids)
					      : clone_volume(&s->volume[i - 1 - s->rootfs_count], ids);
		if (fds[n] < 0)
			break;
	}
	return n;
}

int handover_give(struct box *box)
{
	unsigned n = count_of(box), done = 0;
	int fds[MAX_FDS], ids = -1, ret = -1;
	struct message m;
	struct cmsghdr *c = prepare(&m, n);
	char path[32];

	if (c) {
		if (fmt(path, sizeof(path), "/proc/%d/ns/user", (int)box->pid))
			return fail("open", "user namespace");
		ids = open(path, O_RDONLY | O_CLOEXEC);
		if (ids < 0)
			return fail("open", "%s", path);
		done = open_all(box, ids, fds);
		close(ids);
		memcpy(CMSG_DATA(c), fds, done * sizeof(int));
	}
	if (done == n)
		ret = sendmsg(box->channel[0], &m.h, MSG_NOSIGNAL) == 1 ? 0 : fail("sendmsg", "user namespace");
	while (done)
		close(fds[--done]);
	return ret;
}

static int become_root(const struct box *box)
{
	if (!box->no_setgroups && sys_setgroups(0, NULL))
		return fail("setgroups", "no groups");
	if (box->no_root)
		return 0;
	if (sys_setresgid(0, 0, 0))
		return fail("setresgid", "0");
	return sys_setresuid(0, 0, 0) ? fail("setresuid", "0") : 0;
}

int handover_take(struct box *box)
{
	unsigned n = count_of(box);
	struct message m;
	struct cmsghdr *c = prepare(&m, n);
	ssize_t got = recvmsg(box->channel[1], &m.h, MSG_CMSG_CLOEXEC);

	if (got < 0)
		return fail("recvmsg", "user namespace");
	if (got == 0)
		_exit(EXIT_OWN_FAILURE); // nobody is there to be told
	if (c && (m.h.msg_controllen < CMSG_LEN(n * sizeof(int)) || m.h.msg_flags & MSG_CTRUNC))
		return fail_text("not all descriptors have arrived", "user namespace");
	for (unsigned i = 0, j = 0; j < n; j++)
		memcpy(next_fd(box, &i), CMSG_DATA(c) + j * sizeof(int), sizeof(int));
	return become_root(box);
}

int handover_attach(struct box *box, const char *place)
{
	const int *fd;

	// Layers have to be mounts of this namespace before they can be an overlay's.
	for (unsigned i = 0; (fd = next_fd(box, &i));) {
		if (i > box->spec->rootfs_count && box->spec->volume[i - 1 - box->spec->rootfs_count].kind == VOLUME_BIND)
			continue;
		if (sys_move_mount(*fd, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH))
			return fail("move_mount", "layer %u", i);
	}
	return 0;
}
