// SPDX-License-Identifier: MIT
/*
 * A /init for the tests of qemu/boot: no initbox in it, so that a test that
 * fails here blames the script and not the product.
 *
 * The kernel command line says what to do:
 *	test.mode=exit:N	send the status N and power off
 *	test.mode=failed	say that init itself failed, power off
 *	test.mode=crash		end PID 1: the kernel panics
 *	test.mode=off		power off without a status
 *	test.mode=hang		never end
 *	test.mode=binary:N	print N times the bytes 0 to 255, status 0
 *	test.mode=file:PATH	print that file as it is, status 0
 *	test.mode=pci		print vendor:device of each PCI device, status 0
 *	test.mode=key		print "ready", wait for one byte, it is the status
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* Sends one line of the status protocol and waits until it has left the port. */
static void send_status(const char *port, const char *what, int code)
{
	char line[64];
	int n = snprintf(line, sizeof line, "initbox-status %s=%d\n", what, code);
	int fd = open(port, O_WRONLY | O_NOCTTY);

	if (fd < 0 || write(fd, line, (size_t)n) != n)
		perror(port);
	else
		tcdrain(fd);
}

/* Writes all of it; the console may take less at a time. */
static void put(const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(1, data, len);

		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

/* Output must arrive as it was written and input a byte at a time. */
static void set_raw(void)
{
	struct termios t;

	if (tcgetattr(1, &t))
		return;
	t.c_oflag &= ~(tcflag_t)OPOST;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	tcsetattr(1, TCSANOW, &t);
}

static void print_binary(int times)
{
	char all[256];

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	while (times-- > 0)
		put(all, sizeof all);
}

static int print_file(const char *path)
{
	char buf[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0) {
		perror(path);
		return 1;
	}
	while ((n = read(fd, buf, sizeof buf)) > 0)
		put(buf, (size_t)n);
	return 0;
}

/* The uevent file of a PCI device has a line PCI_ID=VVVV:DDDD. */
static int print_pci(void)
{
	char path[512], text[1024], *id;
	struct dirent *e;
	DIR *d = opendir("/sys/bus/pci/devices");

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/uevent", e->d_name);
		int fd = open(path, O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

		text[n > 0 ? n : 0] = 0;
		if (fd >= 0)
			close(fd);
		if ((id = strstr(text, "PCI_ID=")))
			dprintf(1, "%.9s\n", id + 7);
	}
	return d ? 0 : 1;
}

/* The kernel prints "reboot: Power down" as an emergency, after our last byte. */
static void quiet_kernel(void)
{
	int fd = open("/proc/sys/kernel/printk", O_WRONLY);

	if (fd < 0 || write(fd, "0", 1) != 1)
		perror("/proc/sys/kernel/printk");
}

static int wait_key(void)
{
	unsigned char c;

	put("ready\n", 6);
	return read(0, &c, 1) == 1 ? c : 99;
}

/* Finds "KEY=VALUE" in the command line; VALUE ends at white space. */
static const char *cmdline_value(char *line, const char *key, char *out, size_t size)
{
	char *save = NULL;

	for (char *w = strtok_r(line, " \n", &save); w; w = strtok_r(NULL, " \n", &save))
		if (!strncmp(w, key, strlen(key)))
			snprintf(out, size, "%s", w + strlen(key));
	return out;
}

int main(void)
{
	static char line[4096], again[4096], mode[256] = "off", port[64] = "/dev/null";
	const char *arg;
	int fd, status = 0;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    mount("dev", "/dev", "devtmpfs", 0, NULL))
		perror("mount");
	fd = open("/proc/cmdline", O_RDONLY);
	if (fd < 0 || read(fd, line, sizeof line - 1) <= 0)
		perror("/proc/cmdline");
	memcpy(again, line, sizeof line);
	cmdline_value(line, "test.mode=", mode, sizeof mode);
	cmdline_value(again, "initbox.status-port=", port, sizeof port);
	arg = strchr(mode, ':') ? strchr(mode, ':') + 1 : "";
	set_raw();

	if (!strncmp(mode, "crash", 5))
		return 7;
	while (!strncmp(mode, "hang", 4))
		pause();
	if (!strncmp(mode, "exit", 4))
		status = atoi(arg);
	else if (!strncmp(mode, "binary", 6))
		print_binary(atoi(arg));
	else if (!strncmp(mode, "file", 4))
		status = print_file(arg);
	else if (!strncmp(mode, "pci", 3))
		status = print_pci();
	else if (!strncmp(mode, "key", 3))
		status = wait_key();
	if (!strncmp(mode, "failed", 6))
		send_status(port, "failed", 125);
	else if (strncmp(mode, "off", 3))
		send_status(port, "exit", status);
	tcdrain(1);
	quiet_kernel();
	reboot(RB_POWER_OFF);
	return 1;
}
