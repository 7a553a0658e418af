// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/sys.h"
#include "phase/cgroup.h"
#include "role/post_mortem.h"

static uint64_t kills_before;
static bool known;

// What follows start on the first line of text that begins with it, or NULL.
static const char *find_line(const char *text, const char *start)
{
	size_t n = strlen(start);

	while (*text) {
		if (!strncmp(text, start, n))
			return text + n;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

static int count_in(const char *path, uint64_t *kills)
{
	char text[512];
	const char *count;

	if (file_read(AT_FDCWD, path, text, sizeof(text) - 1) < 0)
		return -1;
	count = find_line(text, "oom_kill ");
	return count ? num_parse(count, strcspn(count, "\n"), 10, UINT32_MAX, kills) : -1;
}

// A container with a cgroup namespace, or cgroup v1, sees its own group at the root; elsewhere /proc/self/cgroup names it.
static uint64_t oom_kills(void)
{
	char text[4096], path[4200];
	const char *own;
	uint64_t kills = 0;

	if (!count_in("/sys/fs/cgroup/memory.events", &kills))
		return kills;
	if (getpid() == 1)
		return count_in("/sys/fs/cgroup/memory/memory.oom_control", &kills) ? 0 : kills;
	if (file_read(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text) - 1) < 0)
		return 0;
	own = find_line(text, "0::");
	if (!own || fmt(path, sizeof(path), "/sys/fs/cgroup%.*s/memory.events", (int)strcspn(own, "\n"), own))
		return 0;
	return count_in(path, &kills) ? 0 : kills;
}

void post_mortem_begin(void)
{
	kills_before = oom_kills();
	known = true;
}

static void put_status(struct buf *b, int status)
{
	char sig[16];

	if (WIFSIGNALED(status))
		buf_fmt(b, "killed by %s%s", signal_name(sig, WTERMSIG(status)), WCOREDUMP(status) ? " (core dumped)" : "");
	else
		buf_fmt(b, "exited with %d", WEXITSTATUS(status));
}

static void put_tenths(struct buf *b, uint64_t thousandths, const char *unit)
{
	buf_fmt(b, "%lu.%lu %s", (unsigned long)(thousandths / 1000), (unsigned long)(thousandths % 1000 / 100), unit);
}

static void put_memory(struct buf *b, const char *what, uint64_t kb)
{
	buf_fmt(b, ", %s ", what);
	if (kb < 10 * 1024)
		put_tenths(b, kb * 1000 / 1024, "MB");
	else
		buf_fmt(b, "%lu MB", (unsigned long)(kb / 1024));
}

static void put_kills(struct buf *b, uint64_t kills, const char *where)
{
	if (kills)
		buf_fmt(b, ", %lu OOM kill%s%s", (unsigned long)kills, kills == 1 ? "" : "s", where);
}

void post_mortem(const char *program, const struct reap *r, uint64_t ms)
{
	const char *slash = strrchr(program, '/');
	char text[256];
	struct buf b = BUF(text);
	bool killed = WIFSIGNALED(r->status) && WTERMSIG(r->status) == SIGKILL;
	uint64_t kills = known || killed ? oom_kills() - kills_before : 0;

	buf_fmt(&b, "%.*s[%d] ", 64, slash ? slash + 1 : program, (int)r->main);
	put_status(&b, r->status);
	buf_str(&b, " after ");
	put_tenths(&b, ms, "s");
	put_memory(&b, "max rss", (uint64_t)r->usage.ru_maxrss);
	put_kills(&b, kills, " in this cgroup");
	log_line(LOG_NOTE, "%s", text);
}

// The box's PID 1 ends with 128+N for a program that was killed, which may also end so by itself. What the cgroup does not tell is known from its rusage:
// that of all processes that were waited for.
void post_mortem_box(const struct box *box, const struct reap *r, int code)
{
	uint64_t ms = r->from ? sys_now_ms() - r->from : 0, cpu_ms;
	const struct timeval *user = &r->usage.ru_utime, *system = &r->usage.ru_stime;
	bool killed = code > EXIT_BY_SIGNAL && code <= EXIT_BY_SIGNAL + MAX_SIGNAL;
	struct cgroup_usage u;
	char text[256];
	struct buf b = BUF(text);

	cgroup_usage(box, &u);
	if (!u.oom_kills && (!code || box->in_machine))
		return;
	put_status(&b, killed ? code - EXIT_BY_SIGNAL : code << 8);
	buf_str(&b, " after ");
	put_tenths(&b, ms, "s");
	if (u.peak)
		put_memory(&b, "memory peak", u.peak / 1024);
	else
		put_memory(&b, "max rss", (uint64_t)r->usage.ru_maxrss);
	cpu_ms = (uint64_t)(user->tv_sec + system->tv_sec) * 1000 + (uint64_t)(user->tv_usec + system->tv_usec) / 1000;
	buf_str(&b, ", cpu ");
	put_tenths(&b, u.cpu_us ? u.cpu_us / 1000 : cpu_ms, "s");
	put_kills(&b, u.oom_kills, "");
	log_line(LOG_NOTE, "%s: %s", box->spec->name, text);
}

void post_mortem_orphan(int pid, int status)
{
	char path[32], name[32] = "?", text[64];
	struct buf b = BUF(text);

	if (!fmt(path, sizeof(path), "/proc/%d/comm", pid) &&
	    file_read(AT_FDCWD, path, name, sizeof(name) - 1) >= 0)
		name[strcspn(name, "\n")] = '\0';
	else
		strcpy(name, "?");
	b.p[0] = '\0';
	if (WIFSIGNALED(status))
		put_status(&b, status);
	else
		buf_fmt(&b, "exit code %d", WEXITSTATUS(status));
	log_line(LOG_NOTE, "Reaped zombie process with pid=%d (%s): %s", pid, name, text);
}
