// SPDX-License-Identifier: MIT
// Runs in a box as its root and tries what has led out of containers before. Each way that is open is a line on stdout, and
// makes the end 1.
//
// try-attack          all that follows but file
// try-attack file F   what can be done to F: mode, owner, times, attributes, content
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int ways;

static void way(const char *what, int open)
{
	if (!open)
		return;
	printf("open: %s\n", what);
	ways = 1;
}

static int writes(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ok;

	if (fd < 0)
		return 0;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

// A program that the kernel would start as the machine's root.
static void kernel_helpers(void)
{
	static const char *const files[] = {
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug",
		"/sys/kernel/uevent_helper", "/proc/sys/fs/binfmt_misc/register", "/sys/fs/cgroup/release_agent",
		"/proc/sysrq-trigger", "/proc/sys/vm/panic_on_oom",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		way(files[i], writes(files[i], "x"));
	way("remount /proc/sys", !mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL));
	way("umount /proc/sys", !umount2("/proc/sys", MNT_DETACH));
	way("mount proc", !mount("proc", "/tmp", "proc", 0, NULL));
	way("mount cgroup v1", !mount("cgroup", "/tmp", "cgroup", 0, "memory"));
	way("mount cgroup2", !mount("cgroup2", "/tmp", "cgroup2", 0, NULL));
	way("limits of its cgroup", writes("/sys/fs/cgroup/pids.max", "max") || writes("/sys/fs/cgroup/cgroup.procs", "0"));
}

static int by_clone(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid > 0;
}

static void namespaces(void)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} rows[] = {
		{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},   {"pid", CLONE_NEWPID},       {"net", CLONE_NEWNET},
		{"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP},
	};
	char text[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd;

		way(rows[i].name, by_clone(rows[i].flag));
		way(rows[i].name, by_clone(rows[i].flag | CLONE_NEWUSER));
		way(rows[i].name, !unshare((int)rows[i].flag));
		snprintf(text, sizeof(text), "/proc/1/ns/%s", rows[i].name);
		fd = open(text, O_RDONLY | O_CLOEXEC);
		way(text, fd >= 0);
	}
}

static void terminal(void)
{
	const unsigned long high = 1ul << 32, all = 0xffffffff00000000;
	const char c = 'x', paste = 3;

	way("TIOCSTI", !syscall(SYS_ioctl, 0, (unsigned long)TIOCSTI, &c));
	way("TIOCSTI with a high bit", !syscall(SYS_ioctl, 0, high | TIOCSTI, &c));
	way("TIOCSTI with all high bits", !syscall(SYS_ioctl, 0, all | TIOCSTI, &c));
	way("TIOCLINUX", !syscall(SYS_ioctl, 0, (unsigned long)TIOCLINUX, &paste));
	way("TIOCLINUX with a high bit", !syscall(SYS_ioctl, 0, high | TIOCLINUX, &paste));
}

static void keys(void)
{
	way("session keyring", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1) >= 0);
	way("user keyring", syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_USER_KEYRING, NULL, 0) >= 0);
	way("add_key", syscall(SYS_add_key, "user", "x", "y", 1, KEY_SPEC_USER_KEYRING) >= 0);
}

static void disks(void)
{
	static const char *const places[] = {"/tmp/disk", "/dev/disk", "/dev/shm/disk", "/dev/pts/disk", "/run/disk"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (unsigned major = 8; major < 260; major += 251 - 8 + 3)
			way(places[i], !mknod(places[i], S_IFBLK | 0600, (dev_t)(major << 8)));
	way("kmem", !mknod("/dev/kmem", S_IFCHR | 0600, 1 << 8 | 2));
	way("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, "\10\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0", O_RDONLY) >= 0);
}

static void gain(void)
{
	way("no no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
	way("no_new_privs can be unset", !prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	way("CAP_SYS_ADMIN in the bounding set", prctl(PR_CAPBSET_READ, 21, 0, 0, 0) == 1);
	way("ambient CAP_SYS_ADMIN", !prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0));
	way("keep caps of another", !prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) && prctl(PR_CAPBSET_READ, 21, 0, 0, 0) == 1);
}

// What can be done to a file of the host that is not the box's.
static void file(const char *path)
{
	int fd;

	way("chmod", !chmod(path, 04777));
	way("chown", !chown(path, 12, 34));
	way("utimensat", !utimensat(AT_FDCWD, path, NULL, 0));
	way("setxattr", !setxattr(path, "trusted.x", "y", 1, 0) || !setxattr(path, "user.x", "y", 1, 0));
	way("truncate", !truncate(path, 0));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		way("fchmod", !fchmod(fd, 04777));
		way("fchown", !fchown(fd, 12, 34));
		close(fd);
	}
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0) {
		char link[32];

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		way("chmod by O_PATH", !chmod(link, 04777));
		way("open by O_PATH", open(link, O_WRONLY | O_CLOEXEC) >= 0);
	}
	way("open", open(path, O_WRONLY | O_CLOEXEC) >= 0);
	way("open with O_TRUNC", open(path, O_RDWR | O_TRUNC | O_CLOEXEC) >= 0);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "file")) {
		char path[64];

		// The parent is what a program that is a link to /proc/self/exe has become.
		snprintf(path, sizeof(path), "/proc/%d/exe", getppid());
		file(strcmp(argv[2], "parent") ? argv[2] : path);
		return ways;
	}
	gain();
	kernel_helpers();
	namespaces();
	terminal();
	keys();
	disks();
	return ways;
}
