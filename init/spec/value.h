// SPDX-License-Identifier: MIT
// Words become values. Each function takes one NUL-terminated word and returns NULL, or the reason why it is not one,
// fit for the end of an error line; *out is then unchanged.
#pragma once
#include "spec/spec.h"

const char *value_size(const char *s, uint64_t *bytes);	      // 4096 64K 256M 1G 2T max
const char *value_count(const char *s, uint64_t *n);	      // 1 … 4194304, max
const char *value_cpus(const char *s, uint32_t *thousandths); // 0.01 … 1024, at most three decimals
const char *value_bool(const char *s, bool *b);		      // yes no true false on off 1 0
const char *value_ip4(const char *s, uint32_t *addr);	      // 192.0.2.1, in network byte order
const char *value_net4(const char *s, struct net4 *net);      // 192.0.2.0/24; prefix 0 … 32
const char *value_port(const char *s, struct port *port);     // [IP:]HOST:BOX[/tcp|/udp]
const char *value_name(const char *s);			      // letters, digits, _ . -; at most 63
const char *value_hostname(const char *s);		      // letters, digits, . -; at most 63
const char *value_link(const char *s);			      // a network interface: 1 to 15 characters
const char *value_path(const char *s);			      // absolute

// SRC:DST[:ro|:rw]. The parts are stored in the arena.
const char *value_volume(const char *s, struct volume *v);

// Splits text into words as a shell would, with '…' and "…" (\n \t \" \\ inside) and \ outside of quotes. Calls
// word(arg, text, length) for each. Returns NULL, or the reason, which may be word's own.
const char *value_words(const char *s, const char *(*word)(void *arg, const char *w, size_t n), void *arg);
