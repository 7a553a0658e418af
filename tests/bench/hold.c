// SPDX-License-Identifier: MIT
/* hold - the program of a box that does nothing: it writes the time (eight bytes, ns of the monotonic clock) to stdout, to
 * say that it runs, and sleeps until a signal ends it. */
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct timespec ts;
	int64_t mark;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	mark = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	if (write(1, &mark, sizeof(mark)) != sizeof(mark))
		return 1;
	for (;;)
		pause();
}
