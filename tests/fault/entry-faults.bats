#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# initbox as an init: every system call of it fails, one at a time.
# shellcheck disable=SC2329 # called by inside

load lib

setup_file() {
	make_root
	fault_tools
}

# 0: init, 1: the program.
tolerated() {
	cat <<-'END'
		0 ioctl * no terminal: none is given to the program, and none taken back
		1 ioctl * no terminal: none is taken
		0 open 1 /dev/tty: the same
		0 close * a descriptor more; it ends with init
		0 fcntl * open(2) was told O_CLOEXEC; the C library says it once more
		0 close_range * what is open is looked up in /proc instead
		0 clock_gettime * the time is for deadlines and for the last line
		0 wait4 * asked once more
		0 rt_sigtimedwait * asked once more
	END
	[ "$1" != options ] || cat <<-'END'
		0 openat 3,4,5 a process of /proc that can't be looked at has just ended
		0 read 5,6,7,8,9,10 the same
	END
}

leaving() {
	:
}

entry() {
	printf '%s\n' "$INITBOX" -q -- /bin/sh -c
}
@test "nothing is asked for" {
	sweep entry
}

options() {
	printf '%s\n' "$INITBOX" -q -u nobody --ulimit nofile=64:64 --cap-drop net_raw --seccomp default -C /usr \
		--env A=b --umask 027 --setsid --parent-death TERM --on-exit term -- /bin/sh -c
}
@test "a user, limits, capabilities, a filter" {
	sweep options
}
