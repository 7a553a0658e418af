// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "phase/console.h"

struct fd_message {
	struct msghdr m;
	struct iovec iov;
	char byte;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
};

static struct msghdr *fd_message(struct fd_message *f)
{
	f->iov = (struct iovec){&f->byte, 1};
	f->m = (struct msghdr){
		.msg_iov = &f->iov, .msg_iovlen = 1, .msg_control = f->control, .msg_controllen = sizeof(f->control)};
	return &f->m;
}

static int send_ends(const struct box *box, const int fd[2])
{
	struct fd_message f = {0};
	struct cmsghdr *c = CMSG_FIRSTHDR(fd_message(&f));

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), fd, 2 * sizeof(int));
	return sendmsg(box->channel[1], &f.m, MSG_NOSIGNAL) < 0 ? fail("sendmsg", "terminal") : 0;
}

bool console_set_size(int master)
{
	struct winsize size;

	for (int fd = 0; fd < 3; fd++)
		if (!ioctl(fd, TIOCGWINSZ, &size))
			return !ioctl(master, TIOCSWINSZ, &size);
	return false;
}

// The descriptor, and not a name below /dev/pts, is what is shown (CVE-2025-52565).
static int show(int fd)
{
	char path[32];

	if (mknod("/dev/console", S_IFREG | 0600, 0))
		return fail("mknod", "/dev/console");
	if (fmt(path, sizeof(path), "/proc/self/fd/%d", fd) || mount(path, "/dev/console", NULL, MS_BIND, NULL))
		return fail("mount", "/dev/console");
	return 0;
}

int console_make(struct box *box)
{
	int fd[2], no = 0, ret = -1;
	struct termios t;

	// Without waiting: the launcher alone uses that end.
	fd[0] = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd[0] < 0)
		return fail("open", "/dev/pts/ptmx");
	if (ioctl(fd[0], TIOCSPTLCK, &no))
		return fail("TIOCSPTLCK", "terminal");
	box->tty_fd = fd[1] = ioctl(fd[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd[1] < 0)
		return fail("TIOCGPTPEER", "terminal");
	if (!tcgetattr(STDIN_FILENO, &t) && tcsetattr(fd[1], TCSANOW, &t))
		return fail("tcsetattr", "terminal");
	console_set_size(fd[0]);
	if (!show(fd[1]))
		ret = send_ends(box, fd);
	close(fd[0]);
	return ret;
}

int console_take(const struct box *box, int first)
{
	if (setsid() < 0)
		return fail("setsid", "terminal");
	if (ioctl(box->tty_fd, TIOCSCTTY, 0))
		return fail("TIOCSCTTY", "terminal");
	if (fchown(box->tty_fd, box->uid, (gid_t)-1))
		return fail("fchown", "terminal");
	for (; first < 3; first++)
		if (dup2(box->tty_fd, first) < 0)
			return fail("dup2", "terminal");
	return 0;
}

int console_receive(const struct box *box, int fd[2])
{
	struct fd_message f;
	struct cmsghdr *c;
	ssize_t n = recv(box->channel[0], &f.byte, 1, MSG_PEEK | MSG_TRUNC);

	if (n != 1) {
		errno = n < 0 ? errno : ECONNRESET;
		return fail("recv", "terminal");
	}
	if (recvmsg(box->channel[0], fd_message(&f), MSG_CMSG_CLOEXEC) != 1)
		return fail("recvmsg", "terminal");
	c = CMSG_FIRSTHDR(&f.m);
	errno = EMFILE; // what did not fit is gone
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return fail("recvmsg", "terminal");
	memcpy(fd, CMSG_DATA(c), 2 * sizeof(int));
	return 0;
}

int console_runs(const struct box *box)
{
	char byte;
	ssize_t n = recv(box->channel[0], &byte, 1, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	return n == (ssize_t)sizeof(CHANNEL_RUNS) ? 1 : -1;
}
