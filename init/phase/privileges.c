// SPDX-License-Identifier: MIT
// Who the program is, and what it may do: ids of the image's own files, the capabilities that Docker leaves, and
// no_new_privs. All calls act on the calling thread alone (see base/sys.h).
// Source: capabilities(7), user_namespaces(7), kernel Documentation/userspace-api/no_new_privs.rst.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/passwd.h"
#include "base/path.h"
#include "base/sys.h"
#include "phase/privileges.h"
#include "spec/caps.h"

#define CAP(x) (1ull << (x))

// The image's own files, at most 64 KiB of each. The memory is used once, by the box's PID 1.
static LARGE_BSS char passwd_text[64 * 1024], group_text[64 * 1024];
static const char *passwd_lines = "", *group_lines = ""; // those texts, where the files are there

// A box's root may be hostile and is the current directory; an entry's is its own. Nothing is touched where there is no file,
// or where it is too large and only numbers are asked for, which need no line.
static int read_if_there(const struct box *box, const char *path, char *dst, size_t cap, bool numeric, const char **text)
{
	long n = box->spec->entry ? file_read(AT_FDCWD, path, dst, cap) : path_read(path, dst, cap);

	if (n >= 0)
		*text = dst;
	return n >= 0 || errno == ENOENT || errno == ENOTDIR || (errno == EFBIG && numeric) ? 0 : -1;
}

static int find_group(const char *key, const char *name, gid_t *gid)
{
	uint64_t v;

	if (!group_find(group_lines, name, strlen(name), gid))
		return 0;
	if (num_parse(name, strlen(name), 10, 4294967294u, &v))
		return fail_text("no such group in /etc/group", "%s: %s", key, name);
	*gid = (gid_t)v;
	return 0;
}

static int add_groups(struct box *box)
{
	const struct spec *s = box->spec;

	for (unsigned i = 0; i < s->group_add_count; i++) {
		if (box->group_count == COUNT(box->groups))
			return fail_text("too many groups", "group-add: %s", s->group_add[i]);
		if (find_group("group-add", s->group_add[i], &box->groups[box->group_count++]))
			return -1;
	}
	return 0;
}

// USER[:GROUP], names or numbers. A number needs no line in the image's files, as with docker run -u.
static int identity_up(struct box *box)
{
	const char *user = box->spec->user ? box->spec->user : box->default_user ? box->default_user : "0",
		   *colon = strchr(user, ':');
	size_t n = colon ? (size_t)(colon - user) : strlen(user);
	struct account a = {0};
	bool numeric;
	uint64_t v;

	numeric = strspn(user, "0123456789:") == strlen(user) && !box->spec->group_add_count;
	if (read_if_there(box, "/etc/passwd", passwd_text, sizeof(passwd_text) - 1, numeric, &passwd_lines) ||
	    read_if_there(box, "/etc/group", group_text, sizeof(group_text) - 1, numeric, &group_lines))
		return -1;
	if (passwd_find(passwd_lines, user, n, &a)) {
		if (num_parse(user, n, 10, 4294967294u, &v))
			return fail_text("no such user in /etc/passwd", "user: %.*s", (int)n, user);
		a.uid = (uid_t)v;
	}
	box->uid = a.uid;
	box->gid = a.gid;
	box->home = a.uid == 0 ? "/root" : "/";
	if (a.home && a.home_len > 0) {
		passwd_text[a.home + a.home_len - passwd_text] = '\0';
		box->home = a.home;
	}
	if (colon && find_group("user", colon + 1, &box->gid))
		return -1;
	// Groups list names: a user given by number has those of his line's name.
	if (a.name && !colon)
		box->group_count =
			(unsigned)group_list(group_lines, a.name, a.name_len, box->groups, COUNT(box->groups));
	if (box->group_count == COUNT(box->groups))
		return fail_text("is in too many groups", "user: %.*s", (int)n, user);
	return add_groups(box);
}

static void identity_explain(const struct box *box)
{
	explain("open read", "grep '^%s:' /etc/passwd /etc/group", box->spec->user ? box->spec->user : "root");
}

const struct phase phase_identity = {"user", identity_explain, identity_up};

static int set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {
		{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
	};

	return sys_capset(&h, d) ? fail("capset", "capabilities") : 0;
}

// What is not kept leaves the bounding set, so that no file of the image can bring it back. The kernel may know
// capabilities that this table does not: the loop ends where it says EINVAL.
static int drop_bounding(uint64_t keep)
{
	for (int cap = 0; cap < 64; cap++) {
		int no;

		if (keep & CAP(cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			return 0;
		no = errno;
		if (no == EPERM && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 0) // was not there
			continue;
		errno = no;
		return fail("PR_CAPBSET_DROP", "capability %d", cap);
	}
	return 0;
}

static int set_ids(const struct box *box)
{
	// Without setgroups(2) there is one group id only: the user has no others to be in.
	if ((!box->no_setgroups || box->spec->group_add_count) && sys_setgroups(box->group_count, box->groups))
		return fail("setgroups", "%u groups", box->group_count);
	if (sys_setresgid(box->gid, box->gid, box->gid))
		return fail("setresgid", "%u", box->gid);
	if (sys_setresuid(box->uid, box->uid, box->uid)) // to another user than root: clears permitted and effective
		return fail("setresuid", "%u", box->uid);
	return 0;
}

static uint64_t both(uint32_t low, uint32_t high)
{
	return low | (uint64_t)high << 32;
}

static int own_caps(struct __user_cap_data_struct d[2])
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &h, d) ? fail("capget", "capabilities") : 0;
}

static int reduce_caps(uint64_t keep)
{
	if (drop_bounding(keep))
		return -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return fail("PR_CAP_AMBIENT", "capabilities");
	return 0;
}

// The ambient set is what a program without a user ID of 0 still has behind execve(2).
static int raise_ambient(uint64_t set)
{
	for (int cap = 0; set >> cap; cap++)
		if (set & CAP(cap) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return fail("PR_CAP_AMBIENT_RAISE", "capability %s", caps_name(CAP(cap)));
	return 0;
}

static int no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? fail("PR_SET_NO_NEW_PRIVS", "program") : 0;
}

// What is to be kept by name has to be there. lacking: what initbox has not.
static int check_added(const struct spec *s, uint64_t lacking)
{
	lacking &= s->cap_add & ~CAPS_ALL;
	return lacking ? fail_text("initbox does not have it itself", "cap-add: %s", caps_name(lacking)) : 0;
}

// Another user than root has what was added by name. Inheritable is ambient and nothing else (CVE-2022-24769).
static int privileges_of_box(struct box *box)
{
	const struct spec *s = box->spec;
	struct __user_cap_data_struct d[2];
	uint64_t keep = caps_kept(s), own, ambient;

	if (own_caps(d))
		return -1;
	own = both(d[0].permitted, d[1].permitted);
	if (check_added(s, keep & ~own))
		return -1;
	keep &= own; // what the launcher itself lacks it can't give
	ambient = box->uid ? keep & caps_added(s) : 0;
	if (reduce_caps(keep))
		return -1;
	if (ambient && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return fail("PR_SET_KEEPCAPS", "capabilities");
	if (set_ids(box))
		return -1;
	if (box->uid)
		keep = ambient;
	if (set_caps(keep, keep, ambient) || raise_ambient(ambient))
		return -1;
	return s->no_new_privs ? no_new_privs() : 0;
}

// Only what was asked for; the rest stays as the container's runtime has set it.
static int privileges_of_entry(struct box *box)
{
	const struct spec *s = box->spec;
	struct __user_cap_data_struct d[2];
	uint64_t keep = caps_kept(s), ambient = 0;

	if (s->cap_add && (own_caps(d) || check_added(s, ~both(d[0].permitted, d[1].permitted))))
		return -1;
	if (s->user && box->uid && s->cap_add)
		ambient = keep & caps_added(s) & both(d[0].permitted, d[1].permitted);
	if (s->cap_drop && reduce_caps(keep))
		return -1;
	if ((ambient && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)) || (s->user && set_ids(box)))
		return -1;
	if (ambient) {
		if (set_caps(ambient, ambient, ambient) || raise_ambient(ambient))
			return -1;
	} else if (s->cap_drop) {
		if (own_caps(d))
			return -1;
		if (set_caps(both(d[0].effective, d[1].effective) & keep,
			     both(d[0].permitted, d[1].permitted) & keep,
			     both(d[0].inheritable, d[1].inheritable) & keep))
			return -1;
	}
	return s->no_new_privs ? no_new_privs() : 0;
}

static int privileges_up(struct box *box)
{
	return box->spec->entry ? privileges_of_entry(box) : privileges_of_box(box);
}

static LARGE_BSS struct {
	char user[64], group[64], groups[256], kept[768], ambient[768];
} who; // the words of --explain

static void explain_groups(struct buf *b, const struct spec *s)
{
	if (!s->group_add_count) {
		buf_str(b, "--init-groups");
		return;
	}
	buf_fmt(b, "--groups \"$(id -G %s | tr ' ' ,)", who.user);
	for (unsigned i = 0; i < s->group_add_count; i++)
		buf_fmt(b, ",%s", s->group_add[i]);
	buf_char(b, '"');
}

static void privileges_explain(const struct box *box)
{
	const struct spec *s = box->spec;
	const char *user = s->user ? s->user : "root", *colon = strchr(user, ':');
	size_t n = colon ? (size_t)(colon - user) : strlen(user);
	bool root = (n == 4 && !memcmp(user, "root", n)) || (n == 1 && *user == '0');
	struct buf name = BUF(who.user), group = BUF(who.group), groups = BUF(who.groups), kept = BUF(who.kept),
		   ambient = BUF(who.ambient);

	buf_fmt(&name, "%.*s", (int)n, user);
	buf_str(&group, colon ? colon + 1 : who.user);
	explain_groups(&groups, s);
	caps_words(&kept, caps_kept(s));
	caps_words(&ambient, root ? 0 : caps_added(s));
	explain("PR_CAPBSET_DROP setgroups setresgid setresuid capset PR_CAP_AMBIENT PR_SET_NO_NEW_PRIVS",
		"setpriv --reuid %s --regid %s %s%s --inh-caps %s --ambient-caps %s --bounding-set %s", who.user,
		who.group, who.groups, s->no_new_privs ? " --no-new-privs" : "", who.ambient, who.ambient, who.kept);
}

const struct phase phase_privileges = {"privileges", privileges_explain, privileges_up};

int privileges_drop_init(void)
{
	return set_caps(CAP(CAP_KILL), CAP(CAP_KILL), 0);
}
