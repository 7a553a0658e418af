#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: signals to the launcher, and its end.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
}

forwarded() {
	for sig in HUP INT QUIT USR1 USR2 ALRM TERM WINCH CONT; do
		# A shell starts what runs in the background with SIGINT and SIGQUIT ignored: env puts that right.
		background env --default-signal "$INITBOX" run --rootfs "$ROOT" --stdin null -- \
			/bin/sh -c "trap 'echo got $sig; exit 42' $sig; echo ready; while :; do sleep 0.02; done" >log 2>&1
		soon grep -q ready log
		got=0
		kill -$sig "$PID"
		wait "$PID" || got=$?
		same 42 $got "exit after $sig: $(cat log)"
		line "^got $sig$" log
	done
}
@test "a signal to the launcher reaches the program" {
	inside forwarded
}

default_action() {
	for sig in HUP INT TERM USR1 ALRM RTMIN; do
		background env --default-signal "$INITBOX" run --rootfs "$ROOT" --stdin null -- \
			/bin/sh -c 'echo ready; exec sleep 60' >log 2>&1
		soon grep -q ready log
		got=0
		kill -$sig "$PID"
		wait "$PID" || got=$?
		same $((128 + $(kill -l $sig))) $got "exit after $sig"
	done
}
@test "a program that does not catch it is ended by it" {
	inside default_action
}

to_the_program_alone() {
	background env --default-signal "$INITBOX" run --rootfs "$ROOT" --stdin null -- \
		/bin/sh -c 'trap "exit 9" TERM; sleep 60 & child=$!; echo ready; wait $child; kill -0 $child && echo alive; exit 1' >log 2>&1
	soon grep -q ready log
	got=0
	kill -TERM "$PID"
	wait "$PID" || got=$?
	same 9 $got 'exit'
}
@test "it goes to the program, not to all of the box" {
	inside to_the_program_alone
}

reading() {
	mkfifo words
	for sig in INT TERM; do
		background env --default-signal "$INITBOX" run --rootfs "$ROOT" --env-file words -- /bin/true >log 2>&1
		soon grep -q wait_for_partner "/proc/$PID/wchan" # in open(2)
		got=0
		kill -$sig "$PID"
		wait "$PID" || got=$?
		same $((128 + $(kill -l $sig))) $got "exit after $sig: $(cat log)"
	done
}
@test "it ends a launcher that waits for the words of a file that nobody writes" {
	inside reading
}

not_forwarded() {
	start one
	for sig in CHLD PIPE; do
		kill -$sig "$PID"
	done
	sleep 0.1
	not gone "$PID"
	not gone "$(pid_in "$PID")"
}
@test "SIGCHLD and SIGPIPE stay with the launcher" {
	inside not_forwarded
}

early() {
	# A signal at any moment of the start neither is lost nor leaves something behind.
	for us in 0 500 1000 1500 2000 3000 4000 5000 7000 10000; do
		env --default-signal "$INITBOX" run --rootfs "$ROOT" --network bridge -p 8080:80 --stdin null -- /bin/sleep 5 >log 2>&1 &
		pid=$!
		busybox usleep $us
		kill -TERM $pid
		got=0
		wait $pid || got=$?
		same 143 $got "exit after a signal at $us us: $(cat log)"
	done
}
@test "a signal during the start ends the box as soon as its program runs" {
	inside early
}

killed() {
	start one
	init=$(pgrep -P "$PID")
	program=$(pid_in "$PID")
	kill -9 "$PID"
	wait "$PID" 2>/dev/null || :
	soon gone "$init"
	soon gone "$program"
	rmdir /sys/fs/cgroup/initbox-one
}
@test "kill -9 of the launcher is the end of the box" {
	inside killed
}

init_killed() {
	start one
	kill -9 "$(pgrep -P "$PID")"
	got=0
	wait "$PID" || got=$?
	same 137 $got exit
	start one --network bridge -p 8080:80
	kill -9 "$(pid_in "$PID")"
	got=0
	wait "$PID" || got=$?
	same 137 $got exit
}
@test "kill -9 of the box's PID 1, or of the program, from the host" {
	inside init_killed
}

never_ran() {
	# PID 1 is killed while it mounts: that is no end of the program.
	background strace -f -qq -o calls -e trace=pivot_root -e inject=pivot_root:delay_enter=8000000 \
		"$INITBOX" run --rootfs "$ROOT" --stdin null -- /bin/true >log 2>&1
	soon grep -q pivot_root calls || soon pgrep -f -P "$(pgrep -P "$PID" | head -n 1)" .
	launcher=$(pgrep -P "$PID" | head -n 1)
	soon pgrep -P "$launcher"
	sleep 0.3
	kill -9 "$(pgrep -P "$launcher")"
	got=0
	wait "$PID" || got=$?
	same 125 $got "exit: $(cat log)"
	line '^initbox: start: .*: its PID 1 was killed before the program ran$' log
}
@test "kill -9 of the box's PID 1 before its program runs" {
	inside never_ran
}

stopped() {
	start one
	program=$(pid_in "$PID")
	kill -STOP "$program"
	soon grep -q '^State:.T' "/proc/$program/status"
	kill -CONT "$program"
	soon grep -q '^State:.[SR]' "/proc/$program/status"
	stop "$PID"
}
@test "a program that is stopped and goes on" {
	inside stopped
}

ignored_by_caller() {
	# nohup, or a shell's background job: what the caller ignores still reaches the program when it is sent.
	(
		trap '' INT HUP
		exec "$INITBOX" run --rootfs "$ROOT" --stdin null -- /bin/sh -c 'echo ready; exec sleep 5'
	) >log 2>&1 &
	pid=$!
	soon grep -q ready log
	kill -INT $pid
	got=0
	wait $pid || got=$?
	same 130 $got exit
}
@test "SIGINT to a launcher whose caller ignores it" {
	inside ignored_by_caller
}
