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
	grep -qE '^initbox: eater: killed by SIGKILL after [0-9.]+ s, memory peak 3[12] MB, cpu [0-9.]+ s, 1 OOM kill$' "$DIR/memory.out"
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
	grep -qE '^initbox: within: exited with 4 after [0-9.]+ s, memory peak 3[12] MB, cpu [0-9.]+ s, 1 OOM kill$' "$DIR/within.out"
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

# with_disk NAME MODULE FILE…: an image of NAME.conf with these files of $DIR in its box's root, for a machine with a disk.
with_disk() {
	local name=$1 module=$2 file files=()

	shift 2
	for file; do
		files+=(--file "$DIR/$file:/box/$file")
	done
	truncate -s 32M "$DIR/disk"
	image "$name" --config "$DIR/$name.conf" --modules-dir "$MODULES_DIR" --from "$TOP/initramfs/machine.list" --module virtio_blk \
		--module "$module" --file "$OUT/initbox:/box/bin/initbox" "${files[@]}"
}

@test "each limit is in its file, as the kernel writes it, and the disk keeps to its own" {
	cat >"$DIR/all.conf" <<-'END'
		rootfs = /box
		memory = 64M
		memory-swap = 100M
		memory-reservation = 16M
		oom-group = yes
		cpus = 1.5
		cpu-shares = 2000
		cpuset-cpus = 1
		cpuset-mems = 0
		pids-limit = 100
		device-read-bps = /dev/vda:2M
		device-write-bps = /dev/vda:1M
		device-read-iops = /dev/vda:1000
		device-write-iops = /dev/vda:20
		blkio-weight = 200
		hugetlb = 2M=4M
		hugetlb = 1G=0
		device = /dev/vda
		command = /bin/sh /all.sh
	END
	cat >"$DIR/all.sh" <<-'END'
		cd /sys/fs/cgroup
		for file in memory.max memory.swap.max memory.low memory.oom.group cpu.max cpu.weight cpuset.cpus.effective \
			cpuset.mems.effective pids.max io.max io.weight hugetlb.2MB.max hugetlb.2MB.rsvd.max hugetlb.1GB.max; do
			[ ! -e $file ] || echo "$file=$(cat $file)"
		done
		echo "processors=$(nproc)"
		# In hundredths of a second.
		now() {
			read -r up _ </proc/uptime
			echo "${up%.*}${up#*.}"
		}
		from=$(now)
		dd if=/dev/vda of=/dev/null bs=64k count=64 2>/dev/null
		echo "read=$(($(now) - from))"
		from=$(now)
		dd if=/dev/zero of=/dev/vda bs=4k count=40 oflag=direct 2>/dev/null ||
			dd if=/dev/zero of=/dev/vda bs=4k count=40 oflag=sync 2>/dev/null
		echo "write=$(($(now) - from))"
	END
	with_disk all virtio_blk all.sh
	machine all --net none --cpus 2 --disk "$DIR/disk"
	ended all 0
	said all memory.max=67108864 memory.swap.max=37748736 memory.low=16777216 memory.oom.group=1 'cpu.max=150000 100000' \
		cpu.weight=170 cpuset.cpus.effective=1 cpuset.mems.effective=0 pids.max=100 processors=1 \
		'io.max=254:0 rbps=2097152 wbps=1048576 riops=1000 wiops=20' 'io.weight=default 1920' \
		hugetlb.2MB.max=4194304 hugetlb.2MB.rsvd.max=4194304
	# 4 MB at 2 MB a second; 40 writes at 20 a second.
	[ "$(value all read)" -ge 150 ]
	[ "$(value all write)" -ge 150 ]
}

# A box may do all that a host's root may, and its cgroup has all controllers: so in it boxes are run as on a host.
make_host() {
	cat >"$DIR/host.conf" <<-'END'
		rootfs = /box
		memory = 150M
		cpus = 2
		pids-limit = 500
		cpuset-cpus = 0-1
		blkio-weight = 100
		cap-add = ALL
		seccomp = none
		tmpfs-size = 64M
		command = /bin/sh /host.sh
	END
	cat >"$DIR/delegate.c" <<-'END'
		#include <sys/xattr.h>
		int main(int argc, char **argv) { return argc != 2 || setxattr(argv[1], "user.delegate", "1", 1, 0); }
	END
	"${CC:-gcc}" -static -s -o "$DIR/delegate" "$DIR/delegate.c"
}

# Its steps are told as NAME=EXIT CODE:ALL THAT WAS SAID, lines joined by |.
@test "on a v2 host: where a box's cgroup is, what happens at its limits, what is refused" {
	make_host
	cat >"$DIR/host.sh" <<-'END'
		top=/sys/fs/cgroup
		mount -o remount,bind,rw $top
		# With nothing over parts of them: else no user namespace may have its own.
		mkdir /tmp/sys
		mount -t proc proc /proc
		mount -t sysfs sysfs /tmp/sys
		mknod /dev/vda b 254 0
		try() {
			name=$1
			shift
			said=$("$@" 2>&1)
			echo "$name=$?:$(printf '%s' "$said" | tr '\n' '|')"
		}
		box() {
			initbox run --rootfs / --name one "$@"
		}
		# in_group DIR COMMAND…: as the only process there.
		in_group() {
			sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$@"
		}
		try busy box --memory 20M -- true
		try none box -- true
		mkdir $top/rest
		for pid in $(cat $top/cgroup.procs); do
			echo "$pid" >$top/rest/cgroup.procs 2>/dev/null
		done
		try moved box --memory 20M -- cat /sys/fs/cgroup/memory.max
		try eaten box --memory 20M -- dd if=/dev/zero of=/dev/null bs=40M count=1
		try quiet box -q --memory 20M -- dd if=/dev/zero of=/dev/null bs=40M count=1
		try one box --memory 20M -- sh -c 'dd if=/dev/zero of=/dev/null bs=40M count=1; echo survived; exit 0'
		try group box --memory 20M --oom-group -- sh -c 'dd if=/dev/zero of=/dev/null bs=40M count=1; echo survived'
		try shm box --memory 20M -- dd if=/dev/zero of=/dev/shm/bomb bs=1M count=40
		try root box --memory 20M -- dd if=/dev/zero of=/bomb bs=1M count=40
		try forks box --pids-limit 20 -- sh -c 'i=0; while [ $i -lt 60 ]; do sleep 9 & i=$((i + 1)); done 2>/dev/null; exit 5'
		try swap box --memory 20M --memory-swap -1 -- cat /sys/fs/cgroup/memory.swap.max
		try processor box --cpuset-cpus 7 -- true
		try node box --cpuset-mems 3 -- true
		try disk box --device-read-bps /dev/vda:1M --device-read-iops /dev/vda:7 -- cat /sys/fs/cgroup/io.max
		try nodisk box --device-read-bps /dev/null:1M -- true
		try noentry box --device-write-iops /dev/none:1 -- true
		mknod /dev/gone b 250 9
		try gone box --device-write-bps /dev/gone:1M -- true
		try weight box --blkio-weight-device /dev/vda:500 -- true
		mount -o remount,bind,rw /sys
		echo bfq >/sys/block/vda/queue/scheduler
		try bfq box --blkio-weight 300 --blkio-weight-device /dev/vda:500 -- cat /sys/fs/cgroup/io.bfq.weight
		try hugetlb box --hugetlb 2M=4M -- true
		echo "left=$(ls -d $top/*/ | tr '\n' ' ')"

		# A cgroup that somebody above has given away, as systemd marks it.
		mkdir -p $top/mine $top/yours/deep
		/delegate $top/mine && /delegate $top/yours/deep
		mkfifo /tmp/go
		in_group $top/mine initbox run -q --rootfs / --name two --memory 20M -v /tmp/go:/tmp/go -- sh -c 'read x </tmp/go; exit 3' &
		until [ -e $top/mine/initbox-two ] && [ "$(cat $top/mine/initbox-two/cgroup.procs)" ]; do usleep 10000; done
		echo "mine=$(cat $top/mine/initbox-two/memory.max) $(cat $top/mine/cgroup.subtree_control) $(ls $top/mine/ | grep initbox | tr '\n' ' ')"
		echo x >/tmp/go
		wait $!
		echo "ended=$? $(cat $top/mine/cgroup.subtree_control)$(ls $top/mine | grep initbox)"
		try deep in_group $top/yours/deep initbox run --rootfs / --memory 20M -- cat /sys/fs/cgroup/memory.max
		echo "deep-left=$(cat $top/yours/deep/cgroup.subtree_control)$(ls $top/yours/deep | grep initbox)"
		mount -t tmpfs root /mnt
		mkdir -p /mnt/bin /mnt/etc /mnt/proc /mnt/sys /mnt/dev /mnt/tmp
		cp -a /bin/busybox /bin/cat /bin/true /mnt/bin/
		mkdir $top/user
		chown -R 1000 $top/user
		chmod 1777 /tmp
		try rootless in_group $top/user su user -c 'exec initbox run --rootfs /mnt --memory 20M -- cat /sys/fs/cgroup/memory.max'
		try rootless-none in_group $top/user su user -c 'exec initbox run --rootfs /mnt -- cat /proc/self/cgroup'
		echo "rootless-left=$(cat $top/user/cgroup.subtree_control)$(ls $top/user | grep initbox)"
		try undelegated in_group $top/rest su user -c 'exec initbox run --rootfs /mnt --memory 20M -- true'
		try undelegated-none in_group $top/rest su user -c 'exec initbox run --rootfs /mnt -- true'
		try crowd in_group $top/mine sh -c 'initbox run --rootfs / --memory 20M -- true; exit $?'
		try failed in_group $top/mine initbox run --rootfs / --cpuset-cpus 7 -- true
		echo "failed-left=$(cat $top/mine/cgroup.subtree_control)$(ls $top/mine | grep initbox)"

		# The kernel takes a processor that is switched off, and then runs the box on others.
		echo 0 >/sys/devices/system/cpu/cpu1/online
		try offline box --cpuset-cpus 1 -- true
	END
	with_disk host bfq host.sh delegate
	machine host --net none --cpus 2 --disk "$DIR/disk"
	ended host 0
	# What was made in the box's cgroup has gone with it.
	run ! grep 'left behind' "$DIR/host.out"
	local mortem='after [0-9.]+ s, memory peak (19|20) MB, cpu [0-9.]+ s, 1 OOM kill'
	# is NAME PATTERN: that is how the step ended.
	is() {
		value host "$1" | grep -qxE -e "$2" || { echo "$1: $(value host "$1")"; return 1; }
	}
	is busy '125:initbox: cgroup: cgroup.subtree_control: write: Resource busy \(EBUSY\): other processes .*hint: .*Delegate=yes.*'
	is none '0:'
	is moved '0:20971520'
	is eaten "137:initbox: one: killed by SIGKILL $mortem"
	is quiet '137:'
	is one "0:Killed.survived.initbox: one: exited with 0 $mortem"
	is group '137:initbox: one: killed by SIGKILL after .*, [1-9] OOM kills?'
	is shm "137:initbox: one: killed by SIGKILL $mortem"
	is root "137:initbox: one: killed by SIGKILL $mortem"
	is forks '2:.*initbox: one: exited with 2 after .*'
	is swap '0:max'
	is processor '125:initbox: cgroup: cpuset.cpus: write: .*: 7 was asked for, 0-1 is there'
	is node '125:initbox: cgroup: cpuset.mems: write: .*: 3 was asked for, 0 is there'
	is disk '0:254:0 rbps=1048576 wbps=max riops=7 wiops=max'
	is nodisk '125:initbox: cgroup: /dev/null: not a block device'
	is noentry '125:initbox: cgroup: /dev/none: stat: .*ENOENT.*'
	is gone '125:initbox: cgroup: io.max: write: .*\((ENODEV|ENXIO)\): for /dev/gone.*'
	is weight '125:initbox: cgroup: io.bfq.weight: write: .*\(EOPNOTSUPP\): for /dev/vda.initbox: hint: .*'
	is bfq '0:default 300.254:0 500'
	is hugetlb '125:initbox: cgroup: controller hugetlb: is not passed on to this cgroup.*'
	is left '/sys/fs/cgroup/rest/ '
	is mine '20971520 memory initbox-launchers initbox-two '
	is ended '3 '
	is deep '0:20971520'
	is deep-left ''
	is rootless '0:20971520'
	is rootless-none '0:.*0::/'
	is rootless-left ''
	is undelegated '125:initbox: cgroup: .*EACCES.*hint: .*not delegated.*'
	is undelegated-none '0:'
	is crowd '125:.*EBUSY.*'
	is failed '125:.*'
	is failed-left ''
	is offline '125:initbox: cgroup: cpuset.cpus: 1 became 0: the kernel took another value .*'
}
