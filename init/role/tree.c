// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "role/tree.h"

enum { MAX_PID = 4194304 }; // PID_MAX_LIMIT

struct set {
	uint8_t bits[MAX_PID / 8];
};

// Touched only where a pid is, and only when there is something to end. The second one outlives init's sleep.
static LARGE_BSS _Alignas(4096) struct set below;
static __attribute__((section(".bss.zx_told"))) struct set told;
static bool any_told;

static bool has(const struct set *s, pid_t pid)
{
	return pid > 0 && pid < MAX_PID && s->bits[pid / 8] >> (pid % 8) & 1;
}

static void put(struct set *s, pid_t pid)
{
	if (pid > 0 && pid < MAX_PID)
		s->bits[pid / 8] |= (uint8_t)(1 << (pid % 8));
}

void tree_forget(pid_t pid)
{
	if (any_told && has(&told, pid))
		told.bits[pid / 8] &= (uint8_t)~(1 << (pid % 8));
}

struct stat_fields {
	char state; // T: stopped
	pid_t parent;
};

// /proc/PID/stat: the third and the fourth field; the second one, a name, may hold anything. Returns -1 when the process
// is gone.
static int read_stat(int proc, const char *pid, struct stat_fields *f)
{
	char path[32], text[512];
	const char *p;
	uint64_t v;

	if (fmt(path, sizeof(path), "%s/stat", pid) || file_read(proc, path, text, sizeof(text) - 1) < 0)
		return -1;
	p = strrchr(text, ')');
	if (!p || strlen(p) < 5 || num_parse(p + 4, strcspn(p + 4, " "), 10, MAX_PID, &v))
		return -1;
	f->state = p[2];
	f->parent = (pid_t)v;
	return 0;
}

static bool is_below(int proc, const char *name, struct stat_fields *f)
{
	return !read_stat(proc, name, f) && has(&below, f->parent);
}

// Without the calls, before Linux 5.3 or where a filter refuses them: by pid. no: why there is no descriptor.
static bool send_signal(int fd, int no, pid_t pid, int sig)
{
	if (fd >= 0 && !sys_pidfd_send_signal(fd, sig, NULL, 0))
		return true;
	if (fd >= 0)
		no = errno;
	return (no == ENOSYS || no == EPERM) && !kill(pid, sig);
}

// A pid may be another process's by now: its descriptor is opened first, and then its parent looked at once more.
static bool signal_descendant(int proc, const char *name, pid_t pid, int sig)
{
	int fd = sys_pidfd_open(pid, 0), no = errno;
	struct stat_fields f;
	bool ok = is_below(proc, name, &f) && send_signal(fd, no, pid, sig);

	if (ok && f.state == 'T' && sig != SIGSTOP && sig != SIGKILL)
		send_signal(fd, no, pid, SIGCONT);
	if (fd >= 0)
		close(fd);
	return ok;
}

// Said once: it may be tried each second.
static int no_proc(const char *call)
{
	static bool said;

	fail(call, "/proc");
	if (!said)
		log_err(&err_last);
	said = true;
	return -1;
}

// Calls visit for each process of /proc. Returns 0, or -1 when /proc can't be read.
static int each_process(int (*visit)(int proc, const char *name, pid_t pid, int sig, pid_t except), int sig, pid_t except,
			int *count)
{
	static LARGE_BSS _Alignas(8) char list[32 * 1024];
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	if (proc < 0)
		return no_proc("open");
	while ((n = syscall(SYS_getdents64, proc, list, sizeof(list))) > 0) {
		for (long at = 0; at < n;) {
			const struct linux_dirent64 *d = (const struct linux_dirent64 *)(const void *)(list + at);
			uint64_t pid;

			at += d->d_reclen;
			if (!num_parse(d->d_name, strlen(d->d_name), 10, MAX_PID - 1, &pid))
				*count += visit(proc, d->d_name, (pid_t)pid, sig, except);
		}
	}
	if (n < 0)
		no_proc("getdents64");
	close(proc);
	return n < 0 ? -1 : 0;
}

static int visit_to_find(int proc, const char *name, pid_t pid, int sig, pid_t except)
{
	struct stat_fields f;

	(void)sig;
	(void)except;
	if (has(&below, pid) || !is_below(proc, name, &f))
		return 0;
	put(&below, pid);
	return 1;
}

static int visit_to_signal(int proc, const char *name, pid_t pid, int sig, pid_t except)
{
	return pid != except && has(&below, pid) && signal_descendant(proc, name, pid, sig);
}

int tree_signal(int sig)
{
	int found = 0, before, count = 0;

	if (getpid() == 1)
		return kill(-1, sig) && errno != ESRCH ? -1 : 0; // ESRCH: nobody is there
	madvise(&below, sizeof(below), MADV_DONTNEED); // zero again, and no memory
	put(&below, getpid());
	do { // a child may stand before its parent
		before = found;
		if (each_process(visit_to_find, 0, 0, &found))
			return -1;
	} while (found > before);
	// Only then: what a process starts to end in order does not get the signal.
	return each_process(visit_to_signal, sig, getpid(), &count);
}

static int visit_child(int proc, const char *name, pid_t pid, int sig, pid_t except)
{
	struct stat_fields f;

	if (pid == except || has(&told, pid) || read_stat(proc, name, &f) || f.parent != getpid())
		return 0;
	put(&told, pid);
	any_told = true;
	return kill(pid, sig) == 0; // its zombie keeps the pid until it is reaped
}

int tree_signal_children(int sig, pid_t except)
{
	int count = 0;

	return each_process(visit_child, sig, except, &count) ? 0 : count;
}
