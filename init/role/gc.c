// SPDX-License-Identifier: MIT
// What a launcher leaves that was killed (KILL, want of memory) is replaced by the next one that needs the same. Who does not
// want to wait for that calls `initbox gc`. A file whose lock nobody holds belongs to nobody who lives (phase/state.h); what
// has no such file is not initbox's.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "phase/cgroup.h"
#include "phase/link.h"
#include "phase/nft.h"
#include "phase/state.h"
#include "role/gc.h"

static const char usage[] = "usage: initbox gc\n"
			    "Removes what launchers left that were killed: bridges, tables, addresses, published ports, "
			    "forwarding that they\n"
			    "had switched on, cgroups; of the network namespace that it is called in. A line for each.\n";

static struct spec *spec; // whose bridge is the one being looked at

static int said(int removed, const char *what, const char *name)
{
	char line[128];

	if (removed < 1)
		return removed;
	return fmt(line, sizeof(line), "removed: %s%s\n", what, name) || log_print(line) ? fail("write", "output") : 0;
}

static int collect_bridge(struct box *box, const char *bridge)
{
	char users[32];
	int nobody;

	if (fmt(users, sizeof(users), "users-%s", bridge))
		return fail("open", "%s", bridge);
	nobody = state_unused(box, users);
	if (nobody < 1)
		return nobody;
	spec->bridge = arena_copy(bridge, strlen(bridge));
	if (!spec->bridge)
		return fail_text("too many of them", "bridges");
	if (said(nft_forget_table(box), "table of bridge ", bridge) || said(link_forget_bridge(box), "bridge ", bridge))
		return -1;
	return state_unmark(box, users);
}

static int see_file(struct box *box, const char *name, void *arg)
{
	(void)arg;
	if (!strncmp(name, "users-", 6))
		return collect_bridge(box, name + 6);
	return strncmp(name, "made-", 5) ? 0 : collect_bridge(box, name + 5);
}

static int forget_address(struct box *box, uint32_t address, const struct address_note *note)
{
	char ip[16], text[112];

	spec->bridge = note->bridge;
	if (note->count && nft_forget_ports(box, address, note))
		return -1;
	if (fmt(text, sizeof(text), "%s of box %s, published ports: %u", fmt_ip4(ip, address), note->box, note->count))
		return fail("write", "output");
	return said(1, "address ", text);
}

static int collect_network(struct box *box)
{
	int nobody;

	if (access(STATE_ROOT, F_OK))
		return errno == ENOENT ? 0 : fail("access", "%s", STATE_ROOT);
	if (state_open(box) || state_each(box, see_file, NULL) || address_sweep(box, NULL, forget_address))
		return -1;
	nobody = state_unused(box, "users");
	if (nobody < 1)
		return nobody;
	return said(link_forget_forwarding(box), "net.ipv4.ip_forward=1", "") ? -1 : state_unmark(box, "users");
}

static int said_cgroup(const char *name)
{
	return said(1, "cgroup ", name);
}

static int collect(void)
{
	static struct box box;
	int ret;

	spec = spec_new();
	box.spec = spec;
	box.cgroup_fd = box.cgroup_root_fd = box.state_fd = box.nf_fd = -1;
	ret = collect_network(&box);
	if (ret)
		log_err(&err_last);
	if (box.state_fd >= 0)
		state_unlock(&box);
	if (undo_unwind(&box.undo))
		ret = -1;
	if (cgroup_collect(&box, said_cgroup)) {
		log_err(&err_last);
		ret = -1;
	}
	return ret ? EXIT_OWN_FAILURE : 0;
}

int gc_main(int argc, char **argv)
{
	if (argc == 0)
		return collect();
	if (argc == 1 && (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h")))
		return log_print(usage);
	fail_text("takes no options (try initbox gc --help)", "gc: %s", argv[0]);
	log_err(&err_last);
	return EXIT_OWN_FAILURE;
}
