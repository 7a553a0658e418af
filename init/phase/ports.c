// SPDX-License-Identifier: MIT
// A published port is held on the host as long as its box runs, as a listening program would: what has it already is found
// out here, nothing of the host takes it later or leaves from it, and ss(8) shows it. No packet that gets as far as this
// socket is let in: those for the box are sent on before (phase/nft), and a client that comes before that tries again.
// Source: socket(7) SO_ATTACH_FILTER, ip(7).
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "phase/address.h"
#include "phase/ports.h"

static BOX_BSS int held[MAX_PORTS]; // plus one; 0: not held

const char *port_text(const struct port *p, char text[32])
{
	struct buf b = {.p = text, .cap = 32};
	char ip[16];

	buf_fmt(&b, "%s%s%u/%s", p->addr ? fmt_ip4(ip, p->addr) : "", p->addr ? ":" : "", p->host,
		p->proto == IPPROTO_UDP ? "udp" : "tcp");
	return text;
}

static const char *configure(int fd, const struct spec *s, bool tcp)
{
	struct sock_filter drop = {BPF_RET | BPF_K, 0, 0, 0};
	struct sock_fprog program = {1, &drop};
	const int on = 1;

	// Another program's are let go again at once (phase/slirp), and an ordinary user may not have a filter.
	if (s->network == NETWORK_BRIDGE && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		return "SO_ATTACH_FILTER";
	// What is left of connections that have ended (TIME_WAIT) is in nobody's way.
	return tcp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ? "SO_REUSEADDR" : NULL;
}

// Binds to the port, or to a free one, which is written into it. Returns NULL, or the call that failed.
static const char *take(int fd, const struct spec *s, struct port *p)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(p->host), .sin_addr = {p->addr}};
	socklen_t n = sizeof(a);
	bool tcp = p->proto == IPPROTO_TCP;
	const char *call = configure(fd, s, tcp);

	if (call)
		return call;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		return "bind";
	if (tcp && listen(fd, 1))
		return "listen";
	if (getsockname(fd, (struct sockaddr *)&a, &n))
		return "getsockname";
	p->host = ntohs(a.sin_port);
	return NULL;
}

static int hold(struct box *box, unsigned i)
{
	struct port *p = &box->port[i];
	int fd = socket(AF_INET, SOCK_CLOEXEC | (p->proto == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM), 0);
	const char *call;
	char text[32];

	if (fd < 0)
		return fail("socket", "port %s", port_text(p, text));
	held[i] = fd + 1;
	call = take(fd, box->spec, p);
	if (!call)
		return 0;
	fail(call, "port %s", port_text(p, text));
	if (err_last.no == EADDRINUSE)
		port_owner_add(box, p);
	return -1;
}

void ports_release(struct box *box)
{
	for (unsigned i = 0; i < box->spec->publish_count; i++) {
		if (held[i])
			close(held[i] - 1);
		held[i] = 0;
	}
}

static int ports_down(void *arg)
{
	ports_release(arg);
	return 0;
}

static int ports_up(struct box *box)
{
	const struct spec *s = box->spec;

	memcpy(box->port, s->publish, s->publish_count * sizeof(s->publish[0]));
	if (s->publish_count && undo_push(&box->undo, ports_down, box, "ports"))
		return -1;
	for (unsigned i = 0; i < s->publish_count; i++)
		if (hold(box, i))
			return -1;
	for (unsigned i = 0; i < s->publish_count; i++)
		if (!s->publish[i].host)
			log_line(LOG_NOTE, "%s: port %u of the host leads to %u/%s", s->name, box->port[i].host,
				 box->port[i].box, box->port[i].proto == IPPROTO_UDP ? "udp" : "tcp");
	// With what a killed launcher has left there it waits until that has been taken back (phase/nft).
	return s->publish_count && s->network == NETWORK_BRIDGE && !box->stale_count ? address_note_ports(box) : 0;
}

static void ports_explain(const struct box *box)
{
	for (unsigned i = 0; i < box->spec->publish_count; i++) {
		const struct port *p = &box->spec->publish[i];
		char ip[16];

		explain("socket SO_ATTACH_FILTER bind listen", "nc -l%s %s %u &", p->proto == IPPROTO_UDP ? "u" : "",
			fmt_ip4(ip, p->addr), p->host);
	}
}

const struct phase phase_ports = {"ports", ports_explain, ports_up};
