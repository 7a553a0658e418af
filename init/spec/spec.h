// SPDX-License-Identifier: MIT
// struct spec: what the user asked for, in flat fields. Filled by keys.c from every source, checked once, then frozen.
#pragma once
#include <netinet/in.h>

#include "base/err.h"

enum { MAX_LAYERS = 16, MAX_ENV = 128, MAX_ARGS = 256, MAX_PORTS = 64, MAX_VOLUMES = 32, MAX_DNS = 3, MAX_SHARES = 8 };

#define SIZE_UNLIMITED UINT64_MAX

enum network { NETWORK_NONE, NETWORK_BRIDGE, NETWORK_HOST };
enum stdin_from { STDIN_INHERIT, STDIN_NULL };
enum seccomp { SECCOMP_FILTER_DEFAULT, SECCOMP_FILTER_NONE };

struct net4 {
	uint32_t addr; // network byte order, 0 = not given
	uint8_t prefix;
};

struct port {
	uint32_t addr; // network byte order, 0 = every local address
	uint16_t host, box;
	uint8_t proto; // IPPROTO_TCP or IPPROTO_UDP
};

struct volume {
	const char *source, *target;
	bool read_only;
};

// Small fields first: what most runs use is on one page.
struct spec {
	// how many of each list
	unsigned rootfs_count, volume_count, env_count, command_count, publish_count, dns_count, share_count;
	// box: identity
	const char *name, *hostname;
	// box: program
	const char *workdir, *user;
	uint8_t stdin_from, seccomp;
	// box: limits; 0 = not asked for
	uint64_t tmpfs_size; // bytes for the upper layer
	uint64_t memory;     // bytes, SIZE_UNLIMITED for max
	uint64_t pids_limit; // processes, SIZE_UNLIMITED for max
	uint32_t cpus;	     // thousandths of a CPU
	// box: network
	uint8_t network;
	const char *bridge;
	struct net4 subnet, ip;
	// machine
	const char *machine_link, *status_port;
	struct net4 machine_address, machine_gateway;
	// how to talk
	const char *trace; // file for the time each phase took, or "console"
	bool explain, dry_run, verbose;
	// lists
	uint32_t dns[MAX_DNS];
	const char *rootfs[MAX_LAYERS];	   // lower layers, top first
	const char *command[MAX_ARGS + 1]; // NULL-terminated
	const char *env[MAX_ENV];
	struct port publish[MAX_PORTS];
	struct volume volume[MAX_VOLUMES];
	struct volume share[MAX_SHARES]; // source is a virtiofs tag
};

// The one spec of this process, with its defaults.
struct spec *spec_get(void);

// Checks what no single key can know: what must be there, what goes together, and fills what follows from other fields.
// Returns 0, or -1 with err_last set.
int spec_check(struct spec *s) must_check;

// Makes the spec and its strings read-only. Returns 0, or -1 with err_last set.
int spec_freeze(void) must_check;
