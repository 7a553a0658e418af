// SPDX-License-Identifier: MIT
// What a machine's PID 1 serves beside its box: descriptors, and times. Whoever has one adds it once, from the main process
// of the machine; it is served wherever PID 1 waits for signals (role/reap.c), in the same single wait. Nothing is polled:
// without an event and without a time nothing wakes PID 1.
//
//	static struct watch button = {.fd = -1, .what = "power button", .ready = take_event};
//	static struct watch dog = {.fd = -1, .what = "watchdog", .due = feed};	// a time alone
//
//	button.fd = open("/dev/input/event0", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
//	if (watch_add(&button)) return -1;
//	dog.at = sys_now_ms() + 5000;						// feed() sets the next one
//	if (watch_add(&dog)) return -1;
//
// A callback must not block and must not wait. It may add and remove watches, its own too. To end the machine it does what
// anybody else does: kill(getpid(), SIGUSR2) powers off, SIGTERM reboots; that is handled when the callback has returned.
// Source: fcntl(2) O_ASYNC and F_SETOWN; kernel fs/fcntl.c, fasync_helper.
#pragma once
#include "base/err.h"

struct watch {
	int fd;				// non-blocking; -1: none. Sockets, input events, ttys, virtio ports, inotify
	const char *what;		// for errors
	void (*ready)(struct watch *w); // fd can be read (or has an error): takes all there is, up to EAGAIN
	void (*due)(struct watch *w);	// the time has come; at is 0 again and may be set anew
	uint64_t at;			// as sys_now_ms(); 0: no time. To be set by the owner whenever it likes
	struct watch *next;		// watch.c's own
};

// Serves w from now on; what can be read already counts, too. w has to stay where it is. One that is served already is fine.
// Returns 0, or -1 with err_last set: EOPNOTSUPP for a descriptor that can't tell by a signal (files, timerfd, signalfd).
int watch_add(struct watch *w) must_check;

// Serves it no more, and forgets its time. Its descriptor stays open. One that was not added is fine.
void watch_remove(struct watch *w);

// The earliest time that watch_serve has to be called at; 0: none.
uint64_t watch_deadline(void);

// Calls back whoever's time has come, and whose descriptor can be read when readable says so (SIGIO came) or was just added.
void watch_serve(bool readable);
