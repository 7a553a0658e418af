// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "list.h"

#include "fail.h"
#include "root.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_WORDS = 32 };

// One line while it is done.
struct line {
	struct image *image;
	char **words;
	size_t count;
	const char *dir;
	const char *origin;
};

// The octal mode in word n, or the default if the line has no such word.
static mode_t mode_word(const struct line *l, size_t n, mode_t otherwise)
{
	unsigned mode = 0;

	if (n >= l->count)
		return otherwise;
	for (const char *at = l->words[n]; *at || at == l->words[n]; at++) {
		if (*at < '0' || *at > '7' || (mode = mode * 8 + (unsigned)(*at - '0')) > 07777)
			fail("%s: \"%s\": not an octal mode from 0 to 7777", l->origin, l->words[n]);
	}
	return mode;
}

static uint32_t number_word(const struct line *l, size_t n, uint32_t max)
{
	uint64_t value = 0;

	for (const char *at = l->words[n]; *at || at == l->words[n]; at++) {
		if (*at < '0' || *at > '9' || (value = value * 10 + (unsigned)(*at - '0')) > max)
			fail("%s: \"%s\": not a number from 0 to %u", l->origin, l->words[n], max);
	}
	return (uint32_t)value;
}

static void do_dir(const struct line *l)
{
	tree_add(&l->image->tree, l->words[1],
		 (struct entry){ .origin = l->origin, .mode = S_IFDIR | mode_word(l, 2, 0755) });
}

static void do_file(const struct line *l)
{
	tree_add_file(&l->image->tree, l->words[1], l->words[2], mode_word(l, 3, (mode_t)-1), l->origin);
}

static void do_slink(const struct line *l)
{
	tree_add_link(&l->image->tree, l->words[1], l->words[2], l->origin);
}

static void do_nod(const struct line *l)
{
	struct entry e = { .origin = l->origin };

	if (strcmp(l->words[2], "c") && strcmp(l->words[2], "b"))
		fail("%s: \"%s\": a device node is c or b", l->origin, l->words[2]);
	e.mode = (l->words[2][0] == 'c' ? S_IFCHR : S_IFBLK) | mode_word(l, 5, 0600);
	// The kernel's dev_t has 12 bits for the major and 20 for the minor number.
	e.rmajor = number_word(l, 3, (1 << 12) - 1);
	e.rminor = number_word(l, 4, (1 << 20) - 1);
	tree_add(&l->image->tree, l->words[1], e);
}

static void do_root(const struct line *l)
{
	root_add(&l->image->tree, l->words[1], l->words[2], l->origin);
}

// All of a stream as text that ends with NUL.
static char *read_stream(FILE *stream, const char *path, const char *origin, size_t *size)
{
	char *text = fail_realloc(NULL, 4096, 1);
	size_t room = 4096, used = 0;

	while (!feof(stream) && !ferror(stream)) {
		used += fread(text + used, 1, room - used - 1, stream);
		if (used + 1 == room)
			text = fail_realloc(text, room *= 2, 1);
	}
	if (ferror(stream))
		fail("%s: %s: %s", origin, path, strerror(errno));
	text[used] = '\0';
	*size = used;
	return text;
}

static char *read_path(const char *path, const char *origin, size_t *size)
{
	FILE *stream = fopen(path, "re");
	char *text;

	if (!stream)
		fail("%s: %s: %s", origin, path, strerror(errno));
	text = read_stream(stream, path, origin, size);
	fclose(stream);
	return text;
}

// Whether the program in `binary` has the applet: busybox keeps their names as
// a row of strings. Asking the program would need one that runs on this machine.
static bool has_applet(const char *binary, size_t size, const char *name)
{
	char *string = fail_text("%c%s", 0, name);
	bool found;

	memcpy(string + 1, name, strlen(name) + 1);
	found = memmem(binary, size, string, strlen(name) + 2);
	free(string);
	return found;
}

// From a directory in the image down to its root: "../" for each level.
static char *way_up(const char *path)
{
	char *way = fail_text("%s", "");

	for (const char *at = path; (at = strchr(at, '/')); at++) {
		char *longer = fail_text("../%s", way);

		free(way);
		way = longer;
	}
	return way;
}

// busybox in /bin of a root, and a link for each applet of a list of paths.
static void do_busybox(const struct line *l)
{
	const char *list = l->count > 3 ? l->words[3] : fail_text("%s/busybox.applets", l->dir);
	size_t size, list_size;
	char *binary = read_path(l->words[2], l->origin, &size);
	char *text = read_path(list, l->origin, &list_size);
	unsigned number = 0;

	tree_add_file(&l->image->tree, fail_text("%s/bin/busybox", l->words[1]), l->words[2], 0755, l->origin);
	for (char *line = text, *end; line < text + list_size; line = end + 1) {
		const char *name;
		char *way;

		number++;
		end = line + strcspn(line, "\n");
		*end = '\0';
		if (!*line || *line == '#')
			continue;
		name = strrchr(line, '/') ? strrchr(line, '/') + 1 : line;
		if (!has_applet(binary, size, name))
			fail("%s:%u: %s has no applet %s (%s)", list, number, l->words[2], name, l->origin);
		way = way_up(line);
		tree_add_link(&l->image->tree, fail_text("%s/%s", l->words[1], line),
			      !strncmp(line, "bin/", 4) && !strchr(line + 4, '/') ? "busybox"
				      : fail_text("%sbin/busybox", way),
			      fail_text("%s:%u", list, number));
		free(way);
	}
	free(binary);
	free(text);
}

// The words of a module's parameters as one text, with quotes where the kernel
// wants them: around a value with spaces.
static char *parameters_from(const struct line *l)
{
	char *all = fail_text("%s", "");

	for (size_t i = 2; i < l->count; i++) {
		const char *word = l->words[i];
		int name = (int)strcspn(word, "=");
		bool quoted = word[strcspn(word, " \t")];
		char *longer;

		if (word[strcspn(word, "\"#\n")] || !name)
			fail("%s: \"%s\": not a parameter (NAME=VALUE, without \" and #)", l->origin, word);
		longer = quoted && word[name] ? fail_text("%s%s%.*s=\"%s\"", all, *all ? " " : "", name, word, word + name + 1)
					      : fail_text("%s%s%s", all, *all ? " " : "", word);
		free(all);
		all = longer;
	}
	return all;
}

static void do_module(const struct line *l)
{
	struct image *image = l->image;

	image->wishes = fail_grow(image->wishes, image->wish_count, sizeof(*image->wishes));
	image->wishes[image->wish_count++] =
		(struct wish){ .module = l->words[1], .parameters = parameters_from(l), .origin = l->origin,
			       .on_demand = !strcmp(l->words[0], "on-demand") };
}

static void do_config(const struct line *l)
{
	tree_add_file(&l->image->tree, "/etc/initbox.conf", l->words[1], 0644, l->origin);
}

// May hold what others should not read: the environment of one run.
static void do_run_config(const struct line *l)
{
	struct entry e = { .origin = l->origin, .mode = S_IFREG | 0600 };
	size_t size;

	if (strcmp(l->words[1], "-")) {
		tree_add_file(&l->image->tree, "/etc/initbox.run.conf", l->words[1], 0600, l->origin);
		return;
	}
	e.data = read_stream(stdin, "standard input", l->origin, &size);
	e.size = size;
	tree_add(&l->image->tree, "/etc/initbox.run.conf", e);
}

static void do_firmware(const struct line *l)
{
	struct image *image = l->image;

	image->firmware = fail_grow(image->firmware, image->firmware_count, sizeof(*image->firmware));
	image->firmware[image->firmware_count++] = (struct firmware_wish){ l->words[1], l->origin };
}

static void do_microcode(const struct line *l)
{
	microcode_add(&l->image->microcode, l->words[1], l->origin);
}

static const struct verb {
	const char *name;
	const char *arguments;
	size_t least;
	size_t most;
	void (*run)(const struct line *l);
} verbs[] = {
	{ "dir", "PATH [MODE]", 1, 2, do_dir },
	{ "file", "PATH SOURCE [MODE]", 2, 3, do_file },
	{ "slink", "PATH TARGET", 2, 2, do_slink },
	{ "nod", "PATH c|b MAJOR MINOR [MODE]", 4, 5, do_nod },
	{ "root", "PATH SOURCE", 2, 2, do_root },
	{ "busybox", "PATH PROGRAM [APPLETS]", 2, 3, do_busybox },
	{ "firmware", "NAME|PATTERN", 1, 1, do_firmware },
	{ "microcode", "SOURCE", 1, 1, do_microcode },
	{ "module", "NAME [PARAMETER=VALUE]…", 1, MAX_WORDS - 1, do_module },
	{ "on-demand", "NAME|DIRECTORY/ [PARAMETER=VALUE]…", 1, MAX_WORDS - 1, do_module },
	{ "config", "SOURCE", 1, 1, do_config },
	{ "run-config", "SOURCE|-", 1, 1, do_run_config },
};

void list_help(void)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		printf("  %s %s\n", verbs[i].name, verbs[i].arguments);
}

void list_line(struct image *image, char **words, size_t count, const char *dir, const char *origin)
{
	const struct line line = { image, words, count, dir, origin };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, words[0]))
			continue;
		if (count - 1 < verbs[i].least || count - 1 > verbs[i].most)
			fail("%s: wrong number of words, it must be: %s %s", origin, verbs[i].name,
			     verbs[i].arguments);
		verbs[i].run(&line);
		return;
	}
	fail("%s: \"%s\": no such kind of line (see --help)", origin, words[0]);
}

// Copies the next word of *at to out, without its quotes: '…' keeps all as it
// is, in "…" a backslash takes the next byte literally.
static void take_word(const char **at, char *out, const char *origin)
{
	char quote = 0;

	for (; **at && (quote || !isspace((unsigned char)**at)); (*at)++) {
		if (!quote && (**at == '\'' || **at == '"'))
			quote = **at;
		else if (quote && **at == quote)
			quote = 0;
		else if (quote == '"' && **at == '\\' && (*at)[1])
			*out++ = *++*at;
		else
			*out++ = **at;
	}
	if (quote)
		fail("%s: a quote %c is not closed", origin, quote);
	*out = '\0';
}

static size_t split(const char *text, char **words, const char *origin)
{
	size_t count = 0;

	for (;;) {
		text += strspn(text, " \t\r");
		if (!*text || *text == '#')
			return count;
		if (count == MAX_WORDS)
			fail("%s: more than %d words", origin, MAX_WORDS);
		words[count] = fail_realloc(NULL, strlen(text) + 1, 1);
		take_word(&text, words[count++], origin);
	}
}

void list_text(struct image *image, const char *text, const char *dir, const char *origin)
{
	char *words[MAX_WORDS];
	size_t count = split(text, words, origin);

	if (count)
		list_line(image, words, count, dir, origin);
}

void list_read(struct image *image, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dir = slash ? fail_text("%.*s", (int)(slash - path), path) : ".";
	unsigned number = 0;
	size_t size;
	char *text = read_path(path, "--from", &size);

	if (memchr(text, 0, size))
		fail("%s: not a text: it has a NUL byte", path);
	for (char *line = text, *end; line < text + size; line = end + 1) {
		end = line + strcspn(line, "\n");
		*end = '\0';
		list_text(image, line, dir, fail_text("%s:%u", path, ++number));
	}
	free(text);
}
