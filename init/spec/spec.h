// SPDX-License-Identifier: MIT
// struct spec: what the user asked for, in flat fields. Filled by keys.c from every source, checked once, then frozen.
#pragma once
#include <netinet/in.h>

#include "base/err.h"
#include "base/passwd.h"

enum {
	MAX_LAYERS = 16,
	MAX_ENV = 512,
	MAX_WORDS = 256,
	MAX_PORTS = 64,
	MAX_VOLUMES = 32,
	MAX_DNS = 3, // MAXNS of resolv.h
	MAX_SEARCH = 6,
	MAX_DNS_OPTIONS = 8,
	MAX_HOSTS = 32,
	MAX_SHARES = 8,
	MAX_LIMITS = 16,
	MAX_DEVICES = 16,
	MAX_IO = 16,
	MAX_HUGETLB = 4,
	MAX_CPUS = 8192, // and nodes of memory: as many as a kernel can have
	MAX_GROUPS = 16,
	MAX_SYSCTLS = 32,
	MAX_LANDLOCK = 32,
	MAX_MACHINE_MOUNTS = 16,
	MAX_SWAPS = 4,
};

#define SIZE_UNLIMITED UINT64_MAX

enum network { NETWORK_NONE, NETWORK_BRIDGE, NETWORK_SLIRP, NETWORK_HOST, NETWORK_PATH }; // from HOST on: not the box's own
enum userns { USERNS_DEFAULT, USERNS_HOST, USERNS_AUTO, USERNS_SELF, USERNS_KEEP_ID, USERNS_RANGE };
enum join { JOIN_PID, JOIN_IPC, JOIN_UTS, JOIN_NET, JOIN_COUNT }; // namespaces that a box may share with others
enum stdin_from { STDIN_INHERIT, STDIN_NULL };
enum seccomp { SECCOMP_FILTER_DEFAULT, SECCOMP_FILTER_NONE, SECCOMP_FILTER_FILE, SECCOMP_FILTER_UNSET };
enum landlock_kind { LANDLOCK_READ, LANDLOCK_WRITE, LANDLOCK_CONNECT, LANDLOCK_BIND };
enum on_exit { ON_EXIT_DRAIN, ON_EXIT_NONE, ON_EXIT_TERM, ON_EXIT_WAIT };
enum machine_end { END_POWEROFF, END_REBOOT, END_HALT, END_STAY, END_SHELL = END_STAY }; // of on-end, on-error
enum orphans { ORPHANS_KEEP, ORPHANS_TERM, ORPHANS_KILL };
enum target { TARGET_DEFAULT, TARGET_CHILD, TARGET_GROUP, TARGET_ALL };

#define JOIN_HOST "host"
#define CAPS_ALL (1ull << 63) // beside the capabilities' own bits: the word ALL was given

enum { SIGNAL_DROPPED = 255, NOT_SAID = 2 };

// What becomes of a signal that init receives.
struct signal_rule {
	uint8_t to;	// the signal that is sent instead; 0: the same; SIGNAL_DROPPED
	uint8_t target; // enum target
	uint32_t delay; // ms
};

struct limit {
	const char *name;
	uint8_t resource;    // RLIMIT_…
	uint64_t soft, hard; // UINT64_MAX: none
};

// In the order of the keys' types.
enum io_what { IO_READ_BPS, IO_WRITE_BPS, IO_READ_IOPS, IO_WRITE_IOPS, IO_WEIGHT };

struct io_limit {
	const char *device;
	uint64_t value;
	uint8_t what; // enum io_what
};

struct hugetlb {
	uint64_t page, limit; // bytes
};

// What the program may still do when landlock is on: one kind of thing is restricted where a rule names it.
struct landlock_rule {
	const char *path; // LANDLOCK_READ, LANDLOCK_WRITE
	uint16_t port;
	uint8_t kind; // enum landlock_kind
};

struct net4 {
	uint32_t addr; // network byte order, 0 = not given
	uint8_t prefix;
};

struct port {
	uint32_t addr; // network byte order, 0 = every local address
	uint16_t host, box; // host 0 = a free one
	uint8_t proto; // IPPROTO_TCP or IPPROTO_UDP
};

// A line of the box's hosts file.
struct host {
	const char *name;
	uint32_t addr; // network byte order, 0 = the host, as the box reaches it
};

enum volume_kind { VOLUME_BIND, VOLUME_TMPFS, VOLUME_OVERLAY };

// What is mounted in the box beside its root: -v, --mount, --tmpfs.
struct volume {
	const char *source, *target; // source: of the host; the lower layer of an overlay; NULL for a tmpfs
	uint8_t kind;		     // enum volume_kind
	uint8_t attrs;		     // MOUNT_ATTR_RDONLY _NOSUID _NODEV _NOEXEC, which are MS_* too
	bool flat;		     // bind: without what is mounted below the source
	bool idmap;		     // bind: ids of its files are those inside
	bool top_read_only;	     // bind: read-only, but not what is mounted below it
	uint16_t mode;		     // tmpfs: of its root, plus one; 0: 1777
	uint32_t propagation;	     // bind: MS_SHARED, MS_SLAVE; 0: MS_PRIVATE
	uint32_t uid, gid;	     // tmpfs: of its root
	uint64_t size;		     // tmpfs: bytes, 0: as tmpfs-size
};

struct device {
	const char *source, *target;
	uint8_t access; // BPF_DEVCG_ACC_*
};

struct watchdog_spec {
	const char *device; // NULL: none
	uint32_t seconds;   // 0: as the device has it
};

// What --userns says.
struct userns_spec {
	uint8_t kind; // enum userns
	struct id_range range;
};

struct time_offset {
	int64_t monotonic, boottime; // seconds
};

// Which block device, or what else a root is.
enum device_kind {
	DEVICE_NOT_SAID,
	DEVICE_NONE_TMPFS, // an empty file system in memory
	DEVICE_NONE_FILE,  // an image in the initramfs: path
	DEVICE_TAG,	   // of a share of the machine's host
	DEVICE_NAME,	   // below /dev
	DEVICE_NUMBER,
	DEVICE_UUID,
	DEVICE_LABEL,
	DEVICE_PARTUUID,
	DEVICE_PARTLABEL,
};

struct device_word {
	uint8_t kind;	     // enum device_kind
	int16_t offset;	     // PARTUUID: that many partitions behind it
	uint32_t major, minor; // NUMBER
	const char *said;    // all of it, for messages
	const char *value;   // NAME, UUID, …
	const char *path;    // an image in its file system; NULL: it is the root itself
};

// A file system of the machine itself.
struct machine_mount {
	const char *fstype, *source, *target;
	struct device_word device; // that source means; NOT_SAID: no block device
	const char *options; // as they were given
	const char *data;    // those that only the file system knows; NULL: none
	uint32_t flags;	  // MS_*
};

struct swap_area {
	const char *path, *options; // options: as they were given
	struct device_word device;
	uint32_t flags; // of swapon(2)
};

struct overlay_word {
	bool on;
	struct device_word device; // NOT_SAID: a tmpfs
	uint64_t size;		   // of the tmpfs, bytes; 0: half of the memory, as tmpfs has it
	const char *fstype;	   // of the device; NULL: what its superblock says
};

#define WAIT_FOR_EVER UINT32_MAX
#define MACHINE_ROOT  "/sysroot" // where a machine mounts it

// Small fields first: what most runs use is on one page.
struct spec {
	// how many of each list
	unsigned rootfs_count, volume_count, env_count, command_count, publish_count, dns_count, dns_search_count,
		dns_option_count, add_host_count, share_count, limit_count,
		device_count, io_count, hugetlb_count, group_add_count, sysctl_count, landlock_count,
		machine_sysctl_count, machine_mount_count, swap_count;
	bool entry; // init of somebody else's container: nothing is built, only what was asked for is changed
	// box: identity
	const char *name, *hostname;
	// box: program
	const char *workdir, *user;
	const char *const *command; // NULL-terminated: argv's, or words
	uint8_t stdin_from, seccomp;
	uint8_t no_new_privs; // 0, 1, NOT_SAID
	bool setsid, tty, interactive;
	uint16_t umask;		   // plus one; 0: as it is
	uint16_t nice, oom_score_adj; // plus 21, plus 1001; 0: as it is
	uint64_t cap_add, cap_drop;
	bool privileged, unmasked; // unmasked: nothing of /proc and /sys is hidden or read-only
	const char *seccomp_file;
	// its life
	uint8_t on_exit, orphans, parent_death, stop_signal; // the last two are signals, 0: none
	bool group, subreaper, warn_reaped, stop_ok, pause, quiet;
	uint32_t grace, kill_after; // ms; kill_after 0: not
	uint8_t exit_map[256];		   // what is added to an exit code, modulo 256
	struct signal_rule signal[64 + 1]; // by number
	// box: limits; 0 = not asked for
	uint64_t tmpfs_size; // bytes for the upper layer; spec_check fills it in
	uint64_t memory;     // bytes, SIZE_UNLIMITED for max
	uint64_t pids_limit; // processes, SIZE_UNLIMITED for max
	uint32_t cpus;	     // thousandths of a CPU
	// box: root
	const char *upper; // directory that keeps what the box writes
	bool read_only;
	uint16_t cpu_weight, blkio_weight;
	bool oom_group;		     // want of memory kills the whole box
	uint64_t memory_swap;	     // bytes of memory and swap together, SIZE_UNLIMITED for max
	uint64_t memory_reservation; // bytes
	const char *cpuset_cpus, *cpuset_mems;
	// box: namespaces
	const char *join[JOIN_COUNT]; // path of another one; JOIN_HOST; NULL: one of its own (NET: where network is PATH)
	struct userns_spec userns;
	struct time_offset time_offset;
	// box: network
	uint8_t network;
	const char *bridge;
	struct net4 subnet, ip;
	uint8_t mac[6]; // zeros: follows from the address
	uint16_t mtu;	// bytes, 0: as links have it
	// machine
	const char *machine_link, *machine_hostname, *status_port;
	uint8_t on_end, on_error; // enum machine_end
	const char *console, *seed;
	bool seed_credit;
	uint8_t power_button; // poweroff, reboot, halt, ignore
	struct watchdog_spec watchdog;
	uint8_t log_level; // as enum log_level, from LOG_RESULT on
	struct net4 machine_address, machine_gateway;
	struct device_word root;
	struct overlay_word overlay;
	const char *rootfstype; // types with commas between; NULL: what the superblock says
	const char *rootflags, *init;
	const char *root_data; // of rootflags what only the file system knows; spec_check fills in these two
	uint32_t root_flags;   // MS_*
	uint32_t rootwait; // ms, WAIT_FOR_EVER
	bool rw;
	bool hands_over; // to the root's own init; spec_check fills it in
	// how to talk
	const char *trace; // file for the time each phase took, or "console"
	bool explain, dry_run, verbose;
	bool files_elsewhere; // checked alone: what other files it names are not here
	bool json, only_missing; // of initbox check
	const char *config;
	// lists
	uint32_t dns[MAX_DNS];
	const char *dns_search[MAX_SEARCH], *dns_option[MAX_DNS_OPTIONS];
	struct host add_host[MAX_HOSTS];
	const char *rootfs[MAX_LAYERS]; // lower layers, top first
	const char *words[MAX_WORDS + 1];
	const char *env[MAX_ENV + 1];
	struct limit limit[MAX_LIMITS];
	struct io_limit io[MAX_IO];
	struct hugetlb hugetlb[MAX_HUGETLB];
	const char *group_add[MAX_GROUPS];
	const char *sysctl[MAX_SYSCTLS]; // K=V
	struct landlock_rule landlock[MAX_LANDLOCK];
	struct port publish[MAX_PORTS];
	struct volume volume[MAX_VOLUMES];
	struct device device[MAX_DEVICES];
	struct volume share[MAX_SHARES];   // source is a virtiofs tag
	const char *machine_sysctl[MAX_SYSCTLS]; // K=V
	struct machine_mount machine_mount[MAX_MACHINE_MOUNTS];
	struct swap_area swap[MAX_SWAPS];
};

// The one spec of this process, with its defaults and nothing else yet. To be called once.
struct spec *spec_new(void);

// Checks what no single key can know: what must be there, what goes together, and fills what follows from other fields.
// Returns 0, or -1 with err_last set.
int spec_check(struct spec *s) must_check;

// spec_check's part about a machine's root. Returns 0, or -1 with err_last set.
int spec_check_root(struct spec *s) must_check;

// Whether the machine's root is a share of its host, and not on a device.
bool spec_root_is_share(const struct spec *s);

// The same for an init of somebody else's container.
int spec_check_entry(struct spec *s) must_check;

// Makes the spec and its strings read-only. Returns 0, or -1 with err_last set.
int spec_freeze(void) must_check;
