// SPDX-License-Identifier: MIT
// A seed for the kernel's pool of entropy, from a file that is replaced before what was in it counts, so that none is ever used
// twice; and one from qemu's fw_cfg. Source: random(4), getrandom(2); Linux drivers/char/random.c.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/random.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sha256.h"
#include "phase/phase.h"

#ifndef GRND_INSECURE
#define GRND_INSECURE 4
#endif

enum {
	SEED_BYTES = 512,
	READY_BITS = 256, // with more the kernel can't begin
	HEX_BYTES = 64
};

static const char fw_cfg[] = "/sys/firmware/qemu_fw_cfg/by_name/opt/initbox/seed/raw";

struct seed {
	char bytes[SEED_BYTES + 1];
	size_t n;
};

// A file that is not there is an empty one.
static int read_seed(const char *path, struct seed *s)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	s->n = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : fail("open", "%s", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return fail_text("is not a regular file", "%s", path);
	}
	n = read(fd, s->bytes, SEED_BYTES);
	close(fd);
	if (n < 0)
		return fail("read", "%s", path);
	s->n = (size_t)n;
	return 0;
}

// Mixes it into the pool. That alone counts for nothing.
static int mix(const struct seed *s)
{
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return fail("open", "/dev/urandom");
	if (s->n && write(fd, s->bytes, s->n) != (ssize_t)s->n)
		ret = fail("write", "/dev/urandom");
	close(fd);
	return ret;
}

// Lets what was mixed in count, for no more than the kernel needs to begin.
static int credit(size_t bytes)
{
	int bits = bytes * 8 < READY_BITS ? (int)bytes * 8 : READY_BITS;
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return fail("open", "/dev/urandom");
	if (ioctl(fd, RNDADDTOENTCNT, &bits))
		ret = fail("RNDADDTOENTCNT", "/dev/urandom");
	close(fd);
	return ret;
}

// A new one: of the kernel's bytes and, where these can't be trusted yet, of what was good in the old one.
// Returns 1, 0 when there is nothing good to make it of, or -1 with err_last set.
static int make_seed(const struct seed *old, struct seed *new)
{
	struct sha256 h;
	char hex[HEX_BYTES + 1];
	bool ready = getrandom(new->bytes, SEED_BYTES, GRND_NONBLOCK) == SEED_BYTES;

	if (!ready && errno != EAGAIN)
		return fail("getrandom", "seed");
	if (!ready && !old->n)
		return 0;
	if (!ready && getrandom(new->bytes, SEED_BYTES, GRND_INSECURE) != SEED_BYTES)
		return fail("getrandom", "seed");
	sha256_begin(&h);
	sha256_add(&h, old->bytes, old->n);
	sha256_add(&h, new->bytes, SEED_BYTES);
	sha256_end(&h, hex);
	memcpy(new->bytes + SEED_BYTES - HEX_BYTES, hex, HEX_BYTES);
	new->n = SEED_BYTES;
	return 1;
}

static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	int fd, ret;

	if (fmt(dir, sizeof(dir), "%.*s/", (int)(slash - path), path))
		return fail("open", "%s", path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail("open", "%s", dir);
	ret = fsync(fd) ? fail("fsync", "%s", dir) : 0;
	close(fd);
	return ret;
}

// As one step: there is the old one or the new one, never half of it.
static int write_seed(const char *path, const struct seed *s)
{
	char new[PATH_MAX];
	int fd;

	if (fmt(new, sizeof(new), "%s.new", path))
		return fail("open", "%s.new", path);
	if (unlink(new) && errno != ENOENT)
		return fail("unlink", "%s", new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail("open", "%s", new);
	if (write(fd, s->bytes, s->n) != (ssize_t)s->n || fsync(fd)) {
		fail("write", "%s", new);
		close(fd);
		return -1;
	}
	close(fd);
	return rename(new, path) ? fail("rename", "%s", path) : sync_directory(path);
}

static LARGE_BSS struct seed old, new;

// otherwise: what is said when none can be made.
static int replace(const char *path, const char *otherwise)
{
	int made = make_seed(&old, &new), ret = made;

	if (made > 0)
		ret = write_seed(path, &new);
	else if (made == 0)
		log_line(LOG_NOTE, "seed: %s: the kernel has no entropy yet: %s", path, otherwise);
	explicit_bzero(&new, sizeof(new));
	return ret;
}

// Where a machine ends it has gathered some. arg: the spec.
static int save(void *arg)
{
	const struct spec *s = arg;

	old.n = 0;
	return replace(s->seed, "it stays as it is");
}

// The file is replaced between mixing and counting: what is lost in between is only what it would have counted for.
static int take_file(struct box *box)
{
	const struct spec *s = box->spec;
	int ret;

	if (read_seed(s->seed, &old) || mix(&old))
		return -1;
	ret = replace(s->seed, "it is written when the machine ends");
	if (!ret && s->seed_credit && old.n)
		ret = credit(old.n);
	explicit_bzero(&old, sizeof(old));
	return ret ? ret : undo_push(&box->undo, save, (void *)(uintptr_t)s, "seed");
}

static int seed_up(struct box *box)
{
	int ret;

	if (!access(fw_cfg, F_OK)) {
		if (read_seed(fw_cfg, &old) || mix(&old))
			return -1;
		ret = box->spec->seed_credit && old.n ? credit(old.n) : 0;
		explicit_bzero(&old, sizeof(old));
		if (ret)
			return -1;
	}
	return box->spec->seed ? take_file(box) : 0;
}

static void seed_explain(const struct box *box)
{
	const char *path = box->spec->seed;

	if (!access(fw_cfg, F_OK))
		explain(box->spec->seed_credit ? "read write RNDADDTOENTCNT" : "read write", "cat %s >/dev/urandom", fw_cfg);
	if (path)
		explain(box->spec->seed_credit ? "getrandom fsync rename RNDADDTOENTCNT" : "getrandom fsync rename",
			"cat %s >/dev/urandom; head -c %d /dev/urandom >%s.new; sync %s.new; mv %s.new %s", path,
			SEED_BYTES, path, path, path, path);
}

const struct phase phase_seed = {"seed", seed_explain, seed_up};
