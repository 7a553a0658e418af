// SPDX-License-Identifier: MIT
// The machine's hostname and kernel parameters; a box has its own of both (phase/sysctl.c). Set when modules are loaded and
// the network is there, because many belong to one of them. Source: sethostname(2), proc(5).
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "phase/sysctl.h"

static int machine_kernel_up(struct box *box)
{
	const struct spec *s = box->spec;
	int dir;

	if (s->machine_hostname && sethostname(s->machine_hostname, strlen(s->machine_hostname)))
		return fail("sethostname", "%s", s->machine_hostname);
	if (!s->machine_sysctl_count)
		return 0;
	dir = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail("open", "/proc/sys");
	for (unsigned i = 0; i < s->machine_sysctl_count; i++)
		if (sysctl_set(dir, s->machine_sysctl[i]))
			return -1;
	return close(dir) ? fail("close", "/proc/sys") : 0;
}

static void machine_kernel_explain(const struct box *box)
{
	const struct spec *s = box->spec;

	if (s->machine_hostname)
		explain("sethostname", "hostname %s", s->machine_hostname);
	for (unsigned i = 0; i < s->machine_sysctl_count; i++)
		explain("openat2 write", "sysctl -w '%s'", s->machine_sysctl[i]);
}

const struct phase phase_machine_kernel = {"machine-kernel", machine_kernel_explain, machine_kernel_up};
