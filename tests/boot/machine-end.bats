#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# How a machine ends: who may order it, what becomes of its processes and disks, what follows an end and a failure, and how
# the host learns its status. All machines run first, two at a time; the tests look at what they left.
# shellcheck disable=SC2016 # expanded in the box

load lib

setup_file() {
	setup_machines
	for name in off again crash; do
		truncate -s 16M "$DIR/$name.img"
		/sbin/mkfs.ext4 -q "$DIR/$name.img"
	done
	in_pairs off again halt stay nine inside crash fault shell isa oom virtio busy waits urgent
}

# in_pairs NAME…: calls run_NAME of each.
in_pairs() {
	while [ $# -gt 0 ]; do
		"run_$1" &
		[ $# = 1 ] || "run_$2" &
		wait
		shift $(($# > 1 ? 2 : 1))
	done
}

# script NAME SETTING…: an image with a box that runs the script of stdin. It shares the machine's pid namespace, so that it
# sees the machine's PID 1, and may do everything.
script() {
	local name=$1

	shift
	box "$name" 'privileged = yes' 'pid = host' 'volume = /:/machine' "$@"
}

# box NAME SETTING…: the same in a box as it is when nothing is said.
box() {
	local name=$1

	shift
	cat >"$DIR/$name.sh"
	printf '%s\n' 'rootfs = /box' 'command = /bin/sh /run.sh' "$@" >"$DIR/$name.conf"
	image "$name" --config "$DIR/$name.conf" --file "$DIR/$name.sh:/box/run.sh" --file "$OUT/initbox:/box/sbin/initbox" \
		--file /bin/busybox:/bin/sh --modules-dir "$MODULES_DIR" --module overlay --module virtio_pci --module virtio_blk \
		--module loop --module virtio_console
}

# monitor NAME COMMAND
monitor() {
	echo "$2" | socat -t 5 - "UNIX-CONNECT:$DIR/$1.monitor"
}

# with_events NAME: qemu tells there what it does, and why.
with_events() {
	printf '#!/bin/sh\nexec %s "$@" -qmp "unix:%s,server=on,wait=off"\n' "${QEMU:-qemu-system-x86_64}" "$DIR/$1.qmp" \
		>"$DIR/$1.qemu"
	chmod +x "$DIR/$1.qemu"
	{
		for _ in {1..600}; do
			[ ! -S "$DIR/$1.qmp" ] || break
			sleep 0.1
		done
		echo '{"execute":"qmp_capabilities"}' |
			timeout 60 socat -t 60 - "UNIX-CONNECT:$DIR/$1.qmp,shut-none" >"$DIR/$1.events"
	} 3>&- &
}

# clean NAME FILE TEXT: its file system is clean, as after umount, and FILE says TEXT.
clean() {
	/sbin/fsck.ext4 -fn "$DIR/$1.img"
	run ! grep needs_recovery <(/sbin/dumpe2fs -h "$DIR/$1.img" 2>/dev/null)
	[ "$(/sbin/debugfs -R "cat $2" "$DIR/$1.img" 2>/dev/null)" = "$3" ]
}

# 200 orphans, a program that ignores TERM, and that writes until it is killed.
run_off() {
	script off 'machine-mount = ext4,/dev/vda,/data' 'stop-timeout = 500ms' <<-'END'
		for i in $(seq 200); do setsid sleep 1000 & done
		trap '' TERM
		echo "kept" >/machine/data/file
		initbox poweroff
		while :; do echo "more" >>/machine/data/other; done
	END
	machine off --net none --disk "$DIR/off.img" --memory 128M --cpus 2
}

# Whoever orders again, after two seconds at the earliest, does not want to wait.
run_urgent() {
	script urgent 'stop-timeout = -1' <<-'END'
		trap '' TERM
		kill -USR1 1
		while :; do usleep 500000; kill -PWR 1; done
	END
	machine urgent --net none
}

# When the disk's turn comes it is still used: an image in it is a loop device, which nobody has mounted. Another one is, and
# it is swapped to.
run_again() {
	script again 'machine-mount = ext4,/dev/vda,/data' <<-'END'
		there="nsenter -t 1 -m /box/bin/busybox"
		dd if=/dev/zero of=/machine/data/inner.img bs=1M count=4 2>/dev/null
		cp /machine/data/inner.img /machine/data/other.img
		cp /machine/data/inner.img /machine/data/swap
		mke2fs -q -F /machine/data/inner.img >/dev/null
		mkswap /machine/data/swap >/dev/null
		$there swapon /data/swap
		mkdir "/machine/data 2"
		$there mount -o loop /data/inner.img /box/mnt
		$there mount -o bind /data "/data 2"
		$there losetup -f "/data 2/other.img"
		$there sh -c 'echo inside >/box/mnt/file; echo outside >"/data 2/file"'
		$there mount | grep -c ext
		$there losetup -a
		trap 'echo "told to end"; exit 9' TERM
		kill -TERM 1
		while :; do usleep 20000; done
	END
	with_events again
	QEMU=$DIR/again.qemu machine again --net none --disk "$DIR/again.img"
}

# It does not end by itself; what ends it here is an order to qemu.
run_halt() {
	box halt 'on-end = halt' <<<'exit 5'
	machine halt --net none --status console --monitor "$DIR/halt.monitor" &
	wait_for 'initbox: exit status 5' "$DIR/halt.out"
	for _ in {1..300}; do
		monitor halt 'info registers' >"$DIR/halt.registers"
		! grep -q 'HLT=1' "$DIR/halt.registers" || grep -q 'EFL=00000[2-7]' "$DIR/halt.registers" || break
		sleep 0.1
	done
	monitor halt quit >"$DIR/halt.quit"
	wait
}

# HUP is the program's; then the box ends, and the machine stays until ctrl-alt-del is pressed.
run_stay() {
	script stay 'on-end = stay' <<-'END'
		trap 'echo "told to reload"; exit 3' HUP
		kill -HUP 1
		while :; do usleep 20000; done
	END
	machine stay --net none --monitor "$DIR/stay.monitor" &
	wait_for 'the machine stays' "$DIR/stay.out"
	monitor stay 'sendkey ctrl-alt-delete' >"$DIR/stay.sent"
	wait
}

run_nine() {
	script nine 'on-error = halt' <<<'kill -9 -1; while :; do usleep 20000; done'
	machine nine --net none
}

run_inside() {
	box inside <<-'END'
		sleep 1000 &
		initbox reboot
		echo "reboot=$?"
		kill -9 -1
		wait $!
		echo "sleep=$?"
		kill -9 1
		kill -SEGV 1
		exit 4
	END
	machine inside --net none
}

run_crash() {
	script crash 'machine-mount = ext4,/dev/vda,/data' 'on-error = reboot' <<-'END'
		echo kept >/machine/data/file
		kill -SEGV 1
		while :; do usleep 20000; done
	END
	with_events crash
	QEMU=$DIR/crash.qemu machine crash --net none --disk "$DIR/crash.img"
}

# The code in which PID 1 waits, when nothing has happened for a tenth of a second, is overwritten with an instruction that there is not.
run_fault() {
	local at

	at=$((0x$(nm "$OUT/initbox.debug" | sed -n 's/ . sleep_here$//p')))
	script fault <<-END
		head -c 64 /dev/zero | tr '\\0' '\\006' | dd of=/proc/1/mem bs=1 seek=$at conv=notrunc 2>/dev/null
		while :; do usleep 400000; kill -WINCH 1; done
	END
	machine fault --net none
}

# Its init looks like a program to all but the kernel. The root is PID 1's own by then, and can't be unmounted.
run_busy() {
	mkdir -p "$DIR/tree/sbin" "$DIR/tree/dev" "$DIR/tree/proc" "$DIR/tree/sys" "$DIR/tree/run"
	head -c 64 /bin/busybox >"$DIR/tree/sbin/init"
	chmod +x "$DIR/tree/sbin/init"
	echo kept >"$DIR/tree/file"
	/sbin/mkfs.ext4 -q -d "$DIR/tree" "$DIR/busy.img" 16M
	echo >"$DIR/busy.conf"
	image busy --config "$DIR/busy.conf" --modules-dir "$MODULES_DIR" --module virtio_pci --module virtio_blk
	machine busy --net none --disk "$DIR/busy.img" --append 'root=/dev/vda rw initbox.explain'
}

# It waits for its root without end, until a person has waited enough.
run_waits() {
	echo 'on-error = shell' | config waits
	machine waits --net none --monitor "$DIR/waits.monitor" --append 'root=/dev/vdz rootwait' &
	wait_for 'waiting for ever' "$DIR/waits.out"
	# The keyboard's driver may not be there yet.
	for _ in {1..4}; do
		monitor waits 'sendkey ctrl-alt-delete' >"$DIR/waits.sent" || :
		! timeout 12 tail --pid="$(cat "$DIR/waits.pid")" -f /dev/null || break
	done
	wait
}

# A person at the console, with a box that can't be built.
run_shell() {
	box shell 'on-error = shell' 'volume = /no/such:/mnt' </dev/null
	mkfifo "$DIR/typed"
	timeout 60 script -qec "$BOOT --net none --kernel $VMLINUZ --initramfs $DIR/shell.cpio" /dev/null <>"$DIR/typed" \
		>"$DIR/shell.out" 2>&1 3>&- &
	wait_for '^/ # ' "$DIR/shell.out"
	printf 'echo "$$ at $(tty) with $(cat /proc/1/comm)"; echo >/dev/tty mine\r' >"$DIR/typed"
	wait_for '^mine' "$DIR/shell.out"
	printf '/init poweroff\r' >"$DIR/typed"
	wait
}

run_isa() {
	box isa <<<'exit 200'
	machine isa --net none --status isa --verbose
}

run_oom() {
	box oom 'memory = 16M' <<<'exec tail /dev/zero'
	machine oom --net none --status isa --verbose
}

run_virtio() {
	box virtio <<<'kill -TERM $$'
	machine virtio --net none --status virtio --verbose
}

@test "poweroff from inside: a program that ignores TERM, 200 orphans, data written just before" {
	ended off 137
	grep -qxE 'initbox: poweroff: ordered by process [0-9]+( \(initbox\))? with SIGUSR2' "$DIR/off.out"
	[ "$(wc -l <"$DIR/off.out")" = 1 ]
	clean off file kept
}

@test "a second order kills the program that would never be killed; the last one counts" {
	ended urgent 137
	[ "$(head -n 1 "$DIR/urgent.out" | tr -dc '[:alpha:]')" = initboxhaltorderedbyprocessshwithSIGUSR ]
	grep -qE '^initbox: poweroff: ordered by process [0-9]+ \(sh\) with SIGPWR$' "$DIR/urgent.out"
	said urgent 'initbox: poweroff: ordered again: KILL'
}

@test "TERM reboots; what is on a loop device, and swapped to, leaves the disk in time" {
	ended again 9
	said again 3 '/dev/loop0: 0 /data/inner.img' '/dev/loop1: 0 /data 2/other.img' 'told to end'
	grep -qxE 'initbox: reboot: ordered by process [0-9]+ \(sh\) with SIGTERM' "$DIR/again.out"
	[ "$(wc -l <"$DIR/again.out")" = 5 ]
	grep -q '"SHUTDOWN".*"guest-reset"' "$DIR/again.events"
	clean again file outside
	/sbin/debugfs -R "dump inner.img $DIR/inner.img" "$DIR/again.img"
	clean inner file inside
}

@test "on-end=halt: the status is told, the processor stands still, the power is on" {
	ended halt 5
	said halt 'initbox: exit status 5'
	grep -q 'HLT=1' "$DIR/halt.registers"
}

@test "HUP is the program's; on-end=stay stays until ctrl-alt-del" {
	ended stay 3
	said stay 'told to reload' 'initbox: exit status 3; the machine stays (on-end)' \
		'initbox: reboot: ordered by the kernel with SIGINT'
	[ "$(wc -l <"$DIR/stay.out")" = 3 ]
}

@test "kill -9 -1 on the machine ends the box alone, and then the machine in order" {
	ended nine 137
}

@test "in a box kill -9 -1 ends the box's processes, nothing else; reboot is out of its reach" {
	ended inside 4
	said inside "initbox: reboot: a box can't reach the machine's first process (but with --pid host); when its program ends \
on-end says what follows" reboot=125 sleep=137
	[ "$(wc -l <"$DIR/inside.out")" = 3 ]
}

@test "SEGV to PID 1 is no panic: the data is kept, on-error=reboot is done" {
	cat -v "$DIR/crash.out" "$DIR/crash.err"
	[ "$(cat "$DIR/crash.status")" = 125 ]
	grep -qxE 'initbox: PID 1: SIGSEGV from process [0-9]+' "$DIR/crash.out"
	grep -q '"SHUTDOWN".*"guest-reset"' "$DIR/crash.events"
	clean crash file kept
}

@test "a real fault in PID 1 is no panic either" {
	cat -v "$DIR/fault.out" "$DIR/fault.err"
	[ "$(cat "$DIR/fault.status")" = 125 ]
	grep -qxE 'initbox: PID 1: SIGILL at address [0-9a-f]+: this is a mistake of initbox' "$DIR/fault.out"
}

@test "a root that can't be unmounted any more is made read-only, and clean" {
	cat -v "$DIR/busy.out" "$DIR/busy.err"
	[ "$(cat "$DIR/busy.status")" = 125 ]
	grep -qE '^initbox: switch-root: /sbin/init: execve: ' "$DIR/busy.out"
	grep -qF '+ mount -o remount,ro /  # mount' "$DIR/busy.out"
	run ! grep -E 'end: (sync|unmount)' "$DIR/busy.out"
	clean busy file kept
}

@test "ctrl-alt-del ends the wait for a root that does not come" {
	cat -v "$DIR/waits.out" "$DIR/waits.err"
	[ "$(cat "$DIR/waits.status")" = 125 ]
	tr -d '\r' <"$DIR/waits.out" >"$DIR/lines.out"
	said lines 'initbox: find-root: waiting for a device: the machine is told to end' \
		'initbox: reboot: ordered by the kernel with SIGINT'
	[ "$(wc -l <"$DIR/waits.out")" = 3 ]
}

@test "on-error=shell: /bin/sh on the console, its controlling terminal; /init poweroff from there" {
	tr -d '\r' <"$DIR/shell.out" >"$DIR/shell.lines"
	cat -v "$DIR/shell.lines"
	grep -qxF 'initbox: on-error: /bin/sh on the console; when it ends (exit) the machine is switched off' "$DIR/shell.lines"
	grep -qE '^[0-9]+ at /dev/(console|ttyS0) with initbox$' "$DIR/shell.lines"
	# The shell's prompt may come in between.
	grep -qE 'initbox: poweroff: ordered by process [0-9]+' "$DIR/shell.lines"
	grep -qE 'qemu/boot: initbox failed' "$DIR/shell.lines"
}

# told NAME STATUS LINE: by qemu/boot --verbose.
told() {
	cat -v "$DIR/$1.out" "$DIR/$1.err"
	[ "$(cat "$DIR/$1.status")" = "$2" ]
	grep -qxF "qemu/boot: status: $3" "$DIR/$1.err"
}

@test "isa-debug-exit tells want of memory, and what it has no number for the console" {
	told oom 137 'initbox-status exit=137 signal=9 oom'
	told isa 200 'initbox-status exit=200'
	said isa 'initbox: exit status 200'
}

@test "the virtio port org.initbox.status tells the exit code and the signal" {
	told virtio 143 'initbox-status exit=143 signal=15'
	[ ! -s "$DIR/virtio.out" ]
}
