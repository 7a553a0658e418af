// SPDX-License-Identifier: MIT
/* floor: a veth to a bridge of the host and a published port, by the fewest bare messages. */
#ifndef FLOOR_NET_H
#define FLOOR_NET_H

#include <stdint.h>

struct floor_net {
	const char *bridge, *table; /* of the host; the table has initbox's map "ports" */
	uint32_t address, gateway;  /* network byte order */
	int prefix;
	uint16_t port;	     /* of the host, published to port 80; 0: none */
	int route_fd, nf_fd; /* sockets of the host's network namespace */
};

/* In the host's network namespace: opens the sockets. All of these return NULL, or what failed with errno set. */
const char *floor_net_open(struct floor_net *n);

/* In the new one, by its process 1: makes the veth with its peer here, address, route and element. */
const char *floor_net_attach(const struct floor_net *n);

/* Takes the element back. */
const char *floor_net_detach(const struct floor_net *n);

#endif
