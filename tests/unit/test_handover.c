// SPDX-License-Identifier: MIT
// What a handover stands on: base/rmtree frees the initramfs, base/exec_why looks at an init before anything is changed.
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/exec_why.h"
#include "base/rmtree.h"

static char dir[] = "/tmp/initbox-handover.XXXXXX";

static void run(const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && %s", dir, command);
	if (system(line))
		unit_fail("%s: failed", command);
}

static int empty(const char *name)
{
	int fd, ret, at = open(dir, O_RDONLY | O_DIRECTORY);

	assert_true(at >= 0);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY);
	close(at);
	assert_true(fd >= 0);
	ret = rmtree_empty(fd, name);
	close(fd);
	return ret;
}

static void empties_a_tree(void **state)
{
	(void)state;
	run("mkdir -p t/a/b/c/d t/e/f out && touch out/kept && ln -s ../out t/link && ln -s ../../out t/a/link &&"
	    "i=0; while [ $i -lt 700 ]; do : >t/a/b/file-with-a-longer-name-$i; mkdir t/e/d$i; : >t/e/d$i/x; i=$((i+1)); done;"
	    "mkfifo t/a/b/c/fifo; chmod 0 t/a/b/c/d; : >t/.hidden; mkdir t/...; : >'t/.../x y'");
	assert_int_equal(empty("t"), 0);
	run("[ -z \"$(ls -A t)\" ] && [ -e out/kept ] && rmdir t");
	run("mkdir t");
	assert_int_equal(empty("t"), 0);
}

static void stops_where_it_has_to(void **state)
{
	(void)state;
	run("d=t; i=0; while [ $i -lt 64 ]; do d=$d/d; i=$((i+1)); done; mkdir -p $d; : >$d/x");
	assert_int_equal(empty("t"), 0);
	run("[ -z \"$(ls -A t)\" ]");
	run("d=t; i=0; while [ $i -lt 66 ]; do d=$d/d; i=$((i+1)); done; mkdir -p $d; : >$d/x");
	assert_int_equal(empty("t"), -1);
	unit_expect_err("t: more directories in one another than are looked into");
	run("rm -r t");
}

static void file(const char *name, const void *bytes, size_t n, mode_t mode)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	fchmod(fd, mode);
	close(fd);
}

static const char *why_not(const char *name)
{
	static char text[512];
	char path[128];
	struct buf b = BUF(text);

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (exec_check(path) == 0)
		return "";
	assert_non_null(strstr(err_last.object, name));
	assert_string_equal(err_last.call, "execve");
	text[0] = '\0';
	buf_fmt(&b, "%s%s%s", err_name(err_last.no), err_last.text[0] ? ": " : "", err_last.text);
	return text;
}

static void looks_at_an_init(void **state)
{
	static unsigned char elf[4096];
	int fd = open("/proc/self/exe", O_RDONLY);

	(void)state;
	assert_true(fd >= 0 && read(fd, elf, sizeof(elf)) > 1000);
	close(fd);
	file("whole", elf, sizeof(elf), 0755);
	assert_string_equal(why_not("whole"), "");
	file("shell", "#! /bin/sh -e\n", 14, 0755);
	assert_string_equal(why_not("shell"), "");
	assert_string_equal(why_not("missing"), "ENOENT");
	file("mode", elf, sizeof(elf), 0644);
	assert_string_equal(why_not("mode"), "EACCES: it has no permission to be executed (chmod +x)");
	file("script", "#!/no/such -x\n", 14, 0755);
	assert_string_equal(why_not("script"), "ENOENT: the interpreter of its #! line is missing: /no/such");
	file("none", "#!\n", 3, 0755);
	assert_string_equal(why_not("none"), "ENOEXEC: its #! line names no program that can be executed");
	file("text", "hello\n", 6, 0755);
	assert_string_equal(why_not("text"), "ENOEXEC: it is neither an ELF program nor a script");
	file("empty", "", 0, 0755);
	assert_string_equal(why_not("empty"), "ENOEXEC: it is neither an ELF program nor a script");
	file("short", elf, 20, 0755);
	assert_string_equal(why_not("short"), "ENOEXEC: its ELF header is cut short");
	elf[18] = 40; // e_machine: EM_ARM
	file("arm", elf, sizeof(elf), 0755);
	assert_non_null(strstr(why_not("arm"), "ENOEXEC: it was built for arm"));
	run("mkdir directory");
	assert_string_equal(why_not("directory"), "EACCES: it is a directory");
}

static int begin(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
	char line[64];

	(void)state;
	snprintf(line, sizeof(line), "rm -rf %s", dir);
	return system(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empties_a_tree),
		cmocka_unit_test(stops_where_it_has_to),
		cmocka_unit_test(looks_at_an_init),
	};

	return cmocka_run_group_tests_name("handover", tests, begin, end);
}
