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
	not grep initbox-one out
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
				box -q --name one --stdin null -- /bin/sh -c 'sleep 0.2; exit 7' >"out$i" 2>&1 || got=$?
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

# A limit whose controller is in a v1 hierarchy says where that is; any other that can't be had says why.
v1() {
	local option v1
	while read -r controller option; do
		v1=${controller/#io/blkio}
		grep -qw "$controller" /sys/fs/cgroup/cgroup.controllers && continue
		# shellcheck disable=SC2086 # two words
		refused "cgroup: controller $controller: " box $option -- /bin/touch "$PWD/ran"
		mount=$(awk -v name="$v1" '{ for (i = 7; i < NF; i++) if ($i == "-" && $(i + 1) == "cgroup" && ("," $NF ",") ~ "," name ",") { print $5; exit } }' /proc/self/mountinfo)
		if [ "$mount" ]; then
			line "is in the cgroup v1 hierarchy on $mount; limits need v2 " err
		else
			line 'is not passed on to this cgroup' err
		fi
	done <<-'END'
		memory --memory=64M
		memory --memory=max
		memory --memory-reservation=1M
		memory --oom-group
		pids --pids-limit=100
		cpu --cpus=0.5
		cpu --cpu-shares=512
		cpuset --cpuset-cpus=0
		cpuset --cpuset-mems=0
		io --device-read-bps=/dev/vda:1M
		io --device-write-iops=/dev/vda:10
		io --blkio-weight=100
		io --blkio-weight-device=/dev/vda:100
		hugetlb --hugetlb=2M=4M
	END
	[ ! -e ran ]
	same '' "$(ls -d /sys/fs/cgroup/*/ 2>/dev/null || :)" 'cgroups left'
}
@test "a limit whose controller is not in the v2 hierarchy is refused" {
	grep -qw memory "$(cgroup2_mount)/cgroup.controllers" && skip "this host has its controllers in v2"
	inside v1
}

no_hierarchy() {
	# shellcheck disable=SC2317 # by expect and prints
	without() {
		unshare --mount sh -c 'while umount -R /sys/fs/cgroup 2>/dev/null; do :; done; exec "$@"' - "$@" 2>without.err
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

children_made() {
	start one
	leaf=/sys/fs/cgroup/initbox-one
	mkdir -p $leaf/a/b/c $leaf/d
	pid_in "$PID" >$leaf/a/b/c/cgroup.procs
	stop "$PID"
	[ ! -e $leaf ]
	# By the next one, when the launcher was killed.
	start one
	mkdir -p $leaf/a/b $leaf/c
	program=$(pid_in "$PID")
	kill -9 "$PID"
	wait "$PID" 2>/dev/null || :
	soon gone "$program"
	expect 0 box --name one -- /bin/true
	[ ! -e $leaf ]
}
@test "cgroups that were made in the box's go with it" {
	inside children_made
}

frozen() {
	# SIGKILL reaches what is frozen.
	start one -- /bin/sh -c 'echo ready; (sleep 60 & sleep 60 & wait); exit 3'
	leaf=/sys/fs/cgroup/initbox-one
	echo 1 >$leaf/cgroup.freeze
	soon grep -q 'frozen 1' $leaf/cgroup.events
	echo 1 >$leaf/cgroup.kill
	got=0
	wait "$PID" || got=$?
	same 137 $got 'exit code'
	line '^initbox: one: killed by SIGKILL after [0-9]+[.][0-9] s, ' one.log
	[ ! -e $leaf ]
	# One that is thawed again goes on.
	start two
	leaf=/sys/fs/cgroup/initbox-two
	echo 1 >$leaf/cgroup.freeze
	soon grep -q 'frozen 1' $leaf/cgroup.events
	echo 0 >$leaf/cgroup.freeze
	got=0
	kill -TERM "$PID"
	wait "$PID" || got=$?
	same 0 $got 'exit code'
}
@test "a box that is frozen, and killed by its cgroup" {
	inside frozen
}

# The top is not this user's; the launcher's own cgroup is, or is not.
delegated() {
	cp "$INITBOX" initbox
	chmod 711 .
	mkdir /sys/fs/cgroup/mine /sys/fs/cgroup/others
	# Where nobody lets it see cgroups at all, and it asks for none.
	chmod 700 /sys/fs/cgroup
	prints 0 fine setpriv --reuid 1000 --regid 1000 --clear-groups "$PWD/initbox" run --rootfs "$ROOT" -- /bin/echo fine
	refused 'cgroup: /sys/fs/cgroup: open: .*EACCES' setpriv --reuid 1000 --regid 1000 --clear-groups "$PWD/initbox" run \
		--rootfs "$ROOT" --memory 64M -- /bin/true
	chown -R 1000:1000 /sys/fs/cgroup/mine
	chmod 755 /sys/fs/cgroup
	mkdir data
	chown 1000 data
	for group in mine others; do
		background bash -c 'echo 0 >"/sys/fs/cgroup/$1/cgroup.procs" && shift && exec setpriv --reuid 1000 --regid 1000 --clear-groups "$@"' - \
			$group ./initbox run -q --rootfs "$ROOT" --name one --stdin null -v "$PWD/data:/data" -- \
			/bin/sh -c 'echo x >/data/up; while [ ! -e /data/go ]; do sleep 0.05; done; exit 4' >$group.log 2>&1
		soon [ -e data/up ] || { cat $group.log; return 1; }
		same "$([ $group = mine ] && echo /sys/fs/cgroup/mine/initbox-one/)" "$(ls -d /sys/fs/cgroup/$group/*/ 2>/dev/null || :)" "$group"
		same '' "$(ls -d /sys/fs/cgroup/initbox-* 2>/dev/null || :)" 'cgroups at the top'
		touch data/go
		got=0
		wait "$PID" || got=$?
		same 4 $got "exit in $group: $(cat $group.log)"
		same '' "$(ls -d /sys/fs/cgroup/$group/*/ 2>/dev/null || :)" "left in $group"
		rm data/up data/go
		rmdir /sys/fs/cgroup/$group
	done
	rm initbox
}
@test "an ordinary user's box is in the launcher's own cgroup where that is the user's" {
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
	inside delegated
}

mortem() {
	local tail='after [0-9]+[.][0-9] s, max rss [0-9.]+ MB, cpu [0-9]+[.][0-9] s$'
	expect 3 box --name one -- /bin/sh -c 'exit 3'
	line "^initbox: one: exited with 3 $tail" err
	expect 143 box --name one -- /bin/sh -c 'kill -TERM $$'
	line "^initbox: one: killed by SIGTERM $tail" err
	expect 255 box --name one -- /bin/sh -c 'exit 255'
	line "^initbox: one: exited with 255 $tail" err
	same 1 "$(wc -l <err)" 'lines'
	expect 1 box --name one -- /bin/sh -c 'i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done; sleep 0.3; exit 1'
	# It ran for longer than it used a processor, and for some tenths.
	[[ $(cat err) =~ after\ ([0-9]+)[.]([0-9])\ s.*cpu\ ([0-9]+)[.]([0-9])\ s ]]
	[ $((BASH_REMATCH[1] * 10 + BASH_REMATCH[2])) -ge 3 ]
	[ $((BASH_REMATCH[1] * 10 + BASH_REMATCH[2])) -gt $((BASH_REMATCH[3] * 10 + BASH_REMATCH[4])) ]
	for quiet in -q --quiet; do
		expect 137 box $quiet -- /bin/sh -c 'kill -KILL $$'
		same '' "$(cat err)" "words with $quiet"
	done
	# What never ran has no end to tell of.
	expect 127 box -- /none
	same 1 "$(wc -l <err)" 'lines'
}
@test "a line about an end with another code than 0" {
	inside mortem
}

cost() {
	# Who asks for nothing pays for nothing: one directory, opened, locked and checked.
	expect 0 strace -qq -o calls "$INITBOX" run --rootfs "$ROOT" -- /bin/true
	sed -n '/^statfs(/,$p' calls | sed '/^clone3(/,$d' | sed 's/(.*//' | grep -xE 'statfs|open|openat|mkdirat|flock|fstat|newfstatat|fstatat|read|write|getxattr|fgetxattr|faccessat' >names
	same 'statfs openat mkdirat openat flock fstat newfstatat' "$(xargs <names)" 'calls of the cgroup'
	same 'unlinkat' "$(grep -E 'cgroup.kill|initbox-box.*AT_REMOVEDIR' calls | sed 's/(.*//' | xargs)" 'calls at the end'
}
@test "a box without limits costs no call more than its cgroup" {
	inside cost
}

explained() {
	expect 0 box --name one --memory 64M --memory-swap 96M --memory-reservation 8M --oom-group --cpus 1.5 --cpu-shares 512 \
		--cpuset-cpus 0-1 --pids-limit 9 --device-read-bps /dev/vda:1M --blkio-weight 10 --blkio-weight-device /dev/vda:1000 \
		--hugetlb 2M=4M --dry-run -- /bin/true
	while read -r value file; do
		line "^[+] echo '?$value'? >/sys/fs/cgroup/$file  # write$" err
	done <<-'END'
		[+]memory cgroup.subtree_control
		[+]hugetlb cgroup.subtree_control
		67108864 initbox-one/memory.max
		33554432 initbox-one/memory.swap.max
		8388608 initbox-one/memory.low
		1 initbox-one/memory.oom.group
		150000.100000 initbox-one/cpu.max
		59 initbox-one/cpu.weight
		0-1 initbox-one/cpuset.cpus
		9 initbox-one/pids.max
		default.1 initbox-one/io.weight
		4194304 initbox-one/hugetlb.2MB.max
	END
	line '^[+] echo "[$][(]lsblk -dno MAJ:MIN /dev/vda[)] rbps=1048576" >/sys/fs/cgroup/initbox-one/io.max ' err
	line '^[+] echo "[$][(]lsblk -dno MAJ:MIN /dev/vda[)] 10000" >/sys/fs/cgroup/initbox-one/io.weight ' err
	sed 's/^+ //; /BPF instructions/d' err >commands
	sh -n commands
}
@test "each limit has its line in --dry-run" {
	inside explained
}
