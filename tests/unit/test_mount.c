// SPDX-License-Identifier: MIT
// spec/value_mount: -v, --mount, --tmpfs and --device in docker's words.
#include "unit.h"

#include <linux/bpf.h>
#include <linux/mount.h>

#include "base/arena.h"
#include "spec/value.h"

#ifndef MS_PRIVATE
#define MS_PRIVATE (1 << 18)
#define MS_SLAVE   (1 << 19)
#define MS_SHARED  (1 << 20)
#endif

enum { RO = MOUNT_ATTR_RDONLY, SUID = MOUNT_ATTR_NOSUID, DEV = MOUNT_ATTR_NODEV, EXEC = MOUNT_ATTR_NOEXEC, USUAL = SUID | DEV };

typedef const char *reader(const char *s, struct volume *v);

struct row {
	const char *text;
	struct volume want;
};

static void expect_volume(const char *text, const struct volume *got, const struct volume *want)
{
	assert_string_equal(got->target, want->target);
	if (want->source)
		assert_string_equal(got->source, want->source);
	else
		assert_null(got->source);
	if (got->kind != want->kind || got->attrs != want->attrs || got->flat != want->flat ||
	    got->top_read_only != want->top_read_only || got->propagation != want->propagation || got->mode != want->mode ||
	    got->size != want->size || got->uid != want->uid || got->gid != want->gid)
		unit_fail("\"%s\": kind %u attrs %x flat %u top %u propagation %x mode %o size %lu", text, got->kind, got->attrs,
			  got->flat, got->top_read_only, got->propagation, got->mode, (unsigned long)got->size);
}

static void expect_all(reader *read_one, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct volume v = {.source = "?", .mode = 99};
		const char *why = read_one(rows[i].text, &v);

		if (why)
			unit_fail("\"%s\": %s", rows[i].text, why);
		expect_volume(rows[i].text, &v, &rows[i].want);
	}
}

static void expect_bad(reader *read_one, const char *const *bad, size_t n, const char *why)
{
	for (size_t i = 0; i < n; i++) {
		struct volume v = {.source = "s", .target = "t", .attrs = 77};
		const char *got = read_one(bad[i], &v);

		if (!got || (why && strcmp(got, why)))
			unit_fail("\"%s\": %s", bad[i], got ? got : "good");
		assert_true(!strcmp(v.source, "s") && !strcmp(v.target, "t") && v.attrs == 77);
	}
}

static void reads_volumes(void **state)
{
	static const struct row rows[] = {
		{"/srv/data:/data", {"/srv/data", "/data", .attrs = USUAL}},
		{"/srv:/data:ro", {"/srv", "/data", .attrs = USUAL | RO}},
		{"/srv:/data:rro", {"/srv", "/data", .attrs = USUAL | RO}},
		{"/srv:/data:rw", {"/srv", "/data", .attrs = USUAL}},
		{"/srv:/data:ro,rw", {"/srv", "/data", .attrs = USUAL}},
		{"tag:/a b", {"tag", "/a b", .attrs = USUAL}},
		{"/:/a/", {"/", "/a/", .attrs = USUAL}},
		{".:/here", {".", "/here", .attrs = USUAL}},
		{"/a:/b:ro,rslave", {"/a", "/b", .attrs = USUAL | RO, .propagation = MS_SLAVE}},
		{"/a:/b:shared", {"/a", "/b", .attrs = USUAL, .propagation = MS_SHARED}},
		{"/a:/b:rprivate", {"/a", "/b", .attrs = USUAL, .propagation = MS_PRIVATE}},
		{"/a:/b:bind", {"/a", "/b", .attrs = USUAL, .flat = true}},
		{"/a:/b:rbind", {"/a", "/b", .attrs = USUAL}},
		{"/a:/b:noexec,suid", {"/a", "/b", .attrs = DEV | EXEC}},
		{"/a:/b:dev", {"/a", "/b", .attrs = SUID}},
		{"/a:/b:O", {"/a", "/b", .kind = VOLUME_OVERLAY, .attrs = USUAL}},
		{"/a\\:b:/c\\:d", {"/a:b", "/c:d", .attrs = USUAL}},
		{"/a\\b:/c\\d", {"/a\\b", "/c\\d", .attrs = USUAL}},
	};
	static const char *const bad[] = {
		"", ":", "/srv", "/srv:", ":/data", "/srv:data", "/srv:/data:", "/srv:/data:r", "/srv:/data:ro:",
		"/srv:/data:ro,z", "/srv:/data:ro,", "/srv:/data:,ro", "/srv:/data:size=1M", "/srv:/data:RO", "/srv:/data:slav",
		"/srv:/data:/x", "/srv::/data", "/srv:ro", "/srv\\:/data", "/srv:/data:readonly=false",
		"/srv:/", "/srv:///", "/srv:/:ro", // not over the whole root
	};

	(void)state;
	expect_all(value_volume, rows, COUNT(rows));
	expect_bad(value_volume, bad, COUNT(bad), "not a volume (try /srv/data:/data or /srv/data:/data:ro)");
}

static void reads_tmpfs(void **state)
{
	static const struct row rows[] = {
		{"/run", {.target = "/run", .kind = VOLUME_TMPFS, .attrs = USUAL | EXEC}},
		{"/run:size=64m,mode=755", {.target = "/run", .kind = VOLUME_TMPFS, .attrs = USUAL | EXEC, .size = 64 << 20, .mode = 0755 + 1}},
		{"/run:mode=0", {.target = "/run", .kind = VOLUME_TMPFS, .attrs = USUAL | EXEC, .mode = 1}},
		{"/run:mode=07777", {.target = "/run", .kind = VOLUME_TMPFS, .attrs = USUAL | EXEC, .mode = 07777 + 1}},
		{"/run:exec,suid,dev,ro", {.target = "/run", .kind = VOLUME_TMPFS, .attrs = RO}},
		{"/run:uid=5,gid=6,size=max", {.target = "/run", .kind = VOLUME_TMPFS, .attrs = USUAL | EXEC, .uid = 5, .gid = 6, .size = SIZE_UNLIMITED}},
	};
	static const char *const bad[] = {
		"", ":", "run", "/", "//", "/run:", "/run:size", "/run:size=", "/run:size=big", "/run:mode=9", "/run:mode=",
		"/run:mode=10000", "/run:mode=777777", "/run:uid=x", "/run:uid=-1", "/run:rslave", "/run:bind", "/run:O", "/run:/x",
		"/run:size=1M,", "/run:noexec:ro", "/run:nr_inodes=5",
	};

	(void)state;
	expect_all(value_tmpfs, rows, COUNT(rows));
	expect_bad(value_tmpfs, bad, COUNT(bad), "not a tmpfs (try /run or /run:size=64M,mode=755,exec)");
}

static void reads_mounts(void **state)
{
	static const struct row rows[] = {
		{"type=bind,source=/a,target=/b", {"/a", "/b", .attrs = USUAL}},
		{"source=/a,target=/b", {"/a", "/b", .attrs = USUAL}},
		{"src=/a,dst=/b,type=bind,readonly", {"/a", "/b", .attrs = USUAL | RO}},
		{"type=bind,src=/a,destination=/b,ro=true", {"/a", "/b", .attrs = USUAL | RO}},
		{"type=bind,src=/a,dst=/b,readonly=1,readonly=false", {"/a", "/b", .attrs = USUAL}},
		{"type=bind,src=/a,dst=/b,bind-propagation=rshared", {"/a", "/b", .attrs = USUAL, .propagation = MS_SHARED}},
		{"type=bind,src=/a,dst=/b,bind-nonrecursive", {"/a", "/b", .attrs = USUAL, .flat = true}},
		{"type=bind,src=/a,dst=/b,bind-nonrecursive=false", {"/a", "/b", .attrs = USUAL}},
		{"type=bind,src=/a,dst=/b,bind-recursive=disabled", {"/a", "/b", .attrs = USUAL, .flat = true}},
		{"type=bind,src=/a,dst=/b,ro,bind-recursive=writable", {"/a", "/b", .attrs = USUAL | RO, .top_read_only = true}},
		{"type=bind,src=/a,dst=/b,ro,bind-recursive=readonly", {"/a", "/b", .attrs = USUAL | RO}},
		{"type=bind,\"src=/a,b \"\"c\"\"\",dst=/b:c", {"/a,b \"c\"", "/b:c", .attrs = USUAL}},
		{"type=bind,src=/a=b,dst=/type=tmpfs", {"/a=b", "/type=tmpfs", .attrs = USUAL}},
		{"type=tmpfs,target=/t", {.target = "/t", .kind = VOLUME_TMPFS, .attrs = USUAL | EXEC}},
		{"target=/t,tmpfs-size=1M,tmpfs-mode=1770,exec,type=tmpfs", {.target = "/t", .kind = VOLUME_TMPFS, .attrs = USUAL, .size = 1 << 20, .mode = 01770 + 1}},
		{"type=tmpfs,target=/t,readonly=true", {.target = "/t", .kind = VOLUME_TMPFS, .attrs = USUAL | EXEC | RO}},
		{"type=overlay,source=/a,target=/b,noexec=true", {"/a", "/b", .kind = VOLUME_OVERLAY, .attrs = USUAL | EXEC}},
	};
	static const char *const bad[] = {
		"", "type=bind", "type=volume,src=a,dst=/b", "type=", "type=bind,src=/a", "type=bind,dst=/b", "type=bind,src=,dst=/b",
		"type=bind,src=/a,dst=b", "type=bind,src=/a,dst=/", "type=tmpfs,src=/a,dst=/b", "type=bind,src=/a,dst=/b,size=1M",
		"type=tmpfs,dst=/b,bind-nonrecursive=x", "type=bind,src=/a,dst=/b,readonly=maybe", "type=bind,src=/a,dst=/b,colour",
		"type=bind,src=/a,dst=/b,bind-propagation=up", "type=bind,src=/a,dst=/b,bind-propagation=bind",
		"type=bind,src=/a,dst=/b,bind-recursive=no", "type=bind,,src=/a,dst=/b", "type=tmpfs,dst=/b,tmpfs-size=x",
		"type=tmpfs,dst=/b,tmpfs-mode=8", "\"type=bind,src=/a,dst=/b\"",
	};

	(void)state;
	expect_all(value_mount, rows, COUNT(rows));
	expect_bad(value_mount, bad, COUNT(bad), NULL);
}

static void reads_devices(void **state)
{
	enum { R = BPF_DEVCG_ACC_READ, W = BPF_DEVCG_ACC_WRITE, M = BPF_DEVCG_ACC_MKNOD };
	static const struct {
		const char *text;
		struct device want;
	} rows[] = {
		{"/dev/fuse", {"/dev/fuse", "/dev/fuse", R | W | M}},
		{"/dev/sda:/dev/disk", {"/dev/sda", "/dev/disk", R | W | M}},
		{"/dev/sda:/dev/disk:r", {"/dev/sda", "/dev/disk", R}},
		{"/dev/sda:rw", {"/dev/sda", "/dev/sda", R | W}},
		{"/dev/sda:/x:mwr", {"/dev/sda", "/x", R | W | M}},
		{"/dev/a\\:b", {"/dev/a:b", "/dev/a:b", R | W | M}},
	};
	static const char *const bad[] = {
		"", ":", "fuse", "/dev/fuse:", "/dev/fuse:x", "/dev/fuse:rwx", "/dev/fuse:rr", "/dev/fuse:/x:", "/dev/fuse:/x:/y",
		"/dev/fuse:/x:r:w", "/", "/dev/fuse:/", "/dev/fuse::r", ":/dev/x:r",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct device d = {0};
		const char *why = value_device(rows[i].text, &d);

		if (why || strcmp(d.source, rows[i].want.source) || strcmp(d.target, rows[i].want.target) ||
		    d.access != rows[i].want.access)
			unit_fail("\"%s\": %s", rows[i].text, why ? why : "another one");
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct device d = {"s", "t", 9};

		if (!value_device(bad[i], &d) || d.access != 9)
			unit_fail("\"%s\": good", bad[i]);
	}
}

// Words that fill the arena are refused, and nothing is written behind it.
static int fills_the_arena(void)
{
	static char word[4096];
	struct volume v = {0};
	const char *why = NULL;

	memset(word, 'a', sizeof(word) - 1);
	memcpy(word, "/a:/", 4);
	for (int i = 0; i < 64 && !why; i++)
		why = value_volume(word, &v);
	unit_check(why && !strcmp(why, "the configuration is too large"));
	unit_check(!strcmp(value_tmpfs(word + 3, &v), why));
	memcpy(word, "dst=/aaa", 8);
	unit_check(!strcmp(value_mount(word, &v), why));
	return 0;
}

static void refuses_too_much(void **state)
{
	(void)state;
	assert_int_equal(unit_child(fills_the_arena), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_volumes), cmocka_unit_test(reads_tmpfs),	    cmocka_unit_test(reads_mounts),
		cmocka_unit_test(reads_devices), cmocka_unit_test(refuses_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
