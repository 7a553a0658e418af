// SPDX-License-Identifier: MIT
// spec/parse: the kernel's command line.
#include "unit.h"

#include <arpa/inet.h>

#include "spec/parse.h"
#include "spec/value.h"

static int parse(struct spec *s, const char *text)
{
	char *copy = unit_exact(text, strlen(text) + 1);
	int ret;

	memset(&err_last, 0, sizeof(err_last));
	ret = parse_cmdline(s, copy);
	free(copy); // values are copied into the arena
	return ret;
}

static struct spec *good(const char *text)
{
	struct spec *s = unit_spec();

	if (parse(s, text))
		unit_fail("%s: %s: %s", text, err_last.object, err_last.text);
	return s;
}

static void refuse(const char *text, const char *why)
{
	if (!parse(unit_spec(), text))
		unit_fail("accepted: %s", text);
	unit_expect_err(why);
}

static void leaves_the_kernels_words(void **state)
{
	static const char *const texts[] = {
		"",
		" \t\n",
		"console=ttyS0 panic=-1 rdinit=/init rootfs=x roots=/dev/vda root -- root=/dev/vda initbox.name=x",
		"ro ro=1 rw=1 init rootdelay overlay rootfstype -- single",
		"root.x=/dev/vda xinit=/bin/sh",
		"initbox initboxname=x xinitbox.name=x name=x INITBOX.name=x initbox_name=x initbox.",
		"other=\"initbox.name=x\" \"other initbox.name=x\"",
		"dyndbg=\"file x.c +p ; initbox.name=y\"",
		"\"\" \"",
	};
	struct spec want;

	(void)state;
	memcpy(&want, unit_spec(), sizeof(want));
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_memory_equal(good(texts[i]), &want, sizeof(want));
}

static void reads_settings(void **state)
{
	const struct spec *s = good("quiet initbox.name=a initbox.memory=64M  initbox.explain\tconsole=ttyS0 "
				    "initbox.status-port=/dev/ttyS1 initbox.machine-address=10.0.2.15/24\n"
				    "initbox.env=A=b initbox.env=C=d initbox.verbose=no\n");

	(void)state;
	assert_string_equal(s->name, "a");
	assert_int_equal(s->memory, 64 << 20);
	assert_true(s->explain); // a key alone means yes
	assert_false(s->verbose);
	assert_string_equal(s->status_port, "/dev/ttyS1");
	assert_int_equal(s->machine_address.addr, htonl(0x0a00020f));
	assert_int_equal(s->env_count, 2);
	assert_string_equal(s->env[0], "A=b");
	assert_string_equal(s->env[1], "C=d");
}

static void last_one_wins(void **state)
{
	(void)state;
	assert_string_equal(good("initbox.name=a initbox.name=b")->name, "b");
	assert_string_equal(good("initbox.command=a initbox.command=b")->command[0], "b");
}

static void takes_quotes_off(void **state)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{"initbox.user=a", "a"},
		{"initbox.user=\"a b\" quiet", "a b"},
		{"\"initbox.user=a b\" quiet", "a b"},
		{"initbox.user=\" a\tb \"", " a\tb "},
		{"initbox.user=a\"b c\"d quiet", "a\"b c\"d"}, // the kernel, too, leaves quotes inside a value
		{"initbox.user='a b", "'a"},		       // no quote for the kernel
		{"initbox.user=a\\ b", "a\\"},
		{"initbox.user=\"a\" b", "a"},
		{"initbox.user=a\fb", "a"},
		{"initbox.user=a=b", "a=b"},
	};
	const struct spec *s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(good(rows[i].text)->user, rows[i].value);
	s = good("\"initbox.command=/bin/sh -c 'echo hi; exit 3'\"");
	assert_int_equal(s->command_count, 3);
	assert_string_equal(s->command[2], "echo hi; exit 3");
	s = good("initbox.command=\"ls -l\" initbox.name=x");
	assert_int_equal(s->command_count, 2);
	assert_string_equal(s->name, "x");
}

// The kernel's own words for how much is said; the last one wins.
static void is_as_quiet_as_the_kernel(void **state)
{
	static const struct {
		const char *text;
		int level;
	} rows[] = {
		{"", 1}, {"quiet", 0}, {"debug", 2}, {"quiet debug", 2}, {"initbox.log-level=note quiet", 0},
		{"quiet initbox.log-level=note", 1}, {"quiet=1", 1}, {"x=quiet", 1}, {"quieter", 1}, {"-- quiet", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(good(rows[i].text)->log_level, rows[i].level);
}

static void refuses(void **state)
{
	(void)state;
	refuse("quiet initbox.nope=1 initbox.name=a", "kernel command line: nope: no such setting (initbox run --help lists them)");
	refuse("initbox.=1", "kernel command line: : no such setting (initbox run --help lists them)");
	refuse("initbox.nam=1", "kernel command line: nam: no such setting (initbox run --help lists them)");
	refuse("initbox.memory", "kernel command line: memory: \"yes\": not a size (try 64M, 1G, max)");
	refuse("initbox.memory=", "kernel command line: memory: \"\": not a size (try 64M, 1G, max)");
	refuse("initbox.user=\"\"", "kernel command line: user: \"\": is empty");
	refuse("initbox.on-error=panic", "kernel command line: on-error: \"panic\": not one of poweroff|reboot|halt|shell");
	refuse("initbox.network=wifi", "kernel command line: network: \"wifi\": not one of none|bridge|slirp|host|PATH");
	refuse("quiet initbox.user=\"a b", "kernel command line: initbox.user=\"a b: a quote is not closed");
	refuse("x=\"y\" \"initbox.user=a\n", "kernel command line: \"initbox.user=a?: a quote is not closed");
	refuse("dyndbg=\"file x +p initbox.user=a", "kernel command line: dyndbg=\"file x +p initbox.user=a: a quote is not closed");
	good("initbox.user=a dyndbg=\"file x +p"); // nothing of ours is lost in it
	refuse("initbox.command=\"sh -c 'x\"", "kernel command line: command: \"sh -c 'x\": a quote is not closed");
}

// The kernel's own words about the root file system.
static void reads_plain_words(void **state)
{
	struct spec *s = good("quiet ro root=/dev/vda1 rootfstype=ext4,xfs rootflags=noatime,data=journal rootwait init=/bin/sh");

	(void)state;
	assert_int_equal(s->root.kind, DEVICE_NAME);
	assert_string_equal(s->root.value, "vda1");
	assert_string_equal(s->rootfstype, "ext4,xfs");
	assert_string_equal(s->rootflags, "noatime,data=journal");
	assert_int_equal(s->rootwait, WAIT_FOR_EVER);
	assert_string_equal(s->init, "/bin/sh");
	assert_false(s->rw);
	assert_false(s->overlay.on);
	s = good("rw ro rw rootwait=3 overlay=tmpfs:64M \"root=LABEL=my disk\"");
	assert_true(s->rw);
	assert_int_equal(s->rootwait, 3000);
	assert_true(s->overlay.on);
	assert_string_equal(s->root.value, "my disk");
	s = good("rw initbox.rw=no rootdelay=7 initbox.root=tmpfs root=UUID=abc root=PARTUUID=x/PARTNROFF=-2");
	assert_false(s->rw);
	assert_int_equal(s->rootwait, 7000);
	assert_int_equal(s->root.kind, DEVICE_PARTUUID);
	assert_string_equal(s->root.value, "x");
	assert_int_equal(s->root.offset, -2);
	assert_int_equal(good("rootdelay=7 rootwait")->rootwait, WAIT_FOR_EVER);
	assert_int_equal(good("rootwait rootdelay=7")->rootwait, WAIT_FOR_EVER);
	assert_int_equal(good("rootwait rootwait=7")->rootwait, 7000);
	refuse("root=nope=1", "kernel command line: root: \"nope=1\": not a device (try /dev/vda1, UUID=…, LABEL=…, "
			      "PARTUUID=…, PARTLABEL=…, 254:1)");
	refuse("root=UUID=", "kernel command line: root: \"UUID=\": nothing stands behind it");
	refuse("rootdelay=soon", "kernel command line: rootwait: \"soon\": not a time (try 10s, 500ms, 2m)");
	refuse("init=sh", "kernel command line: init: \"sh\": not an absolute path");
	refuse("overlay=/x", "kernel command line: overlay: \"/x\": not a device, nor tmpfs[:SIZE]");
}

static void reads_roots(void **state)
{
	static const struct {
		const char *text, *value, *path;
		uint8_t kind;
		uint32_t major, minor;
	} rows[] = {
		{"/dev/nvme0n1p2", "nvme0n1p2", NULL, DEVICE_NAME, 0, 0},
		{"/dev/disk/by-uuid/AB-CD", "AB-CD", NULL, DEVICE_UUID, 0, 0},
		{"/dev/disk/by-partlabel/x", "x", NULL, DEVICE_PARTLABEL, 0, 0},
		{"LABEL=data:/images/root.squashfs", "data", "/images/root.squashfs", DEVICE_LABEL, 0, 0},
		{"LABEL=a:b", "a:b", NULL, DEVICE_LABEL, 0, 0},
		{"254:1", NULL, NULL, DEVICE_NUMBER, 254, 1},
		{"8:17:/x", NULL, "/x", DEVICE_NUMBER, 8, 17},
		{"/root.erofs", NULL, "/root.erofs", DEVICE_NONE_FILE, 0, 0},
		{"tmpfs", NULL, NULL, DEVICE_NONE_TMPFS, 0, 0},
		{"hostshare", NULL, NULL, DEVICE_TAG, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct device_word w;

		if (value_root(rows[i].text, &w))
			unit_fail("%s: %s", rows[i].text, value_root(rows[i].text, &w));
		assert_int_equal(w.kind, rows[i].kind);
		assert_int_equal(w.major, rows[i].major);
		assert_int_equal(w.minor, rows[i].minor);
		assert_string_equal(w.said, rows[i].text);
		assert_string_equal(w.value ? w.value : "", rows[i].value ? rows[i].value : "");
		assert_string_equal(w.path ? w.path : "", rows[i].path ? rows[i].path : "");
	}
}

static void reads_overlays(void **state)
{
	struct overlay_word w;

	(void)state;
	assert_null(value_overlay("tmpfs", &w));
	assert_int_equal(w.size, 0);
	assert_null(value_overlay("LABEL=up:xfs", &w));
	assert_string_equal(w.device.value, "up");
	assert_string_equal(w.fstype, "xfs");
	assert_null(value_overlay("254:16", &w));
	assert_null(w.fstype);
	assert_int_equal(w.device.minor, 16);
	assert_non_null(value_overlay("tmpfs:", &w));
	assert_non_null(value_overlay("tmpfs:x", &w));
	assert_non_null(value_overlay("tag", &w));
	assert_non_null(value_overlay("/dev/vda:/image", &w));
}

// What came from the file is still there, and wins or loses by the rule of each key.
static void adds_to_what_is_there(void **state)
{
	struct spec *s = good("initbox.name=a initbox.user=b initbox.dns=1.1.1.1");

	(void)state;
	assert_int_equal(parse(s, "initbox.name=c initbox.dns=2.2.2.2"), 0);
	assert_string_equal(s->name, "c");
	assert_string_equal(s->user, "b");
	assert_int_equal(s->dns_count, 2);
}

static const char *value_of(const char *text, const char *key)
{
	char *copy = unit_exact(text, strlen(text) + 1);
	const char *value = parse_cmdline_value(copy, key);

	free(copy);
	return value;
}

static void finds_one_value(void **state)
{
	(void)state;
	assert_null(value_of("", "console"));
	assert_null(value_of("console=ttyS0 initbox.consoles=a initbox.consol=b", "console"));
	assert_string_equal(value_of("initbox.console=/dev/hvc0", "console"), "/dev/hvc0");
	assert_string_equal(value_of("initbox.console=a initbox.nope=1 initbox.console=b", "console"), "b");
	assert_string_equal(value_of("\"initbox.console=a b\"", "console"), "a b");
	assert_string_equal(value_of("initbox.console", "console"), "yes");
	assert_string_equal(value_of("initbox.console=", "console"), "");
}

// As much as the kernel keeps, with its newline: then nobody knows what came behind it.
static int knows_what_is_cut_off(void)
{
	static char text[2 * CMDLINE_SIZE];
	struct spec *s = unit_spec();

	memset(text, 'x', CMDLINE_SIZE - 2);
	memcpy(text, "initbox.user=\"", 14);
	text[CMDLINE_SIZE - 3] = '"';
	text[CMDLINE_SIZE - 2] = '\n';
	unit_check(parse_cmdline(s, text) == 0);
	unit_check(strlen(s->user) == CMDLINE_SIZE - 2 - 15);
	text[CMDLINE_SIZE - 2] = ' ';
	text[CMDLINE_SIZE - 1] = '\n';
	unit_check(parse_cmdline(s, text) == -1);
	unit_check(!strcmp(err_last.text, "is as long as the kernel keeps (2047 bytes): its end is cut off"));
	text[CMDLINE_SIZE - 1] = '\0';
	unit_check(parse_cmdline(s, text) == -1);
	memset(text, ' ', sizeof(text) - 1);
	unit_check(parse_cmdline(s, text) == -1);
	text[CMDLINE_SIZE - 2] = '\0';
	unit_check(parse_cmdline(s, text) == 0);
	return 0;
}

static int fills_the_arena(void)
{
	static char text[2000];
	struct spec *s = unit_spec();

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "initbox.user=", 13);
	for (int i = 0; i < 32; i++)
		unit_check(parse_cmdline(s, text) == 0);
	for (int i = 0; i < 3; i++) // 64 KiB are full
		(void)!parse_cmdline(s, text);
	unit_check(parse_cmdline(s, text) == -1);
	unit_check(!strcmp(err_last.text, "the configuration is too large"));
	unit_check(!parse_cmdline_value(text, "user"));
	return 0;
}

static void reads_long_lines(void **state)
{
	(void)state;
	assert_int_equal(unit_child(knows_what_is_cut_off), 0);
	assert_int_equal(unit_child(fills_the_arena), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_the_kernels_words), cmocka_unit_test(reads_settings),
		cmocka_unit_test(last_one_wins),	    cmocka_unit_test(takes_quotes_off),
		cmocka_unit_test(reads_plain_words),	    cmocka_unit_test(reads_roots),
		cmocka_unit_test(reads_overlays),
		cmocka_unit_test(refuses),		    cmocka_unit_test(is_as_quiet_as_the_kernel),		    cmocka_unit_test(adds_to_what_is_there),
		cmocka_unit_test(finds_one_value),	    cmocka_unit_test(reads_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
