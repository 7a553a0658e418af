// SPDX-License-Identifier: MIT
// NAT and the firewall of a bridge: one table, made by its first box in one transaction. The number of rules does not grow
// with the number of boxes: a published port is an element of a map.
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/nfexpr.h"
#include "phase/foreign.h"
#include "phase/nft.h"
#include "phase/nft_rules.h"
#include "phase/state.h"
#include "spec/value.h"

// Types of nft's key and data, from its datatype numbers: 6 bits each (nft --debug=netlink).
enum { TYPE_IPADDR = 7, TYPE_PROTO = 12, TYPE_SERVICE = 13 };
#define CONCAT2(a, b)	 ((a) << 6 | (b))
#define CONCAT3(a, b, c) (CONCAT2(a, b) << 6 | (c))

static const struct map_row {
	const char *name, *key_text;
	uint32_t key_type, key_len;
} map_rows[] = {
	[NFT_MAP_PORT] = {NFT_MAP_PORT_NAME, "inet_proto . inet_service", CONCAT2(TYPE_PROTO, TYPE_SERVICE), 8},
	[NFT_MAP_ADDRESS_PORT] = {NFT_MAP_ADDRESS_PORT_NAME, "ipv4_addr . inet_proto . inet_service",
				  CONCAT3(TYPE_IPADDR, TYPE_PROTO, TYPE_SERVICE), 12},
};

// The table of the default bridge is plain "initbox".
static const char *table_name(const struct box *box, char name[32])
{
	const char *bridge = box->spec->bridge;

	if (!strcmp(bridge, "initbox0"))
		return "initbox";
	return fmt(name, 32, "initbox-%s", bridge) ? bridge : name;
}

static void put_table(struct nl *nl, const char *table, uint16_t flags)
{
	nf_begin(nl, NFT_MSG_NEWTABLE, NLM_F_CREATE | flags, NFPROTO_INET, table, "NFT_MSG_NEWTABLE", "table");
}

static void put_table_end(struct nl *nl, const char *table)
{
	nf_begin(nl, NFT_MSG_DELTABLE, 0, NFPROTO_INET, table, "NFT_MSG_DELTABLE", "table");
}

static void put_map(struct nl *nl, const char *table, enum nft_map map)
{
	const struct map_row *m = &map_rows[map];

	nf_begin(nl, NFT_MSG_NEWSET, NLM_F_CREATE, NFPROTO_INET, table, "NFT_MSG_NEWSET", m->name);
	nl_str(nl, NFTA_SET_NAME, m->name);
	nl_be32(nl, NFTA_SET_FLAGS, NFT_SET_MAP);
	nl_be32(nl, NFTA_SET_KEY_TYPE, m->key_type);
	nl_be32(nl, NFTA_SET_KEY_LEN, m->key_len);
	nl_be32(nl, NFTA_SET_DATA_TYPE, CONCAT2(TYPE_IPADDR, TYPE_SERVICE));
	nl_be32(nl, NFTA_SET_DATA_LEN, 8);
	nl_be32(nl, NFTA_SET_ID, map + 1);
}

// One message for each port, so that an error names the port. flags: of NFT_MSG_NEWSETELEM, or DELETE.
enum { DELETE = 0 };
static void put_element(struct nl *nl, uint32_t address, const char *table, const struct port *p, uint16_t flags)
{
	enum nft_map map = p->addr ? NFT_MAP_ADDRESS_PORT : NFT_MAP_PORT;
	uint32_t words[3] = {p->addr, 0, 0}, data[2] = {address, 0};
	bool delete = flags == DELETE;
	uint16_t host = htons(p->host), inside = htons(p->box);
	char what[32];
	size_t list;

	memcpy(&words[1], &p->proto, 1); // each part of a key starts a word
	memcpy(&words[2], &host, 2);
	memcpy(&data[1], &inside, 2);
	if (fmt(what, sizeof(what), "port %u/%s", p->host, p->proto == IPPROTO_UDP ? "udp" : "tcp"))
		what[0] = '\0';
	nf_begin(nl, delete ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM, flags, NFPROTO_INET, table,
		 delete ? "NFT_MSG_DELSETELEM" : "NFT_MSG_NEWSETELEM", what);
	nl_str(nl, NFTA_SET_ELEM_LIST_SET, map_rows[map].name);
	list = nl_nest(nl, NFTA_SET_ELEM_LIST_ELEMENTS);
	if (p->addr)
		nf_element(nl, words, sizeof(words), delete ? NULL : data, sizeof(data));
	else
		nf_element(nl, words + 1, sizeof(words) - 4, delete ? NULL : data, sizeof(data));
	nl_end(nl, list);
}

_Static_assert(NL_MAX_MESSAGES >= MAX_PORTS + 2, "all ports go in one transaction");

static int send_ports(struct nl *nl, const struct box *box)
{
	char name[32];
	const char *table = table_name(box, name);

	nf_batch_begin(nl);
	for (unsigned i = 0; i < box->spec->publish_count; i++)
		put_element(nl, box->address, table, &box->port[i], NLM_F_CREATE | NLM_F_EXCL);
	nf_batch_end(nl);
	return nl_send(nl, true);
}

// One socket from the start to the end: to close it may take the kernel long (nl_close_behind).
static int open_socket(struct nl *nl, struct box *box)
{
	if (box->nf_fd >= 0) {
		nl_use(nl, box->nf_fd);
		return 0;
	}
	if (nl_open(nl, NETLINK_NETFILTER))
		return -1;
	box->nf_fd = nl->fd;
	return 0;
}

// Each in a transaction of its own: one that is gone already must not keep the others. The port is deleted by its key alone;
// adding it first is refused when it leads to another address, and that one is not ours to delete.
static int remove_ports(struct box *box, uint32_t address, const struct port *ports, unsigned n)
{
	struct nl nl;
	char name[32];
	const char *table = table_name(box, name);
	int ret = 0;

	if (n == 0)
		return 0;
	if (open_socket(&nl, box))
		return -1;
	for (unsigned i = 0; i < n; i++) {
		nf_batch_begin(&nl);
		put_element(&nl, address, table, &ports[i], NLM_F_CREATE);
		put_element(&nl, address, table, &ports[i], DELETE);
		nf_batch_end(&nl);
		if (nl_send(&nl, true) && errno != ENOENT && errno != EEXIST && errno != EBUSY)
			ret = -1;
	}
	return ret;
}

static int send_table(struct nl *nl, const struct box *box, bool replace)
{
	char name[32];
	const char *table = table_name(box, name);

	nf_batch_begin(nl);
	if (replace)
		put_table_end(nl, table);
	put_table(nl, table, NLM_F_EXCL);
	for (unsigned i = 0; i < COUNT(map_rows); i++)
		put_map(nl, table, i);
	nft_rules_put(nl, box, table);
	nf_batch_end(nl);
	return nl_send(nl, true);
}

// What a launcher left that was killed is replaced in one transaction. Not always: where something was deleted the kernel
// waits for RCU, 5 ms, before the socket is closed.
static int make_table(struct nl *nl, const struct box *box)
{
	if (send_table(nl, box, false) == 0)
		return 0;
	return errno == EEXIST ? send_table(nl, box, true) : -1;
}

int nft_forget_table(struct box *box)
{
	struct nl nl;
	char name[32];

	if (open_socket(&nl, box))
		return -1;
	nf_batch_begin(&nl);
	put_table_end(&nl, table_name(box, name));
	nf_batch_end(&nl);
	return nl_send(&nl, true) == 0 ? 1 : errno == ENOENT ? 0 : -1;
}

// The last box takes the whole table, others their ports.
static int nft_down(void *arg)
{
	struct box *box = arg;
	int ret = 0;

	box->ending = true;
	if (state_lock(box) || state_leave(box))
		return -1;
	if (box->last)
		ret = nft_forget_table(box) < 0 ? -1 : 0;
	else if (box->published)
		ret = remove_ports(box, box->address, box->port, box->spec->publish_count);
	if (ret == 0)
		box->published = false;
	return ret;
}

int nft_forget_ports(struct box *box, uint32_t address, const struct address_note *note)
{
	return remove_ports(box, address, note->port, note->count);
}

// A port that is there may be that of a launcher that was killed: those are removed, and it is tried once more.
static int publish(struct nl *nl, struct box *box)
{
	char object[40];

	if (box->stale_count && address_note_ports(box))
		return -1;
	if (!box->spec->publish_count)
		return 0;
	box->published = true; // or may be, where the answer does not come
	if (send_ports(nl, box)) {
		if (errno != EEXIST)
			return -1;
		if (address_sweep(box, &box->spec->subnet, nft_forget_ports))
			return -1;
		if (send_ports(nl, box)) {
			if (errno != EEXIST || fmt(object, sizeof(object), "%s", err_last.object))
				return -1;
			return fail_text("is published by another box already", "%s", object);
		}
	}
	return 0;
}

// A new table has none of the ports that killed launchers had published; their notes would be taken for others' ports later.
static int forget_nothing(struct box *box, uint32_t address, const struct address_note *note)
{
	(void)box;
	(void)address;
	(void)note;
	return 0;
}

static int first_up(struct nl *nl, struct box *box)
{
	return make_table(nl, box) || address_sweep(box, &box->spec->subnet, forget_nothing) ? -1 : 0;
}

// Under the name of an address: publishes what a living box of this bridge has to it.
static int publish_again(struct box *box, const char *name, void *arg)
{
	struct address_note note;
	char table_text[32];
	struct nl *nl = arg;
	uint32_t address;
	int living;

	if (value_ip4(name, &address) || address == box->address)
		return 0;
	living = address_read_living(box, name, &note);
	if (living < 1 || !note.count || strcmp(note.bridge, box->spec->bridge))
		return living < 0 ? -1 : 0;
	nf_batch_begin(nl);
	for (unsigned i = 0; i < note.count; i++)
		put_element(nl, address, table_name(box, table_text), &note.port[i], NLM_F_CREATE);
	nf_batch_end(nl);
	return nl_send(nl, true);
}

// Somebody may have flushed all rules of the host (systemctl reload nftables) while boxes run.
static int more_up(struct nl *nl, struct box *box)
{
	char name[32];
	const char *table = table_name(box, name);
	int there = nft_rules_there(nl, box, table);

	if (there < 0)
		return -1;
	if (there)
		return remove_ports(box, box->address, box->stale, box->stale_count);
	log_line(LOG_NOTE,
		 "table inet %s: somebody has removed rules of it; it is made again, with the ports of all boxes",
		 table);
	return make_table(nl, box) ? -1 : state_each(box, publish_again, nl);
}

// Lets the lock go that phase link took.
static int nft_up(struct box *box)
{
	struct nl nl;
	int ret;

	if (box->spec->network != NETWORK_BRIDGE)
		return 0;
	if (undo_push(&box->undo, nft_down, box, "table") || open_socket(&nl, box))
		return -1;
	ret = box->first ? first_up(&nl, box) : more_up(&nl, box);
	if (ret == 0)
		ret = publish(&nl, box);
	if (ret == 0)
		ret = foreign_warn(&nl, box) || foreign_warn_legacy(box) ? -1 : 0;
	state_unlock(box);
	return ret;
}

static void explain_port(const struct box *box, const char *table, const struct port *p)
{
	char key[24] = "", port[8] = "PORT", ip[16];

	if ((p->addr && fmt(key, sizeof(key), "%s . ", fmt_ip4(ip, p->addr))) ||
	    (p->host && fmt(port, sizeof(port), "%u", p->host)))
		return;
	explain("NFT_MSG_NEWSETELEM", "nft add element inet %s %s '{ %s%s . %s : %s . %u }'", table,
		map_rows[p->addr ? NFT_MAP_ADDRESS_PORT : NFT_MAP_PORT].name, key,
		p->proto == IPPROTO_UDP ? "udp" : "tcp", port, box->address ? fmt_ip4(ip, box->address) : "ADDRESS",
		p->box);
}

static void nft_explain(const struct box *box)
{
	char name[32];
	const char *table;

	if (box->spec->network != NETWORK_BRIDGE)
		return;
	table = table_name(box, name);
	explain("NFT_MSG_NEWTABLE, this and the next ones in one transaction, for the first box",
		"nft add table inet %s", table);
	for (size_t i = 0; i < COUNT(map_rows); i++)
		explain("NFT_MSG_NEWSET", "nft add map inet %s %s '{ type %s : ipv4_addr . inet_service; }'", table,
			map_rows[i].name, map_rows[i].key_text);
	nft_rules_explain(box, table);
	for (unsigned i = 0; i < box->spec->publish_count; i++)
		explain_port(box, table, box->port[i].box ? &box->port[i] : &box->spec->publish[i]);
}

const struct phase phase_nft = {"nft", nft_explain, nft_up};
