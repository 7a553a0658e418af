// SPDX-License-Identifier: MIT
// The kernel's events about devices. Source: lib/kobject_uevent.c of the kernel, netlink(7), drivers/base/core.c and
// block/genhd.c for the keys.
//
// Subscribe first, then look at what is there, then wait: a device that comes in between is in one of both.
#pragma once
#include "base/err.h"

struct uevent {
	const char *action;    // "add", "remove", "change", "bind", …
	const char *devpath;   // below /sys: "/devices/pci0000:00/…"
	const char *subsystem; // "block", "pci", …; here and below NULL: the event does not say
	const char *devname;   // below /dev: "vda1"
	const char *devtype;   // "disk", "partition"
	const char *modalias;  // what driver would do
	uint64_t seqnum;       // the kernel counts its events
	uint32_t major, minor; // of the device node; both 0 without one
	uint32_t partn;	       // number of a partition, 0: is none
};

enum uevent_got {
	UEVENT_FAILED = -1, // err_last is set
	UEVENT_NONE,	    // nothing until the deadline; or it is over, and there may be more
	UEVENT_ONE,	    // *e is filled in
	UEVENT_LOST,	    // some did not fit into the socket: what is in /sys now has to be looked at again
};

// Opens a socket that hears the kernel's events (multicast group 1, not udevd's), with room for some hundred; close-on-exec.
// It is readable (poll(2)) when there is one. Room beyond the sysctl net.core.rmem_max takes CAP_NET_ADMIN.
// Returns the descriptor, or -1 with err_last set.
int uevent_open(void) must_check;

// Takes the next event; waits for it until the absolute time until (CLOCK_BOOTTIME, ns; see sys_boottime_ns), 0: not at
// all. A blocked signal that orders the machine's end (SIGNALS_OF_ORDERS) ends the wait as a failure, and stays pending.
// What others than the kernel send is dropped. *e points into memory that the next call overwrites.
enum uevent_got uevent_next(int fd, struct uevent *e, uint64_t until) must_check;

// Takes a message apart: n bytes, "add@/devices/…" and "KEY=VALUE" each ended by a NUL; unknown keys are left out.
// *e points into text. Returns 0, or -1 when it is not such a message, or action or devpath are missing.
int uevent_parse(struct uevent *e, const char *text, size_t n) must_check;
