// SPDX-License-Identifier: MIT
// Loads the kernel modules of the image: most in the order that mkinitramfs computed, some when a device or the kernel
// asks for them.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/watch.h"
#include "phase/coldplug.h"
#include "phase/modload.h"
#include "phase/modules.h"
#include "phase/phase.h"
#include "phase/static_nodes.h"

static void take_events(struct watch *w);
static struct watch events = {.fd = -1, .what = "uevents", .ready = take_events};

static const char modprobe[] = "/proc/sys/kernel/modprobe";
static char kernels_own[256]; // what was in it before

// initbox is its own modprobe (role/modprobe.c). /proc/1/exe is this very file, in whatever root it is looked for: the
// kernel's helpers share PID 1's root. Source: kernel/module/kmod.c.
static int answer_the_kernel(void)
{
	long n = file_read(AT_FDCWD, modprobe, kernels_own, sizeof(kernels_own) - 1);

	if (n < 0)
		return -1;
	kernels_own[strcspn(kernels_own, "\n")] = '\0';
	explain("write", "echo /proc/1/exe > %s", modprobe);
	return file_write(AT_FDCWD, modprobe, "/proc/1/exe");
}

int modules_release(void)
{
	if (events.fd >= 0) {
		watch_remove(&events);
		close(events.fd);
		events.fd = -1;
	}
	return !kernels_own[0] ? 0 : file_write(AT_FDCWD, modprobe, kernels_own);
}

static bool brings_a_device(const struct uevent *e)
{
	return e->modalias && !strcmp(e->action, "add");
}

// NULL: for all devices that are there.
static void load_for(const char *alias)
{
	if (alias)
		modload_alias(alias);
	else
		coldplug();
}

void modules_event(const struct uevent *e)
{
	if (brings_a_device(e))
		load_for(e->modalias);
}

// The same in a process of its own: a driver takes its time, and PID 1 has to answer. Nobody waits for that process; it is
// reaped as others are.
static void load_aside(const char *alias)
{
	pid_t pid;

	if (alias && !modload_wants(alias))
		return;
	pid = (pid_t)sys_clone(SIGCHLD);
	if (pid == 0) {
		load_for(alias);
		_exit(0);
	}
	if (pid < 0) {
		fail("clone", "%s", alias ? alias : "coldplug");
		log_err(&err_last);
	}
}

// Takes what the socket has, and loads at once or aside.
static void serve(void (*load)(const char *alias))
{
	struct uevent e;

	for (;;) {
		switch (uevent_next(events.fd, &e, 0)) {
		case UEVENT_ONE:
			if (brings_a_device(&e))
				load(e.modalias);
			break;
		case UEVENT_LOST:
			load(NULL);
			break;
		case UEVENT_FAILED:
			log_err(&err_last);
			return;
		case UEVENT_NONE:
			return;
		}
	}
}

void modules_catch_up(void)
{
	if (events.fd >= 0)
		serve(load_for);
}

static void take_events(struct watch *w)
{
	(void)w;
	serve(load_aside);
}

static int modules_up(struct box *box)
{
	int found = modload_open();

	(void)box;
	if (found <= 0)
		return found; // a kernel with all of it built in has no list
	if (modload_on_demand() && (answer_the_kernel() || static_nodes()))
		return -1;
	if (!modload_for_devices())
		return modload_all();
	// Devices that a module brings along are heard of.
	events.fd = uevent_open();
	if (events.fd < 0 || modload_all())
		return -1;
	coldplug();
	modules_catch_up();
	return watch_add(&events);
}

const struct phase phase_modules = {"modules", NULL, modules_up};
