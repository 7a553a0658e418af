// SPDX-License-Identifier: MIT
// Source: kernel Documentation/admin-guide/cgroup-v2.rst; OCI runtime-spec config-linux.md for what has other units there.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/cgroup_limits.h"
#include "spec/value.h"

enum { PAGE = 4096, VALUE = 128 };

const char *const cgroup_controllers[CONTROLLERS] = {"memory", "pids", "cpu", "cpuset", "io", "hugetlb"};

struct row {
	uint8_t controller;
	bool may_miss;	    // a kernel without this file can't do what it is to prevent
	const char *file;
	const char *device; // stands in front of the value, as MAJOR:MINOR; NULL: none
	char value[VALUE];
};

// Goes over all that is asked for, until take returns other than 0.
struct walk {
	const struct spec *s;
	int fd; // the cgroup; -1: it is not there yet
	int (*take)(struct walk *w, const struct row *row);
	const char *dir;
	unsigned wanted;
};

static int row(struct walk *w, struct row r, const char *f, ...) __attribute__((format(printf, 3, 4)));
static int row(struct walk *w, struct row r, const char *f, ...)
{
	struct buf b = BUF(r.value);
	va_list ap;

	va_start(ap, f);
	buf_vfmt(&b, f, ap);
	va_end(ap);
	return w->take(w, &r);
}

static int number(struct walk *w, enum controller c, const char *file, uint64_t v, uint64_t unit)
{
	struct row r = {.controller = (uint8_t)c, .file = file};

	return v == SIZE_UNLIMITED ? row(w, r, "max") : row(w, r, "%lu", (unsigned long)(v - v % unit));
}

// Where nothing else was asked for a box does not go on in swap when its memory is used up.
static int memory(struct walk *w)
{
	const struct spec *s = w->s;
	struct row no_swap = {.controller = CONTROLLER_MEMORY, .may_miss = true, .file = "memory.swap.max"};
	uint64_t swap = s->memory_swap == SIZE_UNLIMITED ? s->memory_swap : s->memory_swap - s->memory;

	if (s->memory && number(w, CONTROLLER_MEMORY, "memory.max", s->memory, PAGE))
		return -1;
	if (s->memory_swap && number(w, CONTROLLER_MEMORY, "memory.swap.max", swap, PAGE))
		return -1;
	if (!s->memory_swap && s->memory && s->memory != SIZE_UNLIMITED && row(w, no_swap, "0"))
		return -1;
	if (s->memory_reservation && number(w, CONTROLLER_MEMORY, "memory.low", s->memory_reservation, PAGE))
		return -1;
	return s->oom_group ? number(w, CONTROLLER_MEMORY, "memory.oom.group", 1, 1) : 0;
}

static int cpu(struct walk *w)
{
	const struct spec *s = w->s;
	struct row r = {.controller = CONTROLLER_CPU, .file = "cpu.max"};

	if (s->cpus && row(w, r, "%lu 100000", (unsigned long)s->cpus * 100))
		return -1;
	if (s->cpu_weight && number(w, CONTROLLER_CPU, "cpu.weight", s->cpu_weight, 1))
		return -1;
	r = (struct row){.controller = CONTROLLER_CPUSET, .file = "cpuset.cpus"};
	if (s->cpuset_cpus && row(w, r, "%s", s->cpuset_cpus))
		return -1;
	r.file = "cpuset.mems";
	return s->cpuset_mems ? row(w, r, "%s", s->cpuset_mems) : 0;
}

// BFQ has the range of v1 (1 to 1000); io.weight goes to 10000, and the OCI runtimes stretch it so.
static int weight(struct walk *w, const char *device, uint64_t v)
{
	bool bfq = w->fd >= 0 && !sys_faccessat(w->fd, "io.bfq.weight", F_OK);
	struct row r = {.controller = CONTROLLER_IO, .file = bfq ? "io.bfq.weight" : "io.weight", .device = device};

	return row(w, r, "%s%lu", device ? "" : "default ", (unsigned long)(bfq ? v : 1 + (v - 10) * 9999 / 990));
}

static int io(struct walk *w)
{
	static const char names[][8] = {"rbps", "wbps", "riops", "wiops"}; // enum io_what
	const struct spec *s = w->s;

	if (s->blkio_weight && weight(w, NULL, s->blkio_weight))
		return -1;
	for (unsigned i = 0; i < s->io_count; i++) {
		const struct io_limit *l = &s->io[i];
		struct row r = {.controller = CONTROLLER_IO, .file = "io.max", .device = l->device};

		if (l->what == IO_WEIGHT ? weight(w, l->device, l->value)
					 : row(w, r, "%s=%lu", names[l->what], (unsigned long)l->value))
			return -1;
	}
	return 0;
}

// Without the limit of what is reserved a program would get SIGBUS later instead of ENOMEM from mmap(2).
static int hugetlb(struct walk *w)
{
	for (unsigned i = 0; i < w->s->hugetlb_count; i++) {
		const struct hugetlb *h = &w->s->hugetlb[i];
		unsigned shift = h->page >= 1 << 30 ? 30 : h->page >= 1 << 20 ? 20 : 10;
		char file[48];

		for (int reserved = 1; reserved >= 0; reserved--) {
			if (fmt(file, sizeof(file), "hugetlb.%lu%cB.%smax", (unsigned long)(h->page >> shift),
				"KMG"[shift / 10 - 1], reserved ? "rsvd." : ""))
				return fail("write", "hugetlb");
			if (number(w, CONTROLLER_HUGETLB, file, h->limit, 1))
				return -1;
		}
	}
	return 0;
}

static int each(struct walk *w)
{
	const struct spec *s = w->s;

	if (memory(w) || cpu(w) || io(w) || hugetlb(w))
		return -1;
	return s->pids_limit ? number(w, CONTROLLER_PIDS, "pids.max", s->pids_limit, 1) : 0;
}

static int note(struct walk *w, const struct row *r)
{
	w->wanted |= 1u << r->controller;
	return 0;
}

unsigned cgroup_limits_wanted(const struct spec *s)
{
	struct walk w = {.s = s, .fd = -1, .take = note};

	return each(&w) ? 0 : w.wanted;
}

// Whether a line of text has all words of value: `254:0 rbps=max wbps=1048576 …` has those of `254:0 wbps=1048576`.
static bool has_line(const char *text, const char *value)
{
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		const char *v = value;
		bool all = true;

		n = strcspn(text, "\n");
		for (size_t len; all && *v; v += len + (v[len] == ' ')) {
			len = strcspn(v, " ");
			all = str_has_word(text, n, v, len);
		}
		if (all)
			return true;
	}
	return false;
}

// The processors asked for may be written 0,1 and read 0-1; those that there are come from another file.
static bool same_set(const char *asked, char *got)
{
	uint64_t a[MAX_CPUS / 64], b[MAX_CPUS / 64];

	got[strcspn(got, "\n")] = '\0';
	return !value_cpuset(asked, a) && !value_cpuset(got, b) && !memcmp(a, b, sizeof(a));
}

static int check(int fd, const struct row *r, const char *value)
{
	bool set = r->controller == CONTROLLER_CPUSET;
	char file[48], got[4096];

	if (fmt(file, sizeof(file), "%s%s", r->file, set ? ".effective" : ""))
		return fail("read", "%s", r->file);
	if (file_read(fd, file, got, sizeof(got)) < 0)
		return -1;
	if (set ? same_set(value, got) : has_line(got, value))
		return 0;
	got[strcspn(got, "\n")] = '\0';
	return fail_text("the kernel took another value than the one that was asked for", "%s: %s became %.*s", r->file,
			 value, 80, got);
}

static int number_of(const char *device, unsigned *major, unsigned *minor)
{
	struct stat st;

	if (stat(device, &st))
		return fail("stat", "%s", device);
	if (!S_ISBLK(st.st_mode))
		return fail_text("not a block device", "%s", device);
	*major = major(st.st_rdev);
	*minor = minor(st.st_rdev);
	return 0;
}

// Adds to the record just made what is beyond the errno. Returns -1.
static int explain_refusal(int fd, const struct row *r, const char *value)
{
	char file[48], there[64];

	if (r->device)
		return fail_because("for %s", r->device);
	if (r->controller != CONTROLLER_CPUSET || fmt(file, sizeof(file), "%s.effective", r->file) ||
	    file_read(fd, file, there, sizeof(there)) < 0)
		return -1;
	return fail_because("%s was asked for, %.*s is there", value, (int)strcspn(there, "\n"), there);
}

static int set(struct walk *w, const struct row *r)
{
	char value[VALUE + 32];
	const char *text = r->value;
	unsigned major = 0, minor = 0;

	if (r->may_miss && sys_faccessat(w->fd, r->file, F_OK) && errno == ENOENT)
		return 0;
	if (r->device) {
		if (number_of(r->device, &major, &minor))
			return -1;
		if (fmt(value, sizeof(value), "%u:%u %s", major, minor, r->value))
			return fail("write", "%s", r->file);
		text = value;
	}
	if (file_write(w->fd, r->file, text))
		return explain_refusal(w->fd, r, text);
	return check(w->fd, r, text);
}

int cgroup_limits_set(const struct spec *s, int fd)
{
	struct walk w = {.s = s, .fd = fd, .take = set};

	return each(&w);
}

static int show(struct walk *w, const struct row *r)
{
	if (r->device)
		explain("write", "echo \"$(lsblk -dno MAJ:MIN %s) %s\" >%s/%s", r->device, r->value, w->dir, r->file);
	else
		explain("write", "echo '%s' >%s/%s", r->value, w->dir, r->file);
	return 0;
}

void cgroup_limits_explain(const struct spec *s, const char *dir)
{
	struct walk w = {.s = s, .fd = -1, .take = show, .dir = dir};

	if (each(&w))
		log_err(&err_last);
}
