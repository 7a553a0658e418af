// SPDX-License-Identifier: MIT
// Words become values. Each function takes one NUL-terminated word and returns NULL, or the reason why it is not one,
// fit for the end of an error line; *out is then unchanged.
#pragma once
#include "spec/spec.h"

const char *value_size(const char *s, uint64_t *bytes);	      // 4096 64K 256M 1G 2T max
const char *value_count(const char *s, uint64_t *n);	      // 1 … 4194304, max
const char *value_cpus(const char *s, uint32_t *thousandths); // 0.01 … 1024, at most three decimals
const char *value_bool(const char *s, bool *b);		      // yes no true false on off 1 0
const char *value_name(const char *s);			      // letters, digits, _ . -; at most 63
const char *value_hostname(const char *s);		      // letters, digits, . -; at most 63
const char *value_link(const char *s);			      // a network interface: 1 to 15 characters
const char *value_path(const char *s);			      // absolute

// Whether s[0..n) is word.
bool value_is(const char *s, size_t n, const char *word);

// About processes (value_process.c).
const char *value_time(const char *s, uint32_t *ms);		  // 10s 500ms 2m 1h; a number alone is seconds
const char *value_signal(const char *s, uint8_t *sig);		  // as signal_number
const char *value_umask(const char *s, uint16_t *plus_one);	  // octal, at most 777
const char *value_limit(const char *s, struct limit *l);	  // NAME=SOFT[:HARD]; a number, unlimited or -1
const char *value_cap(const char *s, uint64_t *set);		  // NET_RAW CAP_NET_RAW ALL; its bit is added
const char *value_exit_map(const char *s, uint8_t map[256]);	  // CODE[=TO]; 143 0x8f SIGTERM
const char *value_rule(const char *s, struct signal_rule *rules); // A=B A:B A=0, then @TIME, :child :group :all

// About the network (value_network.c).
const char *value_ip4(const char *s, uint32_t *addr);	    // 192.0.2.1, in network byte order
const char *value_address(const char *s, struct net4 *address); // the same, with prefix 32
const char *value_net4(const char *s, struct net4 *net);    // 192.0.2.0/24; prefix 0 … 32
const char *value_mac(const char *s, uint8_t mac[6]);	    // 02:42:ac:11:00:02, of one host
const char *value_mtu(const char *s, uint16_t *mtu);	    // 68 … 65535
const char *value_domain(const char *s);		    // letters, digits, _ - .; "." alone
const char *value_dns_option(const char *s);		    // one word
const char *value_host(const char *s, struct host *host);   // NAME:ADDRESS, NAME:host-gateway; stored in the arena
// [[IP:][HOST]:]BOX[/tcp|/udp]; HOST and BOX may be ranges FIRST-LAST of the same length: each becomes a port
// in list, which has *count and room for max; host 0: a free one.
const char *value_ports(const char *s, struct port *list, unsigned max, unsigned *count);
const char *value_network(const char *s, struct spec *spec); // none bridge slirp host [netns:]/PATH

// What is mounted (value_mount.c). The parts are stored in the arena.
const char *value_volume(const char *s, struct volume *v); // SRC:DST[:OPTION,…]; \: is a colon in a part
const char *value_tmpfs(const char *s, struct volume *v);  // DIR[:OPTION,…]
const char *value_mount(const char *s, struct volume *v);  // type=…,source=…,target=…,…; "…" around one with commas
const char *value_device(const char *s, struct device *d); // SRC[:DST][:rwm]
// About what a box may use (value_limits.c).
const char *value_swap(const char *s, uint64_t *bytes);	      // as value_size; -1: no limit
const char *value_shares(const char *s, uint16_t *weight);    // 2 … 262144 of cgroup v1; the weight of v2
const char *value_weight(const char *s, uint16_t *weight);    // 10 … 1000
const char *value_hugetlb(const char *s, struct hugetlb *h);  // PAGE=LIMIT: 2M=64M
const char *value_cpuset(const char *s, uint64_t set[MAX_CPUS / 64]); // 0-3,6
// /dev/vda:RATE. The device is stored in the arena.
const char *value_io(const char *s, enum io_what what, struct io_limit *l);
const char *value_stop_timeout(const char *s, uint32_t *ms);	  // value_time; 0: at once; -1: 0, which is never

// About privileges (value_privileges.c).
const char *value_nice(const char *s, uint16_t *plus_21);	  // -20 to 19
const char *value_oom_score(const char *s, uint16_t *plus_1001); // -1000 to 1000
const char *value_parameter(const char *s);			  // K=V of any kernel parameter
const char *value_sysctl(const char *s);			  // K=V of what belongs to namespaces
const char *value_landlock(const char *s, struct landlock_rule *rule);
const char *value_seccomp(const char *s, struct spec *spec);	  // default, none or unconfined, FILE
const char *value_security_opt(const char *s, struct spec *spec); // as docker has them

// About namespaces (value_namespace.c).
const char *value_join(const char *s, const char **path);		  // private host /PATH
const char *value_userns(const char *s, struct userns_spec *u);		  // host auto self keep-id FIRST:COUNT
const char *value_time_offset(const char *s, struct time_offset *offset); // monotonic=SECONDS,boottime=SECONDS

// About the machine itself (value_machine.c).
const char *value_machine_mount(const char *s, struct machine_mount *m); // FSTYPE,SOURCE,TARGET[,OPTION…]
const char *value_swap_area(const char *s, struct swap_area *a);	 // PATH[,pri=0…32767][,discard]
const char *value_watchdog(const char *s, struct watchdog_spec *w);	 // PATH[:1…86400]

// Options as mount -o has them: those of mount(2) are added to *flags or taken away, the others are *data (in the arena;
// NULL: there are none). Returns NULL, or the reason.
const char *value_mount_options(const char *s, uint32_t *flags, const char **data);
// About a machine's root (value_root.c). The parts are stored in the arena.
const char *value_root(const char *s, struct device_word *w);	    // a device[:/IMAGE], /IMAGE, tmpfs, or a tag
const char *value_overlay(const char *s, struct overlay_word *w); // tmpfs[:SIZE], DEVICE[:TYPE]
const char *value_rootwait(const char *s, uint32_t *ms);	    // as value_time; yes: WAIT_FOR_EVER

// Splits text into words as a shell would, with '…' and "…" (\n \t \" \\ inside) and \ outside of quotes. Calls
// word(arg, text, length) for each. Returns NULL, or the reason, which may be word's own.
const char *value_words(const char *s, const char *(*word)(void *arg, const char *w, size_t n), void *arg);
