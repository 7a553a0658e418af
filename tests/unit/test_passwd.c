// SPDX-License-Identifier: MIT
// base/passwd: the files of an image, whatever is in them.
#include "unit.h"

#include "base/passwd.h"

#define PASSWD                                                                                               \
	"root:x:0:0:root:/root:/bin/sh\n"                                                                    \
	"# a comment: with: colons: in: it: and: more\n"                                                     \
	"\n"                                                                                                 \
	"short:x:5:5\n"                                                                                      \
	"five:x:6:6:gecos\n"                                                                                 \
	"six:x:7:8:gecos:/six\n"                                                                             \
	"nohome:x:9:9:::/bin/sh\n"                                                                           \
	"colons:x:10:11:::::::\n"                                                                            \
	"letters:x:1x:1:::\n"                                                                                \
	"nogid:x:12::::\n"                                                                                   \
	"minus:x:-1:0:::\n"                                                                                  \
	"+::::::\n"                                                                                          \
	"most:x:4294967294:4294967294::/most:\n"                                                             \
	"over:x:4294967295:1::/:\n"                                                                          \
	"overgid:x:1:4294967295::/:\n"                                                                       \
	"wrap:x:4294967296:4294967297::/:\n"                                                                 \
	"huge:x:99999999999999999999:0::/:\n"                                                                \
	"twice:x:20:20::/first:\n"                                                                           \
	"twice:x:21:21::/second:\n"                                                                          \
	"again:x:20:22::/third:\n"                                                                           \
	"retry:x:bad:1::/:\n"                                                                                \
	"retry:x:30:31::/retry:\n"                                                                           \
	"last:x:1000:1001:Last,,,:/home/last"

// The text and the name in memory of their own; a copy of what was found, too.
static int find(const char *text, const char *name, struct account *a, char home[32])
{
	char *copy = unit_exact(text, strlen(text) + 1), *who = unit_exact(name, strlen(name));
	int ret;

	memset(a, 0x5a, sizeof(*a));
	home[0] = '\0';
	ret = passwd_find(copy, who, strlen(name), a);
	if (ret == 0) {
		assert_true(a->home >= copy && a->home + a->home_len <= copy + strlen(text));
		assert_int_equal(fmt(home, 32, "%.*s", (int)a->home_len, a->home), 0);
	}
	free(copy);
	free(who);
	return ret;
}

static void finds_users(void **state)
{
	static const struct {
		const char *name;
		uid_t uid;
		gid_t gid;
		const char *home;
	} rows[] = {
		{"root", 0, 0, "/root"},
		{"0", 0, 0, "/root"},
		{"six", 7, 8, "/six"},
		{"7", 7, 8, "/six"},
		{"nohome", 9, 9, ""},
		{"colons", 10, 11, ""},
		{"most", 4294967294, 4294967294, "/most"},
		{"4294967294", 4294967294, 4294967294, "/most"},
		{"twice", 20, 20, "/first"},
		{"20", 20, 20, "/first"},
		{"21", 21, 21, "/second"},
		{"retry", 30, 31, "/retry"},
		{"last", 1000, 1001, "/home/last"},
		{"1000", 1000, 1001, "/home/last"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct account a;
		char home[32];

		if (find(PASSWD, rows[i].name, &a, home) || a.uid != rows[i].uid || a.gid != rows[i].gid ||
		    strcmp(home, rows[i].home))
			unit_fail("%s: %u %u \"%s\"", rows[i].name, a.uid, a.gid, home);
	}
}

static void finds_nobody(void **state)
{
	static const char *const names[] = {
		"nobody", "roo",    "root:", "oot",   "Root",  "00",   "",     "x",	    "short",
		"5",	  "five",   "6",     "letters", "1x",  "nogid", "12",  "minus",	    "-1",
		"+",	  "over",   "4294967295", "overgid", "wrap", "4294967296", "huge", "# a comment", " with",
		"99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct account a;
		char home[32];

		if (!find(PASSWD, names[i], &a, home))
			unit_fail("\"%s\" is %u", names[i], a.uid);
	}
}

static void reads_odd_files(void **state)
{
	static const char *const none[] = {"", "\n", "\n\n\n", ":", ":::::", "::::::", "root", "root:x:0:0:root", "a\n:"};
	struct account a;
	char home[32];

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		assert_int_equal(find(none[i], "root", &a, home), -1);
		assert_int_equal(find(none[i], "", &a, home), -1);
	}
	assert_int_equal(find("\n\nroot:x:0:0::/r", "root", &a, home), 0);
	assert_string_equal(home, "/r");
	assert_int_equal(find("root:x:0:0::", "root", &a, home), 0);
	assert_string_equal(home, "");
}

// Every beginning of a file is a file, too.
static void survives_truncation(void **state)
{
	static const char text[] = "a:x:1:2:g:/a:/bin/sh\nb:x:3:4:g:/b";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char part[sizeof(text)] = "", home[32];
		struct account a;

		memcpy(part, text, n);
		assert_int_equal(find(part, "a", &a, home), n >= 10 ? 0 : -1);
		assert_int_equal(find(part, "b", &a, home), n >= 31 ? 0 : -1);
	}
}

#define GROUP                                                                                                \
	"root:x:0:root\n"                                                                                    \
	"bad:x:nine:user,root\n"                                                                             \
	"wheel:x:10:root,user\n"                                                                             \
	"few:x:11\n"                                                                                         \
	"two:x\n"                                                                                            \
	"empty:x:12:\n"                                                                                      \
	"commas:x:13:,,user,\n"                                                                              \
	"superuser:x:14:superuser,use,users\n"                                                               \
	"over:x:4294967295:user\n"                                                                           \
	"most:x:4294967294:user\n"                                                                           \
	"spaces:x:15: user\n"                                                                                \
	"last:x:16:other,user"

static int group(const char *text, const char *name, gid_t *gid)
{
	char *copy = unit_exact(text, strlen(text) + 1), *which = unit_exact(name, strlen(name));
	int ret;

	*gid = 4711;
	ret = group_find(copy, which, strlen(name), gid);
	free(copy);
	free(which);
	return ret;
}

static void finds_groups(void **state)
{
	gid_t gid;

	(void)state;
	assert_int_equal(group(GROUP, "root", &gid), 0);
	assert_int_equal(gid, 0);
	assert_int_equal(group(GROUP, "few", &gid), 0);
	assert_int_equal(gid, 11);
	assert_int_equal(group(GROUP, "most", &gid), 0);
	assert_int_equal(gid, 4294967294);
	assert_int_equal(group(GROUP, "last", &gid), 0);
	assert_int_equal(gid, 16);
	assert_int_equal(group(GROUP, "bad", &gid), -1);
	assert_int_equal(group(GROUP, "over", &gid), -1);
	assert_int_equal(group(GROUP, "two", &gid), -1);
	assert_int_equal(group(GROUP, "10", &gid), -1); // a number is the caller's
	assert_int_equal(group(GROUP, "whee", &gid), -1);
	assert_int_equal(group(GROUP, "", &gid), -1);
	assert_int_equal(group("", "root", &gid), -1);
}

static void lists_groups(void **state)
{
	static const gid_t want[] = {10, 13, 4294967294, 16};
	gid_t list[8];
	char *text = unit_exact(GROUP, sizeof(GROUP)), *user = unit_exact("user", 4);

	(void)state;
	assert_int_equal(group_list(text, user, 4, list, COUNT(list)), COUNT(want));
	assert_memory_equal(list, want, sizeof(want));
	assert_int_equal(group_list(text, "root", 4, list, COUNT(list)), 2);
	assert_int_equal(group_list(text, "nobody", 6, list, COUNT(list)), 0);
	free(text);
	free(user);
}

static void lists_no_more_than_asked(void **state)
{
	(void)state;
	for (size_t max = 0; max <= 4; max++) {
		gid_t *list = malloc(max ? max * sizeof(gid_t) : 1);

		assert_int_equal(group_list(GROUP, "user", 4, list, max), max);
		free(list);
	}
}

static void lists_ranges(void **state)
{
	static const char text[] = "user:100000:65536\n"
				   "other:200000:10\n"
				   "1000:300000:1\n"
				   "# user:1:1\n"
				   "user:x:1\nuser:1\nuser:5:0\nuser:4294967294:5\nuser\n"
				   "usernot:7:7\n"
				   "user:4294967293:1";
	struct id_range *list = malloc(3 * sizeof(*list));

	(void)state;
	assert_int_equal(subid_list(text, "user", "1000", list, 3), 3);
	assert_int_equal(list[0].first, 100000);
	assert_int_equal(list[0].count, 65536);
	assert_int_equal(list[1].first, 300000);
	assert_int_equal(list[2].first, 4294967293u);
	assert_int_equal(subid_list(text, "user", "1000", list, 2), 2);
	assert_int_equal(subid_list(text, "", "1000", list, 3), 1);
	assert_int_equal(list[0].first, 300000);
	assert_int_equal(subid_list(text, "", "7", list, 3), 0);
	assert_int_equal(subid_list("", "user", "1000", list, 3), 0);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_users),
		cmocka_unit_test(finds_nobody),
		cmocka_unit_test(reads_odd_files),
		cmocka_unit_test(survives_truncation),
		cmocka_unit_test(finds_groups),
		cmocka_unit_test(lists_groups),
		cmocka_unit_test(lists_no_more_than_asked),
		cmocka_unit_test(lists_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
