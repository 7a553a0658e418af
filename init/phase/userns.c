// SPDX-License-Identifier: MIT
// The box's user namespace: which ids it has, and what follows from that. The launcher writes its maps while the box's PID 1
// waits (phase/handover).
//   root:     none, unless asked for; then a range of the host's ids, never root's own
//   others:   the own id as the box's root, and what /etc/subuid gives as the ids from 1 on
// Source: user_namespaces(7).
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "phase/handover.h"
#include "phase/subids.h"
#include "phase/userns.h"

static LARGE_BSS struct {
	struct id_map uids, gids;
	bool by_helper;
	char user[24];
} plan;

static enum userns kind_of(const struct spec *s)
{
	enum userns kind = (enum userns)s->userns.kind;

	return kind != USERNS_DEFAULT ? kind : getauxval(AT_EUID) ? USERNS_AUTO : USERNS_HOST;
}

static int refuse(const struct spec *s, bool ordinary, enum userns kind)
{
	for (unsigned i = 0; i < s->volume_count; i++) {
		if (!s->volume[i].idmap)
			continue;
		if (kind == USERNS_HOST)
			return fail_text("ids can only be mapped for a user namespace (--userns)", "volume %s: idmap",
					 s->volume[i].source);
		if (ordinary || kind == USERNS_SELF)
			return fail_text("needs root, and a range of ids (--userns FIRST:COUNT)", "volume %s: idmap",
					 s->volume[i].source);
	}
	if (s->upper && !ordinary && (kind == USERNS_RANGE || kind == USERNS_AUTO))
		return fail_text("can't be kept by the user namespace of a range", "upper %s", s->upper);
	if (kind == USERNS_KEEP_ID && !ordinary)
		return fail_text("is for ordinary users (try --userns auto, or FIRST:COUNT)", "userns: keep-id");
	if (kind != USERNS_HOST && ordinary && s->network == NETWORK_BRIDGE)
		return fail_text("needs root: the bridge and its rules are the host's", "network: bridge");
	return 0;
}

// Ranges for both kinds of ids, or for none.
static int read_ranges(uint32_t uid, struct id_range u[MAX_RANGES], int *nu, struct id_range g[MAX_RANGES], int *ng)
{
	*nu = subids_read("/etc/subuid", uid, u);
	*ng = *nu > 0 ? subids_read("/etc/subgid", uid, g) : *nu;
	if (*nu < 0 || *ng < 0)
		return -1;
	if (!*ng)
		*nu = 0;
	return 0;
}

static int make_maps(const struct spec *s, enum userns kind, uint32_t uid, uint32_t gid)
{
	struct id_range u[MAX_RANGES] = {s->userns.range}, g[MAX_RANGES] = {s->userns.range};
	bool keep = kind == USERNS_KEEP_ID, own = uid || kind == USERNS_SELF;
	int nu = kind == USERNS_RANGE, ng = nu;

	if ((kind == USERNS_AUTO || keep) && (!uid || subids_have_helpers()) && read_ranges(uid, u, &nu, g, &ng))
		return -1;
	if (!own && !nu)
		return fail_text("gives no ids to root (try --userns FIRST:COUNT)", "/etc/subuid, /etc/subgid");
	subids_map(&plan.uids, u, nu, own ? &uid : NULL, keep ? uid : 0);
	subids_map(&plan.gids, g, ng, own ? &gid : NULL, keep ? gid : 0);
	plan.by_helper = uid && nu;
	return 0;
}

static int userns_up(struct box *box)
{
	enum userns kind = kind_of(box->spec);
	uint32_t uid = (uint32_t)getauxval(AT_EUID), gid = (uint32_t)getauxval(AT_EGID);

	if (refuse(box->spec, uid != 0, kind))
		return -1;
	if (kind == USERNS_HOST)
		return 0;
	if (make_maps(box->spec, kind, uid, gid))
		return -1;
	box->userns = true;
	box->handed_over = !uid && kind != USERNS_SELF;
	box->no_setgroups = plan.gids.count == 1 && !box->handed_over;
	box->no_root = plan.uids.extent[0].inside != 0 || plan.gids.extent[0].inside != 0;
	if (kind == USERNS_KEEP_ID) {
		if (fmt(plan.user, sizeof(plan.user), "%u:%u", uid, gid))
			return fail("setresuid", "%u", uid);
		box->default_user = plan.user;
	}
	return 0;
}

static void userns_explain(const struct box *box)
{
	enum userns kind = kind_of(box->spec);

	if (getauxval(AT_EUID) && (kind == USERNS_AUTO || kind == USERNS_KEEP_ID))
		explain("open read", "grep \"^$(id -un):\" /etc/subuid /etc/subgid");
}

const struct phase phase_userns = {"userns", userns_explain, userns_up};

bool userns_has(uint32_t uid)
{
	for (unsigned i = 0; i < plan.uids.count; i++)
		if (uid >= plan.uids.extent[i].outside && uid - plan.uids.extent[i].outside < plan.uids.extent[i].count)
			return true;
	return false;
}

static int write_file(pid_t pid, const char *name, const char *text)
{
	char path[48];

	return fmt(path, sizeof(path), "/proc/%d/%s", (int)pid, name) ? fail("write", "%s", name)
								      : file_write(AT_FDCWD, path, text);
}

// In one write(2): a second one is refused.
static int write_map(pid_t pid, const char *name, const struct id_map *m)
{
	char text[MAX_EXTENTS * 33];
	struct buf b = BUF(text);

	b.p[0] = '\0';
	for (unsigned i = 0; i < m->count; i++)
		buf_fmt(&b, "%u %u %u\n", m->extent[i].inside, m->extent[i].outside, m->extent[i].count);
	return write_file(pid, name, text);
}

static int maps_up(struct box *box)
{
	if (!box->userns)
		return 0;
	if (plan.by_helper) {
		if (subids_write(box->pid, &plan.uids, &plan.gids))
			return -1;
	} else {
		// Who may map one id alone may not drop groups, which can also take rights away (CVE-2014-8989).
		if (write_map(box->pid, "uid_map", &plan.uids) ||
		    (box->no_setgroups && write_file(box->pid, "setgroups", "deny")) ||
		    write_map(box->pid, "gid_map", &plan.gids))
			return -1;
	}
	return handover_give(box);
}

static void explain_map(const char *name, const struct id_map *m)
{
	char text[256];
	struct buf b = BUF(text);

	b.p[0] = '\0';
	for (unsigned i = 0; i < m->count; i++)
		buf_fmt(&b, " %u %u %u", m->extent[i].inside, m->extent[i].outside, m->extent[i].count);
	if (plan.by_helper)
		explain("vfork execve", "new%.*smap PID%s", 3, name, text);
	else
		explain("write", "echo%s >/proc/PID/%s_map", text, name);
}

static void maps_explain(const struct box *box)
{
	enum userns kind = kind_of(box->spec);

	if (kind == USERNS_HOST)
		return;
	if (!box->userns) { // of a dry run: nobody has looked for ranges
		explain("write", "unshare --user %s",
			kind == USERNS_SELF ? "--map-root-user" : "--map-users=auto --map-groups=auto");
		return;
	}
	explain_map("uid", &plan.uids);
	if (box->no_setgroups)
		explain("write", "echo deny >/proc/PID/setgroups");
	explain_map("gid", &plan.gids);
}

const struct phase phase_maps = {"userns", maps_explain, maps_up};
