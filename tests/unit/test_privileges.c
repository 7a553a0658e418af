// SPDX-License-Identifier: MIT
// spec/caps and spec/value_privileges: which capabilities are kept, and the words about what a program may do.
#include "unit.h"

#include "spec/caps.h"
#include "spec/value.h"

#define BIT(cap) (1ull << (cap))
enum { DAC_OVERRIDE = 1, NET_ADMIN = 12, NET_RAW = 13, MKNOD = 27 };

static void keeps_capabilities(void **state)
{
	static const struct {
		const char *add[3], *drop[3];
		bool privileged;
		uint64_t has, lacks, added;
	} rows[] = {
		{.has = BIT(NET_RAW) | BIT(DAC_OVERRIDE), .lacks = BIT(NET_ADMIN) | BIT(MKNOD) | CAPS_ALL},
		{{"net_admin"}, .has = BIT(NET_RAW) | BIT(NET_ADMIN), .added = BIT(NET_ADMIN)},
		{{"CAP_NET_ADMIN"}, {"NET_RAW"}, .has = BIT(NET_ADMIN), .lacks = BIT(NET_RAW), .added = BIT(NET_ADMIN)},
		{{"NET_RAW"}, {"ALL"}, .has = BIT(NET_RAW), .lacks = ~BIT(NET_RAW), .added = BIT(NET_RAW)},
		{{"NET_RAW"}, {"NET_RAW"}, .lacks = BIT(NET_RAW)},
		{.drop = {"all"}, .lacks = ~0ull},
		{{"ALL"}, .has = ~0ull, .added = ~0ull},
		{{"ALL"}, {"MKNOD"}, .has = ~BIT(MKNOD), .lacks = BIT(MKNOD), .added = ~BIT(MKNOD)},
		{.privileged = true, .has = ~0ull},
		{{"NET_RAW"}, {"MKNOD"}, true, ~BIT(MKNOD), BIT(MKNOD), BIT(NET_RAW)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct spec *s = unit_spec();
		uint64_t kept;

		for (int k = 0; rows[i].add[k]; k++)
			assert_null(value_cap(rows[i].add[k], &s->cap_add));
		for (int k = 0; rows[i].drop[k]; k++)
			assert_null(value_cap(rows[i].drop[k], &s->cap_drop));
		s->privileged = rows[i].privileged;
		kept = caps_kept(s);
		if ((kept & rows[i].has) != rows[i].has || kept & rows[i].lacks || caps_added(s) != rows[i].added)
			unit_fail("row %u: kept %lx, added %lx", (unsigned)i, (unsigned long)kept,
				  (unsigned long)caps_added(s));
	}
}

static void names_capabilities(void **state)
{
	static const struct {
		uint64_t set;
		const char *words;
	} rows[] = {
		{0, "-all"},
		{BIT(NET_RAW) | BIT(DAC_OVERRIDE), "-all,+dac_override,+net_raw"},
		{~0ull, "+all"},
		{~BIT(MKNOD), "+all,-mknod"},
	};
	char text[800];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = BUF(text);

		caps_words(&b, rows[i].set);
		assert_string_equal(text, rows[i].words);
	}
	assert_string_equal(caps_name(BIT(NET_RAW) | BIT(MKNOD)), "NET_RAW");
	assert_string_equal(caps_name(0), "");
	// What --explain prints has room for all of them.
	{
		struct buf b = BUF(text);

		caps_words(&b, ~CAPS_ALL);
		assert_false(b.cut);
		assert_true(b.len < 768);
	}
}

static void knows_sysctls_of_namespaces(void **state)
{
	static const char *const good[] = {
		"net.ipv4.ip_forward=1", "net/ipv4/conf/eth0.100/rp_filter=0", "kernel.sem=1 2 3 4", "kernel.sem=1\t2",
		"fs.mqueue.msg_max=10", "kernel.hostname=x", "kernel/domainname=x", "kernel.shm_rmid_forced=1", "net.x=a=b",
	};
	static const char *const machine[] = {
		"kernel.core_pattern=|/x", "vm.swappiness=1", "fs.file-max=1", "fs.mqueue=1", "net=1", "kernel.semaphore=1",
		"kernel.hostname.x=1", "kernel=1", "network.x=1", "fs.mqueueX.y=1", "user.max_user_namespaces=0",
	};
	static const char *const bad[] = {
		"", "=", "=1", "net.x", "net.x=", "net..x=1", "net./x=1", ".net.x=1", "net.x.=1", "net/../x=1", "net.a b=1",
		"net.a\nb=1", "net.x=1\n2", "net.x=\001",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (value_sysctl(good[i]))
			unit_fail("%s: %s", good[i], value_sysctl(good[i]));
	for (size_t i = 0; i < COUNT(machine); i++)
		if (!value_sysctl(machine[i]) || !strstr(value_sysctl(machine[i]), "of the whole machine"))
			unit_fail("not refused: %s", machine[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!value_sysctl(bad[i]) || strstr(value_sysctl(bad[i]), "of the whole machine"))
			unit_fail("not refused as no sysctl: %s", bad[i]);
}

static void reads_landlock_rules(void **state)
{
	static const char *const bad[] = {"", "ro", "ro:", "ro:usr", "rx:/usr", "connect:", "connect:x", "bind:65536", "bind:-1", "/usr"};
	struct landlock_rule r;

	(void)state;
	assert_null(value_landlock("ro:/usr", &r));
	assert_int_equal(r.kind, LANDLOCK_READ);
	assert_string_equal(r.path, "/usr");
	assert_null(value_landlock("rw:/a:b", &r));
	assert_int_equal(r.kind, LANDLOCK_WRITE);
	assert_string_equal(r.path, "/a:b");
	assert_null(value_landlock("connect:443", &r));
	assert_int_equal(r.kind, LANDLOCK_CONNECT);
	assert_int_equal(r.port, 443);
	assert_null(r.path);
	assert_null(value_landlock("bind:0", &r));
	assert_int_equal(r.kind, LANDLOCK_BIND);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!value_landlock(bad[i], &r))
			unit_fail("accepted: %s", bad[i]);
}

static void reads_security_options(void **state)
{
	static const struct {
		const char *text;
		uint8_t nnp, seccomp;
		bool unmasked, good;
	} rows[] = {
		{"no-new-privileges", 1, SECCOMP_FILTER_UNSET, false, true},
		{"no-new-privileges:true", 1, SECCOMP_FILTER_UNSET, false, true},
		{"no-new-privileges=false", 0, SECCOMP_FILTER_UNSET, false, true},
		{"seccomp=unconfined", NOT_SAID, SECCOMP_FILTER_NONE, false, true},
		{"seccomp:/p.json", NOT_SAID, SECCOMP_FILTER_FILE, false, true},
		{"seccomp=default", NOT_SAID, SECCOMP_FILTER_DEFAULT, false, true},
		{"systempaths=unconfined", NOT_SAID, SECCOMP_FILTER_UNSET, true, true},
		{"apparmor=unconfined", NOT_SAID, SECCOMP_FILTER_UNSET, false, true},
		{"label:disable", NOT_SAID, SECCOMP_FILTER_UNSET, false, true},
		{.text = "apparmor=docker-default"},
		{.text = "label=type:x"},
		{.text = "no-new-privileges=maybe"},
		{.text = "seccomp"},
		{.text = "seccomp="},
		{.text = "seccomp=off"},
		{.text = "systempaths=none"},
		{.text = "no-new"},
		{.text = ""},
		{.text = "="},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct spec *s = unit_spec();
		bool good = !value_security_opt(rows[i].text, s);

		if (good != rows[i].good)
			unit_fail("%s: %s", rows[i].text, good ? "accepted" : "refused");
		if (good && (s->no_new_privs != rows[i].nnp || s->seccomp != rows[i].seccomp ||
			     s->unmasked != rows[i].unmasked))
			unit_fail("%s: %u %u %u", rows[i].text, s->no_new_privs, s->seccomp, s->unmasked);
	}
}

static void reads_numbers_with_a_sign(void **state)
{
	static const char *const bad[] = {"", "-", "+1", "--1", "20", "-21", "1.0", "1001"};
	uint16_t v = 7;
	uint32_t ms = 7;

	(void)state;
	assert_null(value_nice("-20", &v));
	assert_int_equal(v, 1);
	assert_null(value_nice("0", &v));
	assert_int_equal(v, 21);
	assert_null(value_nice("19", &v));
	assert_int_equal(v, 40);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(value_nice(bad[i], &v));
	assert_null(value_oom_score("-1000", &v));
	assert_int_equal(v, 1);
	assert_null(value_oom_score("1000", &v));
	assert_int_equal(v, 2001);
	assert_non_null(value_oom_score("1001", &v));
	assert_non_null(value_oom_score("-1001", &v));
	assert_null(value_stop_timeout("-1", &ms));
	assert_int_equal(ms, 0);
	assert_null(value_stop_timeout("0", &ms));
	assert_int_equal(ms, 1);
	assert_null(value_stop_timeout("2", &ms));
	assert_int_equal(ms, 2000);
	assert_non_null(value_stop_timeout("-2", &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_capabilities),	   cmocka_unit_test(names_capabilities),
		cmocka_unit_test(knows_sysctls_of_namespaces), cmocka_unit_test(reads_landlock_rules),
		cmocka_unit_test(reads_security_options),	   cmocka_unit_test(reads_numbers_with_a_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
