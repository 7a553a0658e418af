// SPDX-License-Identifier: MIT
// The two ends of a conversation, for tests of the network: says who is seen by whom.
//
//   peer serve tcp|udp ADDRESS PORT    answers everybody with the address it sees them under, until it is killed;
//                                      prints "ready" once it listens
//   peer ask tcp|udp ADDRESS PORT      prints the answer; 1 refused or unreachable, 2 no answer in time
//   peer advertise LINK                says there that it is a router of IPv6 (RFC 4861, 4.2)
//
// PEER_WAIT_MS (10000): how long ask waits. A question by udp is asked again each second: nobody else repeats what is lost.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	return errno == ETIMEDOUT ? 2 : 1;
}

enum { AGAIN_MS = 1000 };

static int wait_ms(void)
{
	const char *ms = getenv("PEER_WAIT_MS");

	return ms ? atoi(ms) : 10000;
}

static int wait_for(int fd, short events, int ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, ms) == 1)
		return 0;
	errno = ETIMEDOUT;
	return -1;
}

static int wait_for_answer(int fd, int type)
{
	int left = wait_ms();

	for (; type == SOCK_DGRAM && left > AGAIN_MS; left -= AGAIN_MS) {
		if (wait_for(fd, POLLIN, AGAIN_MS) == 0)
			return 0;
		if (send(fd, "?", 1, 0) != 1)
			return -1;
	}
	return wait_for(fd, POLLIN, left);
}

static int serve(int type, const struct sockaddr_in *me)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)me, sizeof(*me)) || (type == SOCK_STREAM && listen(fd, 16)))
		return fail("bind");
	puts("ready");
	fflush(stdout);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		struct sockaddr_in you = {0};
		socklen_t len = sizeof(you);
		char text[64];
		int c = fd, n;

		if (type == SOCK_STREAM)
			c = accept(fd, (struct sockaddr *)&you, &len);
		else if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&you, &len) < 0)
			continue;
		n = snprintf(text, sizeof(text), "%s\n", inet_ntoa(you.sin_addr));
		if (type == SOCK_STREAM) {
			if (write(c, text, (size_t)n) < 0)
				perror("peer: write");
			close(c);
		} else {
			sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&you, len);
		}
	}
}

static int ask(int type, const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), no = 0;
	socklen_t len = sizeof(no);
	char text[64];
	ssize_t n;

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) && errno != EINPROGRESS)
		return fail("connect");
	if (type == SOCK_STREAM) {
		if (wait_for(fd, POLLOUT, wait_ms()) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &no, &len))
			return fail("connect");
		errno = no;
		if (no)
			return fail("connect");
	} else if (send(fd, "?", 1, 0) != 1) {
		return fail("send");
	}
	if (wait_for_answer(fd, type))
		return fail("receive");
	n = read(fd, text, sizeof(text));
	if (n < 0)
		return fail("receive");
	return fwrite(text, 1, (size_t)n, stdout) == (size_t)n ? 0 : 1;
}

static int advertise(const char *link)
{
	struct nd_router_advert ra = {.nd_ra_type = ND_ROUTER_ADVERT, .nd_ra_router_lifetime = htons(1800)};
	struct sockaddr_in6 all = {.sin6_family = AF_INET6, .sin6_scope_id = if_nametoindex(link)};
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6), hops = 255;

	inet_pton(AF_INET6, "ff02::1", &all.sin6_addr);
	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)))
		return fail("socket");
	return sendto(fd, &ra, sizeof(ra), 0, (struct sockaddr *)&all, sizeof(all)) == sizeof(ra) ? 0 : fail("send");
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	int type;

	if (argc == 3 && !strcmp(argv[1], "advertise"))
		return advertise(argv[2]);
	if (argc != 5 || inet_pton(AF_INET, argv[3], &a.sin_addr) != 1) {
		fputs("usage: peer serve|ask tcp|udp ADDRESS PORT, peer advertise LINK\n", stderr);
		return 64;
	}
	type = strcmp(argv[2], "udp") ? SOCK_STREAM : SOCK_DGRAM;
	a.sin_port = htons((unsigned short)atoi(argv[4]));
	return strcmp(argv[1], "serve") ? ask(type, &a) : serve(type, &a);
}
