#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The box in a machine with other eyes: what /proc and /sys say inside it, and
# what it can't do to its machine. One machine tells all (facts.sh).

# shellcheck disable=SC2016 # they are for the box's shell and for awk

load lib

setup_file() {
	setup_machines
	cat >"$DIR/box.conf" <<-'END'
		# The whole of it.
		rootfs = /box
		name = looked-at
		hostname = seen
		network = bridge
		publish = 127.0.0.1:81:81
		memory = 64M
		pids-limit = 50
		cpus = 0.9
		tmpfs-size = 8M
		env = PLAIN=a b
		env = QUOTES="c \"d\"	$HOME"
		env = LITERAL='e \n'
		workdir = /var/tmp
		command = /bin/sh /facts.sh "two  words" 'three $HOME words' ""
	END
	make_facts
	image box --config "$DIR/box.conf" --file "$DIR/facts.sh:/box/facts.sh" --file "$DIR/box.conf:/etc/secret"
	machine box
}

make_facts() {
	cat >"$DIR/facts.sh" <<-'END'
		echo "arguments=$#:$1:$2:$3"
		echo "env=$(env | sort | tr '\n' '|')"
		echo "workdir=$(pwd)"
		echo "id=$(id)"
		echo "init=$(cat /proc/1/comm) parent=$PPID own=$$"
		echo "seen=$(ls -d /proc/[0-9]* | wc -l)"
		echo "kernel-threads=$(ls /proc/*/comm | xargs grep -l kthreadd | wc -l)"
		echo "hostname=$(hostname)"
		echo "links=$(ls /sys/class/net | tr '\n' ' ')"
		ls /proc/self/fd >/tmp/fds # it has 3 open itself
		echo "fds=$(tr '\n' ' ' </tmp/fds)"
		sed 's/^/mount=/' /proc/self/mountinfo
		sed 's/^/status=/' /proc/self/status
		sed 's/^/init-status=/' /proc/1/status
		echo "cgroup=$(cat /proc/self/cgroup)"
		for f in memory.max memory.swap.max pids.max cpu.max; do
			[ ! -e /sys/fs/cgroup/$f ] || echo "$f=$(cat /sys/fs/cgroup/$f)"
		done
		echo "dev=$(ls /dev | tr '\n' ' ')"
		echo "root=$(ls / | tr '\n' ' ')"
		echo "modules=$(ls -d /lib 2>&1)"
		echo "room=$(df -k / | awk 'NR == 2 { print $2 }')"
		dd if=/dev/zero of=/full bs=1M count=9 2>/dev/null || echo "full=yes"
		rm -f /full
		# What each attempt says, the status last.
		try() {
			name=$1
			shift
			said=$("$@" 2>&1)
			echo "try-$name=$?:$(echo "$said" | tr '\n' '|')"
		}
		try reboot reboot -f
		try mount mount -t tmpfs none /mnt
		try umount umount /proc/interrupts
		try hostname hostname other
		try dmesg dmesg
		try module insmod /facts.sh
		try settime date -s 2001-01-01
		echo "year=$(date +%Y)"
		try sysctl sh -c 'echo x >/proc/sys/kernel/core_pattern'
		try sysrq sh -c 'echo h >/proc/sysrq-trigger'
		try sys sh -c 'echo 1 >/sys/kernel/mm/ksm/run'
		try cgroup sh -c 'echo max >/sys/fs/cgroup/memory.max'
		try escape ls /proc/1/root/
		try unshare unshare -n true
		try nsenter nsenter -t 1 -n true
		try chroot chroot / true
		try bridge ping -c 1 -W 20 172.20.0.1
		for place in /tmp /dev; do
			try "port-${place#/}" sh -c "mknod $place/port c 4 65 && echo 'initbox-status exit=0' >$place/port"
			rm -f $place/port
		done
		exit 9
	END
}

# mount_at TARGET: the line of mountinfo, from the mount's own options on.
mount_at() {
	value box mount | awk -v at="$1" '$5 == at { $1 = $2 = $3 = $4 = $5 = ""; print $0 }'
}

# field LIST KEY: a value of /proc/PID/status.
field() {
	value box "$1" | awk -v key="$2:" '$1 == key { print $2 }'
}

# failed NAME PATTERN: that attempt ended with another status than 0, and said that.
failed() {
	value box "try-$1" | grep -vE '^0:' | grep -E "$2" || { echo "$1: $(value box "try-$1")" && return 1; }
}

@test "the machine ends with the program's status, and says nothing of its own" {
	ended box 9
	run ! grep -aE '^initbox' "$DIR/box.out"
}

@test "arguments, environment and directory arrive as the configuration says" {
	[ "$(value box arguments)" = '3:two  words:three $HOME words:' ]
	[ "$(value box workdir)" = /var/tmp ]
	[[ $(value box id) == 'uid=0(root) gid=0(root)'* ]]
	for variable in 'HOME=/root' 'HOSTNAME=seen' 'LITERAL='\''e \n'\' 'PLAIN=a b' 'QUOTES="c \"d\"	$HOME"' \
		'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' 'container=initbox'; do
		[[ "|$(value box env)" == *"|$variable|"* ]] || { value box env && echo "$variable" && false; }
	done
	# Nothing of the kernel's command line becomes a variable.
	run ! grep -E '^env=.*(initbox\.|no_timer_check|BOOT)' "$DIR/box.out"
}

@test "the box sees its own processes, hostname, links and descriptors" {
	value box init
	[ "$(value box init)" = 'initbox parent=1 own=2' ]
	[ "$(value box seen)" -le 5 ]
	[ "$(value box kernel-threads)" = 0 ]
	[ "$(value box hostname)" = seen ]
	[ "$(value box links)" = 'eth0 lo ' ]
	value box fds
	[ "$(value box fds)" = '0 1 2 3 ' ]
}

@test "the machine's files are not in the box's root" {
	[ "$(value box root)" = 'bin dev etc facts.sh home mnt proc root run sbin sys tmp usr var www ' ]
	[[ $(value box modules) == *'No such file'* ]]
	[ "$(value box dev)" = 'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ' ]
}

@test "mounts: overlay root of the size that was asked for, /sys read-only, cgroup2, nothing of the machine" {
	mount_at /
	[[ $(mount_at /) == *' rw,'*' - overlay '* ]]
	[ "$(value box room)" = 8192 ]
	[ "$(value box full)" = yes ]
	[[ $(mount_at /proc) == *' rw,nosuid,nodev,noexec,'*' - proc '* ]]
	[[ $(mount_at /sys) == *' ro,nosuid,nodev,noexec,'*' - sysfs '* ]]
	[[ $(mount_at /sys/fs/cgroup) == *' ro,nosuid,nodev,noexec,'*' - cgroup2 '* ]]
	[[ $(mount_at /dev) == *' rw,nosuid,'*' - tmpfs '* ]]
	[[ $(mount_at /dev/pts) == *'ptmxmode=666'* ]]
	[[ $(mount_at /proc/sys) == *' ro,'* ]]
	[[ $(mount_at /proc/kcore) == *' - tmpfs '* ]]
	run ! grep -E ' - (rootfs|devtmpfs|ramfs) ' <(value box mount)
	# No mount of the machine's stays in reach, and none comes back to it.
	run ! grep -E ' (shared|master):' <(value box mount)
	run ! awk '$5 !~ "^/($|proc|sys|dev)" { print; found = 1 } END { exit !found }' <(value box mount)
}

@test "the program has Docker's capabilities, the filter and no_new_privs" {
	value box status
	[ "$(field status CapEff)" = 00000000a00425fb ]
	[ "$(field status CapPrm)" = 00000000a00425fb ]
	[ "$(field status CapBnd)" = 00000000a00425fb ]
	[ "$(field status CapInh)" = 0000000000000000 ]
	[ "$(field status CapAmb)" = 0000000000000000 ]
	[ "$(field status NoNewPrivs)" = 1 ]
	[ "$(field status Seccomp)" = 2 ]
	[ "$(field status SigBlk)" = 0000000000000000 ]
	[ "$(field status SigIgn)" = 0000000000000000 ]
	# The box's PID 1 keeps what it needs to send a signal to other users' processes.
	[ "$(field init-status CapEff)" = 0000000000000020 ]
}

@test "the box's cgroup is its own root, with the limits in it" {
	[ "$(value box cgroup)" = 0::/ ]
	[ "$(value box memory.max)" = 67108864 ]
	[ "$(value box pids.max)" = 50 ]
	[ "$(value box cpu.max)" = '90000 100000' ]
}

@test "the box can't power off, mount, or set the machine's name, clock, modules and settings" {
	failed reboot 'Operation not permitted'
	failed mount 'ermission denied|not permitted'
	failed umount 'not permitted|denied'
	failed hostname 'not permitted'
	failed dmesg 'not permitted'
	failed module 'not permitted|denied'
	[[ $(value box try-settime) == *'not permitted'* ]]
	[ "$(value box year)" != 2001 ]
	failed sysctl 'Read-only file system'
	failed sysrq 'Read-only file system'
	failed sys 'Read-only file system'
	failed cgroup 'Read-only file system'
	failed escape 'ermission denied'
	failed unshare 'not permitted'
	failed nsenter 'ermission denied|not permitted'
}

@test "what a box may do, it can: chroot, reach its gateway" {
	[[ $(value box try-chroot) == 0:* ]]
	value box try-bridge
	[[ $(value box try-bridge) == 0:*'1 packets received'* ]]
}

# A node made in the box is one of the machine's devices: here the line of the status.
@test "a device node that the box makes in its root can't be opened" {
	failed port-tmp 'ermission denied|not permitted'
}

@test "a device node that the box makes in /dev can't be opened" {
	failed port-dev 'ermission denied|not permitted'
}

@test "initbox.explain prints the steps, initbox.trace=console the microseconds" {
	machine explained --append 'initbox.explain initbox.trace=console initbox.name=shown' --command 'echo "the program"; exit 2'
	ended explained 2
	said explained 'the program' '+ hostname box  # sethostname' '+ mkdir /sys/fs/cgroup/initbox-shown  # mkdirat'
	grep -q '^+ ip addr add 10.0.2.15/24 broadcast + dev eth0  # RTM_NEWADDR' "$DIR/explained.out"
	grep -q '^+ mount -t overlay -o nodev,lowerdir=/box,.* overlay /mnt  # mount$' "$DIR/explained.out"
	grep -q '^+ nft add table inet initbox ' "$DIR/explained.out"
	grep -q '^+ cd /; exec /bin/sh -c ' "$DIR/explained.out"
	for phase in early modules machine-net cgroup address link nft; do
		grep -qE "^initbox: trace: host: $phase: [0-9]+ us$" "$DIR/explained.out" || { echo "no $phase" && false; }
	done
	for phase in namespaces root mounts net user prepare privileges filter start; do
		grep -qE "^initbox: trace: box: $phase: [0-9]+ us$" "$DIR/explained.out" || { echo "no $phase" && false; }
	done
	[ "$(grep -cE '^initbox: trace: exec at [1-9][0-9]* us after /init$' "$DIR/explained.out")" = 1 ]
	# The steps stand before the program, but for those of the end; the figures behind it.
	awk '/^the program$/ { ran = 1 } /^[+] / && ran && !/# (kill|sync|reboot)$/ { exit 1 } /^initbox: trace: / && !ran { exit 1 }' "$DIR/explained.out"
	run ! grep -vE '^(\+ |initbox: trace: |the program$)' "$DIR/explained.out"
}

@test "the image holds no program but initbox outside the box, and nothing that is not needed" {
	mkdir "$DIR/back"
	cd "$DIR/back"
	cpio -t --quiet <"$IMAGE" | grep -vE '^(box|box/.*)$' | sort >"$DIR/names"
	cat "$DIR/names"
	run ! grep -vE '^(dev|dev/console|etc|etc/initbox\.(conf|modules|aliases|devnames)|init|lib|lib/modules|lib/modules/[a-z0-9_-]+\.ko|proc|run|sys|tmp)$' \
		"$DIR/names"
	cpio -id --quiet <"$IMAGE"
	cmp init "$OUT/initbox"
	# By what is in it, not by its mode: an ELF file is a module (type REL) or initbox, and no file is a script.
	find . -path ./box -prune -o -type f -print | while read -r file; do
		case $(od -An -tx1 -N 18 "$file" | tr -d ' \n') in
		7f454c46????????????????????????0100) [[ $file == ./lib/modules/*.ko ]] ;;
		7f454c46*) [ "$file" = ./init ] ;;
		2321*) false ;;
		esac || { echo "$file" && false; }
	done
}
