// SPDX-License-Identifier: MIT
// Source: finit_module(2), kernel/module/main.c; MODULE_INIT_COMPRESSED_FILE since Linux 5.17 (CONFIG_MODULE_DECOMPRESS).
#include <errno.h>
#include <fcntl.h>
#include <linux/module.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "phase/modload.h"

static struct {
	struct modspan list, aliases;
	char cmdline[4096];
} tables LARGE_BSS;

int modload_map(const char *path, struct modspan *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = 1;
	struct stat st;
	void *p;

	if (fd < 0)
		return errno == ENOENT ? 0 : fail("open", "%s", path);
	if (fstat(fd, &st)) {
		ret = fail("stat", "%s", path);
	} else if (st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED)
			ret = fail("mmap", "%s", path);
		else
			*text = (struct modspan){p, (size_t)st.st_size};
	}
	close(fd);
	return ret;
}

int modload_open(void)
{
	int ret = tables.list.n ? 1 : modload_map("/etc/initbox.modules", &tables.list);

	if (ret <= 0 || tables.aliases.n)
		return ret;
	if (modload_map("/etc/initbox.aliases", &tables.aliases) < 0)
		return -1;
	return file_read(AT_FDCWD, "/proc/cmdline", tables.cmdline, sizeof(tables.cmdline) - 1) < 0 ? -1 : 1;
}

bool modload_on_demand(void)
{
	return tables.aliases.n > 0;
}

// Their names have the bus in front: "pci:v…".
bool modload_for_devices(void)
{
	return tables.aliases.n > 0 && memchr(tables.aliases.p, ':', tables.aliases.n);
}

// A module that is being loaded by somebody else is not there yet: the kernel lets finit_module(2) wait for that.
static bool is_loaded(struct modspan name)
{
	char path[160], state[16];
	struct buf b = BUF(path);

	buf_str(&b, "/sys/module/");
	for (size_t i = 0; i < name.n; i++)
		buf_char(&b, name.p[i] == '-' ? '_' : name.p[i]);
	buf_str(&b, "/initstate");
	return file_read(AT_FDCWD, path, state, sizeof(state) - 1) > 0 && !strncmp(state, "live", 4);
}

// Its file is gone then. Leaves errno.
static bool was_early(struct modspan name)
{
	int no = errno;
	bool yes = is_loaded(name);

	errno = no;
	return yes;
}

// Returns 0, or -1 with errno set and *call saying which call it was.
static int insert(const char *path, const char *parameters, const char **call)
{
	size_t n = strlen(path);
	int flags = n > 3 && !strcmp(path + n - 3, ".ko") ? 0 : MODULE_INIT_COMPRESSED_FILE, ret, no;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*call = "open";
	if (fd < 0)
		return -1;
	*call = "finit_module";
	ret = sys_finit_module(fd, parameters, flags);
	no = errno;
	close(fd);
	errno = no;
	return ret && errno == EEXIST ? 0 : ret;
}

static int load(const struct modline *line, bool optional)
{
	char path[256], text[2048];
	struct buf parameters = BUF(text);
	const char *call, *given;
	int ret;

	text[0] = '\0';
	if (fmt(path, sizeof(path), "%.*s", (int)line->path.n, line->path.p))
		return fail("open", "module %.*s", (int)line->path.n, line->path.p);
	if (modtable_is_blacklisted(tables.cmdline, modtable_name(line->path))) {
		log_line(LOG_NOTE, "modules: %s: left out, as the kernel's command line says (blacklist)", path);
		return 0;
	}
	if (line->parameters.n > 0)
		buf_fmt(&parameters, " %.*s", (int)line->parameters.n, line->parameters.p);
	modtable_parameters(&parameters, tables.cmdline, modtable_name(line->path));
	if (parameters.cut)
		return fail_text("its parameters are too long", "%s", path);
	given = text[0] ? text + 1 : text;
	explain("finit_module", "insmod %s%s%s%s", path, text[0] ? " " : "", given, optional ? " || true" : "");
	ret = insert(path, given, &call);
	if (ret && !optional && !was_early(modtable_name(line->path))) {
		fail(call, "%s", path);
		return line->needed_by.n ? fail_because("needed by %.*s", (int)line->needed_by.n, line->needed_by.p)
					 : -1;
	}
	if (!line->on_demand && unlink(path) && errno != EROFS && errno != ENOENT)
		return fail("unlink", "%s", path);
	return 0;
}

int modload_early(const char *name)
{
	struct modspan text, word = {name, strlen(name)};
	struct modline line;

	if (modload_open() < 0)
		return -1;
	text = tables.list;
	while (modtable_next(&text, &line))
		if (modtable_same(modtable_name(line.path), word))
			return load(&line, line.optional);
	return 0;
}

int modload_all(void)
{
	struct modspan text = tables.list;
	struct modline line;

	while (modtable_next(&text, &line))
		if (!line.on_demand && load(&line, line.optional))
			return -1;
	return 0;
}

// Takes the - off a word of a row of aliases.
static bool take_optional(struct modspan *word)
{
	bool optional = *word->p == '-';

	word->p += optional;
	word->n -= optional;
	return optional;
}

static int load_word(struct modspan word)
{
	struct modspan text = tables.list;
	struct modline line;
	bool optional = take_optional(&word);

	if (is_loaded(word))
		return 0;
	while (modtable_next(&text, &line))
		if (modtable_same(modtable_name(line.path), word))
			return load(&line, optional);
	return fail_text("is not in /etc/initbox.modules", "%.*s", (int)word.n, word.p);
}

bool modload_wants(const char *alias)
{
	struct modspan rows = tables.aliases, names, word;

	while (modtable_alias(&rows, alias, &names))
		while (modtable_word(&names, &word))
			if (!take_optional(&word) && !is_loaded(word))
				return true;
	return false;
}

// Drivers look for themselves whether they want a device that their alias fits, and most CPUs have the same alias.
static void say_failure(const char *alias)
{
	if (err_last.no == ENODEV && strchr(alias, ':')) {
		log_line(LOG_DETAIL, "modules: %s: does not want %s", err_last.object, alias);
		return;
	}
	strcpy(err_last.phase, "modules");
	log_err(&err_last);
}

int modload_alias(const char *alias)
{
	struct modspan rows = tables.aliases, names, word;
	int ret = 1;

	while (modtable_alias(&rows, alias, &names)) {
		ret = ret < 0 ? ret : 0;
		while (modtable_word(&names, &word))
			if (load_word(word)) {
				say_failure(alias);
				ret = -1;
				break; // without it what follows can't be loaded
			}
	}
	return ret;
}
