// SPDX-License-Identifier: MIT
// base/nl: a datagram of answers to three messages.
#include "fuzz.h"

#include <errno.h>

#include "base/nl.h"

static struct nl nl;

// Once: sequence numbers go on and on, and an input has to mean the same each time.
static void ask(void)
{
	nl_begin(&nl, 16, 0, "abcd", 4, "RTM_NEWLINK", "link a");
	nl_begin(&nl, 20, 0, "abcd", 4, "RTM_NEWADDR", "address b");
	nl_begin(&nl, 24, 0, "abcd", 4, "RTM_NEWROUTE", "route c");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t acked = 0;
	void *datagram = malloc(size ? size : 1);
	int ret;

	if (!datagram)
		abort();
	if (!nl.count)
		ask();
	memcpy(datagram, data, size);
	errno = 0;
	ret = nl_parse(&nl, datagram, size, &acked);
	free(datagram);
	fuzz_result(ret);
	fuzz_check(ret == 0 || (errno > 0 && errno == err_last.no));
	fuzz_check(acked == 0 || acked - nl.seq < nl.count);
	fuzz_end();
	return 0;
}
