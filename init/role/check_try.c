// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/signals.h"
#include "base/sys.h"
#include "role/check_try.h"

enum { SECONDS = 10, CAP_SYS_ADMIN_BIT = 21 };

// What a child leaves, in memory that both have.
struct report {
	bool done; // it came to its end
	int ret;
	struct err err;
	char note[32];
};

static uint64_t only(int sig)
{
	return 1ull << (sig - 1);
}

// In the child: its user namespace knows the caller as root.
static int map_caller(uid_t uid, gid_t gid)
{
	char text[32];

	if (file_write(AT_FDCWD, "/proc/self/setgroups", "deny") || fmt(text, sizeof(text), "0 %u 1", uid) ||
	    file_write(AT_FDCWD, "/proc/self/uid_map", text) || fmt(text, sizeof(text), "0 %u 1", gid) ||
	    file_write(AT_FDCWD, "/proc/self/gid_map", text))
		return -1;
	return 0;
}

static _Noreturn void child(const struct probe *p, uint64_t ns, uid_t uid, gid_t gid, struct report *report)
{
	struct buf note = BUF(report->note);

	memset(&err_last, 0, sizeof(err_last));
	report->ret = prctl(PR_SET_PDEATHSIG, SIGKILL)		     ? fail("PR_SET_PDEATHSIG", "%s", p->name)
		      : (ns & CLONE_NEWUSER) && map_caller(uid, gid) ? -1
								     : p->try(p, &note);
	report->err = err_last;
	report->done = true;
	_exit(0);
}

// Waits for the child with a deadline. SIGCHLD is blocked; one of another child's end is as good as none.
static int wait_for(pid_t pid)
{
	const uint64_t wanted = only(SIGCHLD), until = sys_now_ms() + SECONDS * 1000;
	int status;

	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG);
		uint64_t now = sys_now_ms();
		struct timespec t = {.tv_sec = (time_t)((until - now) / 1000 + 1)};

		if (ended == pid)
			return status;
		if (ended < 0 && errno != EINTR)
			return -1;
		if (now >= until)
			break;
		sys_rt_sigtimedwait(&wanted, NULL, &t);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return status;
}

// An ordinary user has namespaces only in a user namespace.
static uint64_t namespaces_of(const struct probe *p)
{
	return p->ns | (geteuid() && !(p->flags & PROBE_HERE) ? CLONE_NEWUSER : 0);
}

static int run(const struct probe *p, struct report *report)
{
	uint64_t ns = namespaces_of(p);
	uid_t uid = geteuid();
	gid_t gid = getegid();
	pid_t pid = sys_clone(ns | SIGCHLD);
	char name[16];
	int status;

	if (pid == 0)
		child(p, ns, uid, gid, report);
	if (pid < 0) {
		if (!ns)
			return fail("clone", "%s", p->name);
		report->ret = fail("clone", "%s",
				   ns & CLONE_NEWUSER ? "a user namespace to try it in" : "namespaces to try it in");
		report->err = err_last;
		return 0;
	}
	status = wait_for(pid);
	if (report->done)
		return 0;
	report->ret = fail_text("", "%s", p->name);
	if (WIFSIGNALED(status))
		fail_because("killed by %s", signal_name(name, WTERMSIG(status)));
	report->err = err_last;
	return 0;
}

// Whether a file has this text: read piece by piece, as modules.dep may be long.
static bool file_has(const char *path, const char *text)
{
	char piece[4096 + 64];
	size_t keep = 0, n = strlen(text);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool found = false;
	ssize_t got;

	if (fd < 0)
		return false;
	while (!found && (got = read(fd, piece + keep, sizeof(piece) - 1 - keep)) > 0) {
		size_t have = keep + (size_t)got;

		piece[have] = '\0';
		found = str_find(piece, text) != NULL;
		keep = have < n ? have : n - 1;
		memmove(piece, piece + have - keep, keep);
	}
	close(fd);
	return found;
}

// What is missing may be a module that nobody has loaded. One that is loaded, or built in with parameters, is in /sys/module.
static bool is_waiting_module(const char *module, int no)
{
	char path[96], file[48];
	struct utsname u;

	if (!module || no == ENOSYS || no == EPERM || no == EACCES || uname(&u) ||
	    fmt(path, sizeof(path), "/sys/module/%s", module) || access(path, F_OK) == 0 ||
	    fmt(file, sizeof(file), "/%s.ko", module) ||
	    fmt(path, sizeof(path), "/lib/modules/%s/modules.dep", u.release))
		return false;
	return file_has(path, file) || file_has("/etc/initbox.modules", file);
}

// The number behind key in /proc/self/status.
static uint64_t status_value(const char *key, unsigned base)
{
	char text[4096];
	const char *p;
	uint64_t v;

	if (file_read(AT_FDCWD, "/proc/self/status", text, sizeof(text)) < 0)
		return 0;
	p = str_find(text, key);
	if (!p)
		return 0;
	p += strlen(key);
	return num_parse(p, strcspn(p, "\n"), base, UINT64_MAX, &v) ? 0 : v;
}

static bool sysctl_is(const char *path, char value)
{
	char text[16];

	return file_read(AT_FDCWD, path, text, sizeof(text)) > 0 && text[0] == value && text[1] == '\n';
}

// What keeps ordinary users, or a container's root, from what the kernel has. NULL: nothing that is known.
static const char *refusal(void)
{
	static const struct {
		const char *path;
		char value;
		const char *hint;
	} rows[] = {
		{"/proc/sys/kernel/unprivileged_userns_clone", '0', "sysctl -w kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
		 "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or a profile of AppArmor with userns for "
		 "initbox"},
		{"/proc/sys/user/max_user_namespaces", '0', "sysctl -w user.max_user_namespaces=10000"},
	};

	for (size_t i = 0; geteuid() && i < COUNT(rows); i++)
		if (sysctl_is(rows[i].path, rows[i].value))
			return rows[i].hint;
	if (!geteuid() && !(status_value("\nCapEff:\t", 16) >> CAP_SYS_ADMIN_BIT & 1))
		return "root without CAP_SYS_ADMIN is a container's: start that with more (--privileged), or initbox "
		       "outside of it";
	return NULL;
}

static void put_kernel(const struct probe *p, struct buf *b)
{
	if (!p->since && !p->config)
		return;
	buf_str(b, "a kernel");
	if (p->since)
		buf_fmt(b, " of %s or newer", p->since);
	if (p->config)
		buf_fmt(b, " with %s", p->config);
}

static void put_hint(const struct probe *p, int no, struct buf *b)
{
	bool refused = no == EPERM || no == EACCES;
	const char *known = refused || no == ENOSPC ? refusal() : NULL;

	if (geteuid() && refused && p->flags & PROBE_ROOT)
		known = "root alone may use it";
	else if (!known && no == ENOSPC)
		known = "one of /proc/sys/user/max_*_namespaces is reached";
	else if (!known && no != ENOSYS && no != ENODEV)
		known = p->hint;
	if (known) {
		buf_str(b, known);
		return;
	}
	if (no && !refused)
		put_kernel(p, b);
	if ((refused || no == ENOSYS) && status_value("\nSeccomp:\t", 10) == SECCOMP_MODE_FILTER)
		buf_fmt(b,
			"%swithout the seccomp filter that is in force here (a container's: --security-opt "
			"seccomp=unconfined)",
			b->len ? ", perhaps " : "");
}

int check_try(const struct probe *p, struct check_result *r)
{
	static struct report *report;
	struct buf hint = BUF(r->hint);

	*r = (struct check_result){.state = CHECK_YES};
	if (!report) {
		report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (report == MAP_FAILED)
			return fail("mmap", "report");
	}
	memset(report, 0, sizeof(*report));
	if (run(p, report))
		return -1;
	r->err = report->err;
	memcpy(r->note, report->note, sizeof(r->note));
	if (report->ret) {
		r->state = is_waiting_module(p->module, r->err.no) ? CHECK_MODULE : CHECK_NO;
		if (r->state == CHECK_MODULE)
			buf_fmt(&hint, "modprobe %s", p->module);
		else
			put_hint(p, r->err.no, &hint);
	} else if (geteuid() && p->flags & PROBE_ROOT) {
		r->state = CHECK_NO;
		fail_text("root alone may use it; the kernel has it", "%s", p->name);
		r->err = err_last;
	}
	return 0;
}
