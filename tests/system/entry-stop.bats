#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND`: a stop that takes too long, orphans while the program runs, reaping, and --pause.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
	# A program with a child, and an orphan that says when it got SIGTERM.
	make_script family <<-'END'
		try-signals 1 >child &
		setsid --fork orphan $1
		until grep -qs up orphan && grep -q ready child; do sleep 0.01; done
		echo ready
		exec sleep 60
	END
	make_script orphan <<-'END'
		trap 'echo TERM >>orphan; exit' TERM
		echo up >orphan
		while :; do sleep 0.05; done
	END
	# Says how often SIGTERM came, and goes on; with another one in a session of its own.
	make_script stubborn <<-'END'
		trap 'echo TERM' TERM INT QUIT USR1
		[ "$1" = alone ] || setsid stubborn alone >left &
		[ "$1" = alone ] || until grep -qs up left; do sleep 0.01; done
		[ "$1" = alone ] && echo up || echo ready
		while :; do sleep 0.02; done
	END
}

kill_after() {
	for words in '--kill-after=300ms --grace 1m' '--kill-after 300ms --stop-ok -e 137=0'; do
		rm -f left
		# shellcheck disable=SC2086 # words
		ready -q $words -- stubborn
		start=$(now)
		kill -TERM "$INIT"
		case $words in
		*stop-ok*) ended 0 ;;
		*) ended 137 ;;
		esac
		between 300 4000 "$start"
		line '^TERM$' log
		none_alive stubborn
	done
	# Only a stop signal starts the clock.
	rm -f left
	ready -q --kill-after 100ms -- stubborn
	kill -USR1 "$INIT"
	sleep 0.2
	not gone "$PID"
	kill -INT "$INIT"
	ended 137
	rm -f left
	INITBOX_KILL_AFTER=100ms INITBOX_STOP_SIGNAL=USR1 ready -q -- stubborn
	kill -USR1 "$INIT"
	ended 137
}
@test "--kill-after: the whole tree is killed that long after a stop signal" {
	both kill_after
}

in_time() {
	ready -q --kill-after 300ms -- sh -c 'trap "sleep 0.1; exit 3" TERM; echo ready; while :; do sleep 0.02; done'
	kill -TERM "$INIT"
	ended 3
}
@test "--kill-after: a program that ends in time" {
	both in_time
}

stopped_program() {
	ready -q -- sh -c 'echo ready; exec sleep 60'
	program=$(pgrep -P "$INIT")
	kill -STOP "$program"
	soon grep -q '^State:.T' "/proc/$program/status"
	kill -TERM "$INIT"
	ended 143
}
@test "a stop signal for a program that is stopped" {
	both stopped_program
}

# has_lines COUNT: so many SIGTERM are in the log.
has_lines() {
	[ "$(grep -c '^15 user' log)" -ge "$1" ]
}

second_signal() {
	for sig in TERM INT QUIT; do
		rm -f left
		ready -q --kill-after 1m -- stubborn
		kill -TERM "$INIT"
		soon grep -q TERM log
		not gone "$PID"
		kill -$sig "$INIT"
		ended 137
		none_alive stubborn
	done
	# Without --kill-after each of them is forwarded, and that is all.
	ready -q -- try-signals 3
	for count in 1 2 3; do
		kill -TERM "$INIT"
		soon has_lines $count
	done
	ended 0
}
@test "a second stop signal kills at once, with --kill-after alone" {
	both second_signal
}

# Looked for once a second; all policies at the same time.
orphans() {
	local inits=() policy
	for policy in keep term kill environment; do
		mkdir "$policy"
		cd "$policy"
		case $policy in
		environment) INITBOX_ORPHANS=term ready -q --on-exit none -- family $policy ;;
		*) ready -q --on-exit none --orphans $policy -- family $policy ;;
		esac
		inits+=("$INIT")
		cd "$OLDPWD"
	done
	soon grep -q TERM term/orphan
	soon none_alive 'orphan term'
	soon grep -q TERM environment/orphan
	soon none_alive 'orphan kill'
	same up "$(cat kill/orphan)" 'an orphan that is killed'
	alive 'orphan keep'
	same up "$(cat keep/orphan)" 'an orphan that is kept'
	for policy in keep term kill; do
		same ready "$(cat $policy/child)" "a child of the program, with $policy"
	done
	kill -TERM "${inits[@]}"
	pkill -KILL -f 'orphan keep' || :
}
@test "--orphans keep, term, kill" {
	both orphans
}

# Many that end at once: one SIGCHLD stands for all of them.
reaped() {
	ready -q -- sh -c 'i=0; while [ $i -lt 300 ]; do setsid --fork sleep 0.3; i=$((i + 1)); done; echo ready; exec sleep 60'
	soon no_children_but "$INIT" 1
	kill -KILL "$(pgrep -P "$INIT")"
	ended 137
}
@test "300 orphans that end together" {
	both reaped
}

# no_children_but PID COUNT: dead or alive.
no_children_but() {
	[ "$(ps -o pid= --ppid "$1" | wc -l)" = "$2" ]
}

warned() {
	for words in -w --warn-reaped; do
		expect 0 entry $words --on-exit wait -- sh -c 'setsid --fork sleep 0.05
			setsid --fork sh -c "exit 3"
			setsid --fork sh -c "kill -TERM \$\$"
			sh -c "exit 9"
			sleep 0.1'
		grep -v pid= err && return 1
		sed 's/pid=[1-9][0-9]* /pid=N /' err | sort >sorted
		same "$(cat <<-'END'
			initbox: Reaped zombie process with pid=N (sh): exit code 3
			initbox: Reaped zombie process with pid=N (sh): killed by SIGTERM
			initbox: Reaped zombie process with pid=N (sleep): exit code 0
		END
		)" "$(cat sorted)" "with $words"
	done
	INITBOX_WARN_REAPED=yes expect 0 entry --on-exit wait -- setsid --fork sleep 0.05
	line '^initbox: Reaped zombie process with pid=[1-9][0-9]* \(sleep\): exit code 0$' err
	expect 0 entry --on-exit wait -- setsid --fork sleep 0.05
	same '' "$(cat err)" 'stderr without'
}
@test "--warn-reaped: a line for each orphan, none for the program" {
	both warned
}

# Children that the process had before it became initbox are reaped, and are not the program.
former_children() {
	GIVEN=(sh -c 'sh -c "sleep 0.05; exit 3" & exec "$0" "$@"')
	expect 5 entry -q -- sh -c 'sleep 0.2; ps -o stat=,args= --ppid $PPID | grep ^Z; exit 5'
	same '' "$(cat out)" zombies
	GIVEN=(sh -c 'leftover=1 setsid stubborn alone >left & until grep -qs up left; do sleep 0.01; done; exec "$0" "$@"')
	expect 5 entry -q --grace 200ms -- sh -c 'exit 5'
	line '^TERM$' left
	none_alive stubborn
}
@test "children that were there before" {
	both former_children
}

pause() {
	for words in -P --pause; do
		for sig in TERM INT; do
			# One child is there, and ends.
			GIVEN=(sh -c 'sleep 0.1 & exec "$0" "$@"')
			launch $words
			soon sleeps "$INIT"
			soon no_children_but "$INIT" 0
			for other in HUP USR1 USR2 WINCH CONT ALRM CHLD PIPE; do
				kill -$other "$INIT"
			done
			not gone "$PID"
			kill -$sig "$INIT"
			ended 0
			same '' "$(cat log)" output
		done
	done
	GIVEN=()
	INITBOX_PAUSE=1 launch
	soon sleeps "$INIT"
	kill -TERM "$INIT"
	ended 0
}
@test "--pause: no program; reaps, and ends with 0 on INT and TERM" {
	both pause
}
