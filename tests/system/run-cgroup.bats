#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: the box's cgroup while it runs and after it. What the limits do is tested in machines (tests/boot): the
# controllers of this host may be in v1 hierarchies.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
}

leaf() {
	start one
	pid=$(pid_in "$PID")
	dir=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	[ "$dir" = /sys/fs/cgroup/initbox-one ]
	same "$(printf '%s\n' "$(pgrep -P "$PID")" "$pid" | sort)" "$(grep -vx "$(pgrep -P "$pid" || echo 0)" "$dir/cgroup.procs" | sort)" \
		'its processes'
	# The launcher stays outside.
	same 0::/ "$(grep ^0:: "/proc/$PID/cgroup")" 'the launcher'
	stop "$PID"
	[ ! -e "$dir" ]
}
@test "a cgroup of its own while it runs, and none afterwards" {
	inside leaf
}

inside_view() {
	prints 0 / box -- /bin/sh -c 'sed -n "s/^0:://p" /proc/self/cgroup'
	# PID 1, the shell, grep.
	prints 0 3 box -- /bin/sh -c 'grep -c . /sys/fs/cgroup/cgroup.procs; true'
	expect 0 box --name one -- /bin/sh -c 'ls /sys/fs/cgroup; cat /proc/self/mountinfo'
	! grep initbox-one out
}
@test "inside it is the root of the tree" {
	inside inside_view
}

name_in_use() {
	start one
	refused 'one: a box of this name is running' box --name one -- /bin/true
	refused 'one: a box of this name is running' box --name one --network bridge -p 8080:80 -- /bin/true
	gone "$PID" && return 1
	expect 0 box --name two -- /bin/true
	stop "$PID"
	expect 0 box --name one -- /bin/true
}
@test "a name that is in use" {
	inside name_in_use
}

left_behind() {
	mkdir /sys/fs/cgroup/initbox-one
	expect 0 box --name one -- /bin/true
	[ ! -e /sys/fs/cgroup/initbox-one ]
	start one
	program=$(pid_in "$PID")
	kill -9 "$PID"
	wait "$PID" 2>/dev/null || :
	soon gone "$program"
	soon grep -q 'populated 0' /sys/fs/cgroup/initbox-one/cgroup.events
	expect 0 box --name one -- /bin/true
}
@test "a cgroup that a killed launcher left is used again" {
	inside left_behind
}

same_name_at_once() {
	# Of two that want the same name one runs, and the other one says why it does not.
	for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
		for i in 1 2 3; do
			(
				got=0
				box --name one --stdin null -- /bin/sh -c 'sleep 0.2; exit 7' >"out$i" 2>&1 || got=$?
				echo $got >"got$i"
			) &
		done
		wait
		same 1 "$(cat got? | grep -c '^7$')" "boxes that ran in round $round: $(cat got? out?)"
		same 2 "$(cat out? | grep -c 'a box of this name is running')" "words of round $round: $(cat out?)"
		same 2 "$(cat out? | wc -l)" "words of round $round: $(cat out?)"
	done
}
@test "three that want the same name at the same time" {
	inside same_name_at_once
}

v1() {
	for option in memory=64M pids-limit=100 cpus=0.5; do
		controller=${option%%[=-]*}
		controller=${controller/cpus/cpu}
		refused "cgroup: controller $controller: .*(v1|does not have it)" box --"$option" -- /bin/true
		if grep -q ":$controller:" /proc/self/cgroup; then
			line 'v1' err
		fi
	done
	refused 'cgroup: controller memory: ' box --memory max -- /bin/true
}
@test "a limit whose controller is not in the v2 hierarchy is refused" {
	grep -qw memory "$(cgroup2_mount)/cgroup.controllers" && skip "this host has its controllers in v2"
	inside v1
}

no_hierarchy() {
	# shellcheck disable=SC2317 # by expect and prints
	without() {
		unshare --mount sh -c 'umount -R /sys/fs/cgroup; umount -R /sys/fs/cgroup; exec "$@"' - "$@" 2>without.err
	}
	prints 0 fine without "$INITBOX" run --rootfs "$ROOT" -- /bin/echo fine
	same '' "$(cat without.err)" stderr
	expect 125 without "$INITBOX" run --rootfs "$ROOT" --memory 64M -- /bin/true
	same 'initbox: cgroup: controller memory: no cgroup v2 hierarchy is mounted on /sys/fs/cgroup' "$(cat without.err)"
}
@test "no v2 hierarchy: a box without limits runs, one with limits is refused" {
	inside no_hierarchy
}

own_children() {
	# Cgroups can't be made in the box: the tree is read-only there.
	expect 1 box -- /bin/mkdir /sys/fs/cgroup/new
	expect 1 box -- /bin/sh -c 'mount -o remount,rw /sys/fs/cgroup'
	# What is left in the cgroup at the end goes with it.
	expect 0 box --name one -- /bin/sh -c '(trap "" TERM; sleep 60) & exit 0'
}
@test "the end, with processes left" {
	inside own_children
}
