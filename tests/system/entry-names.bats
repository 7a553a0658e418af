#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# initbox under the names of tini, docker-init, dumb-init, catatonit and pause: their options and exit codes.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
	# leaves KIND: ends with 5 and leaves a process that needs 0.2 s after SIGTERM.
	make_script leaves <<-'END'
		: >left
		setsid sh -c 'trap "echo TERM; sleep 0.2; echo done; exit" TERM; echo up; while :; do sleep 0.02; done' leftover >>left 2>/dev/null &
		until grep -q up left; do sleep 0.01; done
		exit 5
	END
	# A program that ends with 9 on USR1, and its child, which says whether it got it, too.
	make_script parent <<-'END'
		rm -f child
		try-signals 1 >child &
		until grep -qs ready child; do sleep 0.01; done
		trap 'sleep 0.1; exit 9' USR1
		echo ready
		while :; do sleep 0.02; done
	END
}

# What are initbox's own commands are programs under these names.
programs() {
	local name word
	for word in poweroff reboot halt check gc; do
		printf '#!/bin/sh\necho program\n' >$word
		chmod +x $word
	done
	for name in tini docker-init dumb-init catatonit; do
		for word in poweroff reboot halt check gc; do
			PATH=$PWD:$PATH called $name prints 0 program entry $word
		done
	done
}
@test "the words poweroff, reboot, halt, check and gc are programs under other names" {
	both programs
}

# called NAME COMMAND…: the command with INITBOX being a link of that name.
called() {
	[ -e "$PWD/$1" ] || ln -s "$INITBOX" "$1"
	local INITBOX=$PWD/$1
	shift
	"$@"
}

# fails NAME CODE REGEX [WORD…]: it is refused with that exit code; how much is said on stderr is the name's matter.
fails() {
	local name=$1 code=$2 regex=$3
	shift 3
	called "$name" expect "$code" entry "$@"
	same '' "$(cat out)" "stdout of $name $*"
	line "$regex" err
}

# child_got NAME [OPTION…]: what the program's child has seen of SIGUSR1 to initbox.
child_got() {
	called "$1" ready "${@:2}" -- parent
	kill -USR1 "$INIT"
	ended 9
	# The drain's SIGTERM is another matter.
	grep '^10 ' child || :
}

tini() {
	for name in tini docker-init tini-static; do
		called $name expect 0 entry --version
		line '^tini version [0-9][^ ]*$' out
		same '' "$(cat err)" 'stderr of --version'
		called $name expect 0 entry -h
		called $name expect 0 entry -l
		called $name prints 0 x entry -- echo x
		called $name prints 0 x entry echo x
		called $name prints 0 x entry -s -g -- echo x
		called $name expect 0 entry -vvv -- true
		called $name expect 1 entry -vvv -- false
		called $name expect 3 entry sh -e -c 'exit 3'
		called $name expect 143 entry -- sh -c 'kill -TERM $$'
		called $name expect 0 entry -e 143 -- sh -c 'kill -TERM $$'
		called $name expect 0 entry -e 3 -e 143 -- sh -c 'exit 143'
		called $name expect 142 entry -gs -e143 -- sh -c 'exit 142'
		fails $name 127 zzzz zzzz
		fails $name 127 zzzz -- zzzz
		fails $name 127 ' --: ' -- -- true
		fails $name 126 /etc /etc
		fails $name 1 z -z -- touch ran
		fails $name 1 256 -e 256 -- touch ran
		fails $name 1 x -e x -- touch ran
		fails $name 1 SIGNONE -p SIGNONE -- touch ran
		fails $name 1 .
	done
	[ ! -e ran ]
}
@test "tini, docker-init, tini-static: options and exit codes" {
	both tini
}

tini_behaviour() {
	same '' "$(child_got tini)" 'a child'
	same '10 user' "$(child_got tini -g)" 'a child with -g'
	export TINI_KILL_PROCESS_GROUP=1
	same '10 user' "$(child_got docker-init)" 'a child with TINI_KILL_PROCESS_GROUP'
	unset TINI_KILL_PROCESS_GROUP
	called tini expect 0 entry -w -- sh -c 'setsid --fork sleep 0.05; sleep 0.2'
	line 'Reaped zombie process with pid=[1-9]' err
	called tini expect 0 entry -- sh -c 'setsid --fork sleep 0.05; sleep 0.2'
	same '' "$(cat err)" 'stderr without -w'
	TINI_VERBOSITY=3 called tini expect 0 entry -- echo x
	same x "$(cat out)" 'stdout with TINI_VERBOSITY=3'
	line '^initbox: ' err
	called docker-init expect 5 entry -- leaves
	line '^done$' left
	# docker-init can't be given options: they come by environment.
	INITBOX_EXIT_MAP=5=6 INITBOX_ON_EXIT=none called docker-init expect 6 entry -- leaves
	same up "$(cat left)" 'what was left'
	kill -KILL "$(pgrep -f leftover)" || :
}
@test "tini: signals, reaping, what is left at the end" {
	both tini_behaviour
}

dumb_init() {
	for words in -h --help -V --version; do
		called dumb-init expect 0 entry $words
		[ -s out ] || [ -s err ]
	done
	for code in 0 1 2 127 255; do
		called dumb-init expect $code entry -- sh -c "exit $code"
	done
	called dumb-init expect 143 entry sh -c 'kill -TERM $$'
	called dumb-init expect 3 entry -c -- sh -e -c 'exit 3'
	called dumb-init prints 0 x entry -c -r 15:2 --rewrite 1:0 echo x
	called dumb-init prints 0 x entry --single-child -- echo x
	called dumb-init expect 0 entry -v -- echo x
	same x "$(cat out)" 'stdout with -v'
	[ -s err ]
	DUMB_INIT_DEBUG=1 called dumb-init expect 0 entry -- echo x
	same x "$(cat out)" 'stdout with DUMB_INIT_DEBUG'
	[ -s err ]
	fails dumb-init 2 /doesnotexist /doesnotexist
	fails dumb-init 2 /etc/passwd -- /etc/passwd
	fails dumb-init 2 /etc /etc
	fails dumb-init 1 yolo --yolo -- touch ran
	fails dumb-init 1 e -e 3 -- touch ran
	for rule in a 15 15: :2 15:x x:15 15:65 65:15 ''; do
		fails dumb-init 1 ' -r ' -r "$rule" -- touch ran
	done
	fails dumb-init 1 .
	[ ! -e ran ]
}
@test "dumb-init: options and exit codes" {
	both dumb_init
}

# Its own session, and signals for all of it; with -c neither.
dumb_init_behaviour() {
	local own='[ $(ps -o sid= -p $$) = $$ ] && echo own || echo other'
	called dumb-init prints 0 own entry -- sh -c "$own"
	called dumb-init prints 0 other entry -c -- sh -c "$own"
	DUMB_INIT_SETSID=0 called dumb-init prints 0 other entry -- sh -c "$own"
	DUMB_INIT_SETSID=1 called dumb-init prints 0 own entry -- sh -c "$own"
	same '10 user' "$(child_got dumb-init)" 'a child'
	same '' "$(child_got dumb-init -c)" 'a child with -c'
	export DUMB_INIT_SETSID=0
	same '' "$(child_got dumb-init)" 'a child with DUMB_INIT_SETSID=0'
	unset DUMB_INIT_SETSID
	for rule in '15:2 15 2' '15:0 15 0' '1:31 1 31' '31:1 31 1'; do
		read -r rule sent got <<<"$rule"
		called dumb-init ready -r "$rule" -- try-signals 1
		try-signals send "$INIT" "$sent"
		[ "$got" != 0 ] || { try-signals send "$INIT" 12; got=12; }
		ended 0
		same "$got user" "$(grep '^[0-9]' log)" "$sent with $rule"
	done
}
@test "dumb-init: session, group, rewriting" {
	both dumb_init_behaviour
}

dumb_init_end() {
	called dumb-init expect 5 entry -- leaves
	case $MODE in
	pid1) line '^done$' left ;;
	child)
		# The signal was sent, and nobody waited.
		not grep 'done' left
		soon grep -q '^done$' left
		;;
	esac
	called dumb-init expect 5 entry -c -- leaves
	case $MODE in
	pid1) line '^done$' left ;;
	child)
		sleep 0.1
		same up "$(cat left)" 'what was left with -c'
		kill -KILL "$(pgrep -f leftover)"
		;;
	esac
	INITBOX_ON_EXIT=drain called dumb-init expect 5 entry -- leaves
	line '^done$' left
}
@test "dumb-init: what is left at the end" {
	both dumb_init_end
}

# Signals of job control stop both, CONT continues both.
dumb_init_stopped() {
	for sig in TSTP TTIN TTOU; do
		called dumb-init ready -- sh -c 'echo ready; exec sleep 60'
		program=$(pgrep -P "$INIT")
		kill -$sig "$INIT"
		# Nobody could continue a container.
		if [ "$MODE" = child ]; then
			soon grep -q '^State:.T' "/proc/$program/status"
			soon grep -q '^State:.T' "/proc/$INIT/status"
		fi
		kill -CONT "$INIT"
		soon grep -q '^State:.S' "/proc/$program/status"
		kill -TERM "$INIT"
		ended 143
	done
}
@test "dumb-init: stopped and continued" {
	as_child dumb_init_stopped
}

catatonit() {
	for words in -V --version; do
		called catatonit expect 0 entry $words
		line '^tini version [0-9][^ ]*$' out
	done
	for words in -h -L; do
		called catatonit expect 0 entry $words
	done
	for code in 0 1 127 255; do
		called catatonit expect $code entry -- sh -c "exit $code"
	done
	called catatonit expect 137 entry sh -c 'kill -KILL $$'
	called catatonit expect 3 entry -g sh -e -c 'exit 3'
	same '' "$(child_got catatonit)" 'a child'
	same '10 user' "$(child_got catatonit -g)" 'a child with -g'
	fails catatonit 1 zzzz zzzz
	fails catatonit 1 /etc/passwd /etc/passwd
	fails catatonit 1 z -z -- touch ran
	fails catatonit 1 e -e 3 -- touch ran
	fails catatonit 1 .
	[ ! -e ran ]
	called catatonit expect 5 entry -- leaves
	line '^done$' left
}
@test "catatonit" {
	both catatonit
}

# waits NAME [OPTION…]: starts nothing, reaps, ends with 0.
waits() {
	for sig in TERM INT; do
		GIVEN=(sh -c 'sleep 0.05 & exec "$0" "$@"')
		called "$1" launch "${@:2}"
		# The link's name is the process's.
		INITBOX=$1 soon sleeps "$INIT"
		soon no_children "$INIT"
		kill -HUP "$INIT"
		kill -USR1 "$INIT"
		not gone "$PID"
		kill -$sig "$INIT"
		ended 0
	done
	GIVEN=()
}

no_children() {
	[ -z "$(ps -o pid= --ppid "$1")" ]
}

pauses() {
	waits pause
	waits catatonit -P
	called pause expect 0 entry -v
	[ -s out ] || [ -s err ]
}
@test "pause, and catatonit -P" {
	both pauses
}

by_argv0() {
	mkdir -p sbin
	cp "$INITBOX" sbin/docker-init
	expect 1 "$PWD/sbin/docker-init" -z
	expect 1 bash -c 'exec -a tini "$0" -z' "$INITBOX"
	expect 1 bash -c 'exec -a /usr/bin/tini "$0" -z' "$INITBOX"
	expect 2 bash -c 'exec -a dumb-init "$0" zzzz' "$INITBOX"
	for name in tiny tini2 mytini init box initbox2; do
		called $name expect 125 entry -z
	done
}
@test "the last part of argv[0] decides" {
	as_child by_argv0
}
