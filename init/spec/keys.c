// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "spec/keys.h"
#include "spec/value.h"

enum key_type {
	KEY_STRING, // any text
	KEY_NAME,
	KEY_HOSTNAME,
	KEY_LINK,
	KEY_PATH,
	KEY_SIZE,
	KEY_COUNT,
	KEY_CPUS,
	KEY_BOOL,
	KEY_CHOICE,
	KEY_IP4,
	KEY_ADDRESS, // an IPv4 address without a prefix, in a struct net4
	KEY_NET4,
	KEY_PORT,
	KEY_VOLUME,
	KEY_ENV,
	KEY_WORDS, // replaces the whole list by the words of the value
};

static const char *const networks[] = {"none", "bridge", "host", NULL};
static const char *const stdins[] = {"inherit", "null", NULL};
static const char *const seccomps[] = {"default", "none", NULL};

#define FIELD(f)   .offset = offsetof(struct spec, f)
#define LIST(f, n) .offset = offsetof(struct spec, f), .count = offsetof(struct spec, f##_count), .max = (n)

// clang-format off
static const struct key keys[] = {
	{"name", 0, SCOPE_BOX, KEY_NAME, FIELD(name), .arg = "NAME", .help = "name of the box (box-PID)"},
	{"hostname", 0, SCOPE_BOX, KEY_HOSTNAME, FIELD(hostname), .arg = "NAME", .help = "hostname in the box (its name)"},
	{"rootfs", 0, SCOPE_BOX, KEY_STRING, LIST(rootfs, MAX_LAYERS), .arg = "DIR",
	 .help = "root of the box, never written to; repeat for layers, top first"},
	{"tmpfs-size", 0, SCOPE_BOX, KEY_SIZE, FIELD(tmpfs_size), .arg = "SIZE",
	 .help = "room for what the box writes into its root (256M)"},
	{"volume", 'v', SCOPE_BOX, KEY_VOLUME, LIST(volume, MAX_VOLUMES), .arg = "SRC:DST[:ro]",
	 .help = "show a directory or file of the host in the box"},
	{"env", 'e', SCOPE_BOX, KEY_ENV, LIST(env, MAX_ENV), .arg = "K=V",
	 .help = "set a variable; K alone takes the caller's value"},
	{"workdir", 'w', SCOPE_BOX, KEY_PATH, FIELD(workdir), .arg = "DIR", .help = "directory to start in (/)"},
	{"user", 'u', SCOPE_BOX, KEY_STRING, FIELD(user), .arg = "USER[:GROUP]",
	 .help = "names of the box's /etc/passwd and /etc/group, or numbers (root)"},
	{"memory", 'm', SCOPE_BOX, KEY_SIZE, FIELD(memory), .arg = "SIZE", .help = "limit of memory, swap excluded"},
	{"cpus", 0, SCOPE_BOX, KEY_CPUS, FIELD(cpus), .arg = "N", .help = "limit of CPU time, in CPUs (0.5, 1.5)"},
	{"pids-limit", 0, SCOPE_BOX, KEY_COUNT, FIELD(pids_limit), .arg = "N", .help = "limit of processes and threads"},
	{"network", 0, SCOPE_BOX, KEY_CHOICE, FIELD(network), .choices = networks, .arg = "none|bridge|host",
	 .help = "none: lo alone (default); bridge: eth0 behind NAT"},
	{"publish", 'p', SCOPE_BOX, KEY_PORT, LIST(publish, MAX_PORTS), .arg = "[IP:]HOST:BOX[/udp]",
	 .help = "forward a port of the host to the box"},
	{"ip", 0, SCOPE_BOX, KEY_ADDRESS, FIELD(ip), .arg = "ADDRESS", .help = "address of the box (a free one)"},
	{"subnet", 0, SCOPE_BOX, KEY_NET4, FIELD(subnet), .arg = "NET/N", .help = "addresses of the bridge (172.20.0.0/16)"},
	{"bridge", 0, SCOPE_BOX, KEY_LINK, FIELD(bridge), .arg = "LINK", .help = "name of the bridge (initbox0)"},
	{"dns", 0, SCOPE_BOX, KEY_IP4, LIST(dns, MAX_DNS), .arg = "ADDRESS", .help = "name server for the box's resolv.conf"},
	{"stdin", 0, SCOPE_BOX, KEY_CHOICE, FIELD(stdin_from), .choices = stdins, .arg = "inherit|null",
	 .help = "where the program reads from (inherit)"},
	{"seccomp", 0, SCOPE_BOX, KEY_CHOICE, FIELD(seccomp), .choices = seccomps, .arg = "default|none",
	 .help = "filter of system calls"},
	{"trace", 0, SCOPE_BOX, KEY_STRING, FIELD(trace), .arg = "FILE",
	 .help = "write the time each phase took (Chrome trace JSON; console: a line each)"},
	{"explain", 0, SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(explain), .arg = "yes|no",
	 .help = "print each step and the shell command that it stands for"},
	{"dry-run", 0, SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(dry_run), .arg = "yes|no",
	 .help = "print the steps and do nothing"},
	{"verbose", 0, SCOPE_BOX | SCOPE_FLAG, KEY_BOOL, FIELD(verbose), .arg = "yes|no", .help = "name each phase as it starts, and what is undone"},
	{"command", 0, SCOPE_MACHINE, KEY_WORDS, LIST(command, MAX_ARGS), .arg = "WORDS", .help = "the program and its arguments"},
	{"machine-link", 0, SCOPE_MACHINE, KEY_LINK, FIELD(machine_link), .arg = "LINK",
	 .help = "the machine's own network interface"},
	{"machine-address", 0, SCOPE_MACHINE, KEY_NET4, FIELD(machine_address), .arg = "ADDRESS/N", .help = "its address"},
	{"machine-gateway", 0, SCOPE_MACHINE, KEY_ADDRESS, FIELD(machine_gateway), .arg = "ADDRESS",
	 .help = "its default route"},
	{"share", 0, SCOPE_MACHINE, KEY_VOLUME, LIST(share, MAX_SHARES), .arg = "TAG:DST[:ro]",
	 .help = "show a virtiofs share in the box"},
	{"status-port", 0, SCOPE_MACHINE, KEY_PATH, FIELD(status_port), .arg = "DEVICE",
	 .help = "serial line that the exit status is written to"},
};
// clang-format on

const struct key *key_find(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (strlen(keys[i].name) == n && !memcmp(keys[i].name, name, n))
			return &keys[i];
	return NULL;
}

const struct key *key_letter(char letter)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (keys[i].letter && keys[i].letter == letter)
			return &keys[i];
	return NULL;
}

struct words {
	struct spec *s;
	const struct key *key;
	unsigned *count;
	const char **list;
};

static const char *add_word(void *arg, const char *w, size_t n)
{
	struct words *words = arg;
	char *copy = arena_copy(w, n);

	if (*words->count == words->key->max)
		return "too many words";
	if (!copy)
		return "the configuration is too large";
	words->list[(*words->count)++] = copy;
	words->list[*words->count] = NULL;
	return NULL;
}

static const char *set_env(const char **field, const char *value)
{
	size_t n = strcspn(value, "=");
	const char *inherited;
	char text[4096];
	struct buf b = BUF(text);

	if (n == 0)
		return "a variable without a name";
	if (value[n]) {
		*field = value;
		return NULL;
	}
	inherited = getenv(value);
	if (!inherited)
		return "not set in the caller's environment";
	buf_fmt(&b, "%s=%s", value, inherited);
	*field = b.cut ? NULL : arena_copy(b.p, b.len);
	return *field ? NULL : "the value is too long";
}

static const char *set_choice(const struct key *key, uint8_t *field, const char *value)
{
	static char why[80]; // err_last copies it
	struct buf b = BUF(why);

	for (unsigned i = 0; key->choices[i]; i++) {
		if (strcmp(value, key->choices[i]))
			continue;
		*field = (uint8_t)i;
		return NULL;
	}
	buf_fmt(&b, "not one of %s", key->arg);
	return b.p;
}

static const char *set_words(const struct key *key, struct spec *s, const char **list, unsigned *count,
			     const char *value)
{
	struct words words = {s, key, count, list};
	const char *why;

	*count = 0;
	why = value_words(value, add_word, &words);
	return why ? why : *count ? NULL : "is empty";
}

static const char *set_text(const char **field, const char *value, const char *why)
{
	if (!why && !value[0])
		why = "is empty";
	if (!why)
		*field = value;
	return why;
}

static const char *set_address(struct net4 *field, const char *value)
{
	const char *why = value_ip4(value, &field->addr);

	if (!why)
		field->prefix = 32;
	return why;
}

// Stores one value in *field; list fields have been advanced to their next entry.
static const char *store(const struct key *key, struct spec *s, void *field, unsigned *count, const char *value)
{
	switch ((enum key_type)key->type) {
	case KEY_STRING:
		return set_text(field, value, NULL);
	case KEY_NAME:
		return set_text(field, value, value_name(value));
	case KEY_HOSTNAME:
		return set_text(field, value, value_hostname(value));
	case KEY_LINK:
		return set_text(field, value, value_link(value));
	case KEY_PATH:
		return set_text(field, value, value_path(value));
	case KEY_SIZE:
		return value_size(value, field);
	case KEY_COUNT:
		return value_count(value, field);
	case KEY_CPUS:
		return value_cpus(value, field);
	case KEY_BOOL:
		return value_bool(value, field);
	case KEY_CHOICE:
		return set_choice(key, field, value);
	case KEY_IP4:
		return value_ip4(value, field);
	case KEY_ADDRESS:
		return set_address(field, value);
	case KEY_NET4:
		return value_net4(value, field);
	case KEY_PORT:
		return value_port(value, field);
	case KEY_VOLUME:
		return value_volume(value, field);
	case KEY_ENV:
		return set_env(field, value);
	case KEY_WORDS:
		return set_words(key, s, field, count, value);
	}
	return "no such type";
}

static size_t entry_size(const struct key *key)
{
	switch ((enum key_type)key->type) {
	case KEY_IP4:
		return sizeof(uint32_t);
	case KEY_PORT:
		return sizeof(struct port);
	case KEY_VOLUME:
		return sizeof(struct volume);
	default:
		return sizeof(char *);
	}
}

int key_set(const struct key *key, struct spec *s, const char *value, const char *where)
{
	char *field = (char *)s + key->offset;
	unsigned *count = key->max ? (unsigned *)(void *)((char *)s + key->count) : NULL;
	const char *why;

	if (count && key->type != KEY_WORDS) {
		if (*count == key->max)
			return fail_text("too many of them", "%s: %s: \"%s\"", where, key->name, value);
		field += *count * entry_size(key);
	}
	why = store(key, s, field, count, value);
	if (why)
		return fail_text(why, "%s: %s: \"%.*s\"", where, key->name, 80, value);
	if (count && key->type != KEY_WORDS)
		(*count)++;
	return 0;
}

void key_help(struct buf *b, enum key_scope scope)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct key *k = &keys[i];
		size_t start = b->len;

		if (!(k->scope & scope))
			continue;
		if (scope == SCOPE_MACHINE)
			buf_fmt(b, "  %s = %s", k->name, k->arg);
		else if (k->letter)
			buf_fmt(b, "  -%c, --%s", k->letter, k->name);
		else
			buf_fmt(b, "      --%s", k->name);
		if (scope != SCOPE_MACHINE && !(k->scope & SCOPE_FLAG))
			buf_fmt(b, " %s", k->arg);
		do
			buf_char(b, ' ');
		while (b->len - start < 38 && !b->cut);
		buf_fmt(b, "%s\n", k->help);
	}
}
