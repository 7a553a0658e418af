// SPDX-License-Identifier: MIT
// try-gain            prints who it is; setuid to root it is somebody else than its caller
// try-gain CMD ARG…   the same without a word, then CMD
// try-gain session CMD ARG…   CMD with a session keyring that has a key of the type user, called initbox-test
// try-gain key        whether that key is found
// try-gain kill N     ends by signal N
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEY "user", "initbox-test"

int main(int argc, char **argv)
{
	if (argc == 1) {
		printf("uid %d euid %d nnp %d\n", getuid(), geteuid(), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
		return 0;
	}
	if (!strcmp(argv[1], "key")) {
		puts(syscall(SYS_request_key, KEY, NULL, 0) < 0 ? "no key" : "key");
		return 0;
	}
	if (!strcmp(argv[1], "kill") && argc == 3)
		return raise(atoi(argv[2]));
	if (!strcmp(argv[1], "session")) {
		if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
		    syscall(SYS_add_key, KEY, "secret", 6, KEY_SPEC_SESSION_KEYRING) < 0) {
			perror("try-gain: key");
			return 1;
		}
		argv++;
	}
	// busybox gives away what its real user does not have.
	if (geteuid() == 0 && setresuid(0, 0, 0)) {
		perror("try-gain: setresuid");
		return 1;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
