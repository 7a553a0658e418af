// SPDX-License-Identifier: MIT
// no-syscall NAME[,NAME]… COMMAND…: runs the command where the kernel seems not to have these system calls: a filter, which
// stays with all that comes from the command, answers ENOSYS for them.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "syscalls.h" // static const struct call { const char *name; int nr; } calls[]

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].nr;
	return -1;
}

static int refuse(int nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	// As root: without no_new_privs, which the command would inherit.
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: no-syscall NAME[,NAME]… COMMAND…\n");
		return 2;
	}
	for (char *name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
		int nr = number_of(name);

		if (nr < 0 || refuse(nr)) {
			fprintf(stderr, "no-syscall: %s: %s\n", name, nr < 0 ? "no such call" : strerror(errno));
			return 2;
		}
	}
	execvp(argv[2], argv + 2);
	fprintf(stderr, "no-syscall: %s: %s\n", argv[2], strerror(errno));
	return 2;
}
