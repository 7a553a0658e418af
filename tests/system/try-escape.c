// SPDX-License-Identifier: MIT
// Runs in a box as its root and tries to get at PID 1, the way that containers have been left before. Each way that is
// open is a line on stdout, and makes the end 1.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int ways;

static void way(const char *what, int open)
{
	if (!open)
		return;
	printf("open: %s\n", what);
	ways = 1;
}

static void try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	way(path, fd >= 0);
	if (fd >= 0)
		close(fd);
}

static void try_link(const char *path)
{
	char to[256];

	way(path, readlink(path, to, sizeof(to)) >= 0);
}

static void try_memory(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};

	way("process_vm_readv", process_vm_readv(1, &here, 1, &there, 1, 0) == 1);
}

static void try_ptrace(void)
{
	int status;

	if (ptrace(PTRACE_SEIZE, 1, 0, 0) == 0) {
		way("ptrace", 1);
		ptrace(PTRACE_DETACH, 1, 0, 0);
		while (waitpid(-1, &status, WNOHANG) > 0)
			;
	}
}

static void try_pidfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, 1, 0);

	if (fd < 0)
		return;
	for (int i = 0; i < 16; i++)
		way("pidfd_getfd", syscall(SYS_pidfd_getfd, fd, i, 0) >= 0);
	way("setns by pidfd", syscall(SYS_setns, fd, 0x20000) == 0);
	close(fd);
}

int main(void)
{
	static const char *const files[] = {
		"/proc/1/mem", "/proc/1/environ", "/proc/1/maps", "/proc/1/auxv", "/proc/1/root/etc", "/proc/1/cwd/etc",
		"/proc/1/stack", "/proc/1/syscall", "/proc/1/fd/0", "/proc/1/fd/3", "/proc/1/map_files",
	};
	char text[64];

	try_open("/proc/1/exe", O_RDONLY);
	try_open("/proc/1/exe", O_WRONLY);
	try_open("/proc/1/exe", O_PATH);
	try_link("/proc/1/exe");
	try_link("/proc/1/ns/mnt");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		// Some open for anybody and are empty for who may not see.
		way(files[i], fd >= 0 && read(fd, text, sizeof(text)) > 0);
	}
	try_memory();
	try_ptrace();
	try_pidfd();
	// PID 1 can't be ended from inside; that this line runs is the proof.
	kill(1, SIGKILL);
	kill(1, SIGSTOP);
	// The terminal's input can't be written to (CVE-2016-2568).
	way("TIOCSTI", ioctl(0, TIOCSTI, "x") == 0);
	return ways;
}
