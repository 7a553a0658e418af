// SPDX-License-Identifier: MIT
// spec/keys: the lists of the table, and --help.
#include "unit.h"

#include "spec/keys.h"

// Each list of the table takes so many entries, and says so when there is one more.
static void counts_entries(void **state)
{
	static const struct {
		const char *key, *value;
		size_t count;
		unsigned max;
	} rows[] = {
		{"rootfs", "/a", offsetof(struct spec, rootfs_count), MAX_LAYERS},
		{"volume", "/a:/b", offsetof(struct spec, volume_count), MAX_VOLUMES},
		{"env", "A=b", offsetof(struct spec, env_count), MAX_ENV},
		{"publish", "1:2", offsetof(struct spec, publish_count), MAX_PORTS},
		{"dns", "1.2.3.4", offsetof(struct spec, dns_count), MAX_DNS},
		{"dns-search", "a.b", offsetof(struct spec, dns_search_count), MAX_SEARCH},
		{"dns-option", "a:1", offsetof(struct spec, dns_option_count), MAX_DNS_OPTIONS},
		{"add-host", "a:1.2.3.4", offsetof(struct spec, add_host_count), MAX_HOSTS},
		{"group-add", "g", offsetof(struct spec, group_add_count), MAX_GROUPS},
		{"sysctl", "net.x=1", offsetof(struct spec, sysctl_count), MAX_SYSCTLS},
		{"landlock", "bind:80", offsetof(struct spec, landlock_count), MAX_LANDLOCK},
		{"machine-sysctl", "vm.x=1", offsetof(struct spec, machine_sysctl_count), MAX_SYSCTLS},
		{"machine-mount", "tmpfs,tmpfs,/a", offsetof(struct spec, machine_mount_count), MAX_MACHINE_MOUNTS},
		{"swap", "/dev/vdb", offsetof(struct spec, swap_count), MAX_SWAPS},
		{"share", "tag:/b", offsetof(struct spec, share_count), MAX_SHARES},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct spec *s = unit_spec();
		const struct key *key = key_find(rows[i].key, strlen(rows[i].key));
		const unsigned *count = (const unsigned *)(const void *)((const char *)s + rows[i].count);
		struct spec before;
		char text[80];

		assert_non_null(key);
		for (unsigned n = 0; n < rows[i].max; n++) {
			assert_int_equal(*count, n);
			assert_int_equal(key_set(key, s, rows[i].value, "here"), 0);
		}
		memcpy(&before, s, sizeof(before));
		assert_int_equal(key_set(key, s, rows[i].value, "here"), -1);
		assert_memory_equal(&before, s, sizeof(before));
		assert_int_equal(fmt(text, sizeof(text), "here: %s: \"%s\": too many of them", rows[i].key, rows[i].value), 0);
		unit_expect_err(text);
	}
}

// A refused entry takes no place in its list.
static void refused_entries_do_not_count(void **state)
{
	struct spec *s = unit_spec();

	(void)state;
	assert_int_equal(key_set(key_letter('p', SCOPE_BOX), s, "nonsense", "here"), -1);
	assert_int_equal(key_set(key_letter('e', SCOPE_BOX), s, "=", "here"), -1);
	assert_int_equal(s->publish_count, 0);
	assert_int_equal(s->env_count, 0);
}

static void a_refused_network_is_none(void **state)
{
	struct spec *s = unit_spec();

	(void)state;
	assert_int_equal(key_set(key_find("network", 7), s, "netns:a", "here"), -1);
	unit_expect_err("here: network: \"netns:a\": not an absolute path");
	assert_int_equal(s->network, NETWORK_NONE);
	assert_null(s->join[JOIN_NET]);
}

static const char *const box_lines[] = {
	"      --name NAME ",   "      --hostname NAME ",      "      --rootfs DIR|IMAGE ",	"      --tmpfs-size SIZE ",
	"  -v, --volume SRC",	"  -e, --env K=V ",	      "  -w, --workdir DIR ",	"  -u, --user USER[:GROUP] ",
	"  -m, --memory SIZE ", "      --cpus N ",	      "      --pids-limit N ",	"      --network none|bridge|... ",
	"  -p, --publish [IP:][HOST:]BOX[/udp] ",		      "      --ip ADDRESS ",	"      --subnet NET/N ",
	"      --bridge LINK ", "      --dns ADDRESS ",	      "      --stdin inherit|null ",
	"      --seccomp default|none|FILE ",		      "      --trace FILE ",	"      --explain  ",
	"      --dry-run  ",	"      --verbose  ",	      "      --group-add GROUP ",	"      --oom-score-adj N ",
	"      --nice N ",	"      --no-new-privs  ",     "      --privileged  ",		"      --security-opt WORD ",
	"      --upper DIR ",	"      --read-only  ",	      "      --mount type=",		"      --tmpfs DIR[:size=",
	"      --device SRC[:DST][:rwm] ",
	"      --userns host|auto|FIRST:COUNT ", "      --pid private|host|PATH ", "      --ipc private|host|PATH ",
	"      --uts private|host|PATH ", "      --time-offset CLOCK=SECONDS ",
	"      --mac-address MAC ", "      --mtu N ", "      --dns-search DOMAIN ", "      --dns-option WORD ",
	"      --add-host NAME:ADDRESS ",
	"      --sysctl K=V ",	"      --landlock RULE ",     "      --stop-timeout TIME ",
};
static const char *const entry_lines[] = {
	"      --env K=V ", "      --env-file FILE ", "  -C, --workdir DIR ", "  -u, --user USER[:GROUP] ", "      --umask MASK ",
	"      --ulimit NAME=SOFT[:HARD] ", "      --cap-drop CAP ", "      --no-new-privs  ", "      --seccomp default|none|FILE ",
	"  -g, --group  ", "  -r, --rewrite A=B[@TIME][:TARGET] ", "      --stop-signal SIG ", "      --stop-ok  ",
	"      --kill-after TIME ", "      --on-exit drain|none|term|wait ", "      --grace TIME ",
	"      --orphans keep|term|kill ", "  -e, --exit-map CODE[=TO] ", "  -p, --parent-death SIG ", "      --setsid  ",
	"  -s, --subreaper  ", "  -w, --warn-reaped  ", "  -P, --pause  ", "  -v, --verbose  ", "  -q, --quiet  ",
};
static const char *const check_lines[] = {
	"  -q, --missing  ", "      --json  ", "      --config FILE ",
};
static const char *const machine_lines[] = {
	"  command = WORDS ", "  machine-link = LINK ", "  machine-address = ADDRESS/N ", "  machine-gateway = ADDRESS ",
	"  share = TAG:DST[:ro] ", "  on-end = poweroff|reboot|halt|stay ", "  on-error = poweroff|...|shell ",
	"  status-port = DEVICE|isa:0xPORT ",
	"  machine-hostname = NAME ", "  machine-sysctl = K=V ", "  machine-mount = TYPE,SRC,DST[,...] ",
	"  swap = FILE[,pri=N][,discard] ", "  log-level = error|note|detail ", "  console = DEVICE ",
	"  seed = FILE ", "  seed-credit = yes|no ", "  power-button = poweroff|...|ignore ",
	"  watchdog = DEVICE[:SECONDS] ",
};

static void expect_help(enum key_scope scope, const char *const *rows, size_t count)
{
	static char text[8192];
	struct buf b = BUF(text);
	size_t lines = 0;

	text[0] = '\0';
	key_help(&b, scope);
	assert_false(b.cut);
	for (size_t i = 0; i < count; i++)
		if (!strstr(text, rows[i]))
			unit_fail("not in the help: %s", rows[i]);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1, lines++) {
		assert_int_equal(strncmp(line, "  ", 2), 0);
		assert_int_not_equal(line[38], ' '); // all explanations start in one column
		assert_int_equal(line[37], ' ');
		assert_true(strcspn(line, "\n") > 40);
	}
	assert_true(lines >= count);
}

static void help_has_every_key(void **state)
{
	(void)state;
	expect_help(SCOPE_BOX, box_lines, COUNT(box_lines));
	expect_help(SCOPE_ENTRY, entry_lines, COUNT(entry_lines));
	expect_help(SCOPE_CHECK, check_lines, COUNT(check_lines));
	expect_help(SCOPE_MACHINE, machine_lines, COUNT(machine_lines));
}

static void finds_keys(void **state)
{
	(void)state;
	assert_string_equal(key_find("ip", 2)->name, "ip");
	assert_string_equal(key_find("ip=1.2.3.4", 2)->name, "ip");
	assert_null(key_find("ip", 1));
	assert_null(key_find("", 0));
	assert_null(key_find("IP", 2));
	assert_string_equal(key_letter('m', SCOPE_BOX)->name, "memory");
	assert_null(key_letter('\0', SCOPE_BOX));
	assert_string_equal(key_letter('p', SCOPE_BOX)->name, "publish");
	assert_string_equal(key_letter('p', SCOPE_ENTRY)->name, "parent-death");
	assert_null(key_letter('m', SCOPE_ENTRY));
	assert_null(key_letter('M', SCOPE_BOX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_entries),
		cmocka_unit_test(refused_entries_do_not_count),
		cmocka_unit_test(a_refused_network_is_none),
		cmocka_unit_test(help_has_every_key),
		cmocka_unit_test(finds_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
