// SPDX-License-Identifier: MIT
#include <signal.h>
#include <string.h>

#include "base/signals.h"

// clang-format off
static const struct {
	char name[8];
	uint8_t number;
} signals[] = {
#define S(x) {#x, SIG##x}
	S(HUP), S(INT), S(QUIT), S(ILL), S(TRAP), S(ABRT), S(BUS), S(FPE), S(KILL), S(USR1), S(SEGV), S(USR2), S(PIPE),
	S(ALRM), S(TERM), S(STKFLT), S(CHLD), S(CONT), S(STOP), S(TSTP), S(TTIN), S(TTOU), S(URG), S(XCPU), S(XFSZ),
	S(VTALRM), S(PROF), S(WINCH), S(IO), S(PWR), S(SYS),
#undef S
	// Second names; the first of a number is the one that is shown.
	{"IOT", SIGABRT}, {"POLL", SIGIO}, {"CLD", SIGCHLD},
};
// clang-format on

static bool same(const char *s, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!name[i] || (s[i] >= 'a' && s[i] <= 'z' ? s[i] - 0x20 : s[i]) != name[i])
			return false;
	return name[n] == '\0';
}

static int bounded(long v)
{
	return v >= 1 && v <= MAX_SIGNAL ? (int)v : -1;
}

// RTMIN+n and RTMAX-n.
static int real_time(const char *s, size_t n)
{
	bool max = same(s, n < 5 ? n : 5, "RTMAX");
	uint64_t v = 0;

	if (!max && !same(s, n < 5 ? n : 5, "RTMIN"))
		return -1;
	if (n > 5 && (s[5] != (max ? '-' : '+') || num_parse(s + 6, n - 6, 10, MAX_SIGNAL - SIGNAL_RTMIN, &v)))
		return -1;
	return max ? MAX_SIGNAL - (int)v : SIGNAL_RTMIN + (int)v;
}

int signal_number(const char *s, size_t n)
{
	uint64_t v;

	if (!num_parse(s, n, 10, MAX_SIGNAL, &v))
		return bounded((long)v);
	if (n > 3 && same(s, 3, "SIG")) {
		s += 3;
		n -= 3;
	}
	for (size_t i = 0; i < COUNT(signals); i++)
		if (same(s, n, signals[i].name))
			return signals[i].number;
	return real_time(s, n);
}

const char *signal_name(char dst[16], int sig)
{
	struct buf b = {.p = dst, .cap = 16};

	for (size_t i = 0; i < COUNT(signals); i++) {
		if (signals[i].number != sig)
			continue;
		buf_fmt(&b, "SIG%s", signals[i].name);
		return dst;
	}
	if (sig >= SIGNAL_RTMIN && sig <= MAX_SIGNAL)
		buf_fmt(&b, sig > SIGNAL_RTMIN ? "SIGRTMIN+%d" : "SIGRTMIN", sig - SIGNAL_RTMIN);
	else
		buf_fmt(&b, "signal %d", sig);
	return dst;
}
