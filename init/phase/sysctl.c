// SPDX-License-Identifier: MIT
// --sysctl: kernel parameters of the box's own namespaces (spec/value_privileges.c knows which), written when its network
// is there. They go through the proc that was mounted for this box and nothing else (CVE-2025-52881), and never to a name
// that leads elsewhere. Source: sysctl(8), proc(5), ipc_namespaces(7).
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/sysctl.h"

int sysctl_open(struct box *box)
{
	struct statfs fs;

	if (!box->spec->sysctl_count)
		return 0;
	box->sysctl_fd = open("/proc/sys", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (box->sysctl_fd < 0)
		return fail("open", "/proc/sys");
	if (fstatfs(box->sysctl_fd, &fs))
		return fail("fstatfs", "/proc/sys");
	return fs.f_type == PROC_SUPER_MAGIC ? 0 : fail_text("is not of the kernel", "/proc/sys");
}

// net.ipv4.conf.eth0.rp_filter; where the first separator is a slash, dots are dots: net/ipv4/conf/eth0.100/rp_filter.
static int file_of(char *path, size_t cap, const char *sysctl)
{
	size_t n = strcspn(sysctl, "=");
	bool slashes = sysctl[strcspn(sysctl, "./")] == '/';

	if (fmt(path, cap, "%.*s", (int)n, sysctl))
		return -1;
	for (char *c = path; *c && !slashes; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return 0;
}

int sysctl_set(int dir, const char *sysctl)
{
	struct open_how how = {.flags = O_WRONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	const char *value = sysctl + strcspn(sysctl, "=") + 1;
	char path[256];
	int fd;

	if (file_of(path, sizeof(path), sysctl))
		return fail("open", "%.*s", 80, sysctl);
	// Their files are the machine's root's, also where the namespace is a user's.
	if (!strcmp(path, "kernel/hostname"))
		return sethostname(value, strlen(value)) ? fail("sethostname", "%s", sysctl) : 0;
	if (!strcmp(path, "kernel/domainname"))
		return setdomainname(value, strlen(value)) ? fail("setdomainname", "%s", sysctl) : 0;
	fd = sys_openat2(dir, path, &how);
	return fd < 0 ? fail("openat2", "%s", sysctl) : file_put(fd, sysctl, value, strlen(value));
}

static int sysctl_up(struct box *box)
{
	const struct spec *s = box->spec;

	for (unsigned i = 0; i < s->sysctl_count; i++)
		if (sysctl_set(box->sysctl_fd, s->sysctl[i]))
			return -1;
	return s->sysctl_count && close(box->sysctl_fd) ? fail("close", "/proc/sys") : 0;
}

static void sysctl_explain(const struct box *box)
{
	const struct spec *s = box->spec;

	for (unsigned i = 0; i < s->sysctl_count; i++)
		explain("openat2 write", "sysctl -w '%s'", s->sysctl[i]);
}

const struct phase phase_sysctl = {"sysctl", sysctl_explain, sysctl_up};
