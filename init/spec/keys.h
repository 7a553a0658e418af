// SPDX-License-Identifier: MIT
// The table of settings. Each exists once, here; command line, configuration file, kernel command line and --help read it.
#pragma once
#include "spec/spec.h"

enum key_scope {
	SCOPE_BOX = 1,	   // of a box: everywhere
	SCOPE_MACHINE = 2, // of the machine: configuration and kernel command line
	SCOPE_FLAG = 4,	   // a yes/no that takes no value on the command line
	SCOPE_ENTRY = 8,   // of the init of somebody else's container: its command line and INITBOX_… variables
	SCOPE_CHECK = 16,  // of initbox check
};

enum key_type {
	KEY_STRING, // any text
	KEY_NAME,
	KEY_HOSTNAME,
	KEY_LINK,
	KEY_PATH,
	KEY_SIZE,
	KEY_COUNT,
	KEY_CPUS,
	KEY_BOOL,
	KEY_CHOICE,
	KEY_IP4,
	KEY_ADDRESS, // an IPv4 address without a prefix, in a struct net4
	KEY_NET4,
	KEY_PORT, // one, or a range
	KEY_MAC,
	KEY_MTU,
	KEY_DOMAIN,
	KEY_DNS_OPTION,
	KEY_HOST,
	KEY_VOLUME,
	KEY_MOUNT,
	KEY_TMPFS,
	KEY_DEVICE,
	KEY_ENV,
	KEY_ENV_FILE, // a file with many of them
	KEY_WORDS, // replaces the whole list by the words of the value
	KEY_TIME,
	KEY_SIGNAL,
	KEY_RULE,
	KEY_EXIT_MAP,
	KEY_UMASK,
	KEY_LIMIT,
	KEY_CAP,
	KEY_SWAP,
	KEY_SHARES,
	KEY_WEIGHT,
	KEY_CPUSET,
	KEY_HUGETLB,
	KEY_READ_BPS, // these five fill one list; enum io_what
	KEY_WRITE_BPS,
	KEY_READ_IOPS,
	KEY_WRITE_IOPS,
	KEY_DEVICE_WEIGHT,
	KEY_SECCOMP,
	KEY_SECURITY_OPT,
	KEY_SYSCTL,
	KEY_LANDLOCK,
	KEY_OOM_SCORE,
	KEY_NICE,
	KEY_STOP_TIMEOUT,
	KEY_JOIN,
	KEY_NETWORK, // a choice, or a path
	KEY_USERNS,
	KEY_TIME_OFFSET,
	KEY_PARAMETER, // K=V of any sysctl
	KEY_MACHINE_MOUNT,
	KEY_SWAP_AREA,
	KEY_WATCHDOG,
	KEY_ROOT,
	KEY_OVERLAY,
	KEY_ROOTWAIT,
};


struct key {
	const char *name;
	char letter; // short option, 0 for none
	uint8_t scope;
	uint8_t type;		    // enum key_type
	uint16_t max;		    // list: how many entries it holds, else 0
	uint16_t offset, count;	    // of the field and of a list's counter in struct spec
	char entry;		    // short option of an entry: other letters, because tini's are known there
	const char *const *choices; // NULL-terminated, for a choice
	const char *arg, *help;
};

// The row called name (n characters), or NULL.
const struct key *key_find(const char *name, size_t n);

// The row with this short option on the command line of scope (SCOPE_BOX or SCOPE_ENTRY), or NULL.
const struct key *key_letter(char letter, enum key_scope scope);

// Stores value (NUL-terminated; kept, not copied) in its field. where is put in front of an error:
// `initbox.conf:12: memory: "12Q": not a size (try 64M, 1G, max)`. Returns 0, or -1 with err_last set.
int key_set(const struct key *key, struct spec *s, const char *value, const char *where) must_check;

// The same for a value that may hold several words where the key can be given several times (an environment variable).
int key_set_words(const struct key *key, struct spec *s, const char *value, const char *where) must_check;

// Appends one line for each row of scope, for --help.
void key_help(struct buf *b, enum key_scope scope);
