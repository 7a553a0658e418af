#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a course on containers shows with limits of cgroup v2: the kernel kills
# for want of memory and counts it, and a process too many is refused.

load lib

@test "an OOM kill is counted in memory.events; a process over pids.max is refused, and counted in pids.events" {
	config labs <<-'END'
		rootfs = /box
		memory = 32M
		pids-limit = 8
		command = /bin/sh /labs.sh
	END
	cat >"$DIR/labs.sh" <<-'END'
		cd /sys/fs/cgroup
		echo "memory=$(cat memory.max) swap=$(cat memory.swap.max 2>/dev/null || echo none) pids=$(cat pids.max)"
		echo "before=$(grep '^oom_kill ' memory.events)"
		dd if=/dev/zero of=/dev/null bs=100M count=1
		echo "status=$?"
		echo "after=$(grep '^oom_kill ' memory.events)"
		echo "$(cat memory.max) $(cat memory.peak 2>/dev/null)" | { read -r max peak; [ "${peak:-0}" -le "$max" ] && echo below; }
		mkfifo /tmp/never
		exec 9<>/tmp/never
		for i in 1 2 3 4 5; do (read -r x <&9) & done
		# The shell is the eighth, and its child would be the ninth.
		sh -c 'read -r now <pids.current; echo "now=$now"; (echo one more); echo and more'
		echo "refused=$?"
		read -r events <pids.events
		echo "events=$events"
		kill -9 $(jobs -p) 2>/dev/null
		exit 7
	END
	image labs --config "$DIR/labs.conf" --file "$DIR/labs.sh:/box/labs.sh"
	machine labs --net none
	cat "$DIR/labs.out" "$DIR/labs.err"
	[ "$(cat "$DIR/labs.status")" = 7 ]
	said labs 'before=oom_kill 0' status=137 'after=oom_kill 1' below now=8 refused=2 'events=max 1'
	[ "$(grep -cE "(one|and) more" "$DIR/labs.out")" = 0 ]
	[ "$(value labs memory)" = '33554432 swap=0 pids=8' ] || [ "$(value labs memory)" = '33554432 swap=none pids=8' ]
}
