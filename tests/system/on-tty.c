// SPDX-License-Identifier: MIT
// Runs a command on a terminal of its own and types on it.
//
//   on-tty TEXT KEYS [+ TEXT KEYS]… COMMAND…
//
// Once TEXT has been printed, types KEYS (^C is a control character, ^@ at the start a pause of 50 ms), and so on with what
// is printed after that. The output is copied to stdout without carriage returns. Ends as the command does; with 99 after
// 10 s (or ON_TTY_MS) in which nothing is printed.
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char seen[65536];

static void type_keys(int fd, const char *keys)
{
	char text[256];
	size_t n = 0;

	for (; !strncmp(keys, "^@", 2); keys += 2)
		usleep(50000);
	for (; *keys && n < sizeof(text); keys++)
		text[n++] = *keys == '^' && keys[1] ? (char)(*++keys & 0x1f) : *keys;
	if (write(fd, text, n) != (ssize_t)n)
		perror("on-tty: write");
}

// Copies until the terminal has no other end any more, or the command has ended and nothing is left to read: another one
// may still have the terminal open. Steps are TEXT KEYS + TEXT KEYS. Returns 0, or -1 when that takes too long.
static int converse(int fd, int command, char **steps, int count)
{
	struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = command, .events = POLLIN}};
	const char *unread = seen, *ms = getenv("ON_TTY_MS");
	size_t used = 0;
	char buf[4096];

	for (int step = 0;;) {
		const char *text;
		ssize_t n;

		if (poll(p, 2, ms ? atoi(ms) : 10000) < 1)
			return -1;
		if (!p[0].revents)
			return 0;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return 0; // EIO
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != '\r' && used + 1 < sizeof(seen))
				seen[used++] = buf[i];
		while (step < count && (text = strstr(unread, steps[step]))) {
			unread = text + strlen(steps[step]);
			type_keys(fd, steps[step + 1]);
			step += 3;
		}
	}
}

int main(int argc, char **argv)
{
	struct winsize size = {.ws_row = 33, .ws_col = 77};
	int fd, status, command = 3;
	pid_t pid;

	while (command + 3 < argc && !strcmp(argv[command], "+"))
		command += 3;
	if (command >= argc)
		return 64;
	pid = forkpty(&fd, NULL, NULL, &size);
	if (pid < 0)
		return 65;
	if (pid == 0) {
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL);
		execvp(argv[command], argv + command);
		perror(argv[command]);
		_exit(66);
	}
	if (converse(fd, (int)syscall(SYS_pidfd_open, pid, 0), argv + 1, command - 1)) {
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
