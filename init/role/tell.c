// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/io.h>
#include <termios.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "role/bounded.h"
#include "role/tell.h"

enum { PORT_MS = 5000, CONSOLE_MS = 1000 };

struct message {
	const char *port;
	char text[80];
};

// In a child: a line that its other end has stopped, and a virtio port that nobody reads, take nothing.
static int write_port(void *arg)
{
	const struct message *m = arg;
	struct termios raw;
	int fd = open(m->port, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	size_t n = strlen(m->text);

	if (fd < 0) {
		fail("open", "%s", m->port);
	} else {
		if (tcgetattr(fd, &raw) == 0) {
			raw.c_oflag &= ~(tcflag_t)OPOST;
			tcsetattr(fd, TCSANOW, &raw);
		}
		if (write(fd, m->text, n) == (ssize_t)n) {
			tcdrain(fd); // what is still in the line's buffer is lost with the power
			return 0;
		}
		fail("write", "%s", m->port);
	}
	log_err(&err_last);
	return -1;
}

// The device of the virtio port that is called so; udev, which makes links, is not here.
static bool find_virtio_port(char *path, size_t cap)
{
	static const char ports[] = "/sys/class/virtio-ports";
	char file[96], name[64];
	bool found = false;
	int dir = open(ports, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *port;
	struct dir d;

	dir_begin(&d, dir);
	while (dir >= 0 && !found && (port = dir_next(&d, NULL))) {
		if (fmt(file, sizeof(file), "%s/name", port) || file_read(dir, file, name, sizeof(name) - 1) < 0)
			continue;
		name[strcspn(name, "\n")] = '\0';
		found = !strcmp(name, TELL_PORT) && !fmt(path, cap, "/dev/%s", port);
	}
	if (dir >= 0)
		close(dir);
	return found;
}

// How many processes the kernel has killed for want of memory, the box's or all of it (proc(5), vmstat).
static uint64_t oom_kills(void)
{
	static LARGE_BSS char text[16 * 1024];
	static const char key[] = "\noom_kill ";
	const char *p = file_read(AT_FDCWD, "/proc/vmstat", text, sizeof(text) - 1) < 0 ? NULL : str_find(text, key);
	uint64_t n = 0;

	if (p)
		p += sizeof(key) - 1;
	return p && !num_parse(p, strcspn(p, "\n"), 10, UINT64_MAX, &n) ? n : 0;
}

// isa-debug-exit ends qemu with the status 2v+1, so v has seven bits. 0 would be qemu's own 1, and what lies between 63 and 80
// would be taken for a signal that has killed qemu. qemu/boot reads the same table.
enum isa {
	ISA_EXIT = 1, // to 63: exit code 0 to 62
	ISA_LAST_EXIT = 63,
	ISA_SIGNAL = 79, // plus the signal, 1 to 31
	ISA_OOM = 111,	 // signal 9, for want of memory
	ISA_124 = 112,	 // to 115: exit code 124 to 127
	ISA_255 = 116,
	ISA_ON_CONSOLE = 120, // every other end: the console's last line tells it
	ISA_FAILED = 126      // initbox itself failed
};

static unsigned encode(int code, const struct box_end *end)
{
	if (end->failed && code == EXIT_OWN_FAILURE)
		return ISA_FAILED;
	if (end->signal && code == EXIT_BY_SIGNAL + end->signal && end->signal < 32)
		return end->signal == 9 && oom_kills() ? ISA_OOM : ISA_SIGNAL + (unsigned)end->signal;
	if (end->signal)
		return ISA_ON_CONSOLE;
	if (ISA_EXIT + code <= ISA_LAST_EXIT)
		return ISA_EXIT + (unsigned)code;
	if (code >= 124 && code <= 127)
		return ISA_124 + (unsigned)code - 124;
	return code == 255 ? ISA_255 : ISA_ON_CONSOLE;
}

// Returns only where nothing is there.
static void write_isa(const char *port, unsigned v)
{
#ifdef __x86_64__
	uint64_t number;

	if (num_parse(port, strlen(port), 16, 0xffff, &number)) // spec_check has looked already
		return;
	if (ioperm(number, 1, 1)) {
		fail("ioperm", "status-port: isa:0x%s", port);
	} else {
		outb((unsigned char)v, (unsigned short)number);
		fail_text("no isa-debug-exit answers there", "status-port: isa:0x%s", port);
	}
#else
	(void)v;
	fail_text("this kind of machine has no such ports", "status-port: isa:0x%s", port);
#endif
	log_err(&err_last);
}

static bool tell_port(const char *port, int code, const struct box_end *end)
{
	struct message m = {.port = port};
	struct buf b = BUF(m.text);

	buf_fmt(&b, "initbox-status %s=%d", end->failed && code == EXIT_OWN_FAILURE ? "failed" : "exit", code);
	if (end->signal)
		buf_fmt(&b, " signal=%d", end->signal);
	buf_str(&b, code && oom_kills() ? " oom\n" : "\n");
	return !bounded_call(port, PORT_MS, write_port, &m);
}

static void tell_console(int code, const struct box_end *end)
{
	char text[80];
	struct buf b = BUF(text);

	buf_fmt(&b, "%s %d", end->failed && code == EXIT_OWN_FAILURE ? "failed, exit status" : "exit status", code);
	if (end->signal)
		buf_fmt(&b, ", signal %d", end->signal);
	if (code && oom_kills())
		buf_str(&b, ", out of memory");
	log_line(LOG_RESULT, "%s", text);
}

static int drain(void *arg)
{
	(void)arg;
	tcdrain(STDOUT_FILENO);
	tcdrain(STDERR_FILENO);
	return 0;
}

static void drain_console(void)
{
	bounded_call("end: console", CONSOLE_MS, drain, NULL);
}

void tell(const struct spec *s, enum order order, int code, const struct box_end *end)
{
	const char *port = s->status_port;
	bool told = false, isa = port && !strncmp(port, "isa:0x", 6);
	unsigned v = encode(code, end);
	char path[48];

	if (port && !isa)
		told = tell_port(port, code, end);
	if (find_virtio_port(path, sizeof(path)))
		told |= tell_port(path, code, end);
	if (isa ? v == ISA_ON_CONSOLE : !told)
		tell_console(code, end);
	drain_console();
	if (!isa || order == ORDER_REBOOT)
		return;
	write_isa(port + 6, v);
	if (!told && v != ISA_ON_CONSOLE)
		tell_console(code, end);
	drain_console();
}
