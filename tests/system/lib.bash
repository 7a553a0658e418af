# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Common ground of the tests of `initbox run`: a root file system, and a host of its own for each test.
#
#   load lib; setup_file() { make_root; }; @test "…" { inside FUNCTION [ARGUMENT…]; }
#
# FUNCTION runs in namespaces of its own (network, mounts, hostname, processes, cgroups), where it may spoil what it
# likes. When it has ended, the leak checker (tests/lib/leaks.sh) must find that host as it was, and the root file
# system must be untouched. INITBOX names another binary than build/initbox.

bats_require_minimum_version 1.5.0 2>/dev/null || :

LIB=${BASH_SOURCE[0]}
HERE=$(cd "$(dirname "$LIB")" && pwd)

# --- outside: the test process of bats

# A root made of busybox, with two users, in $ROOT; build/initbox in $INITBOX.
make_root() {
	local top applet
	top=$(cd "$HERE/../.." && pwd)
	export INITBOX=${INITBOX:-${BUILD:-$top/build}/initbox} ROOT=$BATS_FILE_TMPDIR/root HELPERS=$BATS_FILE_TMPDIR/helpers
	case $INITBOX in /*) ;; *) INITBOX=$top/$INITBOX ;; esac
	[ -x "$INITBOX" ] || { echo "$INITBOX: not there; make it first" >&2; return 1; }
	umask 022
	mkdir -p "$HELPERS" "$ROOT"/{bin,etc,root,srv/deep,home/alice,tmp}
	chmod 1777 "$ROOT/tmp"
	chown 1000:1000 "$ROOT/home/alice"
	cp "$(command -v busybox)" "$ROOT/bin/busybox"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "$ROOT/bin/$applet"
	done
	printf '%s\n' root:x:0:0:root:/root:/bin/sh alice:x:1000:1000::/home/alice:/bin/sh >"$ROOT/etc/passwd"
	printf '%s\n' root:x:0: alice:x:1000: staff:x:50:alice video:x:44:bob,alice >"$ROOT/etc/group"
	echo 'of the image' >"$ROOT/srv/file"
	echo 'of the image, too' >"$ROOT/srv/deep/file"
}

# make_helper NAME…: compiles tests/system/NAME.c, static, for the host of the tests and for the box (/bin/NAME).
make_helper() {
	local name
	for name; do
		"${CC:-gcc}" -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -static -s -o "$HELPERS/$name" "$HERE/$name.c"
		ln "$HELPERS/$name" "$ROOT/bin/$name"
	done
}

# Where the host has the v2 hierarchy.
cgroup2_mount() {
	awk '{ for (i = 7; i < NF; i++) if ($i == "-" && $(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo
}

# needs_linux VERSION: skips the test on an older kernel.
needs_linux() {
	[ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" = "$1" ] || skip "needs Linux $1"
}

# inside FUNCTION [ARGUMENT…]: runs it on a host of its own. Its cgroup is the root of a cgroup namespace, so that tests
# that run at the same time don't see each other; whatever is left in it at the end is killed. TEST_SECONDS (120) bounds it.
inside() {
	local group status=0 until_s=$((SECONDS + 20))
	group=$(mktemp -d "$(cgroup2_mount)/tests-of-initbox-XXXXXX") # not a name of a box: initbox gc would take it
	chmod 755 "$group" # Linux 6.1 looks at who may walk through it when a user namespace mounts it
	declare -f >"$BATS_TEST_TMPDIR/functions"
	# shellcheck disable=SC2016 # expanded by the shells that are started
	bash -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' - "$group" \
		timeout --kill-after=2 "${TEST_SECONDS:-120}" unshare --cgroup --net --mount --uts --ipc --pid --fork --kill-child --mount-proc --propagation private \
		bash -c '. "$1"; . "$2"; shift 2; host_main "$@"' - "$LIB" "$BATS_TEST_TMPDIR/functions" "$@" \
		3>&- 4>&- 5>&- || status=$?
	echo 1 >"$group/cgroup.kill"
	until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do
		[ $SECONDS -lt $until_s ] || { echo "$group: can't be removed"; return 1; }
		sleep 0.01
	done
	return $status
}

# --- inside: the host of one test

root_sum() {
	(cd "$ROOT" && find . -printf '%p %y %m %U %G %s %l %T@ %C@\n' | LC_ALL=C sort | cksum)
}

host_main() {
	set -euE -o pipefail
	trap 'echo "line $LINENO of ${FUNCNAME[0]-}: status $?: $BASH_COMMAND" >&2' ERR
	mount -t tmpfs tmpfs /run
	mount -t tmpfs tmpfs /sys/fs/cgroup # the same file system on itself would be EBUSY
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mkdir /run/tmp
	export TMPDIR=/run/tmp LEAKS_TMP=/run/tmp LEAKS_CGROUP=/sys/fs/cgroup HOME=/root
	# A packet that waits for an answer to ARP keeps its network namespace, and a veth, for three seconds.
	export LEAKS_WAIT_MS=15000
	unset LEAKS_STATE
	PATH=$HELPERS:$PATH
	hostname host
	ip link set lo up
	cd /run/tmp
	# shellcheck source=tests/lib/leaks.sh
	. "$HERE/../lib/leaks.sh"
	BACKGROUND=()
	[ "$(type -t prepare)" != function ] || prepare
	leaks_snapshot /run/before
	root_sum >/run/root-before
	"$@"
	stop_all
	leaks_check /run/before
	root_sum | cmp - /run/root-before
}

# box [OPTION…] -- COMMAND…
box() {
	"$INITBOX" run --rootfs "$ROOT" ${PEER_WAIT_MS:+-e PEER_WAIT_MS} "$@"
}

# not COMMAND…: for within a function; a failing `! command` would not end it (set -e).
not() {
	if "$@"; then
		echo "not wanted: $*" >&2
		return 1
	fi
}

# expect CODE COMMAND…: stdout in out, stderr in err.
expect() {
	local code=$1 got=0
	shift
	"$@" >out 2>err || got=$?
	[ "$got" = "$code" ] && return
	echo "$*: exit $got instead of $code"
	sed 's/^/stdout: /' out
	sed 's/^/stderr: /' err
	return 1
}

# own_words: what a box said on stderr, but for the line about its end.
own_words() {
	grep -vE '^initbox: [A-Za-z0-9_.-]+: (exited with|killed by) .* after [0-9.]+ s, ' err || :
}

# prints CODE TEXT COMMAND…: as expect, with exactly that line on stdout and nothing on stderr.
prints() {
	local code=$1 text=$2
	shift 2
	expect "$code" "$@" || return
	same "$text" "$(cat out)" "$*" || return
	same '' "$(own_words)" "stderr of $*"
}

# same WANTED GOT WHAT
same() {
	[ "$1" = "$2" ] && return
	printf '%s:\nwanted: %s\ngot:    %s\n' "${3-}" "$1" "$2"
	return 1
}

# line REGEX FILE
line() {
	grep -Eq -- "$1" "$2" && return
	echo "$2 has no line '$1':"
	cat "$2"
	return 1
}

# refused REGEX COMMAND…: exit 125, nothing on stdout, one error line that matches, a hint at most.
refused() {
	local regex=$1
	shift
	expect 125 "$@"
	same '' "$(cat out)" "stdout of $*"
	line "^initbox: .*$regex" err
	same 1 "$(grep -vc '^initbox: hint: ' err)" "error lines of $*: $(cat err)"
}

# soon COMMAND…: it succeeds within 20 s.
soon() {
	local until_s=$((SECONDS + 20))
	until "$@"; do
		[ $SECONDS -lt $until_s ] || { echo "never: $*"; return 1; }
		sleep 0.01
	done
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# background COMMAND…: its pid in $PID; stop_all ends it.
background() {
	"$@" &
	PID=$!
	BACKGROUND+=("$PID")
}

# start NAME [OPTION…] [-- COMMAND…]: a box that stays until it is stopped, with its launcher in $PID; returns when its
# program (a shell that waits for SIGTERM) has printed ready.
start() {
	local name=$1 word options=() command=(/bin/sh -c 'trap "exit 0" TERM; echo ready; while :; do sleep 60 & wait $!; done')
	shift
	for word; do
		shift
		[ "$word" != -- ] || { command=("$@"); break; }
		options+=("$word")
	done
	background "$INITBOX" run --rootfs "$ROOT" --name "$name" --stdin null "${options[@]}" -- "${command[@]}" >"$name.log" 2>&1
	soon box_is_up "$name" "$PID"
}

box_is_up() {
	grep -q '^ready' "$1.log" && return
	gone "$2" && { cat "$1.log"; exit 1; }
	return 1
}

# pid_in PID: the host's pid of the program whose launcher is PID: the child of its child.
pid_in() {
	pgrep -P "$(pgrep -P "$1" | head -n 1)" | head -n 1
}

# serve tcp|udp ADDRESS PORT: somebody who listens on the host, or with NS=outside in that network namespace.
serve() {
	local log="serve-${NS-}-$*"
	background ${NS:+ip netns exec "$NS"} peer serve "$@" >"$log" 2>&1
	soon grep -q '^ready' "$log" || { cat "$log"; return 1; }
}

# outside COMMAND…: in the network behind the host (make_outside).
outside() {
	ip netns exec outside "$@"
}

# answers TEXT COMMAND…: the command gets this answer, and may wait long for it: a first packet that is lost, because a
# loaded machine has not switched a link on yet, is sent again after a second. silent COMMAND…: it gets none, for any reason.
answers() {
	local text=$1
	shift
	prints 0 "$text" "$@"
}

silent() {
	local got=0 PEER_WAIT_MS=400
	export PEER_WAIT_MS
	"$@" >out 2>err || got=$?
	[ $got = 1 ] || [ $got = 2 ] || { echo "$*: exit $got: $(cat out err)"; return 1; }
	same '' "$(cat out)" "answer to $*"
	line '^peer: (connect|receive|send): ' err
}

# A network behind the host: 198.51.100.2 there, 198.51.100.1 here. It has a route to the boxes, so that nothing but the
# host's rules keeps it from them.
make_outside() {
	ip netns add outside
	ip link add uplink up type veth peer name eth0 netns outside
	ip address add 198.51.100.1/24 dev uplink
	ip -n outside link set lo up
	ip -n outside link set eth0 up
	ip -n outside address add 198.51.100.2/24 dev eth0
	ip -n outside route add 172.20.0.0/16 via 198.51.100.1
	# Ends of one index are no urgent matter to the kernel: it may take a second until both carry packets.
	local try
	for try in {1..150}; do
		[ "$(ip -j link show uplink | jq -r '.[0].operstate')" = UP ] &&
			[ "$(ip -n outside -j link show eth0 | jq -r '.[0].operstate')" = UP ] && return
		sleep 0.02
	done
	echo "the link to the outside is not up after $try tries"
	return 1
}

# stop PID…: ends launchers in order and waits for them.
stop() {
	local pid
	for pid; do
		kill -TERM "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
}

stop_all() {
	stop "${BACKGROUND[@]}"
	BACKGROUND=()
}
