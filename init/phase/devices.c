// SPDX-License-Identifier: MIT
// A box without CAP_MKNOD has the nodes in its /dev and no others, with the permissions that they have. Where that is not
// enough, because reading, writing or making them was restricted or the box may make nodes, a program on its cgroup decides.
// Source: kernel Documentation/admin-guide/cgroup-v2.rst (Device controller), linux/bpf.h, bpf(2).
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mnt.h"
#include "base/path.h"
#include "base/sys.h"
#include "phase/devices.h"

enum {
	ACCESS_RWM = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD,
	ANY = -1,
	RULE_INSNS = 6,
	MAX_RULES = 16 + MAX_DEVICES,
};

struct rule {
	int16_t type, access; // BPF_DEVCG_DEV_*, BPF_DEVCG_ACC_*
	int major, minor;     // ANY
};

// What each box has in its /dev, and that nodes may be made.
static const struct rule common_rules[] = {
	{BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_MKNOD, ANY, ANY},
	{BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_ACC_MKNOD, ANY, ANY},
	{BPF_DEVCG_DEV_CHAR, ACCESS_RWM, 1, 3},	  // null
	{BPF_DEVCG_DEV_CHAR, ACCESS_RWM, 1, 5},	  // zero
	{BPF_DEVCG_DEV_CHAR, ACCESS_RWM, 1, 7},	  // full
	{BPF_DEVCG_DEV_CHAR, ACCESS_RWM, 1, 8},	  // random
	{BPF_DEVCG_DEV_CHAR, ACCESS_RWM, 1, 9},	  // urandom
	{BPF_DEVCG_DEV_CHAR, ACCESS_RWM, 5, 0},	  // tty
	{BPF_DEVCG_DEV_CHAR, ACCESS_RWM, 5, 1},	  // console
	{BPF_DEVCG_DEV_CHAR, ACCESS_RWM, 5, 2},	  // ptmx
	{BPF_DEVCG_DEV_CHAR, ACCESS_RWM, 136, ANY}, // pts
};

static bool restricted(const struct spec *s)
{
	for (unsigned i = 0; i < s->device_count; i++)
		if (s->device[i].access != ACCESS_RWM)
			return true;
	return false;
}

static bool program_wanted(const struct box *box)
{
	const struct spec *s = box->spec;

	return restricted(s) || (!box->userns && !s->privileged && s->cap_add & (CAPS_ALL | 1ull << CAP_MKNOD));
}

// A struct bpf_insn of a little-endian machine; its bit-fields make larger code.
static uint64_t insn(unsigned code, unsigned dst, unsigned src, unsigned off, unsigned imm)
{
	return code | dst << 8 | src << 12 | off << 16 | (uint64_t)imm << 32;
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "insn");

// The context (r1) has access << 16 | type, major and minor; they are in r2 to r4, and type and access of r2 in r2 and r5.
static unsigned put_rule(uint64_t *p, const struct rule *r)
{
	const unsigned skip_if_other = BPF_JMP | BPF_JNE | BPF_K, next = BPF_JMP | BPF_JA;

	p[0] = insn(skip_if_other, BPF_REG_2, 0, 5, (unsigned)r->type);
	p[1] = insn(BPF_JMP | BPF_JSET | BPF_K, BPF_REG_5, 0, 4, ACCESS_RWM & ~(unsigned)r->access);
	p[2] = r->major == ANY ? insn(next, 0, 0, 0, 0) : insn(skip_if_other, BPF_REG_3, 0, 3, (unsigned)r->major);
	p[3] = r->minor == ANY ? insn(next, 0, 0, 0, 0) : insn(skip_if_other, BPF_REG_4, 0, 2, (unsigned)r->minor);
	p[4] = insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1);
	p[5] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return RULE_INSNS;
}

static unsigned put_program(uint64_t *p, const struct rule *rules, unsigned n)
{
	unsigned at = 0;

	for (unsigned i = 0; i < 3; i++)
		p[at++] = insn(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2 + i, BPF_REG_1, 4 * i, 0);
	p[at++] = insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_5, BPF_REG_2, 0, 0);
	p[at++] = insn(BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_5, 0, 0, 16);
	p[at++] = insn(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	for (unsigned i = 0; i < n; i++)
		at += put_rule(p + at, &rules[i]);
	p[at++] = insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	p[at++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return at;
}

// It goes away with the cgroup.
static int attach(int cgroup, const uint64_t *program, unsigned n)
{
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE}, to = {.target_fd = (unsigned)cgroup};
	int fd, ret;

	load.insns = (uintptr_t)program;
	load.insn_cnt = n;
	load.license = (uintptr_t)"MIT";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	if (fd < 0)
		return fail("BPF_PROG_LOAD", "devices of the box");
	to.attach_type = BPF_CGROUP_DEVICE;
	to.attach_bpf_fd = (unsigned)fd;
	to.attach_flags = BPF_F_ALLOW_MULTI; // under one of the host's both decide
	ret = syscall(SYS_bpf, BPF_PROG_ATTACH, &to, sizeof(to)) ? fail("BPF_PROG_ATTACH", "devices of the box") : 0;
	close(fd);
	return ret;
}

static int put_on(const struct box *box, int cgroup)
{
	const struct spec *s = box->spec;
	struct rule rules[MAX_RULES];
	uint64_t program[MAX_RULES * RULE_INSNS + 8];
	unsigned n = COUNT(common_rules);

	memcpy(rules, common_rules, sizeof(common_rules));
	for (unsigned i = 0; i < s->device_count; i++)
		rules[n++] = (struct rule){S_ISBLK(box->device[i].mode) ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR,
					   s->device[i].access, (int)major(box->device[i].id), (int)minor(box->device[i].id)};
	return attach(cgroup, program, put_program(program, rules, n));
}

static int devices_up(struct box *box)
{
	for (unsigned i = 0; i < box->spec->device_count; i++) {
		const char *source = box->spec->device[i].source;
		struct stat st;

		if (stat(source, &st))
			return fail("stat", "device %s", source);
		if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
			return fail_text("is no device", "device %s", source);
		box->device[i].mode = st.st_mode;
		box->device[i].id = st.st_rdev;
	}
	if (!program_wanted(box))
		return 0;
	if (box->spec->privileged)
		return fail_text("a privileged box may read and write all", "device");
	if (box->cgroup_fd < 0)
		return fail_text("the box has no cgroup v2 of its own, whose device program would restrict it", "device");
	return box->userns ? put_on(box, box->cgroup_fd) : 0;
}

// The box's PID 1 may need devices of the host for the root. It has none of the rights that this takes in a user namespace;
// but it can't use such devices there either, and has the program from the beginning.
static int allow_up(struct box *box)
{
	int cgroup, ret;

	if (!program_wanted(box) || box->userns)
		return 0;
	cgroup = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC); // the root of its cgroup namespace
	if (cgroup < 0)
		return fail("open", "/sys/fs/cgroup");
	ret = put_on(box, cgroup);
	close(cgroup);
	return ret;
}

static void allow_explain(const struct box *box)
{
	if (program_wanted(box))
		explain("BPF_PROG_LOAD BPF_PROG_ATTACH",
			"bpftool prog load devices.o /sys/fs/bpf/devices type cgroup/dev; "
			"bpftool cgroup attach /sys/fs/cgroup/initbox-%s device pinned /sys/fs/bpf/devices multi",
			box->spec->name);
}

const struct phase phase_devices = {"devices", NULL, devices_up};
const struct phase phase_allow = {"devices", allow_explain, allow_up};

// A detached bind of the host's node takes its place where none can be made (in a user namespace). Otherwise the box gets a
// node of its own: what it does to its owner and mode stays in the box.
int devices_take(struct box *box)
{
	for (unsigned i = 0; i < box->spec->device_count; i++) {
		box->device[i].fd = mnt_clone(box->spec->device[i].source, false, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
		if (box->device[i].fd < 0)
			return -1;
	}
	return 0;
}

static int own_node(int dir, const char *name, const struct device *d, const struct stat *st)
{
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return fail("unlinkat", "device %s", d->target);
	if (mknodat(dir, name, st->st_mode, st->st_rdev))
		return fail("mknodat", "device %s", d->target);
	return fchownat(dir, name, st->st_uid, st->st_gid, 0) ? fail("fchownat", "device %s", d->target) : 0;
}

// In /dev, which is the box's own.
static int make_in_dev(const struct device *d, const struct stat *st)
{
	const struct path_where anywhere = {.n = 0};
	const char *name = strrchr(d->target, '/') + 1;
	char parent[PATH_MAX];
	int dir, ret;

	if (fmt(parent, sizeof(parent), "%.*s", (int)(name - d->target), d->target))
		return fail("mknodat", "device %.*s", 80, d->target);
	dir = path_make_directory(parent, &anywhere);
	if (dir < 0)
		return -1;
	ret = own_node(dir, name, d, st);
	close(dir);
	return ret;
}

// Elsewhere devices can't be opened: a node that nobody else can find is mounted there.
static int make_elsewhere(const struct device *d, int fd)
{
	const struct path_where anywhere = {.n = 0};
	int target = path_make_target(d->target, false, &anywhere), ret;

	if (target < 0)
		return -1;
	ret = mnt_attach(fd, target, d->target);
	close(target);
	return ret;
}

static int make(const struct device *d, int host)
{
	static const char hidden[] = "/dev/.device";
	struct stat st;
	int fd, ret;

	if (fstat(host, &st))
		return fail("fstat", "device %s", d->source);
	if (!strncmp(d->target, "/dev/", 5))
		return make_in_dev(d, &st) == 0 ? 0 : err_last.no == EPERM ? make_elsewhere(d, host) : -1;
	if (own_node(AT_FDCWD, hidden, d, &st))
		return err_last.no == EPERM ? make_elsewhere(d, host) : -1;
	fd = mnt_clone(hidden, false, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		return -1;
	ret = make_elsewhere(d, fd);
	close(fd);
	return ret == 0 && unlink(hidden) ? fail("unlink", "%s", hidden) : ret;
}

int devices_make(struct box *box)
{
	for (unsigned i = 0; i < box->spec->device_count; i++) {
		if (make(&box->spec->device[i], box->device[i].fd))
			return -1;
		close(box->device[i].fd);
	}
	return 0;
}
