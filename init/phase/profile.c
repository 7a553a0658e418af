// SPDX-License-Identifier: MIT
// A seccomp filter of one's own, on the launcher's side: FILE.bpf is taken as it is, anything else is a profile in JSON that
// boxfilter compiles. What came of it is kept under a name that follows from all that it depends on: the profile's bytes,
// the capabilities, the kernel, and boxfilter itself. Phase filter loads it.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/sys.h"
#include "phase/cache.h"
#include "phase/compile.h"
#include "phase/phase.h"
#include "spec/caps.h"

enum {
	MAX_PROFILE = 16 << 20,
	FLAGS_FOLLOW = 0xb0f1, // code of a first instruction that is none: k has flags for seccomp(2) (boxfilter --format box)
	FLAGS = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
};

// One instruction more than the kernel takes, for the flags; file_read wants a byte behind the end.
static LARGE_BSS _Alignas(8) struct sock_filter program[BPF_MAXINSNS + 2];

static int take_program(struct box *box, const char *name, size_t size)
{
	size_t n = size / sizeof(program[0]), first = n > 0 && program[0].code == FLAGS_FOLLOW;

	if (size % sizeof(program[0]) || n == first || n - first > BPF_MAXINSNS)
		return fail_text("is no BPF program (boxfilter -o makes one)", "%s", name);
	box->filter_flags = first ? program[0].k & ~(unsigned)SECCOMP_FILTER_FLAG_TSYNC : 0; // there is one thread
	if (box->filter_flags & ~(unsigned)FLAGS)
		return fail_text("has flags for seccomp(2) that need somebody who answers", "%s", name);
	box->filter = program + first;
	box->filter_len = (unsigned short)(n - first);
	return 0;
}

// The file is read once: what is hashed is what is compiled. Returns a file in memory, at its start, or -1.
static int copy_profile(const char *path, struct sha256 *h)
{
	static LARGE_BSS char part[16 * 1024];
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), to;
	ssize_t n;

	if (from < 0)
		return fail("open", "%s", path);
	to = memfd_create("profile", MFD_CLOEXEC);
	if (to < 0)
		return fail("memfd_create", "%s", path);
	while ((n = read(from, part, sizeof(part))) > 0) {
		sha256_add(h, part, (size_t)n);
		if (h->bytes > MAX_PROFILE)
			return fail_text("larger than 16 MiB", "%s", path);
		if (write(to, part, (size_t)n) != n)
			return fail("write", "%s", path);
	}
	if (n < 0)
		return fail("read", "%s", path);
	close(from);
	return lseek(to, 0, SEEK_SET) < 0 ? fail("lseek", "%s", path) : to;
}

// Behind the profile's own bytes, which are JSON or refused.
static void add_rest(struct sha256 *h, const struct compiler *c, uint64_t caps, const char *release)
{
	char text[256];
	struct buf b = BUF(text);
	size_t major = strcspn(release, "."), minor = release[major] ? strcspn(release + major + 1, ".-+") + 1 : 0;

	buf_fmt(&b, "%c1 %lx %.*s %lx %lx %lx %ld.%ld", '\0', (unsigned long)caps, (int)(major + minor), release,
		(unsigned long)c->st.st_dev, (unsigned long)c->st.st_ino, (unsigned long)c->st.st_size,
		(long)c->st.st_mtim.tv_sec, c->st.st_mtim.tv_nsec);
	sha256_add(h, text, b.len);
}

// What the program will have: what initbox lacks itself it can't give. Who makes a user namespace has all in it.
// Returns 0, or -1 with err_last set.
static int kept_caps(const struct box *box, uint64_t *caps)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{0}};

	if (syscall(SYS_capget, &h, d))
		return fail("capget", "capabilities");
	*caps = caps_kept(box->spec) & (box->userns ? ~0ull : d[0].permitted | (uint64_t)d[1].permitted << 32);
	return 0;
}

static long compile(const struct compiler *c, int fd, const char *path, uint64_t caps, const char *release)
{
	int made = compile_run(c, fd, path, caps, release);

	return made < 0 ? -1 : file_take(made, path, (char *)program, sizeof(program) - 1);
}

static int profile_from_json(struct box *box, const char *path)
{
	uint64_t caps;
	struct compiler compiler;
	struct utsname machine;
	struct sha256 h;
	char name[72];
	int fd, dir;
	long n;

	sha256_begin(&h);
	if (kept_caps(box, &caps))
		return -1;
	if (uname(&machine))
		return fail("uname", "%s", path);
	fd = copy_profile(path, &h);
	if (fd < 0 || compile_find(&compiler))
		return -1;
	add_rest(&h, &compiler, caps, machine.release);
	sha256_end(&h, name);
	strcpy(name + 64, ".bpf");
	dir = cache_open();
	n = dir < 0 ? 0 : (long)cache_get(dir, name, program, sizeof(program) - 1);
	if (n > 0) {
		log_line(LOG_DETAIL, "%s was compiled before: %s", path, name);
	} else {
		n = compile(&compiler, fd, path, caps, machine.release);
		if (n < 0)
			return -1;
		if (dir >= 0)
			cache_put(dir, name, program, (size_t)n);
	}
	close(compiler.fd);
	close(fd);
	if (dir >= 0)
		close(dir);
	return take_program(box, path, (size_t)n);
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), len = strlen(end);

	return n >= len && !strcmp(s + n - len, end);
}

static int profile_up(struct box *box)
{
	const char *path = box->spec->seccomp_file;
	long n;

	if (box->spec->seccomp != SECCOMP_FILTER_FILE)
		return 0;
	if (!ends_in(path, ".bpf"))
		return profile_from_json(box, path);
	n = file_read(AT_FDCWD, path, (char *)program, sizeof(program) - 1);
	return n < 0 ? -1 : take_program(box, path, (size_t)n);
}

static void profile_explain(const struct box *box)
{
	const struct spec *s = box->spec;
	uint64_t caps;

	if (s->seccomp == SECCOMP_FILTER_FILE && !ends_in(s->seccomp_file, ".bpf") && !kept_caps(box, &caps))
		explain("execveat", "boxfilter --format box --caps 0x%lx --kernel \"$(uname -r)\" -o filter.bpf %s",
			(unsigned long)caps, s->seccomp_file);
}

const struct phase phase_profile = {"profile", profile_explain, profile_up};
