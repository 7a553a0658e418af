// SPDX-License-Identifier: MIT
// Source: resolv.conf(5), hosts(5), hostname(5); systemd-resolved(8), "/etc/resolv.conf": 127.0.0.53 and where its own
// resolvers stand.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mnt.h"
#include "base/path.h"
#include "phase/files.h"
#include "spec/value.h"

enum { RESOLV, HOSTS, HOSTNAME, FILES };

static const char *const names[FILES] = {"resolv.conf", "hosts", "hostname"};
static const char host_resolv[] = "/etc/resolv.conf", host_hosts[] = "/etc/hosts", upstreams[] = "/run/systemd/resolve/resolv.conf";
static const char slirp_resolver[] = "nameserver 10.0.2.3\n"; // of slirp4netns and pasta, as phase/slirp starts them

// Composed by the launcher before the clone; a text of nothing: the image's file stays.
static BOX_BSS struct {
	char text[FILES][16384];
	struct buf b[FILES];
	int copy[FILES]; // a detached mount of the file, where volumes may hide it
} files;

static bool own_network(const struct spec *s)
{
	return s->network == NETWORK_BRIDGE || s->network == NETWORK_SLIRP;
}

// Whether s[0..n) is a line of that keyword; *value and *len are what stands behind it.
static bool is_line(const char *s, size_t n, const char *keyword, const char **value, size_t *len)
{
	size_t k = strlen(keyword);

	if (n <= k || memcmp(s, keyword, k) || !strchr(" \t", s[k]))
		return false;
	while (k < n && strchr(" \t", s[k]))
		k++;
	while (n > k && strchr(" \t\r", s[n - 1]))
		n--;
	*value = s + k;
	*len = n - k;
	return n > k;
}

enum resolver { USABLE, LOOPBACK, NO_IPV4 };

static enum resolver kind_of(const char *s, size_t n)
{
	char text[16];
	uint32_t addr;

	if (fmt(text, sizeof(text), "%.*s", (int)(n < 100 ? n : 100), s) || value_ip4(text, &addr))
		return value_is(s, n, "::1") ? LOOPBACK : NO_IPV4;
	return *(unsigned char *)&addr == 127 ? LOOPBACK : USABLE;
}

// Adds the resolvers that text names and a box can reach: in another network not those on the host's loopback, and of an
// address that the box has a counterpart for. Returns whether one of the host's loopback was left out.
static bool add_resolvers(const struct spec *s, struct buf *b, const char *text)
{
	bool loopback = false;

	for (const char *value, *end; *text; text = *end ? end + 1 : end) {
		size_t len;
		enum resolver kind;

		end = text + strcspn(text, "\n");
		if (!is_line(text, (size_t)(end - text), "nameserver", &value, &len))
			continue;
		kind = s->network == NETWORK_HOST ? USABLE : kind_of(value, len);
		loopback |= kind == LOOPBACK;
		if (kind == USABLE || (kind == NO_IPV4 && !own_network(s)))
			buf_fmt(b, "nameserver %.*s\n", (int)len, value);
	}
	return loopback;
}

// Adds the last line of the host's that has this keyword.
static void add_hosts_line(struct buf *b, const char *text, const char *keyword)
{
	const char *value, *found = NULL;
	size_t len, found_len = 0;

	for (const char *end; *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		if (!is_line(text, (size_t)(end - text), keyword, &value, &len))
			continue;
		found = value;
		found_len = len;
	}
	if (found)
		buf_fmt(b, "%s %.*s\n", keyword, (int)found_len, found);
}

static void add_words(struct buf *b, const char *keyword, const char *const *words, unsigned n)
{
	if (n == 1 && !strcmp(words[0], "."))
		return;
	buf_str(b, keyword);
	for (unsigned i = 0; i < n; i++)
		buf_fmt(b, " %s", words[i]);
	buf_char(b, '\n');
}

// Reads a file that need not be there: its text is empty then.
static int read_if_there(const char *path, char *text, size_t cap)
{
	text[0] = '\0';
	return file_read(AT_FDCWD, path, text, cap) < 0 && errno != ENOENT ? -1 : 0;
}

static int hosts_resolvers(const struct spec *s, struct buf *b, const char *text)
{
	char other[4096];
	size_t start = b->len;

	if (!add_resolvers(s, b, text))
		return 0;
	if (read_if_there(upstreams, other, sizeof(other)))
		return -1;
	add_resolvers(s, b, other);
	if (b->len == start)
		log_line(LOG_NOTE, "%s: the host's resolver listens on its loopback alone, where a box can't reach it; try "
				   "--dns", s->name);
	return 0;
}

static int compose_resolv(const struct spec *s, struct buf *b)
{
	char text[4096], ip[16];
	bool asked = s->dns_count || s->dns_search_count || s->dns_option_count;

	if (s->network == NETWORK_NONE && !asked)
		return 0;
	if (read_if_there(host_resolv, text, sizeof(text)))
		return -1;
	for (unsigned i = 0; i < s->dns_count; i++)
		buf_fmt(b, "nameserver %s\n", fmt_ip4(ip, s->dns[i]));
	if (!s->dns_count && s->network == NETWORK_SLIRP)
		buf_str(b, slirp_resolver);
	else if (!s->dns_count && s->network != NETWORK_NONE && hosts_resolvers(s, b, text))
		return -1;
	if (!b->len && !asked) // nothing can be asked: the image's may know more
		return 0;
	if (s->dns_search_count) {
		add_words(b, "search", s->dns_search, s->dns_search_count);
	} else if (s->network != NETWORK_NONE) {
		add_hosts_line(b, text, "domain");
		add_hosts_line(b, text, "search");
	}
	if (s->dns_option_count)
		add_words(b, "options", s->dns_option, s->dns_option_count);
	else if (s->network != NETWORK_NONE)
		add_hosts_line(b, text, "options");
	return 0;
}

// The host as the box reaches it.
static uint32_t host_gateway(const struct box *box)
{
	const uint8_t loopback[4] = {127, 0, 0, 1}, slirp[4] = {10, 0, 2, 2};
	uint32_t addr = box->gateway;

	if (box->spec->network != NETWORK_BRIDGE)
		memcpy(&addr, box->spec->network == NETWORK_SLIRP ? slirp : loopback, 4);
	return addr;
}

static int compose_hosts(const struct box *box, struct buf *b)
{
	const struct spec *s = box->spec;
	char ip[16];

	if (s->network == NETWORK_HOST && read_if_there(host_hosts, b->p, b->cap)) {
		if (errno != EFBIG || s->add_host_count)
			return -1;
		log_line(LOG_NOTE, "%s: the host's %s is too long for the box: the image's stays", s->name, host_hosts);
		b->p[0] = '\0';
	}
	b->len = strlen(b->p);
	if (b->len && b->p[b->len - 1] != '\n')
		buf_char(b, '\n');
	if (!own_network(s) && !s->add_host_count)
		return 0;
	if (!b->len)
		buf_str(b, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
	if (own_network(s) && s->hostname)
		buf_fmt(b, "%s\t%s\n", s->network == NETWORK_BRIDGE ? fmt_ip4(ip, box->address) : "10.0.2.100",
			s->hostname);
	for (unsigned i = 0; i < s->add_host_count; i++)
		buf_fmt(b, "%s\t%s\n", fmt_ip4(ip, s->add_host[i].addr ? s->add_host[i].addr : host_gateway(box)),
			s->add_host[i].name);
	return 0;
}

static int names_up(struct box *box)
{
	const struct spec *s = box->spec;

	for (int i = 0; i < FILES; i++)
		files.b[i] = BUF(files.text[i]);
	if (compose_resolv(s, &files.b[RESOLV]) || compose_hosts(box, &files.b[HOSTS]))
		return -1;
	if (s->network != NETWORK_NONE && s->hostname)
		buf_fmt(&files.b[HOSTNAME], "%s\n", s->hostname);
	for (int i = 0; i < FILES; i++)
		if (files.b[i].cut)
			return fail_text("is too long", "/etc/%s", names[i]);
	return 0;
}

// A new file takes the place of what the image has there, also of a symbolic link (resolv.conf often is one into /run).
static int replace_file(int dir, const char *name, const struct buf *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST) {
		if (unlinkat(dir, name, 0))
			return fail("unlinkat", "/etc/%s", name);
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	}
	return fd < 0 ? fail("openat", "/etc/%s", name) : file_put(fd, name, text->p, text->len);
}

static int path_of(int i, char path[32])
{
	return fmt(path, 32, "/etc/%s", names[i]) ? fail("openat", "%s", names[i]) : 0;
}

int files_write(const struct box *box)
{
	const struct path_where anywhere = {.n = 0};
	int etc = -1, ret = 0;
	char path[32];

	for (int i = 0; i < FILES && ret == 0; i++) {
		if (!files.b[i].len)
			continue;
		if (etc < 0)
			etc = path_make_directory("/etc", &anywhere);
		ret = etc < 0 || path_of(i, path) || replace_file(etc, names[i], &files.b[i]) ? -1 : 0;
		if (ret == 0 && box->spec->volume_count) {
			files.copy[i] = mnt_clone(path, false, 0);
			ret = files.copy[i] < 0 ? -1 : 0;
		}
	}
	if (etc >= 0)
		close(etc);
	return ret;
}

static bool has_volume(const struct spec *s, const char *target)
{
	for (unsigned i = 0; i < s->volume_count; i++)
		if (!strcmp(s->volume[i].target, target))
			return true;
	return false;
}

// Whether somebody asked for what is in the file, beyond the network.
static bool is_asked(const struct spec *s, int i)
{
	return i == RESOLV ? s->dns_count || s->dns_search_count || s->dns_option_count : i == HOSTS && s->add_host_count;
}

static int show(const struct spec *s, int i)
{
	int target, ret;
	struct stat mine, there;
	char path[32];

	if (path_of(i, path))
		return -1;
	if (has_volume(s, path))
		return 0;
	target = path_open(path, O_PATH);
	if (target < 0 && errno == ENOENT)
		return is_asked(s, i) ? fail_text("a volume is over /etc, and has no such file that it could be mounted on",
						  "%s", path)
				      : 0;
	if (target < 0)
		return -1;
	if (fstat(files.copy[i], &mine) || fstat(target, &there))
		ret = fail("fstat", "%s", path);
	else if (mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
		ret = 0;
	else
		ret = mnt_attach(files.copy[i], target, path);
	close(target);
	return ret;
}

int files_show(const struct box *box)
{
	for (int i = 0; i < FILES && box->spec->volume_count; i++) {
		if (!files.b[i].len)
			continue;
		if (show(box->spec, i))
			return -1;
		close(files.copy[i]);
	}
	return 0;
}

static void names_explain(const struct box *box)
{
	const struct spec *s = box->spec;
	char ip[16];

	for (unsigned i = 0; i < s->dns_count; i++)
		explain("open write", "echo nameserver %s >>/etc/resolv.conf", fmt_ip4(ip, s->dns[i]));
	if (!s->dns_count && s->network == NETWORK_SLIRP)
		explain("open write", "echo %.*s >>/etc/resolv.conf", (int)strlen(slirp_resolver) - 1, slirp_resolver);
	else if (!s->dns_count && s->network != NETWORK_NONE)
		explain("open read write", "grep nameserver %s >/etc/resolv.conf", host_resolv);
	for (unsigned i = 0; i < s->dns_search_count; i++)
		explain("open write", "echo search %s >>/etc/resolv.conf", s->dns_search[i]);
	for (unsigned i = 0; i < s->dns_option_count; i++)
		explain("open write", "echo options %s >>/etc/resolv.conf", s->dns_option[i]);
	if (own_network(s) && s->hostname)
		explain("open write", "echo %s %s >>/etc/hosts", box->address ? fmt_ip4(ip, box->address) : "ADDRESS",
			s->hostname);
	for (unsigned i = 0; i < s->add_host_count; i++)
		explain("open write", "echo %s %s >>/etc/hosts",
			s->add_host[i].addr ? fmt_ip4(ip, s->add_host[i].addr) : "GATEWAY", s->add_host[i].name);
	if (s->network != NETWORK_NONE && s->hostname)
		explain("open write", "echo %s >/etc/hostname", s->hostname);
}

const struct phase phase_names = {"names", names_explain, names_up};
