// SPDX-License-Identifier: MIT
// What exists so far of a box (struct box), and the runner of its phases. A phase makes one kind of thing; what it makes
// outside of the box's own namespaces it pushes on the undo stack at once.
//
// Order (role/box.c): before the clone on the host's side, after the clone on the host's side while the box's PID 1
// mounts its root, then the gate, then the rest inside.
#pragma once
#include <limits.h>
#include <sys/types.h>

#include "base/undo.h"
#include "spec/spec.h"

struct box {
	const struct spec *spec;
	struct undo undo;
	// root
	int layer_fd[MAX_LAYERS];		// O_PATH, top first
	int volume_fd[MAX_VOLUMES], console_fd; // detached mounts, taken before the pivot
	// cgroup
	int cgroup_root_fd, cgroup_fd;
	char cgroup[96]; // of the leaf, below cgroup_root_fd
	// process
	pid_t pid;	   // the box's PID 1, as its launcher sees it
	int channel[2];	   // launcher's end, box's end: the gate one way, an error record the other
	bool in_machine;   // the launcher is a machine's PID 1
	bool start_failed; // set by the process that should have become the program; PID 1 shares its memory
	// network
	int state_fd;				      // /run/initbox/net-…
	int users_fd, namespace_users_fd, address_fd; // locked files in it
	char address_name[16];			      // file that address_fd is, below state_fd
	bool first, last;	      // no other box uses the bridge: it and its table are made, removed
	bool namespace_last;	      // no other box uses any bridge of the network namespace
	bool published;		      // its ports are in the map
	bool ending;		      // being undone: signals do not end a wait any more
	uint32_t address, gateway;    // network byte order
	struct port stale[MAX_PORTS]; // what a killed launcher with the same address had published
	unsigned stale_count;
	uint8_t mac[6];
	char veth[16];
	// program
	uid_t uid;
	gid_t gid, groups[32];
	unsigned group_count;
	const char *home;
};

struct phase {
	const char *name;
	void (*explain)(const struct box *box); // prints the steps; does nothing else
	int (*up)(struct box *box);		// returns 0, or -1 with err_last set
};

// Runs phases in order, up to the NULL. With --explain each one's steps are printed first, with --dry-run nothing more.
// Returns 0, or -1 with err_last set and stamped with the phase's name.
int phase_run(struct box *box, const struct phase *const *phases) must_check;

// The rooms, in the files of their names.
extern const struct phase phase_early, phase_modules, phase_machine_net, phase_shares;
extern const struct phase phase_cgroup, phase_address, phase_link, phase_nft;
extern const struct phase phase_namespaces, phase_root, phase_mounts, phase_net, phase_identity;
extern const struct phase phase_prepare, phase_privileges, phase_filter, phase_exec;
