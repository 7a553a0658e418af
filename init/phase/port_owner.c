// SPDX-License-Identifier: MIT
// Source: proc(5), kernel Documentation/networking/proc_net_tcp.rst. NETLINK_SOCK_DIAG would say the same where its modules
// are; these files are there always, and who reads them has failed already.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/sys.h"
#include "phase/address.h"
#include "phase/ports.h"
#include "phase/state.h"
#include "spec/value.h"

// In lines of /proc/net/tcp.
enum { FIELD_LOCAL = 1, FIELD_STATE = 3, FIELD_INODE = 9, STATE_LISTEN = 0x0a };

static bool overlap(uint32_t a, uint32_t b)
{
	return !a || !b || a == b;
}

static int look_at_box(struct box *box, const char *name, void *arg)
{
	const struct port *p = arg;
	struct address_note note;
	uint32_t addr;

	if (value_ip4(name, &addr) || address_read_living(box, name, &note) < 1)
		return 0;
	for (unsigned i = 0; i < note.count; i++)
		if (note.port[i].host == p->host && note.port[i].proto == p->proto && overlap(note.port[i].addr, p->addr))
			return fail_because("box %s has published it", note.box);
	return 0;
}

// "0100007F:1F90" or the same with 32 digits: is it the port on an address that ours is in the way of?
static bool matches(const char *s, size_t n, const struct port *p)
{
	size_t colon = strcspn(s, ":");
	uint64_t port, word[4] = {0};
	unsigned words = (unsigned)(colon / 8);

	if (colon > n || (words != 1 && words != 4) || num_parse(s + colon + 1, n - colon - 1, 16, 65535, &port) ||
	    port != p->host)
		return false;
	for (unsigned i = 0; i < words; i++)
		if (num_parse(s + 8 * i, 8, 16, UINT32_MAX, &word[i]))
			return false;
	if (words == 1)
		return overlap((uint32_t)word[0], p->addr);
	// Of IPv6: any address, or one of IPv4 in it.
	return !word[0] && !word[1] && (word[2] == htonl(0xffff) || (!word[2] && !word[3])) &&
	       overlap((uint32_t)word[3], p->addr);
}

// Returns the inode of the socket when the line is about the port, else 0. *listens tells whether it is a listening one.
static uint64_t inode_in(const char *line, const struct port *p, bool *listens)
{
	uint64_t state = 0, inode = 0;

	for (unsigned field = 0; *line && field <= FIELD_INODE; field++) {
		size_t n;

		line += strspn(line, " ");
		n = strcspn(line, " ");
		if (field == FIELD_LOCAL && !matches(line, n, p))
			return 0;
		if (field == FIELD_STATE && num_parse(line, n, 16, 255, &state))
			return 0;
		if (field == FIELD_INODE && num_parse(line, n, 10, UINT64_MAX, &inode))
			return 0;
		line += n;
	}
	*listens = state == STATE_LISTEN;
	return inode;
}

// The inode of a socket that has the port: a listening one if there is one. 0: none.
static uint64_t find_socket(const char *table, const struct port *p)
{
	char text[8192];
	int fd = open(table, O_RDONLY | O_CLOEXEC);
	uint64_t found = 0;
	bool listens = false;
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return 0;
	while (!listens && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0) {
		char *line = text, *end;

		len += (size_t)n;
		text[len] = '\0';
		for (; !listens && (end = strchr(line, '\n')); line = end + 1) {
			uint64_t inode;

			*end = '\0';
			inode = inode_in(line, p, &listens);
			found = inode ? inode : found;
		}
		len -= (size_t)(line - text);
		memmove(text, line, len);
	}
	close(fd);
	return found;
}

// Calls visit for the name of each entry of the directory dir, which it closes, until one returns true. Returns whether one did.
static bool any_entry(int dir, bool (*visit)(int dir, const char *name, void *arg), void *arg)
{
	bool found = false;
	const char *name;
	struct dir d;

	dir_begin(&d, dir);
	while (dir >= 0 && !found && (name = dir_next(&d, NULL)))
		found = visit(dir, name, arg);
	if (dir >= 0)
		close(dir);
	return found;
}

static bool is_socket(int dir, const char *name, void *arg)
{
	char target[64];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	return !strcmp(target, arg);
}

struct owner {
	char socket[40]; // "socket:[123]"
	uint64_t pid;
};

static bool is_owner(int dir, const char *name, void *arg)
{
	struct owner *o = arg;
	char path[40];

	return !num_parse(name, strlen(name), 10, INT32_MAX, &o->pid) && !fmt(path, sizeof(path), "%s/fd", name) &&
	       any_entry(openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), is_socket, o->socket);
}

static void name_program(uint64_t inode)
{
	struct owner o = {.pid = 0};
	char path[40], comm[32] = "?";

	if (fmt(o.socket, sizeof(o.socket), "socket:[%lu]", (unsigned long)inode))
		return;
	if (!any_entry(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), is_owner, &o)) {
		fail_because("a program of the host has it");
		return;
	}
	if (!fmt(path, sizeof(path), "/proc/%lu/comm", (unsigned long)o.pid)) {
		struct err keep = err_last;

		if (file_read(AT_FDCWD, path, comm, sizeof(comm)) < 0)
			strcpy(comm, "?");
		err_last = keep;
	}
	comm[strcspn(comm, "\n")] = '\0';
	fail_because("%s has it (pid %lu)", comm, (unsigned long)o.pid);
}

void port_owner_add(struct box *box, const struct port *p)
{
	static const char *const tables[2][2] = {{"/proc/net/tcp", "/proc/net/tcp6"}, {"/proc/net/udp", "/proc/net/udp6"}};
	struct err mine = err_last;

	if (box->state_fd >= 0 && state_each(box, look_at_box, (void *)(uintptr_t)p)) {
		mine.text[0] = '\0';
		memcpy(mine.text, err_last.text, sizeof(mine.text));
		err_last = mine;
		return;
	}
	err_last = mine;
	for (int i = 0; i < 2; i++) {
		uint64_t inode = find_socket(tables[p->proto == IPPROTO_UDP][i], p);

		if (!inode)
			continue;
		name_program(inode);
		return;
	}
}
