#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND`: signals that are rewritten, delayed, or sent elsewhere, and the parent's death.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
}

# becomes SENT GOT OPTION…: with these options SENT arrives as GOT; 0 is not at all.
becomes() {
	local sent=$1 got="$2 user" count=1
	shift 2
	# The two that are sent after it show that it is not merely late.
	[ "$got" != '0 user' ] || { got=$(printf '63 user\n64 user'); count=2; }
	ready "$@" -- try-signals $count
	try-signals send "$INIT" "$sent"
	[ $count = 1 ] || try-signals send "$INIT" 63 64
	ended 0
	same "$got" "$(grep -E '^[0-9]+ ' log | sort -n)" "$sent with $*"
}

rewritten() {
	becomes 15 3 -r TERM=QUIT
	becomes 15 3 --rewrite SIGTERM=SIGQUIT
	becomes 15 3 --rewrite=TERM=SIGQUIT
	becomes 15 3 -r 15:3
	becomes 15 3 -r 15=3
	becomes 15 15 -r 3:15
	becomes 1 0 -r HUP=0
	becomes 1 0 -r 1:0
	becomes 37 15 -r RTMIN+3=TERM
	becomes 34 10 -r RTMIN=USR1
	becomes 64 10 -r SIGRTMAX=USR1
	becomes 62 12 -r RTMAX-2=12
	becomes 10 36 -r USR1=SIGRTMIN+2
	becomes 10 33 -r 10=33
	becomes 15 2 -r HUP=0 -r TERM=INT -r INT=QUIT
	becomes 2 3 -r HUP=0 -r TERM=INT -r INT=QUIT
	becomes 10 12 -r USR1=USR2 -r USR2=USR1
	becomes 15 15 -r TERM=TERM
	becomes 15 1 -r TERM=QUIT -r TERM=HUP
	becomes 6 31 -r ABRT=SYS
	becomes 29 30 -r IO=PWR
	becomes 29 30 -r POLL=PWR
	INITBOX_REWRITE='HUP=0 TERM=QUIT' becomes 15 3
	INITBOX_REWRITE='HUP=0 TERM=QUIT' becomes 1 0
	INITBOX_REWRITE='TERM=QUIT' becomes 15 2 -r TERM=INT
}
@test "--rewrite" {
	both rewritten
}

rewritten_to_the_end() {
	ready -q -r USR1=KILL -- sh -c 'trap "" TERM; echo ready; exec sleep 60'
	kill -USR1 "$INIT"
	ended 137
	# What is sent along stays with it.
	ready -r USR1=USR2 -- try-signals 1
	try-signals send "$INIT" 10=4711
	ended 0
	line '^12 queue 4711$' log
}
@test "--rewrite to KILL, and with a value" {
	both rewritten_to_the_end
}

# tree OPTION…: a program, a child in its process group, one that left its session, and USR1 to initbox.
tree() {
	rm -f child session
	ready -q --on-exit none "$@" -- sh -c 'try-signals 1 >child &
		setsid try-signals 1 >session &
		until grep -q ready child && grep -q ready session; do sleep 0.01; done
		trap "sleep 0.1; exit 9" USR2
		trap "" USR1
		echo ready
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 0.02; done'
	kill -USR1 "$INIT"
	local got=0
	wait "$PID" || got=$?
	echo "program $got child $(sed -n 2p child) session $(sed -n 2p session)"
}

targets() {
	same 'program 9 child  session ' "$(tree -r USR1=USR2)" 'no target'
	same 'program 9 child  session ' "$(tree -g -r USR1=USR2:child)" :child
	same 'program 9 child 12 user session ' "$(tree -r USR1=USR2:group)" :group
	same 'program 9 child 12 user session 12 user' "$(tree -r USR1=USR2:all)" :all
	same 'program 0 child 10 user session 10 user' "$(tree -r USR1=USR1:all)" 'another program'
	export INITBOX_REWRITE=USR1=USR2:all
	same 'program 9 child 12 user session 12 user' "$(tree)" 'by environment'
	unset INITBOX_REWRITE
}
@test "a signal for the program, its group, or the whole tree" {
	both targets
}

delayed() {
	for words in TERM@300ms TERM=QUIT@300ms 15:3@300ms; do
		ready -r "$words" -- try-signals 2
		start=$(now)
		kill -TERM "$INIT"
		kill -USR1 "$INIT"
		ended 0
		between 300 3000 "$start"
		[ "$words" = TERM@300ms ] && got=15 || got=3
		same "$(printf '10 user\n%s user' "$got")" "$(grep -E '^[0-9]+ ' log)" "$words"
	done
}
@test "a signal that waits before it is sent" {
	both delayed
}

# A second stop signal, whichever it is, ends the wait.
delay_cut_short() {
	for second in TERM INT; do
		ready -r TERM=QUIT@1m -- try-signals 2
		kill -TERM "$INIT"
		sleep 0.05
		not grep -q '^3 ' log
		kill -$second "$INIT"
		soon grep -q '^3 user' log
		kill -USR1 "$INIT"
		soon gone "$PID" || { cat log; return 1; }
	done
	# The program may end while a signal waits.
	ready -q -r TERM@1m -- sh -c 'echo ready; sleep 0.2; exit 4'
	kill -TERM "$INIT"
	ended 4
}
@test "a second stop signal during a delay sends at once" {
	both delay_cut_short
}

stop_ok() {
	local script='trap "exit 7" TERM INT QUIT HUP USR1; echo ready; while :; do sleep 0.02; done'
	for sig in TERM INT QUIT; do
		ready -q --stop-ok -- sh -c "$script"
		kill -$sig "$INIT"
		ended 0
	done
	for sig in HUP USR1; do
		ready -q --stop-ok -- sh -c "$script"
		kill -$sig "$INIT"
		ended 7
	done
	ready -q --stop-ok --stop-signal USR1 -- sh -c "$script"
	kill -USR1 "$INIT"
	ended 0
	INITBOX_STOP_OK=1 INITBOX_STOP_SIGNAL=SIGHUP ready -q -- sh -c "$script"
	kill -HUP "$INIT"
	ended 0
	# Killed by it, or rewritten: any end after a stop signal is a good one.
	ready -q --stop-ok -- sh -c 'echo ready; exec sleep 60'
	kill -TERM "$INIT"
	ended 0
	ready -q --stop-ok -r TERM=USR1 -- sh -c "$script"
	kill -TERM "$INIT"
	ended 0
	# Without one nothing is forgiven.
	expect 7 entry -q --stop-ok -- sh -c 'exit 7'
	expect 143 entry -q --stop-ok -- sh -c 'kill -TERM $$'
	# A dropped one was not forwarded.
	ready -q --stop-ok -r INT=0 -- sh -c "$script"
	kill -INT "$INIT"
	kill -HUP "$INIT"
	ended 7
}
@test "--stop-ok and --stop-signal" {
	both stop_ok
}

# The caller of initbox ends: a shell, or try-start, which is the parent of process 1.
parent_death() {
	for words in '-p USR1' '--parent-death SIGUSR1' '-p 10' '--parent-death=10' ''; do
		[ "$words" ] || export INITBOX_PARENT_DEATH=USR1
		rm -f log
		if [ "$MODE" = pid1 ]; then
			# shellcheck disable=SC2086 # words
			ready $words -- try-signals 1
			kill -KILL "$PID"
		else
			# shellcheck disable=SC2086 # words
			bash -c '"$0" "$@" -- try-signals 1 >log 2>&1 & exec sleep 9' "$INITBOX" $words &
			PID=$!
			soon grep -q '^ready' log
			kill -KILL "$PID"
		fi
		wait "$PID" 2>/dev/null || :
		soon grep -q '^10 user' log
		unset INITBOX_PARENT_DEATH
	done
}
@test "--parent-death" {
	both parent_death
}

# The parent ends between initbox's start and its prctl(PR_SET_PDEATHSIG, SIGUSR1), the call 157.
parent_death_race() {
	timeout 5 bash -c 'strace -D -qq -o trace -e trace=prctl -e inject=prctl:delay_enter=500000 "$0" -p USR1 -- sleep 60 >log 2>&1 &
		until grep -q "^157 0x1 0xa " "/proc/$!/syscall"; do sleep 0.01; done' "$INITBOX"
	# The program may not have been ready for it.
	soon grep -q 'sleep.* killed by SIGUSR1' log
}
@test "--parent-death of a parent that is gone before it is asked for" {
	as_child parent_death_race
}
