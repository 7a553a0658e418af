// SPDX-License-Identifier: MIT
// Runs a command on a terminal of its own and types on it.
//
//   on-tty TEXT KEYS COMMAND…    once TEXT has been printed, types KEYS (^C is a control character); the output is copied
//                                to stdout without carriage returns; ends as the command does, with 99 after 10 s
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char seen[65536];

static void type_keys(int fd, const char *keys)
{
	for (; *keys; keys++) {
		char c = *keys;

		if (c == '^' && keys[1])
			c = (char)(*++keys & 0x1f);
		if (write(fd, &c, 1) != 1)
			perror("on-tty: write");
	}
}

// Copies until the terminal has no other end any more. Returns 0, or -1 when that takes too long.
static int converse(int fd, const char *text, const char *keys)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t used = 0;
	char buf[4096];

	for (;;) {
		ssize_t n;

		if (poll(&p, 1, 10000) != 1)
			return -1;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return 0; // EIO
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != '\r' && used + 1 < sizeof(seen))
				seen[used++] = buf[i];
		if (!text || !strstr(seen, text))
			continue;
		type_keys(fd, keys);
		text = NULL;
	}
}

int main(int argc, char **argv)
{
	struct winsize size = {.ws_row = 33, .ws_col = 77};
	int fd, status;
	pid_t pid;

	if (argc < 4)
		return 64;
	pid = forkpty(&fd, NULL, NULL, &size);
	if (pid < 0)
		return 65;
	if (pid == 0) {
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL);
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		_exit(66);
	}
	if (converse(fd, argv[1], argv[2])) {
		fputs("on-tty: nothing more is said\n", stderr);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		status = 99 << 8;
	} else {
		waitpid(pid, &status, 0);
	}
	fputs(seen, stdout);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
