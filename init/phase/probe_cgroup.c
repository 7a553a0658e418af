// SPDX-License-Identifier: MIT
// Control groups, where the launcher of a box would make one, and what a machine may have.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "phase/cgroup_limits.h"
#include "phase/cgroup_place.h"
#include "phase/probe.h"

static LARGE_BSS struct box box;

static int find_top(void)
{
	box.cgroup_root_fd = -1;
	return cgroup_place_top(&box);
}

// Makes one, looks whether word is in it, and removes it at once. One that was left by a probe that was killed is used again.
static int try_cgroup(const struct probe *p, struct buf *note)
{
	static const char name[] = "initbox-check";
	int made, ret;

	(void)note;
	if (find_top())
		return -1;
	if (box.cgroup_root_fd < 0)
		return fail_text("no cgroup v2 hierarchy is mounted on /sys/fs/cgroup", "%s", p->name);
	made = mkdirat(box.cgroup_root_fd, name, 0755);
	if (made && errno != EEXIST && cgroup_place_own(&box))
		made = mkdirat(box.cgroup_root_fd, name, 0755);
	if (made && errno != EEXIST)
		return fail("mkdir", "%s", name);
	ret = p->word && openat(box.cgroup_root_fd, p->word, O_PATH) < 0 ? fail("open", "%s", p->word) : 0;
	return unlinkat(box.cgroup_root_fd, name, AT_REMOVEDIR) ? fail("rmdir", "%s", name) : ret;
}

static int try_controller(const struct probe *p, struct buf *note)
{
	(void)note;
	return find_top() ? -1 : cgroup_place_has(&box, p->number);
}

#define CONTROLLER(title, conf, key, which)                                                                    \
	{.name = title, .config = conf, .keys = key, .flags = PROBE_HERE, .try = try_controller, .number = which}

const struct probe probe_cgroup[] = {
	{.name = "a cgroup to make", .config = "CONFIG_CGROUPS", .keys = "limits", .flags = PROBE_HERE, .try = try_cgroup,
	 .hint = "an ordinary user needs one of his own: systemd-run --user --scope -p Delegate=yes …"},
	{.name = "cgroup.kill", .since = "5.14", .keys = "the end of a box", .flags = PROBE_HERE, .try = try_cgroup,
	 .word = "initbox-check/cgroup.kill"},
	CONTROLLER("memory controller", "CONFIG_MEMCG", "--memory, --memory-swap, --oom-group", CONTROLLER_MEMORY),
	CONTROLLER("pids controller", "CONFIG_CGROUP_PIDS", "--pids-limit", CONTROLLER_PIDS),
	CONTROLLER("cpu controller", "CONFIG_CGROUP_SCHED", "--cpus, --cpu-shares", CONTROLLER_CPU),
	CONTROLLER("cpuset controller", "CONFIG_CPUSETS", "--cpuset-cpus, --cpuset-mems", CONTROLLER_CPUSET),
	CONTROLLER("io controller", "CONFIG_BLK_CGROUP", "--device-read-bps, --blkio-weight", CONTROLLER_IO),
	CONTROLLER("hugetlb controller", "CONFIG_CGROUP_HUGETLB", "--hugetlb", CONTROLLER_HUGETLB),
	{0},
};

// finit_module looks at its descriptor last: EBADF means that this caller may load one that is there.
static int try_modules(const struct probe *p, struct buf *note)
{
	(void)note;
	if (sys_finit_module(-1, "", 0) == 0 || errno == EBADF)
		return 0;
	return fail("finit_module", "%s", p->name);
}

// A watchdog that is opened runs from then on: here it is only looked for.
static int try_path(const struct probe *p, struct buf *note)
{
	(void)note;
	return access(p->word, F_OK) ? fail("access", "%s", p->word) : 0;
}

static const char no_device[] = "the machine has no such device, or its module is not loaded";

const struct probe probe_machine[] = {
	{.name = "loading modules", .config = "CONFIG_MODULES", .keys = "a machine", .flags = PROBE_HERE | PROBE_ROOT,
	 .try = try_modules, .hint = "a kernel with all of it built in needs no modules"},
	{.name = "configuration by fw_cfg", .config = "CONFIG_FW_CFG_SYSFS", .module = "qemu_fw_cfg", .keys = "a machine",
	 .flags = PROBE_HERE, .try = try_path, .word = "/sys/firmware/qemu_fw_cfg",
	 .hint = no_device},
	{.name = "a watchdog", .config = "CONFIG_WATCHDOG", .keys = "a machine: watchdog", .flags = PROBE_HERE, .try = try_path,
	 .word = "/sys/class/watchdog/watchdog0", .hint = no_device},
	{0},
};
