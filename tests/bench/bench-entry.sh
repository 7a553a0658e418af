#!/bin/sh
# SPDX-License-Identifier: MIT
# Measure `initbox -- COMMAND` beside a floor and its peers, as PID 1, and hold it to its targets.
#
#   bench-entry.sh [--starts N] [--no-assert] [BUILD]
#
# BUILD (default: build) holds initbox and bench/{entry-floor,entry-tree,bench-entry,true}. Peers that are not
# installed are named and left out. Runs as root: each init is PID 1 of a pid namespace of its own. Under taskset -c N
# all of them share one CPU: what a start costs then is its work, without the way to another CPU and back.
# Exit: 0, 1 a target is missed, 2 trouble.
set -eu

die() {
	echo "bench-entry: $1: $2" >&2
	exit 2
}

options=
build=build
while [ $# -gt 0 ]; do
	case $1 in
	--starts)
		[ $# -ge 2 ] || die "$1" "needs a number"
		options="$options $1 $2"
		shift
		;;
	--no-assert) options="$options $1" ;;
	-*) die "$1" "no such option" ;;
	*) build=$1 ;;
	esac
	shift
done
[ "$(id -u)" = 0 ] || die root "needs it: run it with sudo"
build=$(cd "$build" && pwd) || exit 2
program=$build/bench/true
for file in "$build/initbox" "$build/bench/entry-floor" "$build/bench/entry-tree" "$build/bench/bench-entry" "$program"; do
	[ -x "$file" ] || die "$file" "not built: make bench-entry builds it"
done
command -v strace >/dev/null || die strace "not installed"

work=$(mktemp -d "${TMPDIR:-/tmp}/initbox-bench-entry.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM HUP

# syscalls INIT [ARG...]: how many it needs for one start, from behind its exec to its end, the program's exec
# among them and nothing behind that one in the program.
syscalls() {
	# Some of the inits take the terminal, and don't give it back: there is none.
	setsid -w timeout 30 strace -f -qq -o "$work/trace" unshare --pid --fork "$@" "$program" \
		</dev/null 2>"$work/errors" || {
		cat "$work/errors" >&2
		return 1
	}
	awk -v init="execve(\"$1\"" -v program="execve(\"$program\"" '
		NR == 1 { outer = $1 }
		$1 == outer || done[$1] || $2 !~ /^[a-z0-9_]+\(/ { next }
		started { n++ }
		index($0, init) { started = 1 }
		index($0, program) { done[$1] = 1 }
		END { print n + 0 }' "$work/trace"
}

# init NAME ROLE PROGRAM [ARG...]
init() {
	name=$1
	role=$2
	shift 2
	[ -x "$1" ] || {
		echo "skipped: $name: not installed" >&2
		return
	}
	count=$(syscalls "$@") || die "$name" "can't run a program (its last words are above)"
	{
		printf '%s\t%s\t%s' "$name" "$role" "$count"
		printf '\t%s' "$@"
		echo
	} >>"$work/inits"
}

# peer NAME [ARG...]
peer() {
	path=$(command -v "$1" || true)
	name=$1
	shift
	init "$name" peer "${path:--}" "$@"
}

printf 'program alone\textra\t0\n' >"$work/inits"
init initbox initbox "$build/initbox" --
init floor floor "$build/bench/entry-floor"
peer tini --
peer tini-static --
peer dumb-init --
peer catatonit --
# Word splitting is wanted: options and numbers.
# shellcheck disable=SC2086
"$build/bench/bench-entry" $options "$program" "$build/bench/entry-tree" "$work/inits"
