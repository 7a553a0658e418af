# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the tests of `initbox -- COMMAND` share, on the ground of lib.bash.
#
#   load entry-lib; setup_file() { make_entry; }; @test "…" { both FUNCTION [ARGUMENT…]; }
#
# FUNCTION runs twice on a host of its own (inside): with initbox as process 1 of a pid namespace, and as an ordinary
# process. MODE is pid1 or child, AS the options of try-start for it.

# shellcheck source-path=SCRIPTDIR source=lib.bash
. "${BASH_SOURCE[0]%/*}/lib.bash"

# --- outside

# A directory HELPERS with the programs that the tests need, and with initbox: INITBOX names it then.
make_entry() {
	export ROOT=$BATS_FILE_TMPDIR/root HELPERS=$BATS_FILE_TMPDIR/helpers
	# A user who is not root needs them, too.
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	mkdir -p "$ROOT/bin"
	make_helpers
}

make_helpers() {
	local top name made
	top=$(cd "$HERE/../.." && pwd)
	export INITBOX=${INITBOX:-${BUILD:-$top/build}/initbox}
	case $INITBOX in /*) ;; *) INITBOX=$top/$INITBOX ;; esac
	[ -x "$INITBOX" ] || { echo "$INITBOX: not there; make it first" >&2; return 1; }
	umask 022
	mkdir -p "$HELPERS"
	cp "$INITBOX" "$HELPERS"
	INITBOX=$HELPERS/${INITBOX##*/}
	for name in try-start try-signals try-storm on-tty; do
		made="$top/build/tests/$name"
		[ "$made" -nt "$HERE/$name.c" ] || compile_helper "$name" "$made"
		cp "$made" "$HELPERS/$name"
	done
}

# make_script NAME <TEXT: a shell script among the helpers.
make_script() {
	{
		echo '#!/bin/sh'
		cat
	} >"$HELPERS/$1"
	chmod 755 "$HELPERS/$1"
}

# compile_helper NAME FILE: once for all tests.
compile_helper() {
	mkdir -p "${2%/*}"
	"${CC:-gcc}" -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -static -s -o "$2.$$" "$HERE/$1.c"
	mv "$2.$$" "$2"
}

# both FUNCTION [ARGUMENT…]; as_pid1 and as_child where there is only one way.
both() {
	inside in_modes pid1 child "$@"
}

as_pid1() {
	inside in_modes pid1 "$@"
}

as_child() {
	inside in_modes child "$@"
}

# --- inside

# in_modes MODE… FUNCTION [ARGUMENT…]: each in a directory of its own that everybody may write to.
in_modes() {
	local modes=()
	while [ "$1" = pid1 ] || [ "$1" = child ]; do
		modes+=("$1")
		shift
	done
	for MODE in "${modes[@]}"; do
		echo "initbox as $MODE"
		GIVEN=() AS=()
		[ "$MODE" = child ] || AS=(--pid1)
		mkdir -m 777 "/run/tmp/$MODE"
		cd "/run/tmp/$MODE"
		"$@"
		stop_all
	done
}

# entry [OPTION…] [--] COMMAND…: initbox as MODE says. GIVEN holds options of try-start, and a command that runs the next.
entry() {
	try-start "${AS[@]}" "${GIVEN[@]}" "$INITBOX" "$@"
}

# launch [OPTION…] [--] COMMAND…: in the background; INIT is its pid, log what it and the program print.
launch() {
	rm -f pid
	background try-start "${AS[@]}" --pid-file pid "${GIVEN[@]}" "$INITBOX" "$@" >log 2>&1
	soon test -s pid
	# shellcheck disable=SC2034 # for the tests
	INIT=$(cat pid)
}

# ready [OPTION…] [--] COMMAND…: launch, and wait for the word ready in its output.
ready() {
	launch "$@"
	soon is_ready && grep -q '^ready' log && return
	cat log
	return 1
}

is_ready() {
	grep -q '^ready' log || gone "$PID"
}

# ended CODE: what was launched ends with it within 5 s.
ended() {
	local got=0
	soon gone "$PID" || { cat log; return 1; }
	wait "$PID" || got=$?
	same "$1" "$got" "exit code; it said: $(cat log)"
}

# now: milliseconds of the clock.
now() {
	local us=${EPOCHREALTIME/[.,]/}
	echo $((us / 1000))
}

# between LEAST MOST SINCE: so many milliseconds have passed since then.
between() {
	local ms=$(($(now) - $3))
	[ $ms -ge "$1" ] && [ $ms -le "$2" ] && return
	echo "$ms ms have passed, not $1 to $2"
	return 1
}

# alive NAME: a process with this word in its command line is there, and no zombie.
alive() {
	pgrep -f -r R,S,D,T -- "$1" >/dev/null
}

none_alive() {
	! alive "$1"
}

# zombies PID: prints its children that nobody has waited for.
zombies() {
	ps -o stat=,pid=,args= --ppid "$1" | awk '$1 ~ /^Z/'
}

# sleeps PID: it is initbox already, and waits.
sleeps() {
	grep -q '^State:.S' "/proc/$1/status" && [ "$(cat "/proc/$1/comm")" = "${INITBOX##*/}" ]
}

# field NAME FILE: the value of a line "NAME: value" of /proc/PID/status.
field() {
	sed -n "s/^$1:[[:space:]]*//p" "$2"
}

# refused_with CODE REGEX COMMAND…: that exit code, nothing on stdout, one error line that matches, a hint at most.
refused_with() {
	local code=$1 regex=$2
	shift 2
	expect "$code" "$@"
	same '' "$(cat out)" "stdout of $*"
	line "^initbox: .*$regex" err
	same 1 "$(grep -vc '^initbox: hint: ' err)" "error lines of $*: $(cat err)"
}
