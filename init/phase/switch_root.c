// SPDX-License-Identifier: MIT
// The machine becomes its root's: that root is the root of everything, the initramfs is gone, and the root's own init is PID 1.
// Source: pivot_root(2), the kernel's Documentation/filesystems/ramfs-rootfs-initramfs.rst, run_init_process() in init/main.c.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "base/exec_why.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rmtree.h"
#include "base/sys.h"
#include "phase/modules.h"
#include "phase/phase.h"

// What the kernel tries.
static const char *const inits[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};

// Mounts that go along, where the new root has a directory for them.
static const char *const kept[] = {"dev", "proc", "sys", "run"};

static int enter(int fd, const char *path)
{
	return fchdir(fd) || chroot(".") ? fail("chroot", "%s", path) : 0;
}

// Inside of the new root: which init can be executed. NULL: none, with err_last set.
static const char *choose_init(const char *given)
{
	if (given)
		return exec_check(given) ? NULL : given;
	for (size_t i = 0; i < COUNT(inits); i++) {
		if (exec_check(inits[i]) == 0)
			return inits[i];
		if (err_last.no != ENOENT || err_last.text[0]) // one that is there should have been the one
			log_err(&err_last);
	}
	fail_text("has no init: /sbin/init, /etc/init, /bin/init and /bin/sh are missing, or can't be executed (init=FILE names another)",
		  MACHINE_ROOT);
	return NULL;
}

// Before anything is changed. Links of the new root are followed as they will be then.
static const char *check_init(int old, int new, const char *given)
{
	const char *init;

	if (enter(new, MACHINE_ROOT))
		return NULL;
	init = choose_init(given);
	return enter(old, "/") ? NULL : init;
}

static int move_mount_to(int new, const char *name)
{
	int from = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC), to, ret = 0;

	if (from < 0)
		return fail("open", "/%s", name);
	to = openat(new, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0) {
		log_line(LOG_NOTE, "switch-root: the new root has no directory /%s: it starts without", name);
		ret = umount2(name, MNT_DETACH) ? fail("umount2", "/%s", name) : 0;
	} else if (sys_move_mount(from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
		ret = fail("move_mount", "/%s", name);
	}
	close(from);
	if (to >= 0)
		close(to);
	return ret;
}

// The old root is a mount of its own since the early phase, so that it can be pivoted away on every kernel; what it shows, the
// initramfs, lies below the new root for ever, and only costs what is in it.
static int pivot(int old, int new)
{
	for (size_t i = 0; i < COUNT(kept); i++)
		if (move_mount_to(new, kept[i]))
			return -1;
	if (fchdir(new) || sys_pivot_root(".", "."))
		return fail("pivot_root", MACHINE_ROOT);
	if (umount2(".", MNT_DETACH) || chdir("/"))
		return fail("umount2", "the initramfs");
	if (rmtree_empty(old, "the initramfs")) // it costs memory, nothing else
		log_err(&err_last);
	return 0;
}

// As the kernel starts an init: no signal is blocked or ignored (box_block_signals has ignored one; execve(2) takes handlers
// away), three descriptors are open, and ctrl-alt-del is the kernel's.
static int reset_process(void)
{
	const struct kernel_sigaction by_default = {0};
	const uint64_t none = 0;

	if (sys_rt_sigaction(SIGPIPE, &by_default, NULL) || sys_rt_sigprocmask(SIG_SETMASK, &none, NULL))
		return fail("rt_sigaction", "signals");
	if (reboot((int)RB_ENABLE_CAD))
		return fail("reboot", "RB_ENABLE_CAD");
	return file_close_from(3);
}

static int switch_root_up(struct box *box)
{
	int old = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), new = open(MACHINE_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *init;

	if (old < 0 || new < 0)
		return fail("open", MACHINE_ROOT);
	init = check_init(old, new, box->spec->init);
	if (!init || modules_release() || pivot(old, new) || reset_process())
		return -1;
	box->machine_words[0] = (char *)(uintptr_t)init; // execve(2) does not write there
	execve(init, box->machine_words, environ);
	return fail("execve", "%s", init);
}

static void switch_root_explain(const struct box *box)
{
	explain("move_mount pivot_root umount2 unlinkat execve", "exec switch_root " MACHINE_ROOT " %s",
		box->spec->init ? box->spec->init : inits[0]);
}

const struct phase phase_switch_root = {"switch-root", switch_root_explain, switch_root_up};
