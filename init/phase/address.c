// SPDX-License-Identifier: MIT
// Addresses without a daemon: the search starts at a hash of the name, so that a box keeps its address from run to run
// and N boxes need no scan.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "phase/address.h"
#include "phase/state.h"
#include "spec/value.h"

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u; // FNV-1a

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

_Static_assert(offsetof(struct address_note, count) == offsetof(struct address_note, port) + sizeof(((struct address_note *)0)->port),
	       "the file is what stands before");

// Whose the address is. What stands behind stays: a killed launcher's ports have to be taken back first (phase/nft).
static int note_owner(const struct box *box, int fd)
{
	struct address_note note = {.count = 0};
	const size_t n = offsetof(struct address_note, port);

	strncpy(note.box, box->spec->name, sizeof(note.box) - 1);
	strncpy(note.bridge, box->spec->bridge, sizeof(note.bridge) - 1);
	return pwrite(fd, &note, n, 0) == (ssize_t)n ? 0 : fail("write", "%s/%s", STATE_ROOT, box->address_name);
}

int address_note_ports(const struct box *box)
{
	const size_t start = offsetof(struct address_note, port), n = box->spec->publish_count * sizeof(box->port[0]);

	if (ftruncate(box->address_fd, (off_t)start)) // what a killed launcher wrote has been forgotten
		return fail("ftruncate", "%s/%s", STATE_ROOT, box->address_name);
	return pwrite(box->address_fd, box->port, n, (off_t)start) == (ssize_t)n
		       ? 0
		       : fail("write", "%s/%s", STATE_ROOT, box->address_name);
}

static int read_note(int fd, const char *name, struct address_note *note)
{
	const size_t start = offsetof(struct address_note, port);
	ssize_t n = pread(fd, note, offsetof(struct address_note, count), 0);

	if (n < 0)
		return fail("read", "%s/%s", STATE_ROOT, name);
	memset((char *)note + n, 0, sizeof(*note) - (size_t)n);
	note->box[sizeof(note->box) - 1] = note->bridge[sizeof(note->bridge) - 1] = '\0';
	note->count = (size_t)n > start ? (unsigned)(((size_t)n - start) / sizeof(note->port[0])) : 0;
	return 0;
}

int address_read_living(const struct box *box, const char *name, struct address_note *note)
{
	int fd = openat(box->state_fd, name, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return errno == ENOENT ? 0 : fail("open", "%s/%s", STATE_ROOT, name);
	ret = state_try_lock(fd, name);
	if (ret >= 0)
		ret = ret ? 0 : read_note(fd, name, note) ? -1 : 1;
	close(fd);
	return ret;
}

// Opens and locks the file of an address. Returns its descriptor, -1 with err_last set, or NOT_OURS.
enum { NOT_OURS = -2 };
static int open_address(const struct box *box, const char *name, int flags)
{
	struct stat mine, there;

	for (;;) {
		int fd = openat(box->state_fd, name, O_RDWR | O_CLOEXEC | flags, 0600), got;

		if (fd < 0)
			return fail("open", "%s/%s", STATE_ROOT, name);
		got = state_try_lock(fd, name);
		// Between open and flock its owner may have ended, and unlinked the file that we now hold.
		if (got == 1 && !fstat(fd, &mine) && !fstatat(box->state_fd, name, &there, 0) &&
		    mine.st_ino == there.st_ino)
			return fd;
		close(fd);
		if (got < 1)
			return got < 0 ? -1 : NOT_OURS;
	}
}

static int address_down(void *arg)
{
	struct box *box = arg;

	// With ports that could not be taken back it is left as by a launcher that was killed: the next one to want them does.
	if (!box->published && unlinkat(box->state_fd, box->address_name, 0))
		return fail("unlink", "%s/%s", STATE_ROOT, box->address_name);
	close(box->address_fd);
	return 0;
}

// Tries to take one address. Returns 1 when it is ours, 0 when somebody has it, -1 with err_last set.
static int take(struct box *box, uint32_t addr)
{
	struct address_note stale;
	int fd;

	fmt_ip4(box->address_name, addr);
	fd = open_address(box, box->address_name, O_CREAT);
	if (fd < 0)
		return fd == NOT_OURS ? 0 : -1;
	if (read_note(fd, box->address_name, &stale)) {
		close(fd);
		return -1;
	}
	memcpy(box->stale, stale.port, stale.count * sizeof(stale.port[0]));
	box->stale_count = stale.count;
	box->address = addr;
	box->address_fd = fd;
	return undo_push(&box->undo, address_down, box, "address") || note_owner(box, fd) ? -1 : 1;
}

static int take_any(struct box *box)
{
	const struct net4 *net = &box->spec->subnet;
	uint32_t base = ntohl(net->addr), hosts = (1u << (32 - net->prefix)) - 3; // without network, gateway, broadcast
	uint32_t start = hash(box->spec->name) % hosts;

	for (uint32_t i = 0; i < hosts; i++) {
		int taken = take(box, htonl(base + 2 + (start + i) % hosts));

		if (taken)
			return taken;
	}
	return 0;
}

// Whether the file is that of an address of the subnet, and which.
static bool in_subnet(const struct net4 *net, const char *name, uint32_t *addr)
{
	return !value_ip4(name, addr) && (!net || ((ntohl(*addr) ^ ntohl(net->addr)) >> (32 - net->prefix)) == 0);
}

struct sweep {
	const struct net4 *subnet;
	address_forget *forget;
};

static int sweep_one(struct box *box, const char *name, void *arg)
{
	const struct sweep *sweep = arg;
	struct address_note note;
	int fd, ret = 0;
	uint32_t addr;

	if (!in_subnet(sweep->subnet, name, &addr))
		return 0;
	fd = open_address(box, name, 0);
	if (fd == NOT_OURS || (fd < 0 && errno == ENOENT)) // alive, or has just ended
		return 0;
	if (fd < 0)
		return -1;
	if (read_note(fd, name, &note) || sweep->forget(box, addr, &note))
		ret = -1;
	else if (unlinkat(box->state_fd, name, 0))
		ret = fail("unlink", "%s/%s", STATE_ROOT, name);
	close(fd);
	return ret;
}

int address_sweep(struct box *box, const struct net4 *subnet, address_forget *forget)
{
	struct sweep sweep = {subnet, forget};

	return state_each(box, sweep_one, &sweep);
}

// What follows from the address. The MAC does, so that neighbours need not learn a new one after a restart.
static void derive(struct box *box)
{
	static const uint8_t none[6] = {0};

	box->gateway = htonl(ntohl(box->spec->subnet.addr) + 1);
	box->mac[0] = 0x02; // locally administered
	box->mac[1] = 0x1b;
	memcpy(box->mac + 2, &box->address, 4);
	if (memcmp(box->spec->mac, none, 6))
		memcpy(box->mac, box->spec->mac, 6);
}

static int refuse_taken(struct box *box)
{
	struct address_note note = {.count = 0};

	if (address_read_living(box, box->address_name, &note) < 0)
		return -1;
	fail_text("another box has this address", "%s", box->address_name);
	return note.box[0] ? fail_because("another box has this address: %s", note.box) : -1;
}

static int address_up(struct box *box)
{
	char ip[16];
	int taken;

	if (box->spec->network != NETWORK_BRIDGE)
		return 0;
	if (state_open(box))
		return -1;
	taken = box->spec->ip.addr ? take(box, box->spec->ip.addr) : take_any(box);
	state_unlock(box);
	if (taken < 0)
		return -1;
	if (!taken && box->spec->ip.addr)
		return refuse_taken(box);
	if (!taken)
		return fail_text("every address of the subnet is taken", "%s/%u", fmt_ip4(ip, box->spec->subnet.addr),
				 box->spec->subnet.prefix);
	derive(box);
	return 0;
}

static void address_explain(const struct box *box)
{
	if (box->spec->network == NETWORK_BRIDGE)
		explain("open flock", "flock -n %s/net-*/ADDRESS", STATE_ROOT);
}

const struct phase phase_address = {"address", address_explain, address_up};
