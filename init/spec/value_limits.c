// SPDX-License-Identifier: MIT
// Words about what a box may use: memory and swap, shares of processors and disks, rates of disks, huge pages.
#include <string.h>

#include "base/arena.h"
#include "spec/value.h"

const char *value_swap(const char *s, uint64_t *bytes)
{
	if (strcmp(s, "-1"))
		return value_size(s, bytes);
	*bytes = SIZE_UNLIMITED;
	return NULL;
}

enum { FRACTION = 40 }; // bits behind the point

typedef unsigned __int128 wide;

// log2(v) with so many binary digits, each by squaring what is left.
static uint64_t log2_of(uint32_t v)
{
	unsigned whole = 31 - (unsigned)__builtin_clz(v);
	uint64_t x = (uint64_t)v << (63 - whole), log = whole; // x: from 1 to 2, with 63 bits behind the point

	for (int i = 0; i < FRACTION; i++) {
		wide square = (wide)x * x >> 63;
		bool two = square >> 64 != 0;

		log = log << 1 | two;
		x = (uint64_t)(square >> two);
	}
	return log;
}

// The weight of cgroup v2 (1 to 10000, usually 100) for shares of v1 (2 to 262144, usually 1024), as the OCI runtimes have
// it since 2025: 10^((l*l + 125*l - 126) / 612), rounded up, l being log2(shares). Without floating point: sought among
// the weights by their logarithms.
static uint16_t weight_of(uint32_t shares)
{
	static const uint64_t log2_10 = 3652498566964; // 3.32, with FRACTION bits
	static const uint64_t near = 2;		     // a whole number that the digits just miss
	uint64_t l = log2_of(shares);
	uint64_t sum = (uint64_t)((wide)l * l >> FRACTION) + 125 * l - (126ull << FRACTION);
	wide wanted = (wide)sum * log2_10 >> FRACTION;
	uint16_t low = 1, high = 10000;

	while (low < high) {
		uint16_t middle = (uint16_t)((low + high) / 2);

		if (((wide)log2_of(middle) + near) * 612 < wanted)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	return low;
}

const char *value_shares(const char *s, uint16_t *weight)
{
	uint64_t v;

	if (num_parse(s, strlen(s), 10, 262144, &v) || v < 2)
		return "not a number of shares from 2 to 262144 (1024 is usual)";
	*weight = weight_of((uint32_t)v);
	return NULL;
}

const char *value_weight(const char *s, uint16_t *weight)
{
	uint64_t v;

	if (num_parse(s, strlen(s), 10, 1000, &v) || v < 10)
		return "not a weight from 10 to 1000";
	*weight = (uint16_t)v;
	return NULL;
}

// Takes a number off the front of *s.
static int take_number(const char **s, uint64_t *v)
{
	size_t n = strspn(*s, "0123456789");

	if (num_parse(*s, n, 10, MAX_CPUS - 1, v))
		return -1;
	*s += n;
	return 0;
}

const char *value_cpuset(const char *s, uint64_t set[MAX_CPUS / 64])
{
	static const char why[] = "not a list of numbers (try 0-3,6)";
	uint64_t from, to;

	memset(set, 0, MAX_CPUS / 8);
	do {
		if (take_number(&s, &from))
			return why;
		to = from;
		if (*s == '-' && (s++, take_number(&s, &to)))
			return why;
		if (to < from)
			return why;
		for (; from <= to; from++)
			set[from / 64] |= 1ull << from % 64;
	} while (*s++ == ',');
	return s[-1] ? why : NULL;
}

static const char *rate(const char *s, enum io_what what, uint64_t *v)
{
	uint16_t weight;
	const char *why;

	switch (what) {
	case IO_READ_BPS:
	case IO_WRITE_BPS:
		why = value_size(s, v);
		return why || *v == SIZE_UNLIMITED ? "not a device and a rate (try /dev/vda:1M)" : NULL;
	case IO_READ_IOPS:
	case IO_WRITE_IOPS:
		return num_parse(s, strlen(s), 10, UINT32_MAX - 1, v) || !*v ? "not a device and a rate (try /dev/vda:100)"
									    : NULL;
	case IO_WEIGHT:
		why = value_weight(s, &weight);
		*v = weight;
		return why;
	}
	return NULL;
}

const char *value_io(const char *s, enum io_what what, struct io_limit *l)
{
	const char *colon = strrchr(s, ':'), *why;
	struct io_limit io = {.what = (uint8_t)what};

	if (s[0] != '/' || !colon)
		return "not a device and a value with a colon between (try /dev/vda:100)";
	why = rate(colon + 1, what, &io.value);
	if (why)
		return why;
	io.device = arena_copy(s, (size_t)(colon - s));
	if (!io.device)
		return "the configuration is too large";
	*l = io;
	return NULL;
}

const char *value_hugetlb(const char *s, struct hugetlb *h)
{
	static const char why[] = "not a size of pages and a limit (try 2M=64M)";
	size_t n = strcspn(s, "=");
	struct hugetlb v = {0};
	char page[24];

	if (!s[n] || n >= sizeof(page))
		return why;
	memcpy(page, s, n);
	page[n] = '\0';
	if (value_size(page, &v.page) || (strcmp(s + n + 1, "0") && value_size(s + n + 1, &v.limit)))
		return why;
	if (v.page < 4096 || v.page & (v.page - 1))
		return "no machine has pages of this size";
	if (v.limit != SIZE_UNLIMITED && v.limit % v.page)
		return "the limit is not a multiple of the page";
	*h = v;
	return NULL;
}
