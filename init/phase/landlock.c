// SPDX-License-Identifier: MIT
// --landlock: of files, and of TCP ports to connect or to bind to, only what the rules name may be used from here on, by
// the program and all that it starts. Each of the three is restricted where a rule names it.
// Source: landlock(7), kernel Documentation/userspace-api/landlock.rst.
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "phase/phase.h"

// The kernel's interface as of ABI 5; older headers lack parts of it.
struct ruleset {
	uint64_t fs, net;
};
struct path_beneath {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));
struct net_port {
	uint64_t access, port;
};
enum { CREATE_VERSION = 1, RULE_PATH = 1, RULE_PORT = 2 };
enum {
	EXECUTE = 1,
	WRITE_FILE = 1 << 1,
	READ_FILE = 1 << 2,
	READ_DIR = 1 << 3,
	REFER = 1 << 13,    // ABI 2
	TRUNCATE = 1 << 14, // ABI 3
	IOCTL_DEV = 1 << 15, // ABI 5

	READ = EXECUTE | READ_FILE | READ_DIR,
	OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV,
	ALL_OF_ABI_3 = TRUNCATE * 2 - 1,

	BIND_TCP = 1,
	CONNECT_TCP = 2,
};

// Below ABI 3 a file could still be truncated: then a path that is only to be read would not be.
static const struct kind_row {
	const char *name, *linux_version;
	uint64_t fs, net;
	int abi;
} kind_rows[] = {
	[LANDLOCK_READ] = {"ro", "6.2", READ, 0, 3},
	[LANDLOCK_WRITE] = {"rw", "6.2", ALL_OF_ABI_3, 0, 3},
	[LANDLOCK_CONNECT] = {"connect", "6.7", 0, CONNECT_TCP, 4},
	[LANDLOCK_BIND] = {"bind", "6.7", 0, BIND_TCP, 4},
};

static int check_abi(const struct landlock_rule *rule, int abi)
{
	const struct kind_row *kind = &kind_rows[rule->kind];

	if (abi >= kind->abi)
		return 0;
	fail_text("", "%s", kind->name);
	return fail_because("needs landlock ABI %d (Linux %s), this kernel has %d", kind->abi, kind->linux_version, abi);
}

static int add_path(int set, const struct landlock_rule *rule, uint64_t handled)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
	struct path_beneath p = {.access = rule->kind == LANDLOCK_READ ? READ : handled};
	struct stat st;
	int ret = 0;

	p.fd = sys_openat2(AT_FDCWD, rule->path, &how);
	if (p.fd < 0)
		return fail("openat2", "%s:%s", kind_rows[rule->kind].name, rule->path);
	if (fstat(p.fd, &st))
		ret = fail("fstat", "%s", rule->path);
	else if (!S_ISDIR(st.st_mode))
		p.access &= OF_FILES;
	if (!ret && syscall(SYS_landlock_add_rule, set, RULE_PATH, &p, 0))
		ret = fail("landlock_add_rule", "%s", rule->path);
	close(p.fd);
	return ret;
}

static int add_rule(int set, const struct landlock_rule *rule, uint64_t handled)
{
	struct net_port p = {kind_rows[rule->kind].net, rule->port};

	if (rule->path)
		return add_path(set, rule, handled);
	return syscall(SYS_landlock_add_rule, set, RULE_PORT, &p, 0)
		       ? fail("landlock_add_rule", "%s %u", kind_rows[rule->kind].name, rule->port)
		       : 0;
}

static int restrict_self(const struct spec *s, int set, uint64_t handled)
{
	int ret = 0;

	for (unsigned i = 0; i < s->landlock_count && !ret; i++)
		ret = add_rule(set, &s->landlock[i], handled);
	if (!ret && syscall(SYS_landlock_restrict_self, set, 0))
		ret = fail("landlock_restrict_self", "program");
	close(set);
	return ret;
}

static int landlock_up(struct box *box)
{
	const struct spec *s = box->spec;
	struct ruleset r = {0};
	int abi, set;

	if (!s->landlock_count)
		return 0;
	abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	if (abi < 0)
		return fail("landlock_create_ruleset", "rules");
	for (unsigned i = 0; i < s->landlock_count; i++) {
		if (check_abi(&s->landlock[i], abi))
			return -1;
		if (s->landlock[i].path)
			r.fs = ALL_OF_ABI_3 | (abi >= 5 ? IOCTL_DEV : 0);
		r.net |= kind_rows[s->landlock[i].kind].net;
	}
	set = (int)syscall(SYS_landlock_create_ruleset, &r, r.net ? sizeof(r) : sizeof(r.fs), 0);
	return set < 0 ? fail("landlock_create_ruleset", "rules") : restrict_self(s, set, r.fs);
}

static void landlock_explain(const struct box *box)
{
	const struct spec *s = box->spec;

	for (unsigned i = 0; i < s->landlock_count; i++) {
		const struct landlock_rule *r = &s->landlock[i];

		if (r->path)
			explain("landlock_add_rule landlock_restrict_self",
				"setpriv --landlock-access fs --landlock-rule path-beneath:%s:%s",
				r->kind == LANDLOCK_READ ? "read-file,read-dir,execute" : "", r->path);
		else
			explain("landlock_add_rule landlock_restrict_self", "(no command: TCP, %s to port %u)",
				kind_rows[r->kind].name, r->port);
	}
}

const struct phase phase_landlock = {"landlock", landlock_explain, landlock_up};
