// SPDX-License-Identifier: MIT
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/exec_why.h"

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#error "the ELF number of this machine is missing here"
#endif

enum { HEAD = 256 }; // what the kernel looks at (BINPRM_BUF_SIZE)

// The first bytes of path and a NUL. Returns how many, or -1.
static long read_head(const char *path, char head[HEAD + 1])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, head, HEAD);
	close(fd);
	head[n < 0 ? 0 : n] = '\0';
	return n;
}

static bool is_elf(const char *head, long n)
{
	return n >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG);
}

bool exec_is_text(const char *path)
{
	char head[HEAD + 1];
	long n = read_head(path, head);

	return n >= 0 && !is_elf(head, n) && !memchr(head, '\0', (size_t)n);
}

static const char *machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
		{EM_386, "i386"},   {EM_X86_64, "x86_64"},	{EM_ARM, "arm"},     {EM_AARCH64, "aarch64"},
		{EM_RISCV, "riscv"}, {EM_PPC64, "ppc64"}, {EM_S390, "s390"},
		{EM_MIPS, "mips"},
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another machine";
}

// Reads the path of the loader of an ELF file into dst; it is empty for a static one.
static void elf_loader(const char *path, const Elf64_Ehdr *header, char dst[HEAD])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Phdr p;
	ssize_t n = 0;

	dst[0] = '\0';
	for (unsigned i = 0; fd >= 0 && i < header->e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), (off_t)(header->e_phoff + i * sizeof(p))) != (ssize_t)sizeof(p))
			break;
		if (p.p_type != PT_INTERP)
			continue;
		n = pread(fd, dst, HEAD - 1, (off_t)p.p_offset);
		dst[n < 0 ? 0 : n] = '\0';
		break;
	}
	if (fd >= 0)
		close(fd);
}

static void why_elf(const char *path, const char *head, long n, int no)
{
	char loader[HEAD];
	Elf64_Ehdr h;

	if (n < (long)sizeof(h)) {
		fail_because("its ELF header is cut short");
		return;
	}
	memcpy(&h, head, sizeof(h));
	if (h.e_machine != OWN_MACHINE) {
		fail_because("it was built for %s, this is %s", machine_name(h.e_machine), machine_name(OWN_MACHINE));
		return;
	}
	elf_loader(path, &h, loader);
	if (no == ENOENT && loader[0])
		fail_because("its loader %s is missing (a program for another C library than the image's?)", loader);
	else if (no == ENOEXEC)
		fail_because("its ELF file is damaged, or of a kind that this kernel does not know");
}

static void why_script(const char *head, int no)
{
	const char *name = head + 2 + strspn(head + 2, " \t");
	size_t line = strcspn(name, "\n"), n = strcspn(name, " \t\n");
	bool crlf = line > 0 && name[line - 1] == '\r';

	if (n > 0 && name[n - 1] == '\r')
		n--;
	if (no == ENOENT)
		fail_because("the interpreter of its #! line is missing: %.*s%s", (int)(n > 60 ? 60 : n), name,
			     crlf ? "; the line ends in CR LF, which makes it another name" : "");
	else if (no == EACCES)
		fail_because("the interpreter of its #! line can't be executed: %.*s", (int)(n > 60 ? 60 : n), name);
	else
		fail_because("its #! line names no program that can be executed");
}

static bool is_noexec(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (fs.f_flags & ST_NOEXEC);
}

// EACCES has many reasons. Returns false when it is none of the file's own.
static bool why_denied(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		fail_because("a directory on the way can't be entered");
	else if (S_ISDIR(st.st_mode))
		fail_because("it is a directory");
	else if (!S_ISREG(st.st_mode))
		fail_because("it is no regular file");
	else if (is_noexec(path))
		fail_because("its file system is mounted noexec");
	else if (!(st.st_mode & 0111))
		fail_because("it has no permission to be executed (chmod +x)");
	else
		return access(path, X_OK) != 0;
	return true;
}

void exec_why(const char *path)
{
	int no = err_last.no;
	char head[HEAD + 1];
	long n;

	if (no != ENOENT && no != ENOEXEC && no != EACCES)
		return;
	if (no == EACCES && why_denied(path))
		return;
	n = read_head(path, head);
	if (n < 0)
		return;
	if (is_elf(head, n))
		why_elf(path, head, n, no);
	else if (n >= 2 && !memcmp(head, "#!", 2))
		why_script(head, no);
	else if (no == ENOEXEC)
		fail_because("it is neither an ELF program nor a script");
}

// errno, or 0.
static int refuses(const char *path)
{
	char head[HEAD + 1], loader[HEAD] = "";
	struct stat st;
	Elf64_Ehdr h;
	long n;

	if (stat(path, &st) || access(path, X_OK))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	n = read_head(path, head);
	if (n < 0)
		return errno;
	if (is_elf(head, n)) {
		memcpy(&h, head, sizeof(h));
		if (n < (long)sizeof(h) || h.e_machine != OWN_MACHINE)
			return ENOEXEC;
		elf_loader(path, &h, loader);
	} else if (n > 2 && !memcmp(head, "#!", 2)) {
		const char *name = head + 2 + strspn(head + 2, " \t");

		memcpy(loader, name, strcspn(name, " \t\n"));
		loader[strcspn(name, " \t\n")] = '\0';
		if (!loader[0])
			return ENOEXEC;
	} else {
		return ENOEXEC;
	}
	return loader[0] && access(loader, X_OK) ? errno : 0;
}

int exec_check(const char *path)
{
	errno = refuses(path);
	if (!errno)
		return 0;
	fail("execve", "%s", path);
	exec_why(path);
	return -1;
}
