// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "show.h"

#include "fail.h"
#include "image_read.h"
#include "packing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

char *show_name(const char *name)
{
	char *text = fail_realloc(NULL, strlen(name) + 1, 4), *out = text;

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (c < ' ' || c == 0x7f || c == '\\')
			out += sprintf(out, "\\%03o", c);
		else
			*out++ = (char)c;
	}
	*out = '\0';
	return text;
}

// "-rwsr-xr-t", as ls writes it.
static void write_mode(uint32_t mode, char out[static 11])
{
	static const struct {
		mode_t type;
		char letter;
	} types[] = {
		{ S_IFREG, '-' }, { S_IFDIR, 'd' }, { S_IFLNK, 'l' },  { S_IFCHR, 'c' },
		{ S_IFBLK, 'b' }, { S_IFIFO, 'p' }, { S_IFSOCK, 's' },
	};
	static const char set[] = "sst", set_only[] = "SST";

	out[0] = '?';
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if ((mode & S_IFMT) == types[i].type)
			out[0] = types[i].letter;
	for (unsigned i = 0; i < 9; i++)
		out[1 + i] = mode & 0400u >> i ? "rwx"[i % 3] : '-';
	for (unsigned i = 0; i < 3; i++)
		if (mode & 04000u >> i)
			out[3 + 3 * i] = mode & 0100u >> 3 * i ? set[i] : set_only[i];
	out[10] = '\0';
}

static void show_member(const struct cpio_found *f)
{
	const struct cpio_member *m = &f->member;
	char *name = show_name(m->name), mode[11], date[32] = "", size[24];
	time_t when = (time_t)m->mtime;
	struct tm tm;

	write_mode(m->mode, mode);
	if (S_ISCHR(m->mode) || S_ISBLK(m->mode))
		snprintf(size, sizeof(size), "%u, %u", m->rmajor, m->rminor);
	else
		snprintf(size, sizeof(size), "%u", m->size);
	if (gmtime_r(&when, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &tm);
	printf("%s %3u %5u %5u %10s %s %s", mode, m->nlink, m->uid, m->gid, size, date, name);
	free(name);
	if (S_ISLNK(m->mode)) {
		char *raw = fail_text("%.*s", (int)m->size, (const char *)f->data);

		name = show_name(raw);
		printf(" -> %s", name);
		free(name);
		free(raw);
	}
	putchar('\n');
}

static void show_archive(const struct image_reader *r)
{
	printf("# archive %u at byte %zu: %s\n", r->number, r->offset,
	       r->packing ? r->packing->name : "not compressed");
}

void show_image(const char *path)
{
	const char *why = NULL;
	struct image_reader r;
	struct cpio_found f;
	int more;

	image_open(&r, path);
	while ((more = image_next(&r, &why)) > 0) {
		show_archive(&r);
		while (!(why = image_member(&r, &f)) && !f.trailer)
			show_member(&f);
		if (why)
			break;
	}
	if (fflush(stdout) || ferror(stdout))
		fail("standard output can't be written");
	if (why || more < 0)
		fail("%s: archive %u at byte %zu: %s", path, r.number, r.offset, why);
}
