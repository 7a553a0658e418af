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

enum { TAKEN_COUNT = 10 }; // phase/taken

struct box {
	const struct spec *spec;
	struct undo undo;
	// root
	int layer_fd[MAX_LAYERS];		// O_PATH, top first
	int tmpfs_fd, upper_fd[2];		// that uppers are on; upperdir and workdir of --upper
	int volume_fd[MAX_VOLUMES], console_fd; // detached mounts, taken before the pivot
	struct {
		int fd; // a detached mount as well
		mode_t mode;
		dev_t id;
	} device[MAX_DEVICES];
	int dev_fd;				// O_PATH: the box's own /dev, whatever a volume shows there later
	int tty_fd;				// --tty: the program's end of its terminal
	int host_dev_fd, sysctl_fd;		// the host's /dev, the box's /proc/sys; where they are needed
	int taken_fd[TAKEN_COUNT];		// in a user namespace: what else has to be there before it
	// cgroup
	int cgroup_root_fd, cgroup_fd; // the parent, and the box's own
	char cgroup[96]; // of the leaf, below cgroup_root_fd
	// process
	pid_t pid;	   // the box's PID 1, as its launcher sees it
	int channel[2];	   // launcher's end, box's end: the gate one way, an error record the other
	int *main_status;  // in a machine, shared with the box's PID 1: how the program ended (waitpid(2)), and, once it
			   // has, the exit code plus one
	bool in_machine;   // the launcher is a machine's PID 1
	bool enter_cgroup; // the box's PID 1 goes into its cgroup itself
	// namespaces
	int join_fd[JOIN_COUNT];  // joined ones; -1: its own, or the host's
	bool userns;		  // the box has a user namespace of its own
	bool handed_over;	  // the launcher opens layers and volumes, which the box's root may not
	bool no_root;		  // no id 0 exists in it
	bool no_setgroups;	  // groups can't be changed in it
	const char *default_user; // NULL: root
	// network
	int state_fd;				      // /run/initbox/net-…
	int users_fd, namespace_users_fd, address_fd; // locked files in it
	char address_name[16];			      // file that address_fd is, below state_fd
	bool first, last;	      // no other box uses the bridge: it and its table are made, removed
	bool namespace_last;	      // no other box uses any bridge of the network namespace
	int nf_fd;		      // NETLINK_NETFILTER, from its table's or ports' start to their end
	bool published;		      // its ports are in the map, or may be
	bool ending;		      // being undone: signals do not end a wait any more
	uint32_t address, gateway;    // network byte order
	struct port stale[MAX_PORTS]; // what a killed launcher with the same address had published
	unsigned stale_count;
	struct port port[MAX_PORTS]; // as they are published: with the ports of the host that were free
	uint8_t mac[6];
	char veth[16];
	// machine
	char root_device[80], overlay_device[80]; // found: "/dev/vda1"
	char **machine_words;			  // what the kernel gave to init: its name, arguments, NULL
	// program
	const struct sock_filter *filter; // of --seccomp FILE
	unsigned filter_flags;
	unsigned short filter_len;
	uid_t uid;
	gid_t gid, groups[32];
	unsigned group_count;
	const char *home;
	const char *const *environment; // NULL-terminated
	const char *path;		// its PATH, or the usual one
	bool exec_failed;		// said at once: to find out why may be what a filter kills for
	uint64_t program_mask;		// signals that it starts with blocked
	bool ignore_sigchld;		// it starts with SIGCHLD ignored, as an entry's caller had it
	int terminal;			// the foreground of this descriptor is the program's; -1: is not ours to give
};

// What the box's PID 1 sends through the channel once the program runs; an error record is much longer.
#define CHANNEL_RUNS "ok"

struct phase {
	const char *name;
	void (*explain)(const struct box *box); // prints the steps; does nothing else
	int (*up)(struct box *box);		// returns 0, or -1 with err_last set
};

// Runs phases in order, up to the NULL. With --explain each one's steps are printed first, with --dry-run nothing more.
// Returns 0, or -1 with err_last set and stamped with the phase's name.
int phase_run(struct box *box, const struct phase *const *phases) must_check;

// The rooms, in the files of their names.
extern const struct phase phase_early, phase_modules, phase_machine_console, phase_machine_mounts, phase_swap, phase_seed, phase_button, phase_watchdog, phase_machine_net,
	phase_machine_kernel, phase_shares;
extern const struct phase phase_join, phase_userns, phase_maps, phase_upper, phase_cgroup, phase_devices, phase_allow, phase_address, phase_names,
	phase_ports, phase_slirp, phase_link, phase_nft;
extern const struct phase phase_find_root, phase_mount_root, phase_switch_root;
extern const struct phase phase_namespaces, phase_root, phase_mounts, phase_net, phase_identity;
extern const struct phase phase_profile, phase_own_path, phase_own_file, phase_host_devices, phase_sysctl, phase_landlock, phase_lookup;
extern const struct phase phase_prepare, phase_session, phase_limits, phase_environ, phase_privileges, phase_filter,
	phase_exec;
