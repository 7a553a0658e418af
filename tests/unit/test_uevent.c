// SPDX-License-Identifier: MIT
// base/uevent: messages good and bad, and the kernel's own about a link in a network namespace of the test's.
#include "unit.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/socket.h>

#include "base/nl.h"
#include "base/sys.h"
#include "base/uevent.h"

// The bytes of a literal; its own NUL ends the last line.
#define PARSE(e, literal) uevent_parse((e), (literal), sizeof(literal))

static void takes_a_message_apart(void **state)
{
	struct uevent e;

	(void)state;
	assert_int_equal(PARSE(&e, "add@/devices/pci0000:00/0000:00:02.0/virtio1/block/vda/vda2\0ACTION=add\0"
				   "DEVPATH=/devices/pci0000:00/0000:00:02.0/virtio1/block/vda/vda2\0SUBSYSTEM=block\0"
				   "MAJOR=254\0MINOR=2\0DEVNAME=vda2\0DEVTYPE=partition\0DISKSEQ=9\0PARTN=2\0SEQNUM=4611686018427387905"),
			 0);
	assert_string_equal(e.action, "add");
	assert_string_equal(e.devpath, "/devices/pci0000:00/0000:00:02.0/virtio1/block/vda/vda2");
	assert_string_equal(e.subsystem, "block");
	assert_string_equal(e.devname, "vda2");
	assert_string_equal(e.devtype, "partition");
	assert_null(e.modalias);
	assert_int_equal(e.major, 254);
	assert_int_equal(e.minor, 2);
	assert_int_equal(e.partn, 2);
	assert_int_equal(e.seqnum, 4611686018427387905);
	assert_int_equal(PARSE(&e, "add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0MODALIAS=pci:v00001AF4d=5"), 0);
	assert_string_equal(e.modalias, "pci:v00001AF4d=5");
	assert_null(e.devname);
	assert_int_equal(e.major, 0);
}

static void refuses_what_is_none(void **state)
{
	struct uevent e;

	(void)state;
	assert_int_equal(uevent_parse(&e, "", 0), -1);
	assert_int_equal(uevent_parse(&e, "add@/x", 6), -1); // no NUL at the end
	assert_int_equal(PARSE(&e, "add@/x"), -1);
	assert_int_equal(PARSE(&e, "add@/x\0ACTION=add"), -1);
	assert_int_equal(PARSE(&e, "add@/x\0DEVPATH=/x"), -1);
	assert_int_equal(PARSE(&e, "libudev\0ACTION=add\0DEVPATH=/x"), -1);
	// Lines without a key, keys that are longer, numbers that are none.
	assert_int_equal(PARSE(&e, "add@/x\0\0=\0x\0ACTIONS=no\0ACTION=add\0DEVPATH=/x\0MAJOR=-1\0MINOR=99999999999\0SEQNUM=a"), 0);
	assert_string_equal(e.action, "add");
	assert_int_equal(e.major, 0);
	assert_int_equal(e.minor, 0);
	assert_int_equal(e.seqnum, 0);
}

// Each cut of a message, in memory of that size: nothing behind it is read.
static void reads_no_further(void **state)
{
	static const char text[] = "add@/d\0ACTION=add\0DEVPATH=/d\0MODALIAS=x:y\0SEQNUM=7\0";

	(void)state;
	for (size_t n = 0; n <= sizeof(text); n++) {
		char *copy = unit_exact(text, n);
		struct uevent e;

		if (uevent_parse(&e, copy, n) == 0)
			assert_string_equal(e.devpath, "/d");
		free(copy);
	}
}

static int own_network(void **state)
{
	(void)state;
	return geteuid() == 0 && unshare(CLONE_NEWNET) ? -1 : 0;
}

static int open_socket(void)
{
	int fd;

	if (geteuid() != 0)
		skip();
	fd = uevent_open();
	assert_true(fd >= 0);
	return fd;
}

static void make_bridge(const char *name)
{
	static struct nl nl;
	const struct ifinfomsg link = {0};
	size_t info;

	assert_int_equal(nl_open(&nl, NETLINK_ROUTE), 0);
	nl_begin(&nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link), "RTM_NEWLINK", "%s", name);
	nl_str(&nl, IFLA_IFNAME, name);
	info = nl_nest(&nl, IFLA_LINKINFO);
	nl_str(&nl, IFLA_INFO_KIND, "bridge");
	nl_end(&nl, info);
	assert_int_equal(nl_send(&nl, false), 0);
	nl_close(&nl);
}

static void hears_the_kernel(void **state)
{
	uint64_t deadline = sys_boottime_ns() + 30000000000, last = 0;
	int fd = open_socket();
	struct uevent e;

	(void)state;
	make_bridge("heard0");
	assert_int_equal(uevent_next(fd, &e, 1), UEVENT_NONE); // its time is over, whatever there is
	do {
		assert_int_equal(uevent_next(fd, &e, deadline), UEVENT_ONE);
		assert_true(e.seqnum > last);
		last = e.seqnum;
	} while (strcmp(e.devpath, "/devices/virtual/net/heard0") != 0);
	assert_string_equal(e.action, "add");
	assert_string_equal(e.subsystem, "net");
	close(fd);
}

static void waits_until_the_deadline(void **state)
{
	uint64_t until = sys_boottime_ns() + 30000000;
	int fd = open_socket();
	struct uevent e;

	(void)state;
	while (uevent_next(fd, &e, until) == UEVENT_ONE) // of this machine's devices
		;
	assert_true(sys_boottime_ns() >= until);
	while (uevent_next(fd, &e, 0) == UEVENT_ONE)
		;
	close(fd);
}

static void forge(int to)
{
	static const char text[] = "add@/forged\0ACTION=add\0DEVPATH=/forged";
	int from = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	struct sockaddr_nl address = {0};
	socklen_t n = sizeof(address);

	assert_int_equal(getsockname(to, (struct sockaddr *)&address, &n), 0);
	address.nl_groups = 0;
	assert_int_equal(sendto(from, text, sizeof(text), 0, (struct sockaddr *)&address, sizeof(address)), sizeof(text));
	close(from);
}

static void believes_nobody_else(void **state)
{
	int fd = open_socket();
	struct uevent e;

	(void)state;
	forge(fd);
	while (uevent_next(fd, &e, sys_boottime_ns() + 30000000) == UEVENT_ONE)
		assert_string_not_equal(e.devpath, "/forged");
	close(fd);
}

static void tells_what_was_lost(void **state)
{
	const int small = 1;
	int fd = open_socket();
	char name[16];
	struct uevent e;
	bool lost = false;

	(void)state;
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "lost%d", i);
		make_bridge(name);
	}
	for (int i = 0; i < 64 && !lost; i++)
		lost = uevent_next(fd, &e, 0) == UEVENT_LOST;
	assert_true(lost);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_message_apart), cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(reads_no_further),	 cmocka_unit_test(hears_the_kernel),
		cmocka_unit_test(waits_until_the_deadline), cmocka_unit_test(believes_nobody_else),
		cmocka_unit_test(tells_what_was_lost),
	};

	return cmocka_run_group_tests(tests, own_network, NULL);
}
