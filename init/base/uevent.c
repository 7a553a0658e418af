// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/signals.h"
#include "base/sys.h"
#include "base/uevent.h"

enum {
	FROM_KERNEL = 1,	  // the group that the kernel sends to; udevd's own events go to 2
	RECEIVE_BYTES = 1 << 20,  // of events that wait; memory is only used for what is there
	MESSAGE_BYTES = 8 * 1024, // UEVENT_BUFFER_SIZE is 2 KiB for the keys, and there is a path before them
	SECOND = 1000000000,
};

int uevent_open(void)
{
	const struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = FROM_KERNEL};
	const int room = RECEIVE_BYTES, on = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return fail("socket", "uevents");
	if ((setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) &&
	     setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room))) ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		fail("setsockopt", "uevents");
	else if (bind(fd, (const struct sockaddr *)&group, sizeof(group)))
		fail("bind", "uevents");
	else
		return fd;
	close(fd);
	return -1;
}

static uint32_t number(const char *value)
{
	uint64_t v;

	return num_parse(value, strlen(value), 10, UINT32_MAX, &v) ? 0 : (uint32_t)v;
}

static void take_key(struct uevent *e, const char *line, size_t key_len)
{
	const struct {
		const char *key;
		const char **text;
		uint32_t *number;
	} keys[] = {
		{"ACTION", &e->action, NULL},	{"DEVPATH", &e->devpath, NULL}, {"SUBSYSTEM", &e->subsystem, NULL},
		{"DEVNAME", &e->devname, NULL}, {"DEVTYPE", &e->devtype, NULL}, {"MODALIAS", &e->modalias, NULL},
		{"MAJOR", NULL, &e->major},	{"MINOR", NULL, &e->minor},	{"PARTN", NULL, &e->partn},
	};
	const char *value = line + key_len + 1;

	for (size_t i = 0; i < COUNT(keys); i++) {
		if (strlen(keys[i].key) != key_len || memcmp(keys[i].key, line, key_len))
			continue;
		if (keys[i].text)
			*keys[i].text = value;
		else
			*keys[i].number = number(value);
	}
	if (key_len == 6 && !memcmp(line, "SEQNUM", 6) && num_parse(value, strlen(value), 10, UINT64_MAX, &e->seqnum))
		e->seqnum = 0;
}

int uevent_parse(struct uevent *e, const char *text, size_t n)
{
	const char *end = text + n;

	*e = (struct uevent){0};
	if (n == 0 || end[-1] != '\0' || !strchr(text, '@'))
		return -1;
	for (const char *line = text + strlen(text) + 1; line < end; line += strlen(line) + 1) {
		const char *equals = strchr(line, '=');

		if (equals)
			take_key(e, line, (size_t)(equals - line));
	}
	return e->action && e->devpath ? 0 : -1;
}

// Anybody with CAP_NET_ADMIN can send to a netlink socket: the kernel's port is 0, and it sends as root.
static bool is_from_kernel(struct msghdr *m, const struct sockaddr_nl *from)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct ucred sender;

	if (m->msg_namelen != sizeof(*from) || from->nl_pid != 0 || from->nl_groups != FROM_KERNEL || !c ||
	    c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS || c->cmsg_len < CMSG_LEN(sizeof(sender)))
		return false;
	memcpy(&sender, CMSG_DATA(c), sizeof(sender));
	return sender.uid == 0;
}

// UEVENT_NONE: nothing is there, or it is nothing for us; errno is EAGAIN only in the first case.
static enum uevent_got receive(int fd, struct uevent *e)
{
	static LARGE_BSS char text[MESSAGE_BYTES];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct sockaddr_nl from = {0};
	struct iovec iov = {text, sizeof(text)};
	struct msghdr m = {.msg_name = &from,
			   .msg_namelen = sizeof(from),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &m, 0);

	if (n < 0 && errno == ENOBUFS)
		return UEVENT_LOST;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? UEVENT_NONE : (enum uevent_got)fail("recvmsg", "uevents");
	errno = 0;
	if (!is_from_kernel(&m, &from))
		return UEVENT_NONE;
	if (m.msg_flags & MSG_TRUNC)
		return UEVENT_LOST;
	return uevent_parse(e, text, (size_t)n) ? UEVENT_NONE : UEVENT_ONE;
}

enum uevent_got uevent_next(int fd, struct uevent *e, uint64_t until)
{
	static const uint64_t orders = SIGNALS_OF_ORDERS;
	static int signals = -1;
	struct pollfd wait[2] = {{.fd = fd, .events = POLLIN}, {.events = POLLIN}};

	if (until && signals < 0)
		signals = sys_signalfd(&orders, O_CLOEXEC);
	wait[1].fd = signals;
	for (;;) {
		uint64_t now = sys_boottime_ns();
		struct timespec left = {0};
		enum uevent_got got;

		if (until && now >= until) // events without end must not hold it up
			return UEVENT_NONE;
		got = receive(fd, e);
		if (got != UEVENT_NONE)
			return got;
		if (errno != EAGAIN)
			continue;
		if (!until)
			return UEVENT_NONE;
		left.tv_sec = (time_t)((until - now) / SECOND);
		left.tv_nsec = (long)((until - now) % SECOND);
		if (ppoll(wait, 2, &left, NULL) < 0 && errno != EINTR)
			return (enum uevent_got)fail("ppoll", "uevents");
		if (wait[1].revents)
			return (enum uevent_got)fail_text("the machine is told to end", "waiting for a device");
	}
}
