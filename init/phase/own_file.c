// SPDX-License-Identifier: MIT
// The box's PID 1 is initbox, a file of the host, and the box's root may be the host's root: through /proc/1/exe, or a program
// that is a link to /proc/self/exe, it could change that file's mode, owner or content (CVE-2019-5736). So PID 1 exchanges
// the file that it runs for the same one on a mount of its own, which is read-only and can't be reached by any path: its
// code is mapped anew from there, and then the kernel takes that for the file that it runs.
// Source: prctl(2) PR_SET_MM_MAP, kernel kernel/fork.c replace_mm_exe_file, open_tree(2).
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "base/mnt.h"
#include "base/sys.h"
#include "phase/phase.h"

#define PAGE_DOWN(x) ((uintptr_t)(x) & ~(uintptr_t)4095)
#define PAGE_UP(x)   PAGE_DOWN((uintptr_t)(x) + 4095)

extern const Elf64_Ehdr __ehdr_start;
extern char _end[];

// What /proc/1/cmdline shows; the kernel shows nothing there that is a file's, and this is not after move_data.
static char command_line[] = "initbox";

enum { NOT_NEEDED = -2 };

static LARGE_BSS char path[PATH_MAX]; // of the file that initbox runs; "": not known

// Without open_tree(2): as a mount over the file itself, until it is open. Returns its descriptor, or -1 with err_last set.
static int open_bound(void)
{
	struct statvfs st;
	int fd = -1;

	// What the kernel has locked in a user namespace has to be given once more; the times of access stay by themselves.
	if (statvfs(path, &st) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(path, path, NULL, MS_BIND, NULL))
		return fail("mount", "%s", path);
	if (mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | (st.f_flag & (ST_NOSUID | ST_NODEV)), NULL))
		fail("mount", "%s", path);
	else if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		fail("open", "%s", path);
	if (umount2(path, MNT_DETACH) && fd >= 0) {
		close(fd);
		return fail("umount2", "%s", path);
	}
	return fd;
}

static int open_cloned(void)
{
	int tree = mnt_clone(path, false, MOUNT_ATTR_RDONLY), fd;
	char link[32];

	if (tree < 0)
		return err_last.no == ENOSYS ? open_bound() : -1;
	if (fmt(link, sizeof(link), "/proc/self/fd/%d", tree))
		return fail("open", "%s", path);
	fd = open(link, O_RDONLY | O_CLOEXEC);
	// The descriptor of the mount stays until PID 1 closes all that it has: to let a mount go takes the kernel 100 us.
	return fd < 0 ? fail("open", "%s", path) : fd;
}

// In the launcher: to the box's PID 1, in mounts of its own, a path that begins at a chroot(2) would not look like one.
static int own_path_up(struct box *box)
{
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	(void)box;
	if (n < 0 && errno != ENOENT) // without /proc there will be no root, either
		return fail("readlink", "/proc/self/exe");
	path[n < 0 ? 0 : n] = '\0';
	return 0;
}

const struct phase phase_own_path = {"own file", NULL, own_path_up};

// Returns the file on a read-only mount; NOT_NEEDED where no path leads to it any more; -1 with err_last set.
static int open_read_only(void)
{
	struct stat own, found;
	int fd = open_cloned();

	if (fd < 0)
		return err_last.no == ENOENT ? NOT_NEEDED : -1;
	if (fstat(fd, &found) || stat("/proc/self/exe", &own))
		return fail("stat", "%s", path);
	return own.st_dev == found.st_dev && own.st_ino == found.st_ino ? fd : NOT_NEEDED;
}

// A page that is written to is no longer the file's, but its place still is.
static int move_data(uintptr_t from, uintptr_t to)
{
	char copy[4 * 4096];

	if (to - from > sizeof(copy))
		return -1;
	memcpy(copy, (void *)from, to - from);
	if (mmap((void *)from, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	    MAP_FAILED)
		return -1;
	memcpy((void *)from, copy, to - from);
	return 0;
}

static int map_anew(int fd, struct prctl_mm_map *map)
{
	const Elf64_Phdr *p = (const Elf64_Phdr *)(const void *)((const char *)&__ehdr_start + __ehdr_start.e_phoff);

	for (unsigned i = 0; i < __ehdr_start.e_phnum; i++, p++) {
		uintptr_t from = PAGE_DOWN(p->p_vaddr), to = PAGE_UP(p->p_vaddr + p->p_filesz);

		if (p->p_type != PT_LOAD)
			continue;
		if (p->p_flags & PF_W) {
			map->start_data = p->p_vaddr;
			map->end_data = p->p_vaddr + p->p_filesz;
			if (move_data(from, to))
				return -1;
			continue;
		}
		map->start_code = p->p_vaddr;
		map->end_code = p->p_vaddr + p->p_filesz;
		if (mmap((void *)from, to - from, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd,
			 (off_t)PAGE_DOWN(p->p_offset)) == MAP_FAILED)
			return -1;
	}
	return 0;
}

static int exchange(void)
{
	struct prctl_mm_map map = {
		.start_brk = PAGE_UP(_end),
		.brk = PAGE_UP(_end),
		.start_stack = (uintptr_t)&map,
		.arg_start = (uintptr_t)command_line,
		.arg_end = (uintptr_t)command_line + sizeof(command_line),
		.env_start = (uintptr_t)command_line,
		.env_end = (uintptr_t)command_line,
	};
	int fd = open_read_only();

	if (fd < 0)
		return fd;
	map.exe_fd = (uint32_t)fd;
	if (map_anew(fd, &map))
		return fail("mmap", "initbox");
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0))
		return fail("PR_SET_MM_MAP", "initbox");
	close(fd);
	return 0;
}

// Where the kernel does not let it (CONFIG_CHECKPOINT_RESTORE) the box runs without, and it is said.
static int own_file_up(struct box *box)
{
	(void)box;
	if (exchange() == -1) {
		fail_because("the box's root may be able to change this file");
		strcpy(err_last.phase, phase_own_file.name);
		log_err(&err_last);
	}
	return 0;
}

static void own_file_explain(const struct box *box)
{
	(void)box;
	explain("open_tree mount_setattr mmap PR_SET_MM_MAP",
		"(no command: initbox runs from a read-only mount of its own file)");
}

const struct phase phase_own_file = {"own file", own_file_explain, own_file_up};
