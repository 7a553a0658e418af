// SPDX-License-Identifier: MIT
/* sink PORT - takes what is sent to it by TCP and answers each connection with one byte when all is there. At first it
 * writes eight bytes to stdout, as hold does, to say that it listens. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char buf[256 * 1024];

int main(int argc, char *argv[])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 80))};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	int64_t mark = 0;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(listener, 8) < 0 ||
	    write(1, &mark, sizeof(mark)) != sizeof(mark))
		return 1;
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		while (read(fd, buf, sizeof(buf)) > 0)
			;
		if (write(fd, "", 1) != 1)
			return 1;
		close(fd);
	}
}
