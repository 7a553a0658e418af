// SPDX-License-Identifier: MIT
// boot-floor - the least that a machine with its root on a disk needs: the modules of /modules in their order, the mounts, the
// root's own init. No option, no waiting, no word about what fails but where; the initramfs stays in memory.
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char list[4096];

static _Noreturn void die(const char *what)
{
	(void)!write(2, "floor: ", 7);
	(void)!write(2, what, strlen(what));
	(void)!write(2, "\n", 1);
	_exit(1);
}

static void load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		die(path);
	close(fd);
}

static void load_all(void)
{
	int fd = open("/modules", O_RDONLY | O_CLOEXEC);
	char *line = list, *end;

	if (fd < 0 || read(fd, list, sizeof(list) - 1) < 0)
		die("/modules");
	close(fd);
	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		load(line);
	}
}

// What the init of a root finds, also initbox's.
static const struct {
	const char *type, *at, *to;
} pseudo[] = {
	{"devtmpfs", "/dev", "/root/dev"},
	{"proc", "/proc", "/root/proc"},
	{"sysfs", "/sys", "/root/sys"},
	{"tmpfs", "/run", "/root/run"},
};

int main(int argc, char **argv, char **envp)
{
	(void)argc;
	for (size_t i = 0; i < sizeof(pseudo) / sizeof(pseudo[0]); i++)
		if (mount(pseudo[i].type, pseudo[i].at, pseudo[i].type, 0, NULL))
			die(pseudo[i].at);
	load_all();
	if (mount("/dev/vda", "/root", "ext4", MS_RDONLY, NULL))
		die("/dev/vda");
	for (size_t i = 0; i < sizeof(pseudo) / sizeof(pseudo[0]); i++)
		if (mount(pseudo[i].at, pseudo[i].to, NULL, MS_MOVE, NULL))
			die(pseudo[i].to);
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot("."))
		die("/root");
	execve("/sbin/init", argv, envp);
	die("/sbin/init");
}
