// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "phase/trace.h"

struct span {
	const char *name; // a literal: the same address on both sides of the clone
	uint64_t from, to;
	uint8_t side;
};

struct trace {
	unsigned used; // atomic; may pass the size of span
	struct span span[64];
};

static struct trace *trace;
static enum trace_side my_side = TRACE_HOST;
static const char *out_name;
static int out = -1;
static int64_t shift; // of the clock, in seconds

int trace_start(void)
{
	void *p = mmap(NULL, sizeof(*trace), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return fail("mmap", "trace");
	trace = p;
	return 0;
}

int trace_open(const char *file)
{
	out_name = file;
	if (!strcmp(file, "console"))
		return 0;
	out = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return out < 0 ? fail("open", "trace %s", file) : 0;
}

void trace_set_side(enum trace_side side)
{
	my_side = side;
}

void trace_shift(int64_t seconds)
{
	shift = seconds;
}

uint64_t trace_clock(void)
{
	struct timespec t;

	sys_clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)(t.tv_sec - shift) * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t trace_now(void)
{
	return trace ? trace_clock() : 0;
}

void trace_add(const char *name, uint64_t from_ns, uint64_t to_ns)
{
	unsigned i;

	if (!trace)
		return;
	i = __atomic_fetch_add(&trace->used, 1, __ATOMIC_RELAXED);
	if (i < COUNT(trace->span))
		trace->span[i] = (struct span){name, from_ns, to_ns, (uint8_t)my_side};
}

static unsigned count(void)
{
	return trace->used < COUNT(trace->span) ? trace->used : COUNT(trace->span);
}

uint64_t trace_end(const char *name)
{
	uint64_t end = 0;

	for (unsigned i = 0; trace && i < count(); i++)
		if (!strcmp(trace->span[i].name, name))
			end = trace->span[i].to;
	return end;
}

static const char *side_name(const struct span *s)
{
	return s->side == TRACE_HOST ? "host" : "box";
}

int trace_write(void)
{
	char text[64 * 128];
	struct buf b = BUF(text);
	unsigned n = count();

	if (trace->used > n)
		log_line(LOG_NOTE, "trace: %u spans left out", trace->used - n);
	if (out < 0) {
		for (unsigned i = 0; i < n; i++)
			log_line(LOG_RESULT, "trace: %s: %s: %lu us", side_name(&trace->span[i]), trace->span[i].name,
				 (unsigned long)(trace->span[i].to - trace->span[i].from) / 1000);
		return 0;
	}
	b.p[0] = '\0';
	buf_str(&b, "{\"traceEvents\":[");
	for (unsigned i = 0; i < n; i++) {
		const struct span *s = &trace->span[i];

		buf_fmt(&b,
			"%s\n{\"name\":\"%s\",\"ph\":\"X\",\"pid\":1,\"tid\":%u,\"cat\":\"%s\",\"ts\":%lu.%03u,\"dur\":"
			"%lu.%03u}",
			i ? "," : "", s->name, s->side, side_name(s), (unsigned long)(s->from / 1000),
			(unsigned)(s->from % 1000), (unsigned long)((s->to - s->from) / 1000),
			(unsigned)((s->to - s->from) % 1000));
	}
	buf_str(&b, "\n]}\n");
	if (write(out, b.p, b.len) != (ssize_t)b.len || close(out))
		return fail("write", "trace %s", out_name);
	return 0;
}
