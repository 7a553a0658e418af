// SPDX-License-Identifier: MIT
#include <elf.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/fmt.h"
#include "base/rest.h"

enum {
	PAGE = 4096,
	STACK_BELOW = 128 * 1024, // what calls before may have used
	OWN_FRAME = 512		  // of rest_wait and what it calls
};

extern char large_bss[], _end[]; // layout.ld
extern const Elf64_Ehdr __ehdr_start;

struct range {
	uintptr_t from, to;
};

struct plan {
	struct range drop[5];
	unsigned count;
};

// A call out of the page of sleep_here would bring another page in.
#if defined(__x86_64__)
static inline __attribute__((always_inline)) long call(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline __attribute__((always_inline)) long call(long nr, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}
#else
#error "a system call of this machine is missing here"
#endif

// Stands at the start of a page and is much shorter than one.
static __attribute__((noinline, aligned(PAGE), section(".text.hot.rest"))) long
sleep_here(const struct plan *plan, const uint64_t *mask, void *siginfo, const struct timespec *timeout)
{
	for (unsigned i = 0; i < plan->count; i++)
		call(SYS_madvise, (long)plan->drop[i].from, (long)(plan->drop[i].to - plan->drop[i].from), MADV_DONTNEED,
		     0);
	return call(SYS_rt_sigtimedwait, (long)mask, (long)siginfo, (long)timeout, sizeof(*mask));
}

static void add(struct plan *p, uintptr_t from, uintptr_t to)
{
	from = (from + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	to &= ~(uintptr_t)(PAGE - 1);
	if (from < to)
		p->drop[p->count++] = (struct range){from, to};
}

// Code and constants but for that one page, which gets a mapping of its own, so that a fault there brings nothing else.
static void add_code(struct plan *p)
{
	const Elf64_Phdr *segment = (const Elf64_Phdr *)(const void *)((const char *)&__ehdr_start + __ehdr_start.e_phoff);
	uintptr_t here = (uintptr_t)sleep_here;

	for (unsigned i = 0; i < __ehdr_start.e_phnum; i++, segment++) {
		uintptr_t end = segment->p_vaddr + segment->p_memsz;

		if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
			continue;
		end = (end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
		if (here < segment->p_vaddr || here >= end) {
			add(p, segment->p_vaddr, end);
			continue;
		}
		madvise((void *)here, PAGE, MADV_RANDOM);
		add(p, segment->p_vaddr, here);
		add(p, here + PAGE, end);
	}
}

int rest_wait(const uint64_t *mask, void *siginfo, const struct timespec *timeout, bool scratch)
{
	struct plan plan = {.count = 0};
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
	long ret;

	add_code(&plan);
	add(&plan, sp - STACK_BELOW, sp - OWN_FRAME);
	if (scratch)
		add(&plan, (uintptr_t)large_bss, (uintptr_t)_end);
	ret = sleep_here(&plan, mask, siginfo, timeout);
	if (ret >= 0)
		return (int)ret;
	errno = (int)-ret;
	return -1;
}
