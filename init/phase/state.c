// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/sys.h"
#include "phase/state.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

enum { LOCK_TRIES = 500, LOCK_WAIT_NS = 20000000 }; // 10 s

// One directory for each network namespace: names of links and addresses mean something only in one.
// By its cookie (Linux 5.14): the kernel gives the inode of one that is gone to the next one, which would inherit its marks.
static int state_path(char path[64])
{
	uint64_t cookie = 0;
	socklen_t n = sizeof(cookie);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = 0;

	if (fd < 0)
		return fail("socket", "network namespace");
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &n))
		ret = fail("SO_NETNS_COOKIE", "network namespace");
	close(fd);
	if (ret == 0 && fmt(path, 64, "%s/net-%lu", STATE_ROOT, (unsigned long)cookie))
		ret = fail("mkdir", "%s", STATE_ROOT);
	return ret;
}

// flock(2) can't be given a deadline, and the signals that could end it are blocked: tries, and waits for those signals.
int state_lock(struct box *box)
{
	const uint64_t ends =
		1ull << (SIGHUP - 1) | 1ull << (SIGINT - 1) | 1ull << (SIGQUIT - 1) | 1ull << (SIGTERM - 1);
	const struct timespec wait = {.tv_nsec = LOCK_WAIT_NS};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(box->state_fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return fail("flock", "%s", STATE_ROOT);
		if (!box->ending && syscall(SYS_rt_sigtimedwait, &ends, NULL, &wait, sizeof(ends)) > 0)
			return fail_text("ended by a signal while another initbox held the lock", "%s", STATE_ROOT);
		if (box->ending)
			nanosleep(&wait, NULL);
	}
	return fail_text("another initbox holds the lock for more than 10 s", "%s", STATE_ROOT);
}

void state_unlock(const struct box *box)
{
	flock(box->state_fd, LOCK_UN);
}

int state_try_lock(int fd, const char *name)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 1;
	return errno == EWOULDBLOCK ? 0 : fail("flock", "%s/%s", STATE_ROOT, name);
}

int state_unused(const struct box *box, const char *name)
{
	int fd = openat(box->state_fd, name, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return errno == ENOENT ? 1 : fail("open", "%s/%s", STATE_ROOT, name);
	ret = state_try_lock(fd, name);
	close(fd);
	return ret;
}

// Opens a users file and shares its lock. Returns its descriptor, or -1 with err_last set; *alone tells about others.
static int join_users(const struct box *box, const char *name, bool *alone)
{
	int fd = openat(box->state_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600), got;

	if (fd < 0)
		return fail("open", "%s/%s", STATE_ROOT, name);
	got = state_try_lock(fd, name);
	*alone = got == 1;
	if (got >= 0 && flock(fd, LOCK_SH) == 0)
		return fd;
	if (got >= 0)
		fail("flock", "%s/%s", STATE_ROOT, name);
	close(fd);
	return -1;
}

static int leave_users(const struct box *box, int *fd, const char *name, bool *last)
{
	int got;

	if (*fd < 0)
		return 0;
	got = state_try_lock(*fd, name);
	if (got < 0)
		return -1;
	*last = got == 1;
	if (*last && unlinkat(box->state_fd, name, 0))
		return fail("unlink", "%s/%s", STATE_ROOT, name);
	close(*fd);
	*fd = -1;
	return 0;
}

static void users_name(const struct box *box, char name[32])
{
	struct buf b = {.p = name, .cap = 32};

	buf_fmt(&b, "users-%s", box->spec->bridge); // at most 15 characters
}

// The first user writes down the subnet that the bridge has; a box with another one could not reach its gateway.
static int agree_on_subnet(const struct box *box)
{
	const struct net4 *mine = &box->spec->subnet;
	struct net4 there = {0};
	char ip[16];

	if (box->first)
		return pwrite(box->users_fd, mine, sizeof(*mine), 0) == sizeof(*mine)
			       ? 0
			       : fail("write", "%s/users-%s", STATE_ROOT, box->spec->bridge);
	if (pread(box->users_fd, &there, sizeof(there), 0) != sizeof(there))
		return fail("read", "%s/users-%s", STATE_ROOT, box->spec->bridge);
	if (there.addr == mine->addr && there.prefix == mine->prefix)
		return 0;
	return fail_text("other boxes use the bridge with this subnet (another one needs --bridge and --subnet)",
			 "%s: %s/%u", box->spec->bridge, fmt_ip4(ip, there.addr), there.prefix);
}

// Tells whether a users file is that of a bridge in use whose subnet has addresses of ours, or -1 with err_last set.
static int overlaps(const struct box *box, const char *name)
{
	const struct net4 *mine = &box->spec->subnet;
	struct net4 there = {0};
	int fd = openat(box->state_fd, name, O_RDONLY | O_CLOEXEC), got;
	ssize_t n;

	if (fd < 0)
		return fail("open", "%s/%s", STATE_ROOT, name);
	got = state_try_lock(fd, name); // 1: only a killed launcher's
	n = pread(fd, &there, sizeof(there), 0);
	close(fd);
	if (got != 0 || n != sizeof(there))
		return got < 0 ? -1 : 0;
	return (ntohl(there.addr) ^ ntohl(mine->addr)) >>
		       (32 - (there.prefix < mine->prefix ? there.prefix : mine->prefix)) ==
	       0;
}

int state_each(struct box *box, int (*visit)(struct box *box, const char *name, void *arg), void *arg)
{
	const char *name;
	struct dir d;

	if (lseek(box->state_fd, 0, SEEK_SET) < 0)
		return fail("lseek", "%s", STATE_ROOT);
	dir_begin(&d, box->state_fd);
	while ((name = dir_next(&d, NULL)))
		if (visit(box, name, arg))
			return -1;
	return d.n < 0 ? fail("getdents64", "%s", STATE_ROOT) : 0;
}

// Two bridges with one subnet are two routes to it: the second one's boxes would get no answers.
static int keep_apart(struct box *box, const char *name, void *arg)
{
	const struct spec *s = box->spec;
	char ip[16];
	int got;

	(void)arg;
	if (strncmp(name, "users-", 6) || !strcmp(name + 6, s->bridge))
		return 0;
	got = overlaps(box, name);
	return got > 0 ? fail_text("another bridge has addresses of this subnet (try --subnet)", "%s: %s/%u: %s",
				   s->bridge, fmt_ip4(ip, s->subnet.addr), s->subnet.prefix, name + 6)
		       : got;
}

int state_join(struct box *box)
{
	char name[32];
	bool alone;

	users_name(box, name);
	box->users_fd = join_users(box, name, &box->first);
	if (box->users_fd < 0)
		return -1;
	box->namespace_users_fd = join_users(box, "users", &alone);
	if (box->namespace_users_fd < 0 || (box->first && !alone && state_each(box, keep_apart, NULL)))
		return -1;
	return agree_on_subnet(box);
}

int state_leave(struct box *box)
{
	char name[32];

	users_name(box, name);
	if (leave_users(box, &box->users_fd, name, &box->last))
		return -1;
	return leave_users(box, &box->namespace_users_fd, "users", &box->namespace_last);
}

int state_mark(const struct box *box, const char *mark)
{
	int fd = openat(box->state_fd, mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 || close(fd) ? fail("open", "%s/%s", STATE_ROOT, mark) : 0;
}

int state_marked(const struct box *box, const char *mark)
{
	if (sys_faccessat(box->state_fd, mark, F_OK) == 0)
		return 1;
	return errno == ENOENT ? 0 : fail("access", "%s/%s", STATE_ROOT, mark);
}

int state_unmark(const struct box *box, const char *mark)
{
	return unlinkat(box->state_fd, mark, 0) && errno != ENOENT ? fail("unlink", "%s/%s", STATE_ROOT, mark) : 0;
}

// The directories go with the last file in them; others may still be there. Whoever opened them meanwhile waits for the
// lock and then sees that they are gone (state_open).
static int state_down(void *arg)
{
	struct box *box = arg;
	char path[64];
	struct stat st;

	if (state_lock(box) || state_path(path))
		return -1;
	if (fstat(box->state_fd, &st))
		return fail("fstat", "%s", path);
	// Without a link another launcher has taken it away, and what is there now is a third one's.
	if (st.st_nlink > 0) {
		if (unlinkat(AT_FDCWD, path, AT_REMOVEDIR) == 0)
			rmdir(STATE_ROOT);
		else if (errno != ENOTEMPTY)
			return fail("rmdir", "%s", path);
	}
	close(box->state_fd);
	return 0;
}

int state_open(struct box *box)
{
	char path[64];
	struct stat st;

	if (state_path(path))
		return -1;
	for (int i = 0; i < LOCK_TRIES; i++) {
		int made = file_mkdirs(AT_FDCWD, path, 0700);

		if (made && errno != ENOENT)
			return -1;
		box->state_fd = made ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (box->state_fd < 0 && errno == ENOENT)
			continue; // another launcher, at its end, has just taken it away
		if (box->state_fd < 0)
			return fail("open", "%s", path);
		if (undo_push(&box->undo, state_down, box, "state directory") || state_lock(box))
			return -1;
		if (fstat(box->state_fd, &st))
			return fail("fstat", "%s", path);
		if (st.st_nlink > 0)
			return 0;
		box->undo.count--;
		close(box->state_fd);
	}
	return fail_text("vanishes each time it is made", "%s", path);
}
