// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "root.h"

#include "cpio_read.h"
#include "fail.h"
#include "load.h"
#include "packing.h"
#include "tar.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// What initbox can mount as a root: init/phase/image.c.
static const struct {
	size_t at;
	size_t size;
	const char *magic;
} file_systems[] = {
	{ 0, 4, "hsqs" },		// squashfs
	{ 1024, 4, "\xe2\xe1\xf5\xe0" },	// erofs
	{ 1024 + 56, 2, "\x53\xef" },	// ext4
};

static bool is_file_system(struct bytes b)
{
	for (size_t i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++)
		if (b.size >= file_systems[i].at + file_systems[i].size &&
		    !memcmp(b.at + file_systems[i].at, file_systems[i].magic, file_systems[i].size))
			return true;
	return false;
}

// Only the beginning is read: an image may be large.
static bool has_file_system(const char *source, const char *origin)
{
	unsigned char start[2048];
	int fd = open(source, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	if (fd < 0 || (size = pread(fd, start, sizeof(start), 0)) < 0)
		fail("%s: %s: %s", origin, source, strerror(errno));
	close(fd);
	return is_file_system((struct bytes){ .at = start, .size = (size_t)size });
}

static void add_archive(struct tree *t, const char *path, const char *source, const char *origin)
{
	char *object = fail_text("%s: %s", origin, source);
	struct bytes b = load_map(source, object);
	const struct packing *packing = packing_find(b.at, b.size);

	if (packing)
		b = load_unpacked_bytes(b, packing->program, object);
	if (cpio_is(b.at, b.size))
		root_add_newc(t, path, b.at, b.size, object);
	else if (tar_is(b.at, b.size))
		root_add_tar(t, path, b.at, b.size, object);
	else if (is_file_system(b))
		fail("%s: an image of a file system has to be decompressed before it is a root", object);
	else
		fail("%s: neither a directory, nor a tar or newc archive, nor an image with squashfs, erofs or ext4",
		     object);
}

void root_add(struct tree *t, const char *path, const char *source, const char *origin)
{
	struct stat st;

	if (stat(source, &st))
		fail("%s: %s: %s", origin, source, strerror(errno));
	if (S_ISDIR(st.st_mode))
		root_add_directory(t, path, source, origin);
	else if (!S_ISREG(st.st_mode))
		fail("%s: %s: neither a directory nor a file", origin, source);
	else if (has_file_system(source, origin))
		tree_add_file(t, path, source, 0644, origin);
	else
		add_archive(t, path, source, origin);
}
