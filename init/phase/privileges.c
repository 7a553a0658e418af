// SPDX-License-Identifier: MIT
// Who the program is, and what it may do: ids of the image's own files, the capabilities that Docker leaves, and
// no_new_privs. All calls act on the calling thread alone (see base/sys.h).
// Source: capabilities(7), user_namespaces(7), kernel Documentation/userspace-api/no_new_privs.rst.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/passwd.h"
#include "base/path.h"
#include "base/sys.h"
#include "phase/privileges.h"

#define CAP(x) (1ull << (x))

// What Docker leaves, less CAP_MKNOD: Docker keeps that one behind a device cgroup; here a node made in the box's /dev
// would open a disk of the host.
static const uint64_t default_caps = CAP(CAP_CHOWN) | CAP(CAP_DAC_OVERRIDE) | CAP(CAP_FSETID) | CAP(CAP_FOWNER) |
				     CAP(CAP_NET_RAW) | CAP(CAP_SETGID) | CAP(CAP_SETUID) | CAP(CAP_SETFCAP) |
				     CAP(CAP_SETPCAP) | CAP(CAP_NET_BIND_SERVICE) | CAP(CAP_SYS_CHROOT) |
				     CAP(CAP_KILL) | CAP(CAP_AUDIT_WRITE);

// The image's own files, at most 64 KiB of each. The memory is used once, by the box's PID 1.
static LARGE_BSS char passwd_text[64 * 1024], group_text[64 * 1024];

static int read_if_there(const char *path, char *dst, size_t cap)
{
	return path_read(path, dst, cap) < 0 && errno != ENOENT && errno != ENOTDIR ? -1 : 0;
}

static int find_group(struct box *box, const char *group)
{
	uint64_t v;

	if (!group_find(group_text, group, strlen(group), &box->gid))
		return 0;
	if (num_parse(group, strlen(group), 10, 4294967294u, &v))
		return fail_text("no such group in the box's /etc/group", "user: %s", group);
	box->gid = (gid_t)v;
	return 0;
}

// USER[:GROUP], names or numbers. A number needs no line in the image's files, as with docker run -u.
static int identity_up(struct box *box)
{
	const char *user = box->spec->user ? box->spec->user : "0", *colon = strchr(user, ':');
	size_t n = colon ? (size_t)(colon - user) : strlen(user);
	struct account a = {0};
	uint64_t v;

	if (read_if_there("/etc/passwd", passwd_text, sizeof(passwd_text) - 1) ||
	    read_if_there("/etc/group", group_text, sizeof(group_text) - 1))
		return -1;
	if (passwd_find(passwd_text, user, n, &a)) {
		if (num_parse(user, n, 10, 4294967294u, &v))
			return fail_text("no such user in the box's /etc/passwd", "user: %.*s", (int)n, user);
		a.uid = (uid_t)v;
	}
	box->uid = a.uid;
	box->gid = a.gid;
	box->home = a.uid == 0 ? "/root" : "/";
	if (a.home && a.home_len > 0) {
		passwd_text[a.home + a.home_len - passwd_text] = '\0';
		box->home = a.home;
	}
	if (colon)
		return find_group(box, colon + 1);
	// Groups list names: a user given by number has those of his line's name.
	if (a.name)
		box->group_count =
			(unsigned)group_list(group_text, a.name, a.name_len, box->groups, COUNT(box->groups));
	if (box->group_count == COUNT(box->groups))
		return fail_text("is in too many groups", "user: %.*s", (int)n, user);
	return 0;
}

static void identity_explain(const struct box *box)
{
	explain("open read", "grep '^%s:' /etc/passwd /etc/group", box->spec->user ? box->spec->user : "root");
}

const struct phase phase_identity = {"user", identity_explain, identity_up};

static int set_caps(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {
		{(uint32_t)effective, (uint32_t)permitted, 0},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), 0},
	};

	return sys_capset(&h, d) ? fail("capset", "capabilities") : 0;
}

// What is not kept leaves the bounding set, so that no file of the image can bring it back. The kernel may know
// capabilities that this table does not: the loop ends where it says EINVAL.
static int drop_bounding(uint64_t keep)
{
	for (int cap = 0; cap < 64; cap++) {
		if (keep & CAP(cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		return errno == EINVAL ? 0 : fail("PR_CAPBSET_DROP", "capability %d", cap);
	}
	return 0;
}

// Inheritable and ambient stay empty (CVE-2022-24769). What the launcher itself lacks it can't give.
static int privileges_up(struct box *box)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];
	uint64_t keep = default_caps;

	if (syscall(SYS_capget, &h, d))
		return fail("capget", "capabilities");
	keep &= d[0].permitted | (uint64_t)d[1].permitted << 32;
	if (drop_bounding(keep))
		return -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return fail("PR_CAP_AMBIENT", "capabilities");
	if (sys_setgroups(box->group_count, box->groups))
		return fail("setgroups", "%u groups", box->group_count);
	if (sys_setresgid(box->gid, box->gid, box->gid))
		return fail("setresgid", "%u", box->gid);
	if (sys_setresuid(box->uid, box->uid, box->uid)) // to another user than root: clears permitted and effective
		return fail("setresuid", "%u", box->uid);
	if (set_caps(box->uid ? 0 : keep, box->uid ? 0 : keep))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail("PR_SET_NO_NEW_PRIVS", "program");
	return 0;
}

static struct {
	char user[64], group[64];
} who; // the words of --explain

static void privileges_explain(const struct box *box)
{
	const char *user = box->spec->user ? box->spec->user : "root", *colon = strchr(user, ':');
	struct buf name = BUF(who.user), group = BUF(who.group);

	buf_fmt(&name, "%.*s", (int)(colon ? colon - user : (long)strlen(user)), user);
	buf_str(&group, colon ? colon + 1 : who.user);
	explain("PR_CAPBSET_DROP setgroups setresgid setresuid capset PR_SET_NO_NEW_PRIVS",
		"setpriv --reuid %s --regid %s --init-groups --no-new-privs --inh-caps -all "
		"--bounding-set -all,+chown,+dac_override,+fsetid,+fowner,+net_raw,+setgid,+setuid,+setfcap,"
		"+setpcap,+net_bind_service,+sys_chroot,+kill,+audit_write",
		who.user, who.group);
}

const struct phase phase_privileges = {"privileges", privileges_explain, privileges_up};

int privileges_drop_init(void)
{
	return set_caps(CAP(CAP_KILL), CAP(CAP_KILL));
}
