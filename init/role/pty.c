// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "phase/console.h"
#include "role/pty.h"

#define BIT(sig) (1ull << ((sig)-1))

enum {
	EOF_AGAIN_MS = 100,
	EOF_AGAIN_MAX_MS = 1600,
	LINGER_MS = 1000 // for a reader that takes nothing, when there was an order to stop
};

static const uint64_t stops = BIT(SIGHUP) | BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGTERM);

// One write of a page to a pipe that poll(2) calls writable never waits (pipe(7)).
struct stream {
	char data[4096];
	size_t from, to;
};

static LARGE_BSS struct {
	const struct box *box; // NULL: there is no terminal
	uint64_t mask;
	int signals;	  // signalfd(2), never read: tells that one is there
	int master;	  // of the box's terminal
	int slave;	  // held, so that master never hangs up while the box lives
	int in, out;	  // the caller's; -1: nothing more comes from, goes there
	bool running;	  // the program is
	bool over;	  // the box is not any more
	bool stopping;	  // a signal of stops has come
	bool of_terminal; // standard input is one, and read
	bool raw;
	struct termios saved;
	uint64_t eof_at, eof_after; // ms: when the next end of file is typed, and how long after that one more
	struct stream input, output;
} pty;

static bool empty(const struct stream *s)
{
	return s->from == s->to;
}

int pty_check(const struct spec *s)
{
	if (!s->tty || !s->interactive || isatty(STDIN_FILENO))
		return 0;
	return fail_text("not a terminal (without -i it is passed on as if it was typed)", "standard input");
}

// TTOU is blocked, so that the kernel lets also a background process restore it (tcsetattr(3)).
static void restore(void)
{
	if (pty.raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &pty.saved);
	pty.raw = false;
}

// In the background this stops the launcher, as it does an editor, until it is given the terminal. EIO: nobody could ever
// let it go on (an orphaned process group); then the terminal is not for it, and stays as it is.
static void make_raw(void)
{
	const uint64_t ttou = BIT(SIGTTOU);
	struct termios t;

	if (!pty.of_terminal || (!pty.raw && tcgetattr(STDIN_FILENO, &pty.saved)))
		return;
	t = pty.saved;
	cfmakeraw(&t);
	sys_rt_sigprocmask(SIG_UNBLOCK, &ttou, NULL);
	pty.raw = !tcsetattr(STDIN_FILENO, TCSANOW, &t);
	sys_rt_sigprocmask(SIG_BLOCK, &ttou, NULL);
}

static void stop_self(void)
{
	const uint64_t tstp = BIT(SIGTSTP), cont = BIT(SIGCONT);
	const struct timespec now = {0};
	bool raw = pty.raw;

	restore();
	kill(getpid(), SIGTSTP);
	sys_rt_sigprocmask(SIG_UNBLOCK, &tstp, NULL); // stops here
	sys_rt_sigprocmask(SIG_BLOCK, &tstp, NULL);
	sys_rt_sigtimedwait(&cont, NULL, &now);
	if (raw)
		make_raw();
	console_set_size(pty.master);
}

// Returns whether sig was for the terminal alone.
static bool take_signal(int sig)
{
	if (sig == SIGTSTP) {
		stop_self();
		return true;
	}
	pty.stopping |= (stops & BIT(sig)) != 0;
	if (sig == SIGCONT && pty.raw) // stopped by STOP: a shell may have changed the terminal
		make_raw();
	return (sig == SIGCONT || sig == SIGWINCH) && console_set_size(pty.master) && sig == SIGWINCH;
}

// The end of the caller's terminal is that of the box's: HUP for its session.
static void hang_up(void)
{
	close(pty.master);
	close(pty.slave);
	pty.master = pty.slave = pty.in = pty.out = -1;
	pty.input.to = pty.output.to = pty.input.from = pty.output.from = 0;
	pty.eof_after = 0;
}

static bool passing(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void read_input(bool hung_up)
{
	ssize_t n = read(pty.in, pty.input.data, sizeof(pty.input.data));

	if (n > 0) {
		pty.input.from = 0;
		pty.input.to = (size_t)n;
	} else if (!passing(n) && pty.of_terminal && hung_up) {
		hang_up();
	} else if (!passing(n)) {
		pty.in = -1;
		pty.eof_at = sys_now_ms();
		pty.eof_after = EOF_AGAIN_MS;
	}
}

// Returns false when there is nothing.
static bool read_output(void)
{
	ssize_t n = read(pty.master, pty.output.data, sizeof(pty.output.data));

	if (n > 0) {
		pty.output.from = 0;
		pty.output.to = (size_t)n;
	} else if (!passing(n)) {
		hang_up();
	}
	return n > 0;
}

static void write_stream(struct stream *s, int fd)
{
	ssize_t n = write(fd, s->data + s->from, s->to - s->from);

	if (n > 0)
		s->from += (size_t)n;
	else if (!passing(n))
		hang_up();
}

// A terminal has no end of file that stays: the character for it ends one read(2). Who has taken all that came before is
// given one more, ever less often; it also makes up for one that was lost when a shell changed the mode of the terminal.
static void type_eof(uint64_t now)
{
	struct pollfd unread = {.fd = pty.slave, .events = POLLIN};
	struct termios t;

	pty.eof_at = now + pty.eof_after;
	if (pty.eof_after < EOF_AGAIN_MAX_MS)
		pty.eof_after *= 2;
	if (poll(&unread, 1, 0) != 0 || tcgetattr(pty.master, &t))
		return;
	pty.input.data[0] = (char)t.c_cc[VEOF];
	pty.input.from = 0;
	pty.input.to = 1;
}

// Until then the terminal is the caller's: what initbox says comes out right, and what is typed waits.
static void look_for_program(struct pollfd *channel)
{
	int runs = channel->revents ? console_runs(pty.box) : 0;

	if (runs)
		channel->fd = -1;
	if (runs <= 0)
		return;
	pty.running = true;
	make_raw();
	console_set_size(pty.master);
}

static int until_next(uint64_t until, uint64_t now)
{
	if (pty.over && pty.stopping)
		return LINGER_MS;
	if (pty.eof_after && empty(&pty.input) && (!until || pty.eof_at < until))
		until = pty.eof_at;
	return !until ? -1 : until <= now ? 0 : until - now > 1000000 ? 1000000 : (int)(until - now);
}

enum { SIGNALS, CHANNEL, MASTER, IN, OUT, ALL };

static void move_bytes(const struct pollfd *p)
{
	if (p[IN].revents)
		read_input(p[IN].revents & POLLHUP);
	if (p[OUT].revents)
		write_stream(&pty.output, pty.out);
	if (p[MASTER].revents && pty.master >= 0 && !empty(&pty.input))
		write_stream(&pty.input, pty.master);
	if (p[MASTER].revents && pty.master >= 0 && empty(&pty.output))
		read_output();
}

// As reap's own wait: returns the signal that came, or -1 at the time until (ms; 0: none), or when all is said.
static int wait_and_carry(siginfo_t *info, uint64_t until)
{
	const struct timespec at_once = {0};
	static LARGE_BSS struct pollfd p[ALL];
	uint64_t now;
	int sig;

	p[SIGNALS] = (struct pollfd){.fd = pty.signals, .events = POLLIN};
	p[CHANNEL] = (struct pollfd){.fd = pty.running || pty.over ? -1 : pty.box->channel[0], .events = POLLIN};
	for (;;) {
		bool carry = pty.running || pty.over;

		if (pty.over && empty(&pty.output) && (pty.master < 0 || !read_output()))
			return -1;
		p[MASTER] = (struct pollfd){.fd = -1};
		p[MASTER].events = (short)((empty(&pty.output) ? POLLIN : 0) | (empty(&pty.input) ? 0 : POLLOUT));
		if (carry && p[MASTER].events)
			p[MASTER].fd = pty.master;
		p[IN] = (struct pollfd){.fd = pty.running && !pty.over && empty(&pty.input) ? pty.in : -1,
					.events = POLLIN};
		p[OUT] = (struct pollfd){.fd = empty(&pty.output) ? -1 : pty.out, .events = POLLOUT};
		now = sys_now_ms();
		if (!poll(p, ALL, until_next(until, now)) && pty.over)
			return -1;
		sig = p[SIGNALS].revents ? sys_rt_sigtimedwait(&pty.mask, info, &at_once) : -1;
		if (sig > 0 && !take_signal(sig))
			return sig;
		look_for_program(&p[CHANNEL]);
		move_bytes(p);
		now = sys_now_ms();
		if (pty.eof_after && empty(&pty.input) && pty.eof_at <= now)
			type_eof(now);
		if (until && until <= now)
			return -1;
	}
}

// A terminal is opened once more, so that a write to one that stands still (^S) does not hold up all else; the caller's
// own description stays as it is. Where that is not possible the caller's has to do.
static int own_description(int fd)
{
	char path[32];
	int own;

	if (!isatty(fd) || fmt(path, sizeof(path), "/proc/self/fd/%d", fd))
		return fd;
	own = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return own < 0 ? fd : own;
}

int pty_begin(const struct box *box, struct reap *launcher)
{
	const uint64_t kept = BIT(SIGTSTP) | BIT(SIGTTOU);
	int fd[2];

	if (!box->spec->tty)
		return 0;
	if (console_receive(box, fd))
		return -1;
	pty.box = box;
	pty.master = fd[0];
	pty.slave = fd[1];
	pty.mask = launcher->mask | BIT(SIGTSTP);
	pty.signals = sys_signalfd(&pty.mask, O_CLOEXEC);
	if (pty.signals < 0)
		return fail("signalfd4", "terminal");
	if (sys_rt_sigprocmask(SIG_BLOCK, &kept, NULL))
		return fail("rt_sigprocmask", "terminal");
	pty.in = box->spec->stdin_from == STDIN_NULL ? -1 : own_description(STDIN_FILENO);
	pty.of_terminal = pty.in >= 0 && isatty(pty.in);
	pty.out = own_description(STDOUT_FILENO);
	launcher->wait = wait_and_carry;
	return 0;
}

void pty_end(void)
{
	siginfo_t info;
	int sig;

	if (!pty.box)
		return;
	pty.over = true;
	pty.in = -1;
	pty.input.to = pty.input.from = 0;
	pty.eof_after = 0;
	do
		sig = wait_and_carry(&info, 0);
	while (sig > 0 && !(stops & BIT(sig)));
	restore();
	if (!empty(&pty.output)) // who takes none of it would let us wait with a line of our own for ever
		log_setup.level = LOG_ERROR;
}
