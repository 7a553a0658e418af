// SPDX-License-Identifier: MIT
// A network without any right on the host: a program of the host's user passes what the box sends through a tap device on by
// sockets of its own. The launcher starts it, and it ends with the box.
// Source: slirp4netns(1), pasta(1), rtnetlink(7).
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/ports.h"
#include "phase/slirp.h"

enum { READY_MS = 10000, END_MS = 5000, USUAL_MTU = 65520, MAX_ARGS = 32 + 2 * MAX_PORTS };

static const char slirp4netns[] = "slirp4netns", pasta[] = "pasta";

static BOX_BSS struct {
	const char *name, *arg[MAX_ARGS + 1];
	unsigned args;
	char path[512], pid[12], mtu[16], port[MAX_PORTS][40];
	int pidfd, words_fd; // the second: what it prints
	bool ready;	     // the box has had a network by it
} helper;

// --- the box's side

int slirp_give(const struct box *box)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_ROUTE};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {(void *)(uintptr_t) "", 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd, ret = 0;

	if (box->spec->network != NETWORK_SLIRP)
		return 0;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return fail("socket", "netlink routes");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		ret = fail("bind", "netlink routes");
	else if (sendmsg(box->channel[1], &m, MSG_NOSIGNAL) != 1)
		ret = fail("sendmsg", "channel");
	close(fd);
	return ret;
}

// --- the launcher's side

static int take_socket(const struct box *box)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct err record;
	struct iovec iov = {&record, sizeof(record)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct pollfd p = {.fd = box->channel[0], .events = POLLIN};
	int fd;

	// The box's own words, if it has failed, stay where they are: the launcher takes them then (role/box).
	if (poll(&p, 1, READY_MS) != 1 || recv(box->channel[0], &record, sizeof(record), MSG_PEEK) != 1 ||
	    recvmsg(box->channel[0], &m, MSG_CMSG_CLOEXEC) != 1 || m.msg_controllen < CMSG_LEN(sizeof(int)))
		return fail_text("its PID 1 has not said where its network is", "%s", box->spec->name);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

static bool find(const char *name)
{
	const char *path = getenv("PATH");

	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	for (;; path++) {
		size_t n = strcspn(path, ":");

		// Not what happens to be in the current directory.
		if (n && *path == '/' && !fmt(helper.path, sizeof(helper.path), "%.*s/%s", (int)n, path, name) &&
		    access(helper.path, X_OK) == 0) {
			helper.name = name;
			return true;
		}
		path += n;
		if (!*path)
			return false;
	}
}

static void add(const char *a)
{
	if (helper.args < MAX_ARGS)
		helper.arg[helper.args++] = a;
}

static int add_ports(const struct box *box)
{
	for (unsigned i = 0; i < box->spec->publish_count; i++) {
		const struct port *p = box->port[i].box ? &box->port[i] : &box->spec->publish[i];
		char ip[16];

		if (fmt(helper.port[i], sizeof(helper.port[i]), "%s%s%u:%u", p->addr ? fmt_ip4(ip, p->addr) : "",
			p->addr ? "/" : "", p->host, p->box))
			return fail("execve", "%s", helper.name);
		add(p->proto == IPPROTO_UDP ? "-u" : "-t");
		add(helper.port[i]);
	}
	return 0;
}

// What both shall do: tap0 with 10.0.2.100, the gateway 10.0.2.2, a resolver at 10.0.2.3; what listens on the host's loopback
// stays closed to the box, and what listens on the box's to the host.
static int compose_pasta(const struct box *box)
{
	static const char *const fixed[] = {
		"--config-net", "--foreground", "--quiet",	"--ipv4-only", "--ns-ifname", "tap0",
		"--address",	"10.0.2.100",	"--netmask",	"24",	       "--gateway",   "10.0.2.2",
		"--no-map-gw",	"--dns-forward", "10.0.2.3",	"--tcp-ns",    "none",	      "--udp-ns",
		"none",
	};
	bool tcp = false, udp = false;

	for (size_t i = 0; i < COUNT(fixed); i++)
		add(fixed[i]);
	add("--mtu");
	add(helper.mtu);
	for (unsigned i = 0; i < box->spec->publish_count; i++) {
		udp |= box->spec->publish[i].proto == IPPROTO_UDP;
		tcp |= box->spec->publish[i].proto != IPPROTO_UDP;
	}
	if (!tcp) {
		add("-t");
		add("none");
	}
	if (!udp) {
		add("-u");
		add("none");
	}
	return add_ports(box);
}

static void compose_slirp4netns(void)
{
	add("--configure");
	add("--mtu");
	add(helper.mtu);
	add("--disable-host-loopback");
}

static int compose(const struct box *box)
{
	const struct spec *s = box->spec;

	helper.args = 0;
	add(helper.name);
	if (fmt(helper.mtu, sizeof(helper.mtu), "%u", s->mtu ? s->mtu : USUAL_MTU) ||
	    fmt(helper.pid, sizeof(helper.pid), "%d", (int)box->pid))
		return fail("execve", "%s", helper.name);
	if (helper.name == pasta) {
		if (compose_pasta(box))
			return -1;
		add(helper.pid);
	} else {
		compose_slirp4netns();
		add(helper.pid);
		add("tap0");
	}
	helper.arg[helper.args] = NULL;
	return 0;
}

static int choose(const struct spec *s)
{
	if (!s->publish_count && find(slirp4netns))
		return 0;
	if (find(pasta))
		return 0;
	if (s->publish_count && find(slirp4netns))
		return fail_text("slirp4netns is there, but ports are published through pasta alone (package passt)", "pasta");
	return fail_text("neither is installed (packages slirp4netns and passt)", "slirp4netns, pasta");
}

// In the child. What it says goes where the launcher can read it.
static _Noreturn void execute(pid_t launcher)
{
	const struct kernel_sigaction by_default = {0};
	const uint64_t none = 0;
	int null = open("/dev/null", O_RDONLY);

	// Not in the terminal's foreground: ^C is for the box's program to answer.
	if (setsid() < 0 || null < 0 || dup2(null, 0) < 0 || dup2(helper.words_fd, 1) < 0 || dup2(helper.words_fd, 2) < 0 ||
	    file_close_from(3) || prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != launcher ||
	    sys_rt_sigaction(SIGPIPE, &by_default, NULL) || sys_rt_sigprocmask(SIG_SETMASK, &none, NULL))
		_exit(EXIT_OWN_FAILURE);
	execv(helper.path, (char *const *)(uintptr_t)helper.arg);
	fail("execve", "%s", helper.path);
	log_err(&err_last);
	_exit(EXIT_NOT_EXECUTABLE);
}

// The last line of what it has printed becomes the reason of the record just made.
static int fail_with_words(int status)
{
	char text[2048], *last;
	ssize_t n = pread(helper.words_fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	while (n > 0 && strchr("\r\n ", text[n - 1]))
		text[--n] = '\0';
	last = strrchr(text, '\n');
	last = last ? last + 1 : text;
	if (WIFSIGNALED(status))
		return fail_because("killed by signal %d: %s", WTERMSIG(status), last);
	return fail_because("ended with %d%s: %s", WEXITSTATUS(status),
			    helper.name == pasta && geteuid() == 0 ? " (of root it gives the rights up that it needs)" : "",
			    *last ? last : "without a word");
}

static int slirp_down(void *arg)
{
	struct box *box = arg;
	struct pollfd p = {.fd = helper.pidfd, .events = POLLIN};
	int ret = 0;

	if (poll(&p, 1, 0) == 1) {
		if (helper.ready)
			log_line(LOG_NOTE, "%s: %s had ended before its box", box->spec->name, helper.name);
	} else if (sys_pidfd_send_signal(helper.pidfd, SIGKILL, NULL, 0) && errno != ESRCH) {
		ret = fail("pidfd_send_signal", "%s", helper.name);
	} else if (poll(&p, 1, END_MS) != 1) {
		ret = fail_text("does not end", "%s", helper.name);
	}
	close(helper.pidfd);
	close(helper.words_fd);
	return ret;
}

static int start(struct box *box, pid_t *pid)
{
	pid_t launcher = getpid();

	helper.words_fd = memfd_create(helper.name, MFD_CLOEXEC);
	if (helper.words_fd < 0)
		return fail("memfd_create", "%s", helper.name);
	*pid = sys_clone(SIGCHLD);
	if (*pid == 0)
		execute(launcher);
	if (*pid < 0)
		return fail("clone", "%s", helper.name);
	helper.pidfd = sys_pidfd_open(*pid, 0);
	if (helper.pidfd < 0) {
		fail("pidfd_open", "%s", helper.name);
		kill(*pid, SIGKILL); // not waited for yet: it is still that one
		return -1;
	}
	return undo_push(&box->undo, slirp_down, box, helper.name);
}

// Whether the datagram of the kernel says that there is a default route now.
static bool is_route(int fd)
{
	_Alignas(8) char text[8192];
	ssize_t n = recv(fd, text, sizeof(text), MSG_DONTWAIT);
	size_t left = n > 0 ? (size_t)n : 0, step;

	for (const struct nlmsghdr *h = (const void *)text; NLMSG_OK(h, left); h = (const void *)((const char *)h + step)) {
		const struct rtmsg *r = (const void *)((const char *)h + NLMSG_HDRLEN);

		step = NLMSG_ALIGN(h->nlmsg_len);
		left -= step < left ? step : left;
		if (h->nlmsg_type == RTM_NEWROUTE && h->nlmsg_len >= NLMSG_LENGTH(sizeof(*r)) && r->rtm_dst_len == 0)
			return true;
	}
	return false;
}

// The route is the last thing that either program makes.
static int wait_ready(int routes, pid_t pid)
{
	struct pollfd p[] = {{.fd = routes, .events = POLLIN}, {.fd = helper.pidfd, .events = POLLIN}};
	uint64_t end = sys_now_ms() + READY_MS, now;
	int status = 0;

	while ((now = sys_now_ms()) < end) {
		int n = poll(p, 2, (int)(end - now));

		if (n < 0 && errno != EINTR)
			return fail("poll", "%s", helper.name);
		if (n > 0 && p[0].revents && is_route(routes))
			return 0;
		if (n > 0 && p[1].revents) {
			if (waitpid(pid, &status, WNOHANG) < 0)
				return fail("waitpid", "%s", helper.name);
			fail_text("", "%s", helper.name);
			return fail_with_words(status);
		}
	}
	return fail_text("the box has no default route after 10 s", "%s", helper.name);
}

static int slirp_up(struct box *box)
{
	int routes, ret;
	pid_t pid = 0;

	if (box->spec->network != NETWORK_SLIRP)
		return 0;
	routes = take_socket(box);
	if (routes < 0)
		return -1;
	ports_release(box); // to the program that will listen there
	ret = choose(box->spec) || compose(box) || start(box, &pid) || wait_ready(routes, pid) ? -1 : 0;
	helper.ready = ret == 0;
	close(routes);
	return ret;
}

static void slirp_explain(const struct box *box)
{
	char text[1024];
	struct buf b = BUF(text);

	if (box->spec->network != NETWORK_SLIRP)
		return;
	if (choose(box->spec))
		helper.name = box->spec->publish_count ? pasta : slirp4netns;
	if (compose(box))
		return;
	b.p[0] = '\0';
	for (unsigned i = 0; i < helper.args; i++)
		buf_fmt(&b, "%s%s", i ? " " : "", helper.arg[i] == helper.pid && !box->pid ? "PID" : helper.arg[i]);
	explain("clone execve", "%s &", b.p);
}

const struct phase phase_slirp = {"slirp", slirp_explain, slirp_up};
