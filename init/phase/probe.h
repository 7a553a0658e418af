// SPDX-License-Identifier: MIT
// What initbox needs of a kernel and of its surroundings, one row a thing, found out by trying it: in a child process with
// namespaces of its own, so that nothing of it is left. A row's function does what the phase does that needs the thing.
#pragma once
#include "base/err.h"

enum probe_flag {
	PROBE_ROOT_RUNS = 1, // `initbox run` of root can't do without, whatever its options are
	PROBE_USER_RUNS = 2, // the same of an ordinary user
	PROBE_RUNS = PROBE_ROOT_RUNS | PROBE_USER_RUNS,
	PROBE_ROOT = 4, // only root of the host may use it
	PROBE_HERE = 8, // tried without namespaces
};

struct probe {
	const char *name;
	const char *config; // "CONFIG_NET_NS"; NULL: no kernel is without
	const char *since;  // the first Linux that has it, "5.6"; NULL: all that initbox knows
	const char *module; // the module that it may be in; NULL: none
	const char *keys;   // what of initbox needs it
	const char *hint;   // what to do when the kernel has it and refuses it; NULL: nothing is known
	uint32_t ns;	    // CLONE_NEW… that it is tried in
	uint8_t flags;	    // enum probe_flag
	int (*try)(const struct probe *p,
		   struct buf *note); // returns 0, or -1 with err_last set; note: what else is known
	const char *word;	      // for try
	uint32_t number;	      // the same
};

// The tables; each ends with a row without a name.
extern const struct probe probe_process[], probe_mount[], probe_net[], probe_cgroup[], probe_machine[];
