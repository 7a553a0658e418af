// SPDX-License-Identifier: MIT
// A person at a terminal: runs a command as a shell with job control runs its foreground job, and does one step after
// another while it runs.
//
//   drive-tty [STEP…] -- COMMAND…
//
//   expect TEXT     waits until TEXT has been printed behind what the last expect found
//   type KEYS       types them; ^C is a control character
//   flood N         types N lines of 8 bytes
//   size ROWS COLS  resizes the terminal
//   raw, cooked     waits until the terminal passes each key, or takes lines
//   sleep MS
//   signal N        sends a signal to the command
//   kill-box        sends KILL to the command's first child
//   stopped         waits until the command is stopped; the terminal has to be as it was then, and is the shell's
//   resume          gives the terminal back and lets it go on
//   background      lets it go on without the terminal
//   hang-up         pulls the plug
//   stop-reading    takes no output any more
//
// What was printed comes out on stdout without carriage returns. Exit code: the command's; 99 when a step took 10 s; 98 when
// the terminal is not as it was before. For NO_CTTY=1 the command has the terminal as its descriptors only. STDIN and
// STDOUT name files that it has instead of it.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char seen[8 << 20];
static size_t used, found;
static int master, slave, reading = 1;
static pid_t pid;
static int ended = -1; // the command's status
static struct termios before;

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void finish(int code)
{
	for (size_t i = 0; i < used; i++)
		if (seen[i] != '\r')
			putchar(seen[i]);
	fflush(stdout);
	_exit(code);
}

static void give_up(const char *why)
{
	fprintf(stderr, "drive-tty: %s\n", why);
	kill(pid, SIGKILL);
	finish(99);
}

// Takes what is printed for ms at most. Returns whether there was anything.
static int listen_for(int ms)
{
	struct pollfd p = {.fd = reading ? master : -1, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, ms) < 1 || used + 65536 > sizeof(seen))
		return 0;
	n = read(master, seen + used, 65536);
	used += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static int is_cooked(void)
{
	struct termios t;

	return !tcgetattr(slave, &t) && (t.c_lflag & ICANON);
}

static int is_as_before(void)
{
	struct termios t;

	memset(&t, 0, sizeof(t)); // there is padding
	return !tcgetattr(slave, &t) && !memcmp(&t, &before, sizeof(t));
}

static int look(void)
{
	int status;

	if (ended < 0 && waitpid(pid, &status, WNOHANG) == pid)
		ended = status;
	return ended >= 0;
}

static int is_stopped(void)
{
	int status;

	if (waitpid(pid, &status, WNOHANG | WUNTRACED) != pid)
		return 0;
	if (!WIFSTOPPED(status))
		give_up("has ended instead of being stopped");
	return 1;
}

static const char *text;

static int is_printed(void)
{
	char *at = memmem(seen + found, used - found, text, strlen(text));

	if (at)
		found = (size_t)(at - seen) + strlen(text);
	return at != NULL;
}

static int is_raw(void)
{
	return !is_cooked();
}

static void await(const char *what, int (*done)(void))
{
	long long until = now_ms() + 10000;

	while (!done()) {
		if (now_ms() > until)
			give_up(what);
		listen_for(5);
	}
}

static void type_keys(const char *keys)
{
	for (; *keys; keys++) {
		char c = *keys;

		if (c == '^' && keys[1])
			c = (char)(*++keys & 0x1f);
		if (write(master, &c, 1) != 1)
			perror("drive-tty: write");
	}
}

static void flood(long n)
{
	for (long i = 0; i < n; i++) {
		char line[16];
		int len = snprintf(line, sizeof(line), "%07ld\r", i), done = 0;

		while (done < len) {
			struct pollfd p = {.fd = master, .events = POLLIN | POLLOUT};

			if (poll(&p, 1, 10000) < 1)
				give_up("flood");
			if (p.revents & POLLIN)
				listen_for(0);
			if (p.revents & POLLOUT) {
				ssize_t w = write(master, line + done, (size_t)(len - done));

				done += w > 0 ? (int)w : 0;
			}
		}
	}
}

static void kill_box(void)
{
	char path[64], line[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	if (!f || !fgets(line, sizeof(line), f) || kill(atoi(line), SIGKILL))
		give_up("kill-box");
	fclose(f);
}

static char **step(char **a)
{
	const char *s = *a++;

	if (!strcmp(s, "expect")) {
		text = *a;
		await(*a++, is_printed);
	} else if (!strcmp(s, "type")) {
		type_keys(*a++);
	} else if (!strcmp(s, "flood")) {
		flood(atol(*a++));
	} else if (!strcmp(s, "size")) {
		struct winsize w = {.ws_row = (unsigned short)atoi(a[0]), .ws_col = (unsigned short)atoi(a[1])};

		ioctl(master, TIOCSWINSZ, &w);
		a += 2;
	} else if (!strcmp(s, "raw")) {
		await(s, is_raw);
	} else if (!strcmp(s, "cooked")) {
		await(s, is_cooked);
	} else if (!strcmp(s, "sleep")) {
		long long until = now_ms() + atoi(*a++);

		while (now_ms() < until)
			listen_for(5);
	} else if (!strcmp(s, "signal")) {
		kill(pid, atoi(*a++));
	} else if (!strcmp(s, "kill-box")) {
		kill_box();
	} else if (!strcmp(s, "stopped")) {
		await(s, is_stopped);
		if (!is_as_before())
			give_up("stopped, but the terminal is not as it was");
		tcsetpgrp(slave, getpgrp());
	} else if (!strcmp(s, "resume")) {
		tcsetpgrp(slave, pid);
		kill(-pid, SIGCONT);
	} else if (!strcmp(s, "background")) {
		kill(-pid, SIGCONT);
	} else if (!strcmp(s, "hang-up")) {
		close(slave);
		close(master);
		reading = 0;
	} else if (!strcmp(s, "stop-reading")) {
		reading = 0;
	} else {
		give_up(s);
	}
	return a;
}

static void be_command(char **argv)
{
	const char *in = getenv("STDIN"), *out = getenv("STDOUT");
	int fd;

	setpgid(0, 0);
	if (!getenv("NO_CTTY"))
		tcsetpgrp(slave, getpid());
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	fd = in ? open(in, O_RDONLY) : slave;
	dup2(fd, 0);
	fd = out ? open(out, O_WRONLY) : slave;
	dup2(fd, 1);
	dup2(slave, 2);
	close_range(3, ~0u, 0);
	execvp(argv[0], argv);
	_exit(66);
}

int main(int argc, char **argv)
{
	struct winsize size = {.ws_row = 33, .ws_col = 77};
	char **a = argv + 1, **command = a;

	while (*command && strcmp(*command, "--"))
		command++;
	if (argc < 3 || !*command || openpty(&master, &slave, NULL, NULL, &size))
		return 64;
	*command = NULL;
	setsid();
	if (!getenv("NO_CTTY"))
		ioctl(slave, TIOCSCTTY, 0);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	tcgetattr(slave, &before);
	fcntl(master, F_SETFL, O_NONBLOCK);
	pid = fork();
	if (pid == 0)
		be_command(command + 1);
	setpgid(pid, pid);
	while (*a)
		a = step(a);
	await("the end", look);
	while (reading && listen_for(20))
		;
	if (reading && !is_as_before()) {
		fputs("drive-tty: the terminal is not as it was\n", stderr);
		finish(98);
	}
	finish(WIFSIGNALED(ended) ? 128 + WTERMSIG(ended) : WEXITSTATUS(ended));
}
