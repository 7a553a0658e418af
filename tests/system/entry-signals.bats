#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND`: signals that are forwarded, and the mask and dispositions of the program.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
}

# received: what the try-signals in log has printed, sorted by number.
received() {
	grep -E '^[0-9]+ ' log | sort -n
}

received_lines() {
	[ "$(received | wc -l)" -ge "$1" ]
}

# All but KILL, CHLD, STOP; CONT takes pending stops away and goes alone.
FORWARDED=({1..8} {10..16} {20..64})
export FORWARDED_LIST="${FORWARDED[*]}"

all_of_them() {
	read -r -a signals <<<"$FORWARDED_LIST"
	ready -- try-signals "$((${#signals[@]} + 1))"
	try-signals send "$INIT" "${signals[@]}"
	soon received_lines ${#signals[@]}
	same "$(printf '%s user\n' "${signals[@]}")" "$(received)" 'received'
	try-signals send "$INIT" 18
	ended 0
	line '^18 user$' log
}
@test "all but KILL, STOP and CHLD reach the program" {
	both all_of_them
}

payload() {
	read -r -a signals <<<"$FORWARDED_LIST"
	words=()
	for sig in "${signals[@]}"; do
		words+=("$sig=$((100000 + sig))")
	done
	ready -- try-signals ${#signals[@]}
	try-signals send "$INIT" "${words[@]}"
	ended 0
	same "$(for sig in "${signals[@]}"; do echo "$sig queue $((100000 + sig))"; done)" "$(received)" received
	# Those of real time are queued: none is lost, and the order stays.
	ready -- try-signals 200
	words=()
	for i in {1..200}; do
		words+=("40=$i")
	done
	try-signals send "$INIT" "${words[@]}"
	ended 0
	same "$(printf '40 queue %s\n' {1..200})" "$(grep '^40 ' log)" 'received in order'
}
@test "what sigqueue(3) sends along arrives" {
	both payload
}

not_forwarded() {
	ready -- try-signals 1
	for _ in 1 2 3; do
		kill -CHLD "$INIT"
	done
	kill -USR1 "$INIT"
	ended 0
	same '10 user' "$(received)" received
}
@test "SIGCHLD stays with initbox" {
	both not_forwarded
}

default_action() {
	for sig in HUP INT QUIT ABRT USR1 SEGV PIPE ALRM TERM STKFLT SYS PWR RTMIN RTMAX; do
		ready -q -- sh -c 'ulimit -c 0; echo ready; exec sleep 60'
		kill -$sig "$INIT"
		ended $((128 + $(kill -l $sig)))
	done
}
@test "a program that does not catch it is ended by it" {
	both default_action
}

caught() {
	for sig in HUP INT TERM WINCH; do
		ready -q -- sh -c "trap 'exit 42' $sig; echo ready; while :; do sleep 0.02; done"
		kill -$sig "$INIT"
		ended 42
	done
}
@test "a program that catches it ends as it likes" {
	both caught
}

# SIGSTOP can't be forwarded; what continues initbox goes to the program.
stopped() {
	ready -- try-signals 1
	kill -STOP "$INIT"
	soon grep -q '^State:.T' "/proc/$INIT/status"
	kill -CONT "$INIT"
	ended 0
	same '18 user' "$(received)" received
}
@test "initbox is stopped and continued" {
	as_child stopped
}

# bounded [OPTION…] [--] COMMAND…: as entry, but not for long; what is printed goes to stdout.
bounded() {
	local got=0
	launch "$@" || return
	soon gone "$PID" || return 99
	wait "$PID" || got=$?
	cat log
	return $got
}

# The lines of /proc/self/status with initbox and without.
inherited() {
	for words in '' '--ignore 1,13' '--block 10,12' '--ignore 20,21,22 --block 18' '--ignore 17' '--block 17' \
		'--ignore 1-8,10-18,20-64' '--block 1-64' '--ignore 2,3,33-40 --block 1,32,34,64'; do
		read -r -a GIVEN <<<"$words"
		try-start "${GIVEN[@]}" grep -E '^Sig(Blk|Ign)' /proc/self/status >without
		expect 0 bounded -- grep -E '^Sig(Blk|Ign)' /proc/self/status
		same "$(cat without)" "$(cat out)" "with $words"
	done
}
@test "the program has the mask and the ignored signals that initbox was started with" {
	both inherited
}

child_ignored() {
	for words in '--ignore 17' '--block 17' '--ignore 17 --block 17'; do
		read -r -a GIVEN <<<"$words"
		expect 5 bounded -q -- sh -c 'exit 5'
		expect 143 bounded -q -- sh -c 'kill -TERM $$'
		# Orphans are reaped, too.
		expect 6 bounded -q -- sh -c 'setsid --fork true; sleep 0.1; ps -e -o stat= | grep Z; exit 6'
		same '' "$(cat out)" zombies
	done
}
@test "a caller that ignores SIGCHLD" {
	both child_ignored
}

# What waits, blocked, when initbox is started is not lost.
pending() {
	for sig in 10 15 34; do
		GIVEN=(--block "$sig" --pending "$sig")
		ready -- try-signals 1
		ended 0
		same "$sig user" "$(received)" received
	done
}
@test "a signal that waits when initbox is started" {
	both pending
}

early() {
	for us in 0 200 400 600 800 1000 1500 2000 3000 5000; do
		try-start "$INITBOX" -q -- sleep 5 >log 2>&1 &
		PID=$!
		busybox usleep $us
		kill -TERM $PID
		ended 143
	done
}
@test "a signal during the start ends the program as soon as it runs" {
	as_child early
}

ignored_by_caller() {
	GIVEN=(--ignore 2 --ignore 15)
	ready -- try-signals 2
	kill -INT "$INIT"
	kill -TERM "$INIT"
	ended 0
	same "$(printf '2 user\n15 user')" "$(received)" received
}
@test "what the caller ignores is forwarded all the same" {
	both ignored_by_caller
}

# groups [OPTION…]: USR1 to initbox, and what a child of the program and one in another session have seen of it.
groups() {
	rm -f group session
	ready -q --on-exit none "$@" -- sh -c 'try-signals 1 >group &
		setsid try-signals 1 >session &
		until grep -q ready group && grep -q ready session; do sleep 0.01; done
		trap "sleep 0.1; exit 9" USR1
		echo ready
		while :; do sleep 0.02; done'
	kill -USR1 "$INIT"
	ended 9
	same ready "$(cat session)" "another session with $*"
}

group() {
	groups
	same ready "$(cat group)" 'a child without --group'
	for words in -g --group; do
		groups $words
		same "$(printf 'ready\n10 user')" "$(cat group)" "a child with $words"
	done
	for setting in INITBOX_GROUP=1 TINI_KILL_PROCESS_GROUP=1 TINI_KILL_PROCESS_GROUP=; do
		export "${setting?}"
		groups
		unset "${setting%=*}"
		same "$(printf 'ready\n10 user')" "$(cat group)" "a child with $setting"
	done
}
@test "--group" {
	both group
}

# Without work there is nothing to wake up for. All of them sleep at the same time.
idle() {
	local inits=() before=() i
	for MODE in pid1 child; do
		AS=()
		[ "$MODE" = child ] || AS=(--pid1)
		ready -- try-signals
		inits+=("$INIT")
		ready -g -w --kill-after 1h --grace 5s -r TERM=QUIT@1s --on-exit wait -- try-signals
		inits+=("$INIT")
		launch --pause
		soon sleeps "$INIT"
		inits+=("$INIT")
	done
	sleep 0.1
	for i in "${!inits[@]}"; do
		before[i]=$(field voluntary_ctxt_switches "/proc/${inits[i]}/status")
	done
	sleep 1.1
	for i in "${!inits[@]}"; do
		same "${before[i]}" "$(field voluntary_ctxt_switches "/proc/${inits[i]}/status")" "wakeups of number $i"
	done
	kill -KILL "${inits[@]}"
}
@test "initbox does not wake up without work" {
	as_child idle
}
