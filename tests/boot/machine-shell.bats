#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# initramfs/examples/shell.conf on a pseudo-terminal: a person types into a
# shell in the box. One session for all tests; each goes on from the last.
#
# shellcheck disable=SC2016 # what is typed is for the box's shell

load lib

setup_file() {
	setup_machines
	image shell --config "$TOP/initramfs/examples/shell.conf"
	mkfifo "$DIR/typed"
	cat >"$DIR/session.sh" <<-END
		sh -c 'echo \$\$ >"$DIR/session.pid"; exec "$BOOT" --kernel "$VMLINUZ" --initramfs "$DIR/shell.cpio"'
		echo status=\$?
	END
	# The session has both ends of what is typed, so that no test's end is the end of it.
	timeout 150 script -qec "sh '$DIR/session.sh'" /dev/null <>"$DIR/typed" >"$DIR/session.out" 2>&1 3>&- &
	echo $! >"$DIR/script.pid"
}

teardown_file() {
	end_of session
	end_of script
}

# The session goes on from test to test.
teardown() {
	:
}

# type_in TEXT: as printf writes it; \r is Enter.
type_in() {
	seen=$(wc -c <"$DIR/session.out")
	# shellcheck disable=SC2059
	printf "$1" >"$DIR/typed"
}

# answers PATTERN: a line that comes after what was typed last. $answer is all that came.
answers() {
	local i

	for ((i = 0; i < 300; i++)); do
		answer=$(tail -c +$((seen + 1)) "$DIR/session.out" | tr -d '\r\000')
		! grep -qE "$1" <<<"$answer" || return 0
		sleep 0.1
	done
	echo "no answer like \"$1\":"
	cat -v "$DIR/session.out"
	return 1
}

@test "the shell's prompt comes, after nothing but its greeting" {
	seen=0
	answers '^/ # '
	cat -v <<<"$answer"
	# The prompt is followed by a question for the cursor's place, from busybox.
	run ! grep -vE '^(qemu/boot: Ctrl-A X leaves the machine|BusyBox .*|Enter .help. .*|/ # .*|)$' <<<"$answer"
}

@test "a typed command answers" {
	type_in 'echo "in $(hostname) as $(whoami): $((6 * 7))"\r'
	answers '^in box as root: 42$'
}

@test "the console is the shell's controlling terminal, with job control" {
	type_in 'echo "flags=$-"; echo here >/dev/tty; echo there >/dev/console\r'
	answers '^there$'
	grep -qx 'here' <<<"$answer"
	grep -qE '^flags=.*m' <<<"$answer"
	run ! grep -E "can't access tty|job control turned off" "$DIR/session.out"
}

@test "the terminal has a name" {
	type_in 'tty; echo end=$?\r'
	answers '^end='
	grep -qx /dev/console <<<"$answer"
}

@test "^C ends a program in the box, not the shell, not the machine" {
	type_in '(echo started; exec sleep 1000)\r'
	answers '^started$'
	type_in '\003'
	answers '^/ # '
	type_in 'echo interrupted=$?\r'
	answers '^interrupted=130$'
}

@test "^Z stops a program, fg goes on with it, a job in the background goes on by itself" {
	type_in '(echo started; exec cat)\r'
	answers '^started$'
	type_in '\032'
	answers 'Stopped .*exec cat'
	type_in 'fg\r'
	answers 'exec cat'
	type_in 'typed for cat\r\004'
	answers '/ # '
	[ "$(grep -c 'typed for cat' <<<"$answer")" = 2 ]
	type_in 'sleep 1000 &\r'
	answers '/ # '
	type_in 'jobs; kill %%1; wait; echo waited\r'
	answers '^waited$'
	grep -qE 'Running  *sleep 1000' <<<"$answer"
}

@test "^D at the prompt of an inner shell leaves that one alone" {
	type_in 'sh\r'
	answers '/ # '
	type_in '\004'
	answers '/ # '
	type_in 'echo "still $PPID"\r'
	answers '^still 1$'
}

@test "exit 5 ends the machine with status 5, and nothing is left" {
	type_in 'exit 5\r'
	answers '^status='
	cat -v <<<"$answer"
	grep -qx status=5 <<<"$answer"
	# The shell's own echo, and then nothing of initbox's or the kernel's.
	run ! grep -E 'initbox|reboot:|^\[' <<<"$answer"
	tail --pid="$(cat "$DIR/script.pid")" -f /dev/null
	nothing_left
}
