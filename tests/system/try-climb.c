// SPDX-License-Identifier: MIT
// try-climb PATH: runs in a box as its root and tries to reach PATH, a file of the host, by every ".." there is: those
// behind the links of /proc, and those above a root of its own making (chroot(2) does not move the current directory).
// Each way that is open is a line on stdout, and makes the end 1.
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char up[] = "/../../../../../../../../..";
static int ways;

static void look(const char *from, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s%s", from, up, path);
	if (!access(full, F_OK)) {
		printf("open: %s\n", full);
		ways = 1;
	}
}

static void by_proc(const char *path)
{
	static const char *const links[] = {"root", "cwd", "fd/0", "fd/1", "fd/2", "fd/3", "task/1/root"};
	DIR *proc = opendir("/proc");
	struct dirent *d;
	char door[PATH_MAX];

	while (proc && (d = readdir(proc)))
		for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
			snprintf(door, sizeof(door), "/proc/%s/%s", d->d_name, links[i]);
			look(door, path);
		}
}

static void by_chroot(const char *path)
{
	int root = open("/", O_RDONLY | O_DIRECTORY);

	if (root < 0 || (mkdir("/tmp/jail", 0700) && access("/tmp/jail", F_OK)) || chroot("/tmp/jail")) {
		puts("no chroot: nothing was tried");
		ways = 1;
		return;
	}
	if (fchdir(root) == 0) {
		for (int i = 0; i < 64; i++)
			if (chdir(".."))
				break;
		if (chroot(".") == 0)
			look("", path);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	look("", argv[1]);
	by_proc(argv[1]);
	by_chroot(argv[1]);
	return ways;
}
