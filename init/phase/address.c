// SPDX-License-Identifier: MIT
// Addresses without a daemon: a file for each taken one below /run/initbox/net-INODE (of the network namespace), locked
// as long as its launcher lives. The kernel lets the lock go whatever way the launcher ends, so that a crash frees the
// address. The search starts at a hash of the name: a box keeps its address from run to run, and N boxes need no scan.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "phase/address.h"

static const char state_root[] = "/run/initbox";

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u; // FNV-1a

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

// One directory for each bridge of each network namespace.
static int state_path(char path[64], const struct box *box)
{
	struct stat ns;

	if (stat("/proc/self/ns/net", &ns))
		return fail("stat", "/proc/self/ns/net");
	if (fmt(path, 64, "%s/net-%lu-%s", state_root, (unsigned long)ns.st_ino, box->spec->bridge))
		return fail("mkdir", "%s", state_root);
	return 0;
}

int address_lock(struct box *box)
{
	return flock(box->state_fd, LOCK_EX) ? fail("flock", "%s", state_root) : 0;
}

void address_unlock(const struct box *box)
{
	flock(box->state_fd, LOCK_UN);
}

int address_join(struct box *box)
{
	box->users_fd = openat(box->state_fd, "users", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (box->users_fd < 0)
		return fail("open", "%s/users", state_root);
	box->first = flock(box->users_fd, LOCK_EX | LOCK_NB) == 0;
	if (flock(box->users_fd, LOCK_SH))
		return fail("flock", "%s/users", state_root);
	return 0;
}

int address_leave(struct box *box)
{
	if (box->users_fd < 0)
		return 0;
	box->last = flock(box->users_fd, LOCK_EX | LOCK_NB) == 0;
	if (box->last && unlinkat(box->state_fd, "users", 0))
		return fail("unlink", "%s/users", state_root);
	close(box->users_fd);
	box->users_fd = -1;
	return 0;
}

int address_mark(const struct box *box, const char *mark)
{
	int fd = openat(box->state_fd, mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail("open", "%s/%s", state_root, mark);
	close(fd);
	return 0;
}

bool address_unmark(const struct box *box, const char *mark)
{
	return unlinkat(box->state_fd, mark, 0) == 0;
}

// The directories go with the last file in them; others may still be there. Whoever opened them meanwhile waits for the
// lock and then sees that they are gone (open_state).
static int state_down(void *arg)
{
	struct box *box = arg;
	char path[64];

	if (address_lock(box) || state_path(path, box))
		return -1;
	if (unlinkat(AT_FDCWD, path, AT_REMOVEDIR) == 0)
		rmdir(state_root);
	else if (errno != ENOTEMPTY)
		return fail("rmdir", "%s", path);
	close(box->state_fd);
	return 0;
}

static int address_down(void *arg)
{
	struct box *box = arg;

	if (unlinkat(box->state_fd, box->address_name, 0))
		return fail("unlink", "%s/%s", state_root, box->address_name);
	close(box->address_fd);
	return 0;
}

// Tries to take one address. Returns 1 when it is ours, 0 when somebody has it, -1 with err_last set.
static int take(struct box *box, uint32_t addr)
{
	char name[16];
	struct stat mine, there;

	fmt_ip4(name, addr);
	for (;;) {
		int fd = openat(box->state_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0)
			return fail("open", "%s/%s", state_root, name);
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			close(fd);
			return 0;
		}
		// Between open and flock the owner may have ended and unlinked the file that we now hold.
		if (!fstat(fd, &mine) && !fstatat(box->state_fd, name, &there, 0) && mine.st_ino == there.st_ino) {
			box->address = addr;
			box->address_fd = fd;
			memcpy(box->address_name, name, sizeof(name));
			return 1;
		}
		close(fd);
	}
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

// Opens the state directory with the lock held, so that it stays until a file is in it.
static int open_state(struct box *box)
{
	char path[64];
	struct stat st;

	if (state_path(path, box))
		return -1;
	for (;;) {
		if (file_mkdirs(AT_FDCWD, path, 0700))
			return -1;
		box->state_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (box->state_fd < 0 && errno == ENOENT)
			continue;
		if (box->state_fd < 0)
			return fail("open", "%s", path);
		if (address_lock(box) || fstat(box->state_fd, &st))
			return fail("flock", "%s", path);
		if (st.st_nlink > 0)
			return undo_push(&box->undo, state_down, box, "state directory");
		close(box->state_fd);
	}
}

// What follows from the address. The MAC does, so that neighbours need not learn a new one after a restart.
static void derive(struct box *box)
{
	box->gateway = htonl(ntohl(box->spec->subnet.addr) + 1);
	box->mac[0] = 0x02; // locally administered
	box->mac[1] = 0x1b;
	memcpy(box->mac + 2, &box->address, 4);
}

static int address_up(struct box *box)
{
	char ip[16];
	int taken;

	if (box->spec->network != NETWORK_BRIDGE)
		return 0;
	if (open_state(box))
		return -1;
	taken = box->spec->ip.addr ? take(box, box->spec->ip.addr) : take_any(box);
	address_unlock(box);
	if (taken < 0)
		return -1;
	if (!taken && box->spec->ip.addr)
		return fail_text("another box has this address", "%s", fmt_ip4(ip, box->spec->ip.addr));
	if (!taken)
		return fail_text("every address of the subnet is taken", "%s/%u", fmt_ip4(ip, box->spec->subnet.addr),
				 box->spec->subnet.prefix);
	derive(box);
	return undo_push(&box->undo, address_down, box, "address");
}

static void address_explain(const struct box *box)
{
	if (box->spec->network == NETWORK_BRIDGE)
		explain("open flock", "flock -n %s/net-*/ADDRESS", state_root);
}

const struct phase phase_address = {"address", address_explain, address_up};
