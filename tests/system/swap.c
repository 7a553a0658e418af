// SPDX-License-Identifier: MIT
// swap A B: exchanges the names of two files as fast as it can, until it is killed.
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	while (argc == 3 && !renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE))
		;
	perror("swap");
	return 1;
}
