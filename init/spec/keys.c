// SPDX-License-Identifier: MIT
#include <string.h>

#include "spec/keys.h"

static const char *const log_levels[] = {"error", "note", "detail", NULL};
static const char *const stdins[] = {"inherit", "null", NULL};
static const char *const on_exits[] = {"drain", "none", "term", "wait", NULL};
static const char *const on_ends[] = {"poweroff", "reboot", "halt", "stay", NULL};
static const char *const button_orders[] = {"poweroff", "reboot", "halt", "ignore", NULL};
static const char *const on_errors[] = {"poweroff", "reboot", "halt", "shell", NULL};
static const char *const orphan_fates[] = {"keep", "term", "kill", NULL};

#define FIELD(f)   .offset = offsetof(struct spec, f)
#define LIST(f, n) .offset = offsetof(struct spec, f), .count = offsetof(struct spec, f##_count), .max = (n)

// clang-format off
static const struct key keys[] = {
	{"name", 0, SCOPE_BOX, KEY_NAME, FIELD(name), .arg = "NAME", .help = "name of the box (box-PID)"},
	{"hostname", 0, SCOPE_BOX, KEY_HOSTNAME, FIELD(hostname), .arg = "NAME", .help = "hostname in the box (its name)"},
	{"rootfs", 0, SCOPE_BOX, KEY_STRING, LIST(rootfs, MAX_LAYERS), .arg = "DIR|IMAGE",
	 .help = "root of the box, never written to; repeat for layers, top first"},
	{"upper", 0, SCOPE_BOX, KEY_STRING, FIELD(upper), .arg = "DIR",
	 .help = "directory that keeps what the box writes into its root"},
	{"read-only", 0, SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(read_only), .arg = "yes|no",
	 .help = "nothing can be written into the root"},
	{"tmpfs-size", 0, SCOPE_BOX, KEY_SIZE, FIELD(tmpfs_size), .arg = "SIZE",
	 .help = "room for what the box writes into its root (256M)"},
	{"volume", 'v', SCOPE_BOX, KEY_VOLUME, LIST(volume, MAX_VOLUMES), .arg = "SRC:DST[:ro,...]",
	 .help = "show a directory or file of the host in the box"},
	{"mount", 0, SCOPE_BOX, KEY_MOUNT, LIST(volume, MAX_VOLUMES), .arg = "type=T,src=S,dst=D",
	 .help = "bind, tmpfs or overlay, with docker's words"},
	{"tmpfs", 0, SCOPE_BOX, KEY_TMPFS, LIST(volume, MAX_VOLUMES), .arg = "DIR[:size=S,...]",
	 .help = "an empty file system in memory (noexec,nosuid,nodev,mode=1777)"},
	{"device", 0, SCOPE_BOX, KEY_DEVICE, LIST(device, MAX_DEVICES), .arg = "SRC[:DST][:rwm]",
	 .help = "show a device of the host in the box"},
	{"env", 'e', SCOPE_BOX | SCOPE_ENTRY, KEY_ENV, LIST(env, MAX_ENV), .arg = "K=V",
	 .help = "set a variable; K alone takes the caller's value"},
	{"env-file", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_ENV_FILE, LIST(env, MAX_ENV), .arg = "FILE",
	 .help = "set the variables that its lines K=V name; later ones win"},
	{"workdir", 'w', SCOPE_BOX | SCOPE_ENTRY, KEY_PATH, FIELD(workdir), .entry = 'C', .arg = "DIR",
	 .help = "directory to start in"},
	{"user", 'u', SCOPE_BOX | SCOPE_ENTRY, KEY_STRING, FIELD(user), .entry = 'u', .arg = "USER[:GROUP]",
	 .help = "names of /etc/passwd and /etc/group inside, or numbers"},
	{"group-add", 0, SCOPE_BOX, KEY_STRING, LIST(group_add, MAX_GROUPS), .arg = "GROUP", .help = "a group more, by name or number"},
	{"umask", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_UMASK, FIELD(umask), .arg = "MASK", .help = "permissions that new files never have"},
	{"ulimit", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_LIMIT, LIST(limit, MAX_LIMITS), .arg = "NAME=SOFT[:HARD]",
	 .help = "resource limit: nofile nproc core stack …"},
	{"oom-score-adj", 0, SCOPE_BOX, KEY_OOM_SCORE, FIELD(oom_score_adj), .arg = "N",
	 .help = "whom the kernel kills first when memory is short: -1000 to 1000"},
	{"nice", 0, SCOPE_BOX, KEY_NICE, FIELD(nice), .arg = "N", .help = "priority of the program: -20 (first) to 19"},
	{"cap-add", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_CAP, FIELD(cap_add), .arg = "CAP", .help = "keep a capability; ALL. In a box also for another user than root"},
	{"cap-drop", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_CAP, FIELD(cap_drop), .arg = "CAP", .help = "take a capability away; ALL"},
	{"no-new-privs", 0, SCOPE_BOX | SCOPE_ENTRY | SCOPE_FLAG, KEY_BOOL, FIELD(no_new_privs), .arg = "yes|no",
	 .help = "what is executed never gains privileges by setuid files (of a box: yes)"},
	{"privileged", 0, SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(privileged), .arg = "yes|no",
	 .help = "all capabilities, all devices, no filter, nothing hidden or read-only"},
	{"security-opt", 0, SCOPE_BOX, KEY_SECURITY_OPT, .offset = 0, .arg = "WORD",
	 .help = "no-new-privileges[=false], seccomp=FILE, systempaths=unconfined"},
	{"sysctl", 0, SCOPE_BOX, KEY_SYSCTL, LIST(sysctl, MAX_SYSCTLS), .arg = "K=V",
	 .help = "kernel parameter of the box's own: net.* kernel.shm* fs.mqueue.* …"},
	{"landlock", 0, SCOPE_BOX, KEY_LANDLOCK, LIST(landlock, MAX_LANDLOCK), .arg = "RULE",
	 .help = "ro:PATH rw:PATH connect:PORT bind:PORT: of its kind the program may use no other"},
	{"memory", 'm', SCOPE_BOX, KEY_SIZE, FIELD(memory), .arg = "SIZE", .help = "limit of memory, swap excluded"},
	{"cpus", 0, SCOPE_BOX, KEY_CPUS, FIELD(cpus), .arg = "N", .help = "limit of CPU time, in CPUs (0.5, 1.5)"},
	{"memory-swap", 0, SCOPE_BOX, KEY_SWAP, FIELD(memory_swap), .arg = "SIZE",
	 .help = "limit of memory and swap together (no swap); -1: any swap"},
	{"memory-reservation", 0, SCOPE_BOX, KEY_SIZE, FIELD(memory_reservation), .arg = "SIZE",
	 .help = "memory that is not taken away while others have more"},
	{"oom-group", 0, SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(oom_group), .arg = "yes|no",
	 .help = "want of memory kills the whole box, not one process"},
	{"cpu-shares", 0, SCOPE_BOX, KEY_SHARES, FIELD(cpu_weight), .arg = "N",
	 .help = "share of CPU time beside others (1024)"},
	{"cpuset-cpus", 0, SCOPE_BOX, KEY_CPUSET, FIELD(cpuset_cpus), .arg = "LIST", .help = "CPUs to run on (0-3,6)"},
	{"cpuset-mems", 0, SCOPE_BOX, KEY_CPUSET, FIELD(cpuset_mems), .arg = "LIST", .help = "nodes to take memory from (0,1)"},
	{"device-read-bps", 0, SCOPE_BOX, KEY_READ_BPS, LIST(io, MAX_IO), .arg = "DISK:SIZE",
	 .help = "limit of bytes read in a second (/dev/vda:10M)"},
	{"device-write-bps", 0, SCOPE_BOX, KEY_WRITE_BPS, LIST(io, MAX_IO), .arg = "DISK:SIZE", .help = "of bytes written"},
	{"device-read-iops", 0, SCOPE_BOX, KEY_READ_IOPS, LIST(io, MAX_IO), .arg = "DISK:N", .help = "of reads"},
	{"device-write-iops", 0, SCOPE_BOX, KEY_WRITE_IOPS, LIST(io, MAX_IO), .arg = "DISK:N", .help = "of writes"},
	{"blkio-weight", 0, SCOPE_BOX, KEY_WEIGHT, FIELD(blkio_weight), .arg = "N",
	 .help = "share of disks beside others, 10 to 1000 (100)"},
	{"blkio-weight-device", 0, SCOPE_BOX, KEY_DEVICE_WEIGHT, LIST(io, MAX_IO), .arg = "DISK:N", .help = "of one disk"},
	{"hugetlb", 0, SCOPE_BOX, KEY_HUGETLB, LIST(hugetlb, MAX_HUGETLB), .arg = "PAGE=SIZE",
	 .help = "limit of huge pages of that size (2M=64M)"},
	{"pids-limit", 0, SCOPE_BOX, KEY_COUNT, FIELD(pids_limit), .arg = "N", .help = "limit of processes and threads"},
	{"userns", 0, SCOPE_BOX, KEY_USERNS, FIELD(userns), .arg = "host|auto|FIRST:COUNT",
	 .help = "user namespace of these ids; auto: the own one and /etc/subuid's; self; keep-id (not root: auto)"},
	{"pid", 0, SCOPE_BOX, KEY_JOIN, FIELD(join[JOIN_PID]), .arg = "private|host|PATH", .help = "whose processes it sees: its own, or those of a namespace"},
	{"ipc", 0, SCOPE_BOX, KEY_JOIN, FIELD(join[JOIN_IPC]), .arg = "private|host|PATH", .help = "the same for shared memory and queues"},
	{"uts", 0, SCOPE_BOX, KEY_JOIN, FIELD(join[JOIN_UTS]), .arg = "private|host|PATH", .help = "the same for the hostname"},
	{"time-offset", 0, SCOPE_BOX, KEY_TIME_OFFSET, FIELD(time_offset), .arg = "CLOCK=SECONDS",
	 .help = "how far clocks are ahead of the host's: monotonic=N,boottime=N"},
	{"network", 0, SCOPE_BOX, KEY_NETWORK, FIELD(network), .arg = "none|bridge|...",
	 .help = "none: lo alone (default); bridge: eth0 behind NAT; slirp: by slirp4netns or pasta; host; PATH"},
	{"publish", 'p', SCOPE_BOX, KEY_PORT, LIST(publish, MAX_PORTS), .arg = "[IP:][HOST:]BOX[/udp]",
	 .help = "forward a port of the host, or a range FROM-TO; without HOST a free one, which is said"},
	{"ip", 0, SCOPE_BOX, KEY_ADDRESS, FIELD(ip), .arg = "ADDRESS", .help = "address of the box (a free one)"},
	{"mac-address", 0, SCOPE_BOX, KEY_MAC, FIELD(mac), .arg = "MAC", .help = "hardware address of eth0 (02:1b and the address)"},
	{"mtu", 0, SCOPE_BOX, KEY_MTU, FIELD(mtu), .arg = "N", .help = "largest packet of the box's link, in bytes (1500)"},
	{"subnet", 0, SCOPE_BOX, KEY_NET4, FIELD(subnet), .arg = "NET/N", .help = "addresses of the bridge (172.20.0.0/16)"},
	{"bridge", 0, SCOPE_BOX, KEY_LINK, FIELD(bridge), .arg = "LINK", .help = "name of the bridge (initbox0)"},
	{"dns", 0, SCOPE_BOX, KEY_IP4, LIST(dns, MAX_DNS), .arg = "ADDRESS", .help = "name server for the box's resolv.conf (the host's)"},
	{"dns-search", 0, SCOPE_BOX, KEY_DOMAIN, LIST(dns_search, MAX_SEARCH), .arg = "DOMAIN",
	 .help = "where names without a dot are looked up; . is nowhere (as the host)"},
	{"dns-option", 0, SCOPE_BOX, KEY_DNS_OPTION, LIST(dns_option, MAX_DNS_OPTIONS), .arg = "WORD",
	 .help = "option for the box's resolv.conf (the host's)"},
	{"add-host", 0, SCOPE_BOX, KEY_HOST, LIST(add_host, MAX_HOSTS), .arg = "NAME:ADDRESS",
	 .help = "a line for the box's hosts file; host-gateway: the host, as the box reaches it"},
	{"stdin", 0, SCOPE_BOX, KEY_CHOICE, FIELD(stdin_from), .choices = stdins, .arg = "inherit|null",
	 .help = "where the program reads from (inherit)"},
	{"interactive", 'i', SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(interactive), .arg = "yes|no",
	 .help = "the program reads what initbox can read: so in any case; -it wants a terminal"},
	{"tty", 't', SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(tty), .arg = "yes|no",
	 .help = "a terminal of the box's own for the program"},
	{"seccomp", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_SECCOMP, .offset = 0, .arg = "default|none|FILE",
	 .help = "filter of system calls; a profile in JSON, or FILE.bpf"},
	{"group", 0, SCOPE_BOX | SCOPE_ENTRY | SCOPE_FLAG, KEY_BOOL, FIELD(group), .entry = 'g', .arg = "yes|no",
	 .help = "signals go to the program's process group"},
	{"rewrite", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_RULE, FIELD(signal), .entry = 'r', .arg = "A=B[@TIME][:TARGET]",
	 .help = "send signal B for A (0: none), when, and to whom: child group all"},
	{"stop-signal", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_SIGNAL, FIELD(stop_signal), .arg = "SIG",
	 .help = "for a box: sent instead of TERM; else: an order to stop, as TERM INT QUIT"},
	{"stop-ok", 0, SCOPE_BOX | SCOPE_ENTRY | SCOPE_FLAG, KEY_BOOL, FIELD(stop_ok), .arg = "yes|no",
	 .help = "an end after an order to stop is exit code 0"},
	{"stop-timeout", 0, SCOPE_BOX, KEY_STOP_TIMEOUT, FIELD(kill_after), .arg = "TIME",
	 .help = "KILL that long after TERM (10s); -1: never"},
	{"kill-after", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_TIME, FIELD(kill_after), .arg = "TIME",
	 .help = "KILL that long after an order to stop, or at a second one"},
	{"on-exit", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_CHOICE, FIELD(on_exit), .choices = on_exits, .arg = "drain|none|term|wait",
	 .help = "what the program leaves running: drain sends TERM and waits for its end"},
	{"grace", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_TIME, FIELD(grace), .arg = "TIME", .help = "how long a drain waits before KILL (10s)"},
	{"orphans", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_CHOICE, FIELD(orphans), .choices = orphan_fates, .arg = "keep|term|kill",
	 .help = "what becomes of orphans while the program runs"},
	{"exit-map", 0, SCOPE_BOX | SCOPE_ENTRY, KEY_EXIT_MAP, FIELD(exit_map), .entry = 'e', .arg = "CODE[=TO]",
	 .help = "exit code to return for another (0); SIGTERM stands for 143"},
	{"parent-death", 0, SCOPE_ENTRY, KEY_SIGNAL, FIELD(parent_death), .entry = 'p', .arg = "SIG",
	 .help = "forward SIG when the parent of initbox ends"},
	{"setsid", 0, SCOPE_ENTRY | SCOPE_FLAG, KEY_BOOL, FIELD(setsid), .arg = "yes|no",
	 .help = "give the program a session of its own, and the terminal"},
	{"subreaper", 0, SCOPE_ENTRY | SCOPE_FLAG, KEY_BOOL, FIELD(subreaper), .entry = 's', .arg = "yes|no",
	 .help = "adopt orphans: done in any case"},
	{"warn-reaped", 0, SCOPE_ENTRY | SCOPE_FLAG, KEY_BOOL, FIELD(warn_reaped), .entry = 'w', .arg = "yes|no",
	 .help = "a line for each orphan that was reaped"},
	{"pause", 0, SCOPE_ENTRY | SCOPE_FLAG, KEY_BOOL, FIELD(pause), .entry = 'P', .arg = "yes|no",
	 .help = "start nothing; reap, and end at INT or TERM"},
	{"trace", 0, SCOPE_BOX, KEY_STRING, FIELD(trace), .arg = "FILE",
	 .help = "write the time each phase took (Chrome trace JSON; console: a line each)"},
	{"explain", 0, SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(explain), .arg = "yes|no",
	 .help = "print each step and the shell command that it stands for"},
	{"dry-run", 0, SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(dry_run), .arg = "yes|no",
	 .help = "print the steps and do nothing"},
	{"verbose", 0, SCOPE_BOX | SCOPE_ENTRY | SCOPE_FLAG, KEY_BOOL, FIELD(verbose), .entry = 'v', .arg = "yes|no",
	 .help = "say each step"},
	{"quiet", 'q', SCOPE_BOX | SCOPE_ENTRY | SCOPE_FLAG, KEY_BOOL, FIELD(quiet), .entry = 'q', .arg = "yes|no",
	 .help = "no line about an end with another code than 0"},
	{"missing", 'q', SCOPE_CHECK | SCOPE_FLAG, KEY_BOOL, FIELD(only_missing), .arg = "yes|no",
	 .help = "only what is missing"},
	{"json", 0, SCOPE_CHECK | SCOPE_FLAG, KEY_BOOL, FIELD(json), .arg = "yes|no", .help = "one JSON object"},
	{"config", 0, SCOPE_CHECK, KEY_STRING, FIELD(config), .arg = "FILE",
	 .help = "look for mistakes in the configuration of a machine, and at nothing else"},
	{"command", 0, SCOPE_MACHINE, KEY_WORDS, .offset = offsetof(struct spec, words), .count = offsetof(struct spec, command_count), .max = MAX_WORDS, .arg = "WORDS", .help = "the program and its arguments"},
	{"root", 0, SCOPE_MACHINE, KEY_ROOT, FIELD(root), .arg = "DEVICE[:/IMAGE]|TAG|tmpfs",
	 .help = "its root: /dev/NAME UUID= LABEL= PARTUUID= PARTLABEL= 254:1; also as the kernel's word"},
	{"rootfstype", 0, SCOPE_MACHINE, KEY_STRING, FIELD(rootfstype), .arg = "TYPE[,TYPE...]",
	 .help = "its file system: virtiofs, 9p (of a tag); else what the superblock says"},
	{"rootflags", 0, SCOPE_MACHINE, KEY_STRING, FIELD(rootflags), .arg = "OPTION[,OPTION...]", .help = "options of its mount"},
	{"rw", 0, SCOPE_MACHINE, KEY_BOOL, FIELD(rw), .arg = "yes|no", .help = "the root is mounted for writing (no)"},
	{"rootwait", 0, SCOPE_MACHINE, KEY_ROOTWAIT, FIELD(rootwait), .arg = "TIME|yes",
	 .help = "how long to wait for its device (10s); yes: for ever"},
	{"overlay", 0, SCOPE_MACHINE, KEY_OVERLAY, FIELD(overlay), .arg = "tmpfs[:SIZE]|DEV[:TYPE]",
	 .help = "takes what is written to a read-only root"},
	{"init", 0, SCOPE_MACHINE, KEY_PATH, FIELD(init), .arg = "FILE",
	 .help = "the root's own init becomes PID 1 (so without command: /sbin/init)"},
	{"machine-link", 0, SCOPE_MACHINE, KEY_LINK, FIELD(machine_link), .arg = "LINK",
	 .help = "the machine's own network interface"},
	{"machine-address", 0, SCOPE_MACHINE, KEY_NET4, FIELD(machine_address), .arg = "ADDRESS/N", .help = "its address"},
	{"machine-gateway", 0, SCOPE_MACHINE, KEY_ADDRESS, FIELD(machine_gateway), .arg = "ADDRESS",
	 .help = "its default route"},
	{"machine-hostname", 0, SCOPE_MACHINE, KEY_HOSTNAME, FIELD(machine_hostname), .arg = "NAME", .help = "its hostname"},
	{"machine-sysctl", 0, SCOPE_MACHINE, KEY_PARAMETER, LIST(machine_sysctl, MAX_SYSCTLS), .arg = "K=V",
	 .help = "kernel parameter of the machine, set when its network is there"},
	{"machine-mount", 0, SCOPE_MACHINE, KEY_MACHINE_MOUNT, LIST(machine_mount, MAX_MACHINE_MOUNTS),
	 .arg = "TYPE,SRC,DST[,...]", .help = "file system to mount, with options as mount -o has them"},
	{"swap", 0, SCOPE_MACHINE, KEY_SWAP_AREA, LIST(swap, MAX_SWAPS), .arg = "FILE[,pri=N][,discard]",
	 .help = "device or file to swap to (mkswap makes it)"},
	{"share", 0, SCOPE_MACHINE, KEY_VOLUME, LIST(share, MAX_SHARES), .arg = "TAG:DST[:ro]",
	 .help = "show a virtiofs share in the box"},
	{"on-end", 0, SCOPE_MACHINE, KEY_CHOICE, FIELD(on_end), .choices = on_ends, .arg = "poweroff|reboot|halt|stay",
	 .help = "what the machine does when its box has ended (poweroff)"},
	{"on-error", 0, SCOPE_MACHINE, KEY_CHOICE, FIELD(on_error), .choices = on_errors, .arg = "poweroff|...|shell",
	 .help = "when initbox failed: the same, or shell: /bin/sh of the image on the console"},
	{"status-port", 0, SCOPE_MACHINE, KEY_STRING, FIELD(status_port), .arg = "DEVICE|isa:0xPORT",
	 .help = "serial line that the exit status is written to, or qemu's isa-debug-exit"},
	{"console", 0, SCOPE_MACHINE, KEY_PATH, FIELD(console), .arg = "DEVICE",
	 .help = "terminal of initbox and of the box (/dev/console)"},
	{"seed", 0, SCOPE_MACHINE, KEY_PATH, FIELD(seed), .arg = "FILE",
	 .help = "seed for the kernel's random numbers, replaced at once and at the end"},
	{"seed-credit", 0, SCOPE_MACHINE, KEY_BOOL, FIELD(seed_credit), .arg = "yes|no",
	 .help = "it is known to nobody else: the kernel need not wait for more (no)"},
	{"power-button", 0, SCOPE_MACHINE, KEY_CHOICE, FIELD(power_button), .choices = button_orders,
	 .arg = "poweroff|...|ignore", .help = "what a press orders (poweroff); takes modules button and evdev"},
	{"watchdog", 0, SCOPE_MACHINE, KEY_WATCHDOG, FIELD(watchdog), .arg = "DEVICE[:SECONDS]",
	 .help = "resets the machine when PID 1 does not feed it for that long"},
	{"log-level", 0, SCOPE_MACHINE, KEY_CHOICE, FIELD(log_level), .choices = log_levels, .arg = "error|note|detail",
	 .help = "what is said on the console and in the kernel's log (note; quiet: error, debug: detail)"},
};
// clang-format on

const struct key *key_find(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (strlen(keys[i].name) == n && !memcmp(keys[i].name, name, n))
			return &keys[i];
	return NULL;
}

static char letter_of(const struct key *key, enum key_scope scope)
{
	return scope == SCOPE_ENTRY ? key->entry : key->letter;
}

const struct key *key_letter(char letter, enum key_scope scope)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (letter && (keys[i].scope & scope) && letter_of(&keys[i], scope) == letter)
			return &keys[i];
	return NULL;
}

void key_help(struct buf *b, enum key_scope scope)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct key *k = &keys[i];
		size_t start = b->len;

		if (!(k->scope & scope))
			continue;
		if (scope == SCOPE_MACHINE)
			buf_fmt(b, "  %s = %s", k->name, k->arg);
		else if (letter_of(k, scope))
			buf_fmt(b, "  -%c, --%s", letter_of(k, scope), k->name);
		else
			buf_fmt(b, "      --%s", k->name);
		if (scope != SCOPE_MACHINE && !(k->scope & SCOPE_FLAG))
			buf_fmt(b, " %s", k->arg);
		do
			buf_char(b, ' ');
		while (b->len - start < 38 && !b->cut);
		buf_fmt(b, "%s\n", k->help);
	}
}
