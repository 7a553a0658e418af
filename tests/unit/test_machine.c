// SPDX-License-Identifier: MIT
// spec/value_machine: words about the machine itself.
#include "unit.h"

#include <sys/mount.h>
#include <sys/swap.h>

#include "spec/value.h"

static void reads_mounts(void **state)
{
	struct machine_mount m;

	(void)state;
	assert_null(value_machine_mount("ext4,/dev/vda,/data", &m));
	assert_string_equal(m.fstype, "ext4");
	assert_string_equal(m.source, "/dev/vda");
	assert_string_equal(m.target, "/data");
	assert_int_equal(m.flags, 0);
	assert_null(m.data);
	assert_int_equal(m.device.kind, DEVICE_NAME);
	assert_null(value_machine_mount("xfs,LABEL=x,/data,ro", &m));
	assert_int_equal(m.device.kind, DEVICE_LABEL);
	assert_string_equal(m.device.value, "x");
	assert_null(value_machine_mount("none,/dev/x,/data,bind", &m)); // a directory or a file
	assert_int_equal(m.device.kind, DEVICE_NOT_SAID);
	assert_null(value_machine_mount("tmpfs,none,/a/b,size=1M,noexec,mode=700,ro,rw,nosuid", &m));
	assert_int_equal(m.flags, MS_NOEXEC | MS_NOSUID);
	assert_string_equal(m.data, "size=1M,mode=700");
	assert_string_equal(m.options, "size=1M,noexec,mode=700,ro,rw,nosuid");
	assert_null(value_machine_mount("x,/a,/b,rbind,ro", &m));
	assert_int_equal(m.flags, MS_BIND | MS_REC | MS_RDONLY);
	assert_null(m.data);
}

static void refuses_mounts(void **state)
{
	static const char *const texts[] = {
		"", "ext4", "ext4,/dev/vda", "ext4,/dev/vda,", "ext4,/dev/vda,data", "ext4,/dev/vda,/", "ext4,/dev/vda,//",
		",/dev/vda,/data", "ext4,,/data", ",,",
	};
	struct machine_mount m = {.source = "as it was"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_string_equal(value_machine_mount(texts[i], &m), "not a mount (try ext4,/dev/vda,/data or tmpfs,tmpfs,/data,size=64M,noexec)");
	assert_string_equal(value_machine_mount("ext4,UUID=,/data", &m), "nothing stands behind it");
	assert_string_equal(value_machine_mount("ext4,/dev/vda,/data,,ro", &m), "an option is empty");
	assert_string_equal(m.source, "as it was");
}

static void reads_mount_options(void **state)
{
	static const struct {
		const char *text;
		uint32_t from, to;
		const char *data;
	} rows[] = {
		{"", MS_RDONLY, MS_RDONLY, NULL},
		{"rw", MS_RDONLY, 0, NULL},
		{"defaults,", 0, 0, NULL},
		{"ro,nosuid,nodev,noexec", 0, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
		{"suid,dev,exec", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SYNCHRONOUS, MS_SYNCHRONOUS, NULL},
		{"noatime,nodiratime,sync,dirsync,lazytime", 0,
		 MS_NOATIME | MS_NODIRATIME | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME, NULL},
		{"nostrictatime,silent", MS_STRICTATIME, MS_SILENT, NULL},
		{"subvol=@,ro,compress=zstd:1", 0, MS_RDONLY, "subvol=@,compress=zstd:1"},
		{"rooo,ronly,r", 0, 0, "rooo,ronly,r"}, // words, not beginnings of words
		{"errors=remount-ro", 0, 0, "errors=remount-ro"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t flags = rows[i].from;
		const char *data = "unset";

		assert_null(value_mount_options(rows[i].text, &flags, &data));
		assert_int_equal(flags, rows[i].to);
		if (rows[i].data)
			assert_string_equal(data, rows[i].data);
		else
			assert_null(data);
	}
}

static void reads_swap(void **state)
{
	static const char *const bad[] = {
		"", "vdb", ",pri=1", "/dev/vdb,,", "/dev/vdb,pri", "/dev/vdb,pri=", "/dev/vdb,pri=32768", "/dev/vdb,pri=-1",
		"/dev/vdb,discard,,pri=1", "/dev/vdb,no",
	};
	struct swap_area a;

	(void)state;
	assert_null(value_swap_area("/dev/vdb", &a));
	assert_string_equal(a.path, "/dev/vdb");
	assert_int_equal(a.flags, 0);
	assert_null(value_swap_area("UUID=1234,pri=1", &a));
	assert_int_equal(a.device.kind, DEVICE_UUID);
	assert_null(value_swap_area("/swap,discard,pri=32767", &a));
	assert_string_equal(a.path, "/swap");
	assert_int_equal(a.flags, SWAP_FLAG_DISCARD | SWAP_FLAG_PREFER | 32767);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_string_equal(value_swap_area(bad[i], &a), "not a swap area (try /dev/vdb or /data/swap,pri=5,discard)");
}

static void reads_watchdogs(void **state)
{
	static const char *const bad[] = {"", "watchdog", "/dev/watchdog:", "/dev/watchdog:0", "/dev/watchdog:86401", "/dev/watchdog:5s", "/dev/watchdog:5:6"};
	struct watchdog_spec w;

	(void)state;
	assert_null(value_watchdog("/dev/watchdog", &w));
	assert_string_equal(w.device, "/dev/watchdog");
	assert_int_equal(w.seconds, 0);
	assert_null(value_watchdog("/dev/watchdog0:86400", &w));
	assert_string_equal(w.device, "/dev/watchdog0");
	assert_int_equal(w.seconds, 86400);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_string_equal(value_watchdog(bad[i], &w), "not a watchdog (try /dev/watchdog or /dev/watchdog0:30, in seconds)");
	assert_string_equal(w.device, "/dev/watchdog0");
}

static void reads_parameters(void **state)
{
	(void)state;
	assert_null(value_parameter("vm.swappiness=17"));
	assert_null(value_parameter("net/ipv4/conf/eth0.100/rp_filter=1"));
	assert_null(value_parameter("kernel.core_pattern=|/bin/x %p\t%u"));
	assert_non_null(value_parameter("vm.swappiness"));
	assert_non_null(value_parameter("vm.swappiness="));
	assert_non_null(value_parameter("=1"));
	assert_non_null(value_parameter("vm..swappiness=1"));
	assert_non_null(value_parameter("vm/../x=1"));
	assert_non_null(value_parameter("vm.x=1\n2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_mounts),	       cmocka_unit_test(refuses_mounts), cmocka_unit_test(reads_mount_options),
		cmocka_unit_test(reads_swap),	       cmocka_unit_test(reads_parameters),
		cmocka_unit_test(reads_watchdogs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
