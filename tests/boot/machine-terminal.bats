#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A terminal of the box's own in a machine, whose PID 1 carries its bytes to the console; and what the older kernel makes of it.

load lib

setup_file() {
	setup_machines
	cat >"$DIR/facts.sh" <<-'END'
		echo "terminal=$(tty </dev/tty)"
		for fd in 0 1 2; do readlink /proc/self/fd/$fd; done
		stat -c 'console=%t:%T %u %a' /dev/console
		echo "session=$(cut -d ' ' -f 1,6,7 /proc/self/stat)"
		read x || echo 'input=ends'
		seq 10000 12000
		exit 7
	END
	config tty <<-END
		rootfs = /box
		tty = yes
		user = 1000
		command = /bin/sh /facts.sh
	END
	mv "$DIR/tty.cpio" "$DIR/base.cpio"
	IMAGE=$DIR/base.cpio image tty --file "$DIR/facts.sh:/box/facts.sh"
	machine tty
}

@test "a terminal of the box's own in a machine" {
	echo "status $(cat "$DIR/tty.status")"
	tr -d '\r' <"$DIR/tty.out" >"$DIR/out"
	head -n 20 "$DIR/out" "$DIR/tty.err"
	[ "$(cat "$DIR/tty.status")" = 7 ]
	grep -qx 'terminal=/dev/tty' "$DIR/out"
	# Nobody types: qemu/boot has no input.
	[ "$(grep -cx /dev/pts/0 "$DIR/out")" = 2 ]
	grep -qx /dev/null "$DIR/out"
	grep -qx 'console=88:0 1000 620' "$DIR/out"
	grep -qx 'input=ends' "$DIR/out"
	seq 10000 12000 | cmp - <(grep -E '^1[0-9]{4}$' "$DIR/out")
}
