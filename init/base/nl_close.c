// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/nl.h"
#include "base/sys.h"

// Of the caller's nothing stays open: a pipe's reader would wait for this process, too.
static _Noreturn void child(int fd, int gate)
{
	char byte;

	if (dup2(fd, 0) == 0 && dup2(gate, 1) == 1 && file_close_from(2) == 0 && read(1, &byte, 1) == 0)
		close(0);
	_exit(0);
}

void nl_close_behind(int fd)
{
	int gate[2] = {-1, -1};

	// Exit signal 0: nobody is told of its end, and nobody has to wait for it.
	if (sys_pipe2(gate, O_CLOEXEC) == 0 && sys_clone(0) == 0)
		child(fd, gate[0]);
	close(fd);
	close(gate[0]);
	close(gate[1]);
}
