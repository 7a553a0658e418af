// SPDX-License-Identifier: MIT
#include <linux/capability.h>
#include <string.h>

#include "spec/caps.h"
#include "spec/value.h"

#define CAP(x) (1ull << (x))

// What Docker leaves, less CAP_MKNOD: Docker keeps that one behind a device cgroup; here a node made in the box's /dev
// would open a disk of the host.
static const uint64_t default_caps = CAP(CAP_CHOWN) | CAP(CAP_DAC_OVERRIDE) | CAP(CAP_FSETID) | CAP(CAP_FOWNER) |
				     CAP(CAP_NET_RAW) | CAP(CAP_SETGID) | CAP(CAP_SETUID) | CAP(CAP_SETFCAP) |
				     CAP(CAP_SETPCAP) | CAP(CAP_NET_BIND_SERVICE) | CAP(CAP_SYS_CHROOT) |
				     CAP(CAP_KILL) | CAP(CAP_AUDIT_WRITE);

// In the order of their numbers; capabilities(7).
static const char caps[][20] = {
	"CHOWN",	"DAC_OVERRIDE",	    "DAC_READ_SEARCH", "FOWNER",	     "FSETID",
	"KILL",		"SETGID",	    "SETUID",	       "SETPCAP",	     "LINUX_IMMUTABLE",
	"NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN",      "NET_RAW",	     "IPC_LOCK",
	"IPC_OWNER",	"SYS_MODULE",	    "SYS_RAWIO",       "SYS_CHROOT",	     "SYS_PTRACE",
	"SYS_PACCT",	"SYS_ADMIN",	    "SYS_BOOT",	       "SYS_NICE",	     "SYS_RESOURCE",
	"SYS_TIME",	"SYS_TTY_CONFIG",   "MKNOD",	       "LEASE",		     "AUDIT_WRITE",
	"AUDIT_CONTROL", "SETFCAP",	    "MAC_OVERRIDE",    "MAC_ADMIN",	     "SYSLOG",
	"WAKE_ALARM",	"BLOCK_SUSPEND",    "AUDIT_READ",      "PERFMON",	     "BPF",
	"CHECKPOINT_RESTORE",
};
_Static_assert(COUNT(caps) == CAP_CHECKPOINT_RESTORE + 1, "a name for each capability");

const char *value_cap(const char *s, uint64_t *set)
{
	char upper[24];
	const char *name = upper;
	size_t n = 0;

	for (; s[n] && n < sizeof(upper) - 1; n++)
		upper[n] = (char)(s[n] >= 'a' && s[n] <= 'z' ? s[n] - 0x20 : s[n]);
	upper[n] = '\0';
	if (!strcmp(upper, "ALL")) {
		*set |= CAPS_ALL;
		return NULL;
	}
	if (!strncmp(upper, "CAP_", 4))
		name += 4;
	for (unsigned i = 0; i < COUNT(caps); i++) {
		if (strcmp(name, caps[i]))
			continue;
		*set |= 1ull << i;
		return NULL;
	}
	return "not a capability (try NET_RAW, CAP_NET_RAW, ALL)";
}

const char *caps_name(uint64_t set)
{
	return set ? caps[__builtin_ctzll(set)] : "";
}

// As docker has it: ALL first, then the single ones; one that is both added and dropped is dropped.
uint64_t caps_kept(const struct spec *s)
{
	uint64_t keep = s->entry || s->privileged || s->cap_add & CAPS_ALL ? ~0ull : default_caps;

	if (s->cap_drop & CAPS_ALL)
		keep = 0;
	return (keep | (s->cap_add & ~CAPS_ALL)) & ~(s->cap_drop & ~CAPS_ALL);
}

uint64_t caps_added(const struct spec *s)
{
	return caps_kept(s) & (s->cap_add & CAPS_ALL ? ~0ull : s->cap_add);
}

void caps_words(struct buf *b, uint64_t set)
{
	bool most = set & CAPS_ALL; // all that the kernel knows, but for a few

	buf_str(b, most ? "+all" : "-all");
	for (unsigned i = 0; i < COUNT(caps); i++) {
		if (most == !!(set & CAP(i)))
			continue;
		buf_str(b, most ? ",-" : ",+");
		for (const char *c = caps[i]; *c; c++)
			buf_char(b, *c == '_' ? *c : (char)(*c | 0x20));
	}
}
