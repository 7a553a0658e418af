// SPDX-License-Identifier: MIT
// base/err: the one line that an error is, its hint, and the record behind it.
#include "unit.h"

#include <errno.h>

#include "base/log.h"

static void stamp(const char *phase)
{
	strcpy(err_last.phase, phase);
}

static const char *written(const struct err *e)
{
	static char text[1024];
	struct buf b = BUF(text);

	text[0] = '\0';
	err_write(&b, e);
	return text;
}

static void records_the_call(void **state)
{
	(void)state;
	memset(&err_last, 'x', sizeof(err_last)); // what an earlier error left
	errno = ENOENT;
	assert_int_equal(fail("open", "%s/%d", "/etc", 7), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(err_last.no, ENOENT);
	assert_int_equal(err_last.code, 125);
	assert_string_equal(err_last.phase, "");
	assert_string_equal(err_last.text, "");
	assert_string_equal(err_last.kernel, "");
	unit_expect_err("/etc/7: open: No such file or directory (ENOENT)");
}

static void records_a_mistake(void **state)
{
	(void)state;
	memset(&err_last, 'x', sizeof(err_last));
	errno = EIO;
	assert_int_equal(fail_text("is empty", "command line: %s", "name"), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(err_last.no, 0);
	assert_int_equal(err_last.code, 125);
	unit_expect_err("command line: name: is empty");
}

static void keeps_the_exit_code(void **state)
{
	(void)state;
	errno = ENOENT;
	fail("execve", "/bin/x");
	assert_int_equal(fail_code(127), -1);
	assert_int_equal(err_last.code, 127);
	assert_int_equal(errno, ENOENT);
	unit_expect_err("/bin/x: execve: No such file or directory (ENOENT)");
}

static void writes_all_parts(void **state)
{
	static const char words[] = {'b', 'a', 'd', '!'}; // not terminated

	(void)state;
	errno = EINVAL;
	fail("RTM_NEWADDR", "10.0.0.1 on eth0");
	assert_int_equal(fail_kernel_words(words, sizeof(words)), -1);
	stamp("net");
	unit_expect_err("net: 10.0.0.1 on eth0: RTM_NEWADDR: Invalid argument (EINVAL): kernel says: bad!");
}

static void takes_words_up_to_their_nul(void **state)
{
	(void)state;
	errno = EINVAL;
	fail("c", "o");
	fail_kernel_words("first\0hidden", 12);
	assert_string_equal(err_last.kernel, "first");
	fail_kernel_words("again", 5);
	unit_expect_err("o: c: Invalid argument (EINVAL): kernel says: again");
	errno = EINVAL;
	fail("c", "o");
	fail_kernel_words("", 0);
	unit_expect_err("o: c: Invalid argument (EINVAL)");
}

// The log of an fs context ends its messages with a newline.
static void is_one_line_whatever_the_kernel_says(void **state)
{
	(void)state;
	errno = EINVAL;
	fail("fsconfig", "tmpfs size");
	fail_kernel_words("tmpfs: Bad value for 'size'\n", 28);
	unit_expect_err("tmpfs size: fsconfig: Invalid argument (EINVAL): kernel says: tmpfs: Bad value for 'size'");
}

static void names_unknown_numbers(void **state)
{
	char want[128];

	(void)state;
	errno = 4095;
	fail("call", "object");
	snprintf(want, sizeof(want), "object: call: %s (errno 4095)", strerror(4095));
	unit_expect_err(want);
}

static void cuts_what_is_too_long(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	errno = ENOENT;
	fail(text, "%s", text);
	fail_kernel_words(text, sizeof(text));
	assert_int_equal(strlen(err_last.object), sizeof(err_last.object) - 1);
	assert_int_equal(strlen(err_last.call), sizeof(err_last.call) - 1);
	assert_int_equal(strlen(err_last.kernel), sizeof(err_last.kernel) - 1);
	fail_text(text, "%s", text);
	assert_int_equal(strlen(err_last.object), sizeof(err_last.object) - 1);
	assert_int_equal(strlen(err_last.text), sizeof(err_last.text) - 1);
}

// log_err has 1024 bytes: the longest record of all still is a line with its newline.
static void longest_record_fits(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	errno = EKEYREJECTED;
	fail("finit_module", "%s", text);
	fail_kernel_words(text, sizeof(text));
	stamp("modules");
	unit_stderr_begin();
	log_err(&err_last);
	const char *got = unit_stderr_end();

	assert_int_equal(got[strlen(got) - 1], '\n');
	assert_non_null(strstr(got, "\ninitbox: hint: the kernel wants signed modules"));
}

static void names_are_the_kernels(void **state)
{
	unsigned known = 0;

	(void)state;
	for (int no = 1; no < 200; no++) {
		const char *name = err_name(no);

		if (!name[0])
			continue;
		assert_string_equal(name, strerrorname_np(no));
		known++;
	}
	assert_true(known >= 50);
	assert_string_equal(err_name(0), "");
	assert_string_equal(err_name(-1), "");
	assert_string_equal(err_name(4095), "");
}

static void gives_hints(void **state)
{
	static const struct {
		const char *phase, *call;
		int no;
		const char *hint; // part of it; NULL: none
	} rows[] = {
		{"clone", "clone3", EPERM, "need root"},
		{"", "clone3", ENOSPC, "max_*_namespaces"},
		{"x", "clone3", ENOSYS, "5.14"},
		{"mounts", "openat2", ENOSYS, "5.6"},
		{"root", "mount", ENODEV, "load its module"},
		{"root", "mount", ELOOP, "two layers"},
		{"root", "mount", EROFS, "e2fsck"},
		{"root", "mount", EINVAL, "dmesg"},
		{"mounts", "mount", EINVAL, NULL},
		{"cgroup", "mkdir", EROFS, "read-only"},
		{"cgroup", "mkdir", EACCES, "not delegated"},
		{"link", "RTM_NEWLINK", EOPNOTSUPP, "modprobe veth bridge"},
		{"link", "RTM_NEWLINK", EPERM, "CAP_NET_ADMIN"},
		{"nft", "NFT_MSG_NEWTABLE", EOPNOTSUPP, "modprobe nf_tables"},
		{"nft", "NFT_MSG_NEWRULE", ENOENT, "nft_masq"},
		{"modules", "finit_module", ENOEXEC, "another kernel"},
		{"modules", "finit_module", EKEYREJECTED, "signed modules"},
		{"root", "mkdir", EROFS, NULL},
		{"", "mkdir", EROFS, NULL},
		{"cgroup", "mkdir", ENOENT, NULL},
		{"cgroup", "rmdir", EROFS, NULL},
		{"clone", "clone", EPERM, NULL},
		{"net", "RTM_NEWLINK", EPERM, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text, *hint;

		errno = rows[i].no;
		fail(rows[i].call, "object");
		stamp(rows[i].phase);
		text = written(&err_last);
		hint = strstr(text, "\ninitbox: hint: ");
		if (!rows[i].hint != !hint || (hint && !strstr(hint, rows[i].hint)))
			unit_fail("%s %s %d: %s", rows[i].phase, rows[i].call, rows[i].no, text);
		assert_int_equal(text[strlen(text) - 1], '\n');
	}
}

// A box's PID 1 sends the record as bytes.
static void record_is_its_bytes(void **state)
{
	struct err copy;
	char want[1024];

	(void)state;
	errno = EBUSY;
	fail("mkdir", "%s", "initbox/a");
	stamp("cgroup");
	strcpy(want, written(&err_last));
	memcpy(&copy, &err_last, sizeof(copy));
	memset(&err_last, 0, sizeof(err_last));
	assert_string_equal(written(&copy), want);
}

static void log_is_one_line(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	unit_stderr_begin();
	log_line(LOG_ERROR, "%s %d", "short", 1);
	log_line(LOG_DETAIL, "not at this level");
	assert_string_equal(unit_stderr_end(), "initbox: short 1\n");
	unit_stderr_begin();
	log_line(LOG_NOTE, "%s", text);
	const char *got = unit_stderr_end();

	assert_int_equal(strlen(got), 1023);
	assert_ptr_equal(strchr(got, '\n'), got + 1022);
}

static void explains_when_asked(void **state)
{
	(void)state;
	unit_stderr_begin();
	explain("mount", "mount -t %s", "proc");
	assert_string_equal(unit_stderr_end(), "");
	log_setup.explain = true;
	unit_stderr_begin();
	explain("mount", "mount -t %s", "proc");
	explain("", "true");
	log_setup.explain = false;
	assert_string_equal(unit_stderr_end(), "+ mount -t proc  # mount\n+ true\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_the_call),
		cmocka_unit_test(records_a_mistake),
		cmocka_unit_test(keeps_the_exit_code),
		cmocka_unit_test(writes_all_parts),
		cmocka_unit_test(takes_words_up_to_their_nul),
		cmocka_unit_test(is_one_line_whatever_the_kernel_says),
		cmocka_unit_test(names_unknown_numbers),
		cmocka_unit_test(cuts_what_is_too_long),
		cmocka_unit_test(longest_record_fits),
		cmocka_unit_test(names_are_the_kernels),
		cmocka_unit_test(gives_hints),
		cmocka_unit_test(record_is_its_bytes),
		cmocka_unit_test(log_is_one_line),
		cmocka_unit_test(explains_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
