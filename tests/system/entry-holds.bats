#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND`: what initbox itself holds on to while the program runs, and descriptors that are closed.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
}

descriptors() {
	mkfifo pipe
	exec 5<>pipe 9</etc/passwd
	# As they are without initbox.
	background try-start sh -c 'cd /proc/$$/fd; echo *' >without
	wait "$PID"
	line ' 5 9' without
	ready -- sh -c 'cd /proc/$$/fd; echo *; readlink 5; echo ready; exec try-signals'
	exec 5<&- 9<&-
	same "$(cat without)" "$(sed -n 1p log)" "the program's descriptors"
	same "$PWD/pipe" "$(sed -n 2p log)" 'number 5'
	same '0 1 2' "$(cd "/proc/$INIT/fd" && echo *)" "initbox's descriptors"
	kill -KILL "$INIT"
}
@test "descriptors from 3 on are the program's" {
	both descriptors
}

# Who waits for the end of a pipe sees it when the program closes it, or ends.
end_of_pipe() {
	mkfifo pipe
	(exec 7>pipe; exec try-start "${AS[@]}" "$INITBOX" -- sh -c 'echo one >&7; exec 7>&-; sleep 60') 2>/dev/null &
	pid=$!
	same one "$(timeout 3 cat pipe)" 'through the pipe'
	kill -0 $pid
	kill -TERM $pid
	wait $pid || :
}
@test "the end of a pipe is seen while initbox is there" {
	both end_of_pipe
}

directory() {
	mkdir mnt
	mount -t tmpfs tmpfs mnt
	GIVEN=(sh -c 'cd mnt && exec "$0" "$@"')
	ready -- sh -c 'pwd; cd /; echo ready; exec try-signals'
	line "^$PWD/mnt$" log
	same / "$(readlink "/proc/$INIT/cwd")" "initbox's directory"
	# Process 1 has it in a mount namespace of its own.
	nsenter --mount="/proc/$INIT/ns/mnt" umount "$PWD/mnt"
	[ "$MODE" = child ] || umount mnt
	kill -KILL "$INIT"
}
@test "initbox is in /, and pins no mount" {
	both directory
}

# closed FD…: these are closed when initbox starts; they still are in the program, and nothing else takes their place.
closed() {
	GIVEN=()
	for fd; do
		GIVEN+=(--close "$fd")
	done
	got=0
	entry -q -- sh -c 'for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] || closed="$closed $fd"; done; echo $closed >result; exit 7' ||
		got=$?
	same 7 $got "exit without $*"
	same "$*" "$(cat result)" 'closed in the program'
	# Its own words have nowhere to go, or go to stderr: never into what the program has opened.
	got=0
	entry -v -- sh -c 'exec 3>file 4>other; echo text >&3; exit 7' 2>err || got=$?
	same 7 $got "exit without $*"
	same text "$(cat file)" 'what the program wrote'
	[ ! -s other ]
}

closed_all() {
	for fds in 0 1 2 '0 1' '0 2' '1 2' '0 1 2'; do
		# shellcheck disable=SC2086 # words
		closed $fds
	done
}
@test "stdin, stdout or stderr are closed" {
	both closed_all
}

command_line() {
	ready -e 3 -- try-signals
	same "$INITBOX -e 3 -- try-signals" "$(tr '\0' ' ' <"/proc/$INIT/cmdline" | sed 's/ $//')" 'command line'
	kill -KILL "$INIT"
}
@test "the command line stays as it was" {
	both command_line
}
