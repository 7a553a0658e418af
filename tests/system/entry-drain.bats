#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND`: what becomes of the rest of the tree when the program has ended.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
	# tidy needs 0.3 s after SIGTERM, stubborn ignores it, brief ends after 0.3 s by itself.
	make_script leftover <<-'END'
		trap 'echo TERM' TERM
		[ $1 != tidy ] || trap 'echo TERM; sleep 0.3; echo done; exit' TERM
		echo up
		count=0
		until [ $1$count = brief15 ]; do
			sleep 0.02
			count=$((count + 1))
		done
		echo done
	END
	# leaves KIND [wait]: starts a leftover in a session of its own and ends with 5, or with 6 on SIGTERM.
	make_script leaves <<-'END'
		: >left
		trap 'exit 6' TERM
		setsid leftover $1 >>left 2>/dev/null &
		until grep -q up left; do sleep 0.01; done
		[ "$2" ] || exit 5
		echo ready
		while :; do sleep 0.02; done
	END
}

drain() {
	for words in '' '--on-exit=drain --grace 1m'; do
		read -r -a options <<<"$words"
		start=$(now)
		expect 5 entry -q "${options[@]}" -- leaves tidy
		between 300 5000 "$start"
		same "$(printf 'up\nTERM\ndone')" "$(cat left)" "the rest of the tree with $words"
		none_alive leftover
	done
	INITBOX_ON_EXIT=drain INITBOX_GRACE=60 expect 5 entry -q -- leaves tidy
	line '^done$' left
}
@test "drain, the default: the rest gets SIGTERM and the time that it needs" {
	both drain
}

# With nothing left there is nothing to wait for.
drain_of_nothing() {
	start=$(now)
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		expect 0 entry --grace 1m -- true
	done
	between 0 2000 "$start"
}
@test "an empty tree takes no time" {
	both drain_of_nothing
}

# A chain of processes that are no orphans yet; each has left the session of the one before, and has a child of its own.
drain_deep() {
	cat >deep <<-'END'
		trap 'echo "TERM $1" >>got; term=1' TERM
		term=
		if [ $1 -gt 1 ]; then setsid sh deep $(($1 - 1)) & else echo up >>got; fi
		until [ "$term" ]; do sleep 0.02; done
		wait
	END
	expect 5 entry -q -- sh -c 'sh deep 8 & until grep -qs up got; do sleep 0.01; done; exit 5'
	same "$(printf 'TERM %s\n' 1 2 3 4 5 6 7 8)" "$(grep TERM got | sort)" 'who got it'
	none_alive 'sh deep'
}
@test "a deep tree gets it once, in whichever session" {
	both drain_deep
}

drain_deadline() {
	for grace in 300ms 1; do
		# Once is enough for what a number without a unit is.
		[ "$MODE$grace" != pid11 ] || continue
		start=$(now)
		expect 5 entry -q --grace $grace -- leaves stubborn
		case $grace in
		1) between 1000 4000 "$start" ;;
		*) between 300 3000 "$start" ;;
		esac
		line '^TERM$' left
		none_alive leftover
	done
}
@test "--grace: who is still there then is killed" {
	both drain_deadline
}

drain_storm() {
	for us in 0 1000; do
		start=$(now)
		expect 5 entry -q --grace 300ms -- sh -c "try-storm 8 $us; exit 5"
		between 300 4000 "$start"
		none_alive try-storm
	done
}
@test "processes that keep forking are caught" {
	both drain_storm
}

none() {
	expect 5 entry -q --on-exit none -- leaves tidy
	same up "$(cat left)" 'the rest of the tree'
	[ "$MODE" = pid1 ] || alive leftover
	pkill -KILL -f leftover || :
}
@test "--on-exit none: it is left alone" {
	both none
}

term() {
	start=$(now)
	INITBOX_ON_EXIT=none expect 5 entry -q --on-exit term -- leaves stubborn
	between 0 2000 "$start"
	if [ "$MODE" = child ]; then
		# It got the signal, and nobody waited for it.
		soon grep -q '^TERM$' left
		alive leftover
		pkill -KILL -f leftover
		expect 5 entry -q --on-exit term -- leaves tidy
		soon grep -q '^done$' left
	fi
	soon none_alive leftover
}
@test "--on-exit term: SIGTERM, and no waiting" {
	both term
}

wait_for_all() {
	start=$(now)
	expect 5 entry -q --on-exit wait --grace 10ms -- leaves brief
	between 300 5000 "$start"
	same "$(printf 'up\ndone')" "$(cat left)" 'the rest of the tree'
	# One that leaves a daemon, which leaves another one.
	make_daemon='sleep 0.1; setsid --fork sh -c "sleep 0.1; echo last >last"'
	expect 0 entry --on-exit wait -- setsid --fork sh -c "$make_daemon"
	same last "$(cat last)" 'the last daemon'
}
@test "--on-exit wait: until the last one has ended" {
	both wait_for_all
}

wait_ends() {
	rm -f left
	launch -q --on-exit wait -- leaves tidy
	soon grep -qs up left
	soon none_alive 'helpers/leaves tidy$'
	not gone "$PID"
	kill -TERM "$INIT"
	ended 5
	same "$(printf 'up\nTERM\ndone')" "$(cat left)" 'the rest of the tree'
}
@test "--on-exit wait: a stop signal is for the rest" {
	both wait_ends
}

# SIGTERM reaches who is stopped when it is continued.
stopped_rest() {
	start=$(now)
	expect 5 entry -q --grace 4s -- sh -c 'setsid leftover tidy >left 2>/dev/null &
		until grep -q up left; do sleep 0.01; done
		kill -STOP $!
		exit 5'
	between 0 3500 "$start"
	line '^done$' left
}
@test "drain: a process that is stopped" {
	both stopped_rest
}

# The program ends on the first signal and leaves one that does not.
second_signal() {
	for sig in TERM INT; do
		ready -q --grace 1m -- leaves stubborn wait
		kill -TERM "$INIT"
		soon grep -q TERM left
		not gone "$PID"
		kill -$sig "$INIT"
		ended 6
		none_alive leftover
	done
}
@test "a second stop signal during a drain kills the rest" {
	both second_signal
}

others() {
	background try-signals >sibling
	sibling=$PID
	soon grep -q ready sibling
	for words in '' '--on-exit term' '--grace 100ms' '-g'; do
		read -r -a options <<<"$words"
		expect 5 entry -q "${options[@]}" -- leaves tidy
	done
	same ready "$(cat sibling)" 'what a sibling got'
	kill -KILL "$sibling"
}
@test "processes outside of the tree are left alone" {
	as_child others
}

# A container with a USER; an ordinary user's own processes.
as_user() {
	GIVEN=(setpriv --reuid 1000 --regid 1000 --clear-groups)
	for kind in tidy stubborn; do
		expect 5 entry -q --grace 500ms -- leaves $kind
		line '^TERM$' left
		[ $kind = stubborn ] || line '^done$' left
		none_alive leftover
	done
}
@test "drain without root" {
	both as_user
}

adopted() {
	for words in '' -s; do
		# shellcheck disable=SC2086 # words
		ready -q $words -- sh -c 'setsid --fork leftover brief; echo ready; sleep 60'
		soon pgrep -P "$INIT" -f helpers/leftover >children
		# What has ended is reaped while the program runs.
		soon none_alive helpers/leftover
		same '' "$(zombies "$INIT")" zombies
		kill -TERM "$INIT"
		ended 143
	done
}
@test "orphans are adopted and reaped" {
	both adopted
}
