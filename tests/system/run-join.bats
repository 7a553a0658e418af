#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: boxes that share namespaces with the host or with others, and clocks of their own.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
}

host() {
	for kind in pid ipc uts; do
		prints 0 "$(readlink /proc/self/ns/$kind)" box --$kind host -- /bin/readlink /proc/self/ns/$kind
		box=$(box --$kind private -- /bin/readlink /proc/self/ns/$kind)
		[ "$box" != "$(readlink /proc/self/ns/$kind)" ]
	done
	# The hostname is the host's, and is not set.
	prints 0 'host host' box --uts host --name web -- /bin/sh -c 'echo $(hostname) $HOSTNAME'
	same host "$(hostname)" 'the host'
	background sleep 61
	prints 0 sleep box --pid host -- /bin/cat "/proc/$PID/comm"
	prints 0 initbox box --pid host -- /bin/sh -c 'cat /proc/$PPID/comm'
	expect 143 box --pid host -- /bin/sh -c 'kill -TERM $$'
}
@test "--pid, --ipc, --uts host" {
	inside host
}

others() {
	start one -- /bin/sh -c 'hostname pod; echo ready; while :; do sleep 60; done'
	init=$(pgrep -P "$PID") one=$(pid_in "$PID")
	for kind in pid ipc uts net; do
		option=$kind
		[ $kind != net ] || option=network
		prints 0 "$(readlink "/proc/$one/ns/$kind")" box --$option "/proc/$one/ns/$kind" -- /bin/readlink /proc/self/ns/$kind
	done
	prints 0 "$(readlink "/proc/$one/ns/net")" box --network "netns:/proc/$one/ns/net" -- /bin/readlink /proc/self/ns/net
	prints 0 one box --uts "/proc/$one/ns/uts" -- /bin/hostname
	# Processes of the other one are there; its PID 1 is PID 1 here, and this box's init is not.
	expect 0 box --pid "/proc/$one/ns/pid" -- /bin/sh -c 'cat /proc/2/comm; echo $$ $PPID; cat /proc/$PPID/comm'
	line '^sh$' out
	line '^initbox$' out
	not grep -E '^[12] ' out
	# All of them at once, in the time that the other one lives.
	expect 5 box --pid "/proc/$one/ns/pid" --ipc "/proc/$one/ns/ipc" --uts "/proc/$one/ns/uts" --network "/proc/$one/ns/net" \
		-- /bin/sh -c 'exit 5'
	background "$INITBOX" run --rootfs "$ROOT" --name two --stdin null --pid "/proc/$one/ns/pid" -- \
		/bin/sh -c 'echo ready; exec sleep 60' >two.log 2>&1
	two=$PID
	soon grep -q ready two.log
	kill -KILL "$init"
	got=0
	wait "$two" || got=$?
	same 137 $got 'a box in the pid namespace of one that has ended'
}
@test "namespaces of another box" {
	inside others
}

orphans() {
	mkdir data
	# What its program leaves is ended with it, PID 1 or not.
	expect 0 box --pid host --grace 5s -v "$PWD/data:/data" -- /bin/sh -c '
		(trap "echo term >/data/end; exit" TERM; echo up >/data/up; while :; do sleep 0.1; done) &
		until [ -e /data/up ]; do sleep 0.05; done'
	same term "$(cat data/end)" 'an orphan, drained'
	# And with a launcher that is killed goes the program.
	start three --pid host
	program=$(pid_in "$PID")
	kill -KILL "$PID"
	soon gone "$program"
	wait "$PID" 2>/dev/null || :
	prints 0 '' box --name three -- /bin/true
}
@test "the end of a box that shares the host's processes" {
	inside orphans
}

network() {
	unshare --net sh -c 'ip link set lo up; ip link add dummy0 type bridge; ip address add 192.0.2.7/24 dev dummy0; exec sleep 60' &
	PID=$!
	BACKGROUND+=("$PID")
	soon in_network "$PID"
	expect 0 box --network "/proc/$PID/ns/net" -- /bin/sh -c 'ip address show dummy0; ls /sys/class/net'
	line '192\.0\.2\.7/24' out
	line '^dummy0$' out
	for clash in '-p 80:80' '--ip 172.20.0.2' '--bridge x'; do
		# shellcheck disable=SC2086 # words
		refused 'needs --network bridge' box --network "/proc/$PID/ns/net" $clash -- /bin/true
	done
}
in_network() {
	nsenter --net="/proc/$1/ns/net" ip address show dummy0 2>/dev/null | grep -q 192.0.2.7
}
@test "a network namespace" {
	inside network
}

clocks() {
	read -r up _ </proc/uptime
	prints 0 "$(printf 'monotonic 500 0\nboottime 1000 0')" box --time-offset monotonic=500,boottime=1000 -- \
		/bin/sed 's/  */ /g' /proc/self/timens_offsets
	expect 0 box --time-offset boottime=100000 -- /bin/sed 's/\..*//' /proc/uptime
	[ "$(cat out)" -ge $((${up%.*} + 100000)) ] && [ "$(cat out)" -le $((${up%.*} + 100030)) ]
	expect 0 box --time-offset=monotonic=-1 -- /bin/readlink /proc/self/ns/time
	[ "$(cat out)" != "$(readlink /proc/self/ns/time)" ]
	prints 0 "$(readlink /proc/self/ns/time)" box -- /bin/readlink /proc/self/ns/time
	prints 0 "$(readlink /proc/self/ns/time)" box --time-offset monotonic=0 -- /bin/readlink /proc/self/ns/time
	# Nothing of initbox's own is late by that: the grace of a drain, the spans of a trace.
	expect 0 box --time-offset monotonic=86400 --grace 100ms --trace "$PWD/trace" -- /bin/sh -c 'trap "" TERM; sleep 60 & :'
	jq -e '[.traceEvents[] | .ts + .dur] | max - min < 30000000' trace >/dev/null
	prints 0 'monotonic 500 0' box --userns 100000:65536 --time-offset monotonic=500 -- \
		/bin/sh -c 'sed "s/  */ /g; 1q" /proc/self/timens_offsets'
}
@test "--time-offset" {
	inside clocks
}

bad() {
	mkfifo fifo
	rows=(
		'pid: "ns": not one of private.host.PATH | --pid ns'
		'ipc: "": not one of private.host.PATH | --ipc='
		'uts: "none": not one of private.host.PATH | --uts none'
		'network: "netns:x": not an absolute path | --network netns:x'
		'network: "hosts": not one of none.bridge.slirp.host.PATH | --network hosts'
		'join: pid namespace /none: open: .*ENOENT | --pid /none'
		'join: network namespace /none: open: .*ENOENT | --network netns:/none'
		'clone: ipc namespace /etc/passwd: setns: .*EINVAL | --ipc /etc/passwd'
		'clone: uts namespace /proc/self/ns/net: setns: .*EINVAL | --uts /proc/self/ns/net'
		'clone: uts namespace .*/fifo: setns: .*EINVAL | --uts '"$PWD/fifo"
		'clone: pid namespace /etc: setns: .*EINVAL | --ipc /proc/self/ns/ipc --pid /etc'
		'hostname: is another namespace.s | --uts host --hostname web'
		'time-offset: "5": not an offset | --time-offset 5'
		'time-offset: "realtime=5": not an offset | --time-offset realtime=5'
		'time-offset: "monotonic=1.5": not an offset | --time-offset monotonic=1.5'
		'time-offset: needs a value | --time-offset'
		'namespaces: /proc/self/timens_offsets: write: .*ERANGE | --time-offset boottime=-4000000000'
	)
	for row in "${rows[@]}"; do
		read -r -a words <<<"${row##* | }"
		case $row in
		*'needs a value'*) ;;
		*) words+=(--rootfs "$ROOT" -- /bin/touch "$PWD/ran") ;;
		esac
		refused "${row% | *}" "$INITBOX" run "${words[@]}"
	done
	# The launcher stays in its own: what it does afterwards is done there.
	start one --network bridge
	prints 0 '' box --network bridge --uts "/proc/$PID/ns/uts" -- /bin/true
}
@test "bad input" {
	inside bad
}

explained() {
	expect 0 box --dry-run --network netns:/run/netns/a --pid /proc/1/ns/pid --ipc host --uts host -- /bin/true
	line '^\+ nsenter --net=/run/netns/a  # open setns' err
	line '^\+ nsenter --pid=/proc/1/ns/pid ' err
	line '^\+ unshare --mount --fork ' err
	not grep -E '^\+ (hostname|ip link)' err
}
@test "--dry-run" {
	inside explained
}
