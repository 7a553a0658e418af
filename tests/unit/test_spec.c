// SPDX-License-Identifier: MIT
// spec/spec: what goes together and what does not, and the freeze.
#include "unit.h"

#include <sys/mount.h>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "spec/keys.h"
#include "spec/spec.h"

// A spec of "key=value" words, split at spaces. Values are copied, for the spec keeps them.
static struct spec *make(const char *settings)
{
	struct spec *s = unit_spec();

	memset(&err_last, 0, sizeof(err_last));
	while (*settings) {
		size_t n = strcspn(settings, " "), key = strcspn(settings, "=");
		const char *value = arena_copy(settings + key + 1, n - key - 1);

		assert_non_null(value);
		if (key_set(key_find(settings, key), s, value, "test"))
			unit_fail("%s: %s", err_last.object, err_last.text);
		settings += n + (settings[n] == ' ');
	}
	return s;
}

#define BOX    "rootfs=/r command=sh "
#define BRIDGE BOX "network=bridge "

static void knows_what_goes_together(void **state)
{
	static const struct {
		const char *settings, *why; // why NULL: good
	} rows[] = {
		{BOX, NULL},
		{"command=sh", "rootfs: is missing (try --rootfs DIR)"},
		{"rootfs=/r", "command: is missing (try: initbox run --rootfs DIR -- /bin/sh)"},
		{BOX "network=host", NULL},
		{BOX "publish=80:80", "publish: needs --network bridge"},
		{BOX "network=host publish=80:80", "publish: needs --network bridge"},
		{BOX "ip=172.20.0.9", "ip: needs --network bridge"},
		{BOX "network=host ip=172.20.0.9", "ip: needs --network bridge"},
		{BOX "bridge=br1", "bridge: needs --network bridge"},
		{BOX "network=host subnet=10.0.0.0/8", "subnet: needs --network bridge"},
		{BOX "memory=4095", "memory: is less than a page (4K)"},
		{BOX "memory=4K", NULL},
		{BOX "memory-swap=1G", "memory-swap: needs memory"},
		{BOX "memory=64M memory-swap=63M", "memory-swap: is memory and swap together: it can't be less than memory"},
		{BOX "memory=max memory-swap=1G", "memory-swap: is memory and swap together: it can't be less than memory"},
		{BOX "memory=max memory-swap=-1", NULL},
		{BOX "memory=64M memory-swap=64M", NULL},
		{BOX "memory-swap=-1 memory=64M", NULL},
		{BOX "memory=64M memory-reservation=65M", "memory-reservation: is more than memory"},
		{BOX "memory=64M memory-reservation=64M", NULL},
		{BOX "memory-reservation=64M", NULL},
		{BOX "tmpfs-size=1", "tmpfs-size: is too small to start anything (at least 64K)"},
		{BOX "read-only=yes upper=/u", "read-only: can't be together with upper: nothing would be written there"},
		{BOX "read-only=yes tmpfs-size=1M", "read-only: can't be together with tmpfs-size: nothing can be written"},
		{BOX "volume=/a:/b tmpfs=/b", "volume /b: two volumes have this target"},
		{BOX "machine-gateway=10.0.2.2", "machine-gateway: needs machine-address"},
		{BOX "machine-gateway=10.0.2.2 machine-address=10.0.2.15/24", NULL},
		{BRIDGE, NULL},
		{BRIDGE "publish=80:80", NULL},
		{BRIDGE "publish=80:80 publish=80:81", "publish: names the same port of the host twice"},
		{BRIDGE "publish=80:80 publish=81:80 publish=80:82/tcp", "publish: names the same port of the host twice"},
		{BRIDGE "publish=53:53/udp publish=53:53/udp", "publish: names the same port of the host twice"},
		{BRIDGE "publish=53:53/udp publish=53:53/tcp", NULL},
		{BRIDGE "publish=80:80 publish=81:80", NULL},
		{BRIDGE "publish=127.0.0.1:80:80 publish=127.0.0.1:80:81", "publish: names the same port of the host twice"},
		{BRIDGE "publish=80:80 publish=0.0.0.0:80:81", "publish: names the same port of the host twice"},
		// The rule for one address comes before the one for all of them.
		{BRIDGE "publish=127.0.0.1:80:80 publish=80:81", "publish: names the same port of the host twice"},
		{BRIDGE "ip=172.20.0.2", NULL},
		{BRIDGE "ip=172.20.255.254", NULL},
		{BRIDGE "ip=172.21.0.2", "ip: \"172.21.0.2\": is outside of the subnet"},
		{BRIDGE "ip=172.19.255.255", "ip: \"172.19.255.255\": is outside of the subnet"},
		{BRIDGE "ip=172.20.0.0", "ip: \"172.20.0.0\": is the subnet's own, its gateway's or its broadcast address"},
		{BRIDGE "ip=172.20.0.1", "ip: \"172.20.0.1\": is the subnet's own, its gateway's or its broadcast address"},
		{BRIDGE "ip=172.20.255.255", "ip: \"172.20.255.255\": is the subnet's own, its gateway's or its broadcast address"},
		{BRIDGE "subnet=10.0.0.0/8 ip=10.255.255.254", NULL},
		{BRIDGE "subnet=10.1.2.248/29 ip=10.1.2.250", NULL},
		{BRIDGE "subnet=10.1.2.248/29 ip=10.1.2.255", "ip: \"10.1.2.255\": is the subnet's own, its gateway's or its broadcast address"},
		{BRIDGE "subnet=10.1.2.248/29 ip=10.1.2.247", "ip: \"10.1.2.247\": is outside of the subnet"},
		{BRIDGE "subnet=10.0.0.1/8", "subnet: \"10.0.0.1/8\": has bits set behind its prefix"},
		{BRIDGE "subnet=10.1.2.252/29", "subnet: \"10.1.2.252/29\": has bits set behind its prefix"},
		{BRIDGE "subnet=10.0.0.0/7", "subnet: \"10.0.0.0/7\": the prefix has to be from 8 to 30"},
		{BRIDGE "subnet=0.0.0.0/0", "subnet: \"0.0.0.0/0\": the prefix has to be from 8 to 30"},
		{BRIDGE "subnet=10.0.0.0/31", "subnet: \"10.0.0.0/31\": the prefix has to be from 8 to 30"},
		{BOX "share=tag:/data", NULL},
		{BOX "share=/tag:/data", "share: the tag is not a name"},
		{BOX "share=..:/data", "share: the tag is not a name"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int ret = spec_check(make(rows[i].settings));

		if (!ret != !rows[i].why)
			unit_fail("%s: %s: %s", rows[i].settings, err_last.object, err_last.text);
		if (ret)
			unit_expect_err(rows[i].why);
	}
}

static void knows_what_becomes_of_a_machine(void **state)
{
	static const struct {
		const char *settings, *why; // why NULL: good
		bool hands_over;
		const char *rootfs;
	} rows[] = {
		{"root=/dev/vda", NULL, true, MACHINE_ROOT},
		{"root=/dev/vda init=/bin/sh command=x rootfs=/r", NULL, true, "/r"},
		{"root=/dev/vda command=x", NULL, false, MACHINE_ROOT},
		{"root=/dev/vda command=x rootfs=/r", NULL, false, "/r"},
		{"root=/dev/vda rootfs=/r", "command: is missing (try: initbox run --rootfs DIR -- /bin/sh)", false, NULL},
		{BOX "init=/sbin/init", "init: needs root: it is a program of the root file system", false, NULL},
		{BOX "overlay=tmpfs", "overlay: needs root: it goes over it", false, NULL},
		{"root=top rootfstype=virtiofs", NULL, true, MACHINE_ROOT},
		{"root=host:/export rootfstype=9p rw=yes", NULL, true, MACHINE_ROOT},
		{"root=top", "root: \"top\": not a device (try /dev/vda1, UUID=…, LABEL=…); a tag needs rootfstype=virtiofs or 9p", false, NULL},
		{"root=/dev/vda:/i rw=yes", "rw: an image is never written to (try overlay)", false, NULL},
		{"root=/dev/vda:/i rw=yes overlay=tmpfs", NULL, true, MACHINE_ROOT},
		{"root=/dev/vda rootflags=a,,b", "rootflags: \"a,,b\": an option is empty", false, NULL},
		{"root=/dev/vda machine-mount=ext4,/dev/vdb,/sysroot/x", NULL, true, MACHINE_ROOT},
		{"root=/dev/vda machine-mount=ext4,/dev/vdb,/sysrootx", "machine-mount: \"/sysrootx\": is not seen by the root's init: put it "
		 "below /sysroot, which is its root", false, NULL},
		{"root=/dev/vda command=x machine-mount=ext4,/dev/vdb,/data", NULL, false, MACHINE_ROOT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct spec *s = make(rows[i].settings);
		int ret = spec_check(s);

		if (rows[i].why) {
			assert_int_equal(ret, -1);
			unit_expect_err(rows[i].why);
			continue;
		}
		if (ret)
			unit_fail("%s: %s: %s", rows[i].settings, err_last.object, err_last.text);
		assert_int_equal(s->hands_over, rows[i].hands_over);
		assert_string_equal(s->rootfs[0], rows[i].rootfs);
	}
}

static void mounts_a_root_by_its_flags(void **state)
{
	struct spec *s = make("root=/dev/vda rootflags=noatime,subvol=x,nosuid,compress");

	(void)state;
	assert_int_equal(spec_check(s), 0);
	assert_int_equal(s->root_flags, MS_RDONLY | MS_NOATIME | MS_NOSUID);
	assert_string_equal(s->root_data, "subvol=x,compress");
	s = make("root=/dev/vda rw=yes rootflags=rw");
	assert_int_equal(spec_check(s), 0);
	assert_int_equal(s->root_flags, 0);
	assert_null(s->root_data);
}

static void shows_a_prefix_of_32(void **state)
{
	(void)state;
	assert_int_equal(spec_check(make(BRIDGE "subnet=10.0.0.0/32")), -1);
	unit_expect_err("subnet: \"10.0.0.0/32\": the prefix has to be from 8 to 30");
}

// One port on two addresses of the host is two doors.
static void publishes_a_port_on_two_addresses(void **state)
{
	(void)state;
	assert_int_equal(spec_check(make(BRIDGE "publish=127.0.0.1:80:80 publish=127.0.0.2:80:81")), 0);
}

static void names_the_box(void **state)
{
	struct spec *s = make(BOX);
	char want[32];

	(void)state;
	assert_int_equal(spec_check(s), 0);
	assert_int_equal(fmt(want, sizeof(want), "box-%d", (int)getpid()), 0);
	assert_string_equal(s->name, want);
	assert_string_equal(s->hostname, want);
	s = make(BOX "name=web");
	assert_int_equal(spec_check(s), 0);
	assert_string_equal(s->name, "web");
	assert_string_equal(s->hostname, "web");
	s = make(BOX "hostname=h");
	assert_int_equal(spec_check(s), 0);
	assert_string_equal(s->name, want);
	assert_string_equal(s->hostname, "h");
}

static void turns_shares_into_volumes(void **state)
{
	struct spec *s = make(BOX "volume=/a:/b share=tag:/data:ro share=other:/o");

	(void)state;
	assert_int_equal(spec_check(s), 0);
	assert_int_equal(s->volume_count, 3);
	assert_string_equal(s->volume[0].source, "/a");
	assert_string_equal(s->volume[1].source, "/run/share/tag");
	assert_string_equal(s->volume[1].target, "/data");
	assert_true(s->volume[1].attrs & MS_RDONLY);
	assert_string_equal(s->volume[2].source, "/run/share/other");
	assert_false(s->volume[2].attrs & MS_RDONLY);
	assert_string_equal(s->share[0].source, "tag");
}

static void has_room_for_so_many_shares(void **state)
{
	static char targets[3 * MAX_VOLUMES]; // "/A", "/B", …
	struct spec *s;

	(void)state;
	for (unsigned i = 0; i < MAX_VOLUMES; i++) {
		targets[3 * i] = '/';
		targets[3 * i + 1] = (char)('A' + i);
	}
	for (unsigned volumes = MAX_VOLUMES - 1; volumes <= MAX_VOLUMES; volumes++) {
		s = make(BOX "share=tag:/data");
		for (unsigned i = 0; i < volumes; i++)
			s->volume[s->volume_count++] = (struct volume){.source = "/a", .target = targets + 3 * i};
		assert_int_equal(spec_check(s), volumes < MAX_VOLUMES ? 0 : -1);
		assert_int_equal(s->volume_count, MAX_VOLUMES);
	}
	unit_expect_err("share: too many volumes");
}

static int full_arena(void)
{
	static const char *const sh[] = {"sh", NULL};
	struct spec *s = make(BOX), *t;

	while (arena_copy("x", 1))
		;
	unit_check(spec_check(s) == -1);
	unit_check(!strcmp(err_last.object, "name") && !strcmp(err_last.text, "the configuration is too large"));
	t = unit_spec();
	t->rootfs[t->rootfs_count++] = "/r";
	t->command = sh;
	t->command_count = 1;
	t->name = "a";
	t->share[t->share_count++] = (struct volume){.source = "tag", .target = "/data"};
	unit_check(spec_check(t) == -1);
	unit_check(!strcmp(err_last.object, "share") && !strcmp(err_last.text, "the configuration is too large"));
	return 0;
}

static void reports_a_full_arena(void **state)
{
	(void)state;
	assert_int_equal(unit_child(full_arena), 0);
}

static struct spec *frozen(void)
{
	struct spec *s = make(BOX "name=web user=me");

	return spec_check(s) || spec_freeze() ? NULL : s;
}

static int reads_frozen(void)
{
	struct spec *s = frozen();

	unit_check(s && !strcmp(s->name, "web") && !strcmp(s->hostname, "web") && s->command_count == 1);
	unit_check(!strcmp(s->command[0], "sh"));
	return 0;
}

static int writes_first(void)
{
	struct spec *s = frozen();

	unit_check(s != NULL);
	s->name = "x";
	return 1; // not reached
}

static int writes_last(void)
{
	struct spec *s = frozen();

	unit_check(s != NULL);
	s->share_count = 1;
	return 1;
}

static int writes_string(void)
{
	struct spec *s = frozen();

	unit_check(s != NULL);
	*(char *)(uintptr_t)s->user = 'x';
	return 1;
}

static void freezes(void **state)
{
	static int (*const writers[])(void) = {writes_first, writes_last, writes_string};

	(void)state;
	assert_int_equal(unit_child(reads_frozen), 0);
	for (size_t i = 0; i < COUNT(writers); i++) {
		int status = unit_child(writers[i]);

		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_goes_together),
		cmocka_unit_test(knows_what_becomes_of_a_machine),
		cmocka_unit_test(mounts_a_root_by_its_flags),
		cmocka_unit_test(shows_a_prefix_of_32),
		cmocka_unit_test(publishes_a_port_on_two_addresses),
		cmocka_unit_test(names_the_box),
		cmocka_unit_test(turns_shares_into_volumes),
		cmocka_unit_test(has_room_for_so_many_shares),
		cmocka_unit_test(reports_a_full_arena),
		cmocka_unit_test(freezes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
