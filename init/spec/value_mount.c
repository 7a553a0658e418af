// SPDX-License-Identifier: MIT
// Words about what is mounted in a box, as docker has them.
#include <linux/bpf.h>
#include <string.h>
#include <sys/mount.h>

#include "base/arena.h"
#include "base/sys.h"
#include "spec/value.h"

static const char too_large[] = "the configuration is too large";

static const struct attr_word {
	char name[9];
	uint8_t attr;
	bool off;
} attr_words[] = {
	{"ro", MOUNT_ATTR_RDONLY, false},     {"readonly", MOUNT_ATTR_RDONLY, false}, {"rro", MOUNT_ATTR_RDONLY, false},
	{"rw", MOUNT_ATTR_RDONLY, true},      {"nosuid", MOUNT_ATTR_NOSUID, false},   {"suid", MOUNT_ATTR_NOSUID, true},
	{"nodev", MOUNT_ATTR_NODEV, false},   {"dev", MOUNT_ATTR_NODEV, true},	      {"noexec", MOUNT_ATTR_NOEXEC, false},
	{"exec", MOUNT_ATTR_NOEXEC, true},
};
_Static_assert(MOUNT_ATTR_RDONLY == MS_RDONLY && MOUNT_ATTR_NOSUID == MS_NOSUID && MOUNT_ATTR_NODEV == MS_NODEV &&
		       MOUNT_ATTR_NOEXEC == MS_NOEXEC,
	       "what mount_setattr(2) and mount(2) call them");

static const struct {
	char name[8];
	uint32_t propagation;
} propagations[] = {{"private", MS_PRIVATE}, {"slave", MS_SLAVE}, {"shared", MS_SHARED}};

// Propagation is that of the whole tree: rslave and slave are one.
static bool take_bind_word(struct volume *v, const char *w, size_t n)
{
	if (value_is(w, n, "bind") || value_is(w, n, "rbind")) {
		v->flat = n == 4;
		return true;
	}
	if (value_is(w, n, "idmap")) {
		v->idmap = true;
		return true;
	}
	if (value_is(w, n, "O")) {
		v->kind = VOLUME_OVERLAY;
		return true;
	}
	if (n && *w == 'r') {
		w++;
		n--;
	}
	for (size_t i = 0; i < COUNT(propagations); i++) {
		if (!value_is(w, n, propagations[i].name))
			continue;
		v->propagation = propagations[i].propagation;
		return true;
	}
	return false;
}

// size=64m mode=1777 uid=5 gid=5
static bool take_tmpfs_word(struct volume *v, const char *w, size_t n)
{
	size_t key = strcspn(w, "=");
	const char *value = w + key + 1;
	char text[24];
	uint64_t id;

	if (key >= n || fmt(text, sizeof(text), "%.*s", (int)(n - key - 1), value))
		return false;
	if (value_is(w, key, "size"))
		return !value_size(text, &v->size);
	if (value_is(w, key, "uid") || value_is(w, key, "gid")) {
		if (num_parse(text, strlen(text), 10, UINT32_MAX - 1, &id))
			return false;
		*(*w == 'u' ? &v->uid : &v->gid) = (uint32_t)id;
		return true;
	}
	if (!value_is(w, key, "mode") || !*text || strspn(text, "01234567") != strlen(text) || strlen(text) > 5)
		return false;
	v->mode = 1;
	for (const char *c = text; *c; c++)
		v->mode = (uint16_t)((v->mode - 1) * 8 + (*c - '0') + 1);
	return v->mode <= 07777 + 1;
}

static bool take_attr(struct volume *v, const char *w, size_t n, bool on)
{
	for (size_t i = 0; i < COUNT(attr_words); i++) {
		const struct attr_word *a = &attr_words[i];

		if (!value_is(w, n, a->name))
			continue;
		v->attrs = (uint8_t)(a->off == on ? v->attrs & ~a->attr : v->attrs | a->attr);
		return true;
	}
	return false;
}

static bool take_word(struct volume *v, const char *w, size_t n)
{
	if (take_attr(v, w, n, true))
		return true;
	return v->kind == VOLUME_TMPFS ? take_tmpfs_word(v, w, n) : take_bind_word(v, w, n);
}

static bool take_words(struct volume *v, const char *s)
{
	for (;; s++) {
		size_t n = strcspn(s, ",");

		if (!take_word(v, s, n))
			return false;
		s += n;
		if (!*s)
			return true;
	}
}

// Takes one part up to a colon, in which \: stands for a colon. Returns NULL when the arena is full.
static char *take_part(const char **s)
{
	const char *from = *s;
	size_t n = 0;
	char *part, *to;

	while (from[n] && from[n] != ':')
		n += from[n] == '\\' && from[n + 1] == ':' ? 2 : 1;
	*s += n + (from[n] == ':');
	part = to = arena_copy(from, n);
	for (size_t i = 0; part && i < n; i++) {
		if (from[i] == '\\' && from[i + 1] == ':')
			i++;
		*to++ = from[i];
	}
	if (part)
		*to = '\0';
	return part;
}

// An absolute path other than the root.
static bool is_target(const char *s)
{
	return s[0] == '/' && s[strspn(s, "/")];
}

static struct volume new_volume(enum volume_kind kind)
{
	return (struct volume){
		.kind = (uint8_t)kind,
		.attrs = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (kind == VOLUME_TMPFS ? MOUNT_ATTR_NOEXEC : 0),
	};
}

static bool ends_in_colon(const char *s)
{
	return *s && s[strlen(s) - 1] == ':';
}

// Words of a bind are for nothing else.
static bool has_stray_words(const struct volume *v)
{
	return v->kind != VOLUME_BIND && (v->propagation || v->flat || v->top_read_only || v->idmap);
}

const char *value_volume(const char *s, struct volume *v)
{
	static const char why[] = "not a volume (try /srv/data:/data or /srv/data:/data:ro)";
	struct volume out = new_volume(VOLUME_BIND);

	if (ends_in_colon(s))
		return why;
	out.source = take_part(&s);
	out.target = take_part(&s);
	if (!out.source || !out.target)
		return too_large;
	if (!*out.source || !is_target(out.target) || (*s && !take_words(&out, s)) || has_stray_words(&out))
		return why;
	*v = out;
	return NULL;
}

const char *value_tmpfs(const char *s, struct volume *v)
{
	static const char why[] = "not a tmpfs (try /run or /run:size=64M,mode=755,exec)";
	struct volume out = new_volume(VOLUME_TMPFS);

	if (ends_in_colon(s))
		return why;
	out.target = take_part(&s);
	if (!out.target)
		return too_large;
	if (!is_target(out.target) || (*s && !take_words(&out, s)))
		return why;
	*v = out;
	return NULL;
}

// docker's bind-recursive: what happens below the mount itself.
static bool take_recursive(struct volume *v, const char *value)
{
	if (!strcmp(value, "disabled"))
		v->flat = true;
	else if (!strcmp(value, "writable"))
		v->top_read_only = true;
	else
		return !strcmp(value, "enabled") || !strcmp(value, "readonly");
	return true;
}

// One KEY[=VALUE] of --mount, which is in the arena: key ends where value begins.
static const char *take_field(struct volume *v, const char *field, size_t key)
{
	static const char why[] = "not a word of a mount (type source target readonly bind-propagation tmpfs-size …)";
	const char *value = field[key] ? field + key + 1 : "";
	bool on = true;

	if (value_is(field, key, "source") || value_is(field, key, "src")) {
		v->source = value;
	} else if (value_is(field, key, "target") || value_is(field, key, "dst") || value_is(field, key, "destination")) {
		v->target = value;
	} else if (value_is(field, key, "bind-propagation")) {
		return take_bind_word(v, value, strlen(value)) && v->propagation ? NULL : why;
	} else if (value_is(field, key, "bind-recursive")) {
		return take_recursive(v, value) ? NULL : why;
	} else if (value_is(field, key, "bind-nonrecursive")) {
		v->flat = true;
		return field[key] ? value_bool(value, &v->flat) : NULL;
	} else if (field[key] && !value_bool(value, &on) && take_attr(v, field, key, on)) { // readonly=true
		return NULL;
	} else {
		size_t skip = strncmp(field, "tmpfs-", 6) ? 0 : 6;

		return take_word(v, field + skip, strlen(field + skip)) ? NULL : why;
	}
	return NULL;
}

// Takes the next field of a line of CSV: "…" around one that holds commas, "" in it for a quote.
static char *next_field(const char **s)
{
	const char *p = *s;
	char *field = arena_copy(p, strlen(p)), *to = field;
	bool quoted = *p == '"';

	if (!field)
		return NULL;
	for (p += quoted; *p && (quoted || *p != ','); p++) {
		if (quoted && *p == '"' && *++p != '"') {
			quoted = false;
			p--;
			continue;
		}
		*to++ = *p;
	}
	*to = '\0';
	*s = *p ? p + 1 : p;
	return field;
}

static bool find_kind(const char *word, struct volume *v)
{
	static const char kinds[][8] = {"bind", "tmpfs", "overlay"}; // enum volume_kind

	for (unsigned i = 0; i < COUNT(kinds); i++) {
		if (strcmp(word, kinds[i]))
			continue;
		*v = new_volume(i);
		return true;
	}
	return false;
}

const char *value_mount(const char *s, struct volume *v)
{
	struct volume out = new_volume(VOLUME_BIND);

	// The type comes first wherever it stands: it decides which words there are.
	for (int pass = 0; pass < 2; pass++) {
		for (const char *p = s, *why; *p;) {
			char *field = next_field(&p);
			bool type = field && !strncmp(field, "type=", 5);

			if (!field)
				return too_large;
			if (pass == 0 && type && !find_kind(field + 5, &out))
				return "not a type of mount (bind, tmpfs, overlay)";
			why = pass && !type ? take_field(&out, field, strcspn(field, "=")) : NULL;
			if (why)
				return why;
		}
	}
	if (!out.target || !is_target(out.target))
		return "a mount needs target= with an absolute path";
	if ((out.kind == VOLUME_TMPFS) != !(out.source && *out.source))
		return "a mount needs source=, and a tmpfs has none";
	if (has_stray_words(&out))
		return "bind-propagation, bind-recursive and idmap are for binds";
	*v = out;
	return NULL;
}

static uint8_t access_letters(const char *s)
{
	static const struct {
		char letter;
		uint8_t access;
	} letters[] = {{'r', BPF_DEVCG_ACC_READ}, {'w', BPF_DEVCG_ACC_WRITE}, {'m', BPF_DEVCG_ACC_MKNOD}};
	uint8_t access = 0;

	for (; *s; s++) {
		uint8_t was = access;

		for (size_t i = 0; i < COUNT(letters); i++)
			if (*s == letters[i].letter)
				access |= letters[i].access;
		if (access == was)
			return 0;
	}
	return access;
}

const char *value_device(const char *s, struct device *d)
{
	static const char why[] = "not a device (try /dev/fuse, /dev/sda:/dev/disk, /dev/fuse:rw)";
	struct device out;
	const char *word;

	if (ends_in_colon(s))
		return why;
	out.source = out.target = take_part(&s);
	out.access = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD;
	word = *s ? take_part(&s) : NULL;
	if (word && word[0] == '/') {
		out.target = word;
		word = *s ? take_part(&s) : NULL;
	}
	if (word)
		out.access = access_letters(word);
	if (!out.source || !out.target)
		return too_large;
	if (*s || !out.access || !is_target(out.source) || !is_target(out.target))
		return why;
	*d = out;
	return NULL;
}
