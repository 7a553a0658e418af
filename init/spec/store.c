// SPDX-License-Identifier: MIT
// A word goes into its field: one case for each type of key.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "spec/keys.h"
#include "spec/parse.h"
#include "spec/store_machine.h"
#include "spec/value.h"

static const char said[] = ""; // a reason that is in err_last already

struct words {
	struct spec *s;
	const struct key *key;
	unsigned *count;
	const char **list;
	const char *where;
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

// The text stays where it was read: the variables are pieces of it.
static const char *set_env_file(struct spec *s, const char *path)
{
	static LARGE_BSS char text[64 * 1024];
	static size_t used;
	long n = s->files_elsewhere ? 0 : file_read(AT_FDCWD, path, text + used, sizeof(text) - used - 1);

	if (n < 0 || parse_env_file(s, text + used, (size_t)n, path))
		return said;
	used += (size_t)n + 1;
	return NULL;
}

static const char *set_choice(const struct key *key, uint8_t *field, const char *value)
{
	static LARGE_BSS char why[80]; // err_last copies it
	struct buf b = BUF(why);

	for (unsigned i = 0; key->choices[i]; i++) {
		if (strcmp(value, key->choices[i]))
			continue;
		*field = (uint8_t)i;
		return NULL;
	}
	for (unsigned i = 0; key->choices[i]; i++)
		buf_fmt(&b, "%s%s", i ? "|" : "not one of ", key->choices[i]);
	return b.p;
}

static const char *set_words(const struct key *key, struct spec *s, const char **list, unsigned *count,
			     const char *value)
{
	struct words words = {s, key, count, list, NULL};
	const char *why;

	*count = 0;
	why = value_words(value, add_word, &words);
	s->command = list;
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

static const char *set_cpuset(const char **field, const char *value)
{
	uint64_t set[MAX_CPUS / 64];

	return set_text(field, value, value_cpuset(value, set));
}

// What a box may use.
static const char *store_use(const struct key *key, void *field, const char *value)
{
	switch ((enum key_type)key->type) {
	case KEY_SWAP:
		return value_swap(value, field);
	case KEY_SHARES:
		return value_shares(value, field);
	case KEY_WEIGHT:
		return value_weight(value, field);
	case KEY_CPUSET:
		return set_cpuset(field, value);
	case KEY_HUGETLB:
		return value_hugetlb(value, field);
	case KEY_READ_BPS:
	case KEY_WRITE_BPS:
	case KEY_READ_IOPS:
	case KEY_WRITE_IOPS:
	case KEY_DEVICE_WEIGHT:
		return value_io(value, key->type - KEY_READ_BPS, field);
	default:
		return store_machine(key, field, value);
	}
}

// About the network.
static const char *store_network(const struct key *key, struct spec *s, void *field, const char *value)
{
	switch ((enum key_type)key->type) {
	case KEY_NETWORK:
		return value_network(value, s);
	case KEY_MAC:
		return value_mac(value, field);
	case KEY_MTU:
		return value_mtu(value, field);
	case KEY_DOMAIN:
		return set_text(field, value, value_domain(value));
	case KEY_DNS_OPTION:
		return set_text(field, value, value_dns_option(value));
	case KEY_HOST:
		return value_host(value, field);
	default:
		return store_use(key, field, value);
	}
}

static const char *store_namespace(const struct key *key, struct spec *s, void *field, const char *value)
{
	switch ((enum key_type)key->type) {
	case KEY_JOIN:
		return value_join(value, field);
	case KEY_USERNS:
		return value_userns(value, field);
	case KEY_TIME_OFFSET:
		return value_time_offset(value, field);
	default:
		return store_network(key, s, field, value);
	}
}

// About what the program may do.
static const char *store_privilege(const struct key *key, struct spec *s, void *field, const char *value)
{
	switch ((enum key_type)key->type) {
	case KEY_SECCOMP:
		return value_seccomp(value, s);
	case KEY_SECURITY_OPT:
		return value_security_opt(value, s);
	case KEY_SYSCTL:
		return set_text(field, value, value_sysctl(value));
	case KEY_LANDLOCK:
		return value_landlock(value, field);
	case KEY_OOM_SCORE:
		return value_oom_score(value, field);
	case KEY_NICE:
		return value_nice(value, field);
	case KEY_STOP_TIMEOUT:
		return value_stop_timeout(value, field);
	default:
		return store_namespace(key, s, field, value);
	}
}

// About the life of the program.
static const char *store_life(const struct key *key, struct spec *s, void *field, const char *value)
{
	switch ((enum key_type)key->type) {
	case KEY_TIME:
		return value_time(value, field);
	case KEY_SIGNAL:
		return value_signal(value, field);
	case KEY_RULE:
		return value_rule(value, field);
	case KEY_EXIT_MAP:
		return value_exit_map(value, field);
	case KEY_UMASK:
		return value_umask(value, field);
	case KEY_LIMIT:
		return value_limit(value, field);
	case KEY_CAP:
		return value_cap(value, field);
	default:
		return store_privilege(key, s, field, value);
	}
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
		return value_address(value, field);
	case KEY_NET4:
		return value_net4(value, field);
	case KEY_PORT:
		return value_ports(value, field, key->max, count);
	case KEY_VOLUME:
		return value_volume(value, field);
	case KEY_MOUNT:
		return value_mount(value, field);
	case KEY_TMPFS:
		return value_tmpfs(value, field);
	case KEY_DEVICE:
		return value_device(value, field);
	case KEY_ENV:
		return set_env(field, value);
	case KEY_ENV_FILE:
		return set_env_file(s, value);
	case KEY_WORDS:
		return set_words(key, s, field, count, value);
	default:
		return store_life(key, s, field, value);
	}
}

static size_t entry_size(const struct key *key)
{
	switch ((enum key_type)key->type) {
	case KEY_IP4:
		return sizeof(uint32_t);
	case KEY_VOLUME:
	case KEY_MOUNT:
	case KEY_TMPFS:
		return sizeof(struct volume);
	case KEY_DEVICE:
		return sizeof(struct device);
	case KEY_HOST:
		return sizeof(struct host);
	case KEY_LIMIT:
		return sizeof(struct limit);
	case KEY_HUGETLB:
		return sizeof(struct hugetlb);
	case KEY_READ_BPS:
	case KEY_WRITE_BPS:
	case KEY_READ_IOPS:
	case KEY_WRITE_IOPS:
	case KEY_DEVICE_WEIGHT:
		return sizeof(struct io_limit);
	case KEY_LANDLOCK:
		return sizeof(struct landlock_rule);
	default:
		return store_machine_size(key);
	}
}

int key_set(const struct key *key, struct spec *s, const char *value, const char *where)
{
	char *field = (char *)s + key->offset;
	unsigned *count = key->max ? (unsigned *)(void *)((char *)s + key->count) : NULL;
	bool one_more = count && key->type != KEY_WORDS && key->type != KEY_ENV_FILE && key->type != KEY_PORT;
	const char *why;

	if (one_more) {
		if (*count == key->max)
			return fail_text("too many of them", "%s: %s: \"%s\"", where, key->name, value);
		field += *count * entry_size(key);
	}
	why = store(key, s, field, count, value);
	if (why == said)
		return -1;
	if (why)
		return fail_text(why, "%s: %s: \"%.*s\"", where, key->name, 80, value);
	if (one_more)
		(*count)++;
	return 0;
}

static const char *set_one(void *arg, const char *w, size_t n)
{
	struct words *words = arg;
	char *copy = arena_copy(w, n);

	if (!copy)
		return "the configuration is too large";
	return key_set(words->key, words->s, copy, words->where) ? said : NULL;
}

int key_set_words(const struct key *key, struct spec *s, const char *value, const char *where)
{
	struct words words = {.s = s, .key = key, .where = where};
	const char *why;
	bool many = key->max || key->type == KEY_RULE || key->type == KEY_EXIT_MAP || key->type == KEY_CAP ||
		    key->type == KEY_SECURITY_OPT;

	if (!many)
		return key_set(key, s, value, where);
	why = value_words(value, set_one, &words);
	if (why == said)
		return -1;
	return why ? fail_text(why, "%s: %s: \"%.*s\"", where, key->name, 80, value) : 0;
}
