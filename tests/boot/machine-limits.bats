#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The limits of a box bite, in machines under qemu. What the box's cgroup says
# is read inside the box, where it is /sys/fs/cgroup.

load lib

@test "a process that takes more than memory is killed: 137, and a line with the count" {
	config memory <<-'END'
		rootfs = /box
		name = eater
		memory = 32M
		command = /bin/sh -c "cat /sys/fs/cgroup/memory.max; exec dd if=/dev/zero of=/dev/null bs=100M count=1"
	END
	machine memory --net none
	ended memory 137
	said memory 33554432
	grep -qE '^initbox: eater: .* \(cgroup /.*: oom_kill 1, memory\.max 33554432\), exit code 137$' "$DIR/memory.out"
	[ "$(wc -l <"$DIR/memory.out")" = 2 ]
}

@test "memory that a box does not exceed is no matter, also what a child has lost" {
	config within <<-'END'
		rootfs = /box
		name = within
		memory = 32M
		command = /bin/sh -c "dd if=/dev/zero of=/dev/null bs=16M count=2 2>/dev/null && echo fits; dd if=/dev/zero of=/tmp/file bs=1M count=64 2>/dev/null; echo file=$?; exit 4"
	END
	machine within --net none
	ended within 4
	said within fits file=137
	grep -qE '^initbox: within: .* \(cgroup /.*: oom_kill 1, memory\.max 33554432\), exit code 4$' "$DIR/within.out"
}

# Every process of the bomb starts others until it is killed, and a start that fails does not end it.
@test "a fork bomb stops at pids-limit; its box goes on, and ends under it" {
	config bomb <<-'END'
		rootfs = /box
		pids-limit = 40
		command = /bin/sh /bomb.sh
	END
	cat >"$DIR/bomb.sh" <<-'END'
		echo "limit=$(cat /sys/fs/cgroup/pids.max)"
		echo 'BEGIN { while (1) system("awk -f /tmp/bomb &") }' >/tmp/bomb
		mkfifo /tmp/never
		exec 9<>/tmp/never
		awk -f /tmp/bomb 2>/dev/null &
		# Only what the shell has inside: nothing can be started any more.
		most=0 full=0 events=0
		while [ "$full" -lt 20 ] || [ "$events" -lt 100 ]; do
			read -r now </sys/fs/cgroup/pids.current
			read -r _ events </sys/fs/cgroup/pids.events
			[ "$now" -lt "$most" ] || most=$now
			[ "$now" -lt 40 ] || full=$((full + 1))
			read -r -t 0.02 _ <&9
		done
		echo "most=$most"
		kill -9 -1
		until (true) 2>/dev/null; do
			read -r -t 0.02 _ <&9
		done
		echo "alive=$(id -u)"
		awk -f /tmp/bomb 2>/dev/null &
		read -r -t 0.5 _ <&9
		exit 6
	END
	image bomb --config "$DIR/bomb.conf" --file "$DIR/bomb.sh:/box/bomb.sh"
	machine bomb --net none
	ended bomb 6
	[ "$(value bomb limit)" = 40 ]
	[ "$(value bomb most)" = 40 ]
	[ "$(value bomb alive)" = 0 ]
}

# Two loops on two processors: each alone would take all of one. The clock of both figures is the guest's.
@test "busy loops get cpus, within 10 %, also on two processors" {
	config busy <<-'END'
		rootfs = /box
		cpus = 0.2
		command = /bin/sh /busy.sh
	END
	cat >"$DIR/busy.sh" <<-'END'
		now() {
			read -r seconds _ </proc/uptime
			read -r _ used </sys/fs/cgroup/cpu.stat
			hundredths=${seconds%.*}${seconds#*.}
		}
		echo "max=$(cat /sys/fs/cgroup/cpu.max)"
		echo "processors=$(nproc)"
		mkfifo /tmp/never
		exec 9<>/tmp/never
		(while :; do :; done) &
		(while :; do :; done) &
		read -r -t 0.5 _ <&9
		now
		from=$hundredths used_before=$used
		read -r -t 4 _ <&9
		now
		echo "hundredths=$((hundredths - from))"
		echo "used=$((used - used_before))"
		echo "share=$(((used - used_before) / (hundredths - from) / 10))"
		grep -E '^(nr_periods|nr_throttled) ' /sys/fs/cgroup/cpu.stat
		exit 5
	END
	image busy --config "$DIR/busy.conf" --file "$DIR/busy.sh:/box/busy.sh"
	machine busy --net none --cpus 2
	ended busy 5
	[ "$(value busy max)" = '20000 100000' ]
	[ "$(value busy processors)" = 2 ]
	[ "$(value busy hundredths)" -ge 400 ]
	# In thousandths of a processor.
	[ "$(value busy share)" -ge 180 ]
	[ "$(value busy share)" -le 220 ]
}
