#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# qemu/boot itself, with a /init that is not initbox (testinit.c), and where no
# machine is needed with a stand-in for qemu that only sends a status.
#
# TESTINIT (build/tests/testinit)  MKINITRAMFS (build/mkinitramfs)
# KERNEL (build/kernel/vmlinuz)

bats_require_minimum_version 1.5.0

setup_file() {
	export TOP=${BATS_TEST_DIRNAME%/tests/boot}
	export BOOT=$TOP/qemu/boot KERNEL=${KERNEL:-$TOP/build/kernel/vmlinuz}
	export MKINITRAMFS=${MKINITRAMFS:-$TOP/build/mkinitramfs}
	export DIR=$BATS_FILE_TMPDIR TMPDIR=$BATS_FILE_TMPDIR/tmp
	export PORT=$((20000 + $$ % 10000))
	mkdir "$TMPDIR" "$DIR/shared, no"
	"$MKINITRAMFS" --file "${TESTINIT:-$TOP/build/tests/testinit}:/init" -o "$DIR/image.cpio"
	make_stand_in
	make_disks
	start_machines
}

# Takes the status file's path from the options and writes $SENT to it.
make_stand_in() {
	cat >"$DIR/stand-in" <<-'END'
		#!/bin/sh
		for word; do
			case $word in
			file,id=status,path=*) status=${word##*path=} ;;
			*,logfile=*) log=${word##*logfile=} ;;
			esac
		done
		cat >/dev/null
		[ -z "${status-}" ] || printf "${SENT-}" >"$status"
		[ -z "${log-}" ] || printf "${SAID-}" >"$log"
		printf '%s' "${SAID-}"
		exit "${ENDS-0}"
	END
	chmod +x "$DIR/stand-in"
}

# A raw disk, and the smallest header that makes a qcow2 one.
make_disks() {
	truncate -s 64K "$DIR/raw, 1.img"
	{
		printf 'QFI\373\0\0\0\002\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\020'
		printf '\0\0\0\0\0\020\0\0\0\0\0\0\0\0\0\001\0\0\0\0\0\003\0\0'
		printf '\0\0\0\0\0\001\0\0\0\0\0\001\0\0\0\0\0\0\0\0\0\0\0\0'
	} >"$DIR/disk.qcow2"
	truncate -s 256K "$DIR/disk.qcow2"
}

COMMAND='echo "a\b $HOME `x` '\''q'\''" %s
	tab

last\'

# All machines that just run to their end, two at a time; the tests look at
# what they left: NAME.out NAME.err NAME.status.
start_machines() {
	mkfifo "$DIR/silent"
	exec 5<>"$DIR/silent"
	machine zero test.mode=binary:256 &
	machine seven test.mode=exit:7 --net none --memory 128M --cpus 2 &
	wait
	machine oom test.mode=exit:137 &
	machine all test.mode=exit:255 --restrict &
	wait
	machine command test.mode=file:/etc/initbox.run.conf --command "$COMMAND" &
	machine devices test.mode=pci --disk "$DIR/raw, 1.img,ro" --disk "$DIR/disk.qcow2" &
	wait
	machine failed test.mode=failed &
	machine crash test.mode=crash &
	wait
	machine off test.mode=off &
	machine hang test.mode=hang --timeout 8 &
	wait
	exec 5<&-
}

# machine NAME WORD OPTIONS…: stdin is a pipe that never says anything nor ends.
machine() {
	local name=$1 word=$2 status=0

	shift 2
	"$BOOT" --kernel "$KERNEL" --initramfs "$DIR/image.cpio" --append "$word" "$@" \
		<&5 >"$DIR/$name.out" 2>"$DIR/$name.err" 3>&- || status=$?
	echo "$status" >"$DIR/$name.status"
}

# boot OPTIONS…: with the stand-in, or what $QEMU says.
boot() {
	QEMU=${QEMU:-$DIR/stand-in} "$BOOT" --kernel "$KERNEL" --initramfs "$DIR/image.cpio" "$@"
}

# Temporary files and processes that this file's machines left.
leftovers() {
	ls -A "$TMPDIR"
	local p

	for p in /proc/[0-9]*; do
		[ "$p" != /proc/$$ ] || continue
		tr '\0' ' ' 2>/dev/null <"$p/cmdline" | grep -F -e "$TMPDIR/" -e "$DIR/image.cpio" || :
	done
}

# ended NAME STATUS [STDERR-PATTERN]: and without a pattern nothing on stderr.
ended() {
	echo "status $(cat "$DIR/$1.status")"
	cat "$DIR/$1.err"
	[ "$(cat "$DIR/$1.status")" = "$2" ]
	if [ $# -gt 2 ]; then
		grep -qE "$3" "$DIR/$1.err"
		[ "$(wc -l <"$DIR/$1.err")" = 1 ]
	else
		[ ! -s "$DIR/$1.err" ]
	fi
}

wait_for() {
	local i

	for ((i = 0; i < 600; i++)); do
		! grep -q "$1" "$2" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "no \"$1\" in $2:"
	cat "$2"
	return 1
}

@test "the workload's status comes back: 0, 7, 137, 255" {
	ended zero 0
	ended seven 7
	ended oom 137
	ended all 255
	[ ! -s "$DIR/seven.out" ]
	[ ! -s "$DIR/all.out" ]
}

@test "every byte of the output arrives as it was written" {
	for ((i = 0; i < 256; i++)); do
		printf "\\x$(printf %02x $i)"
	done >"$DIR/once"
	for ((i = 0; i < 256; i++)); do
		cat "$DIR/once"
	done | cmp - "$DIR/zero.out"
}

@test "--command arrives quoted as the configuration file wants it" {
	ended command 0
	printf '%s\n' 'command = /bin/sh -c "echo \"a\\b $HOME `x` '\''q'\''\" %s\n	tab\n\nlast\\"' |
		diff - "$DIR/command.out"
}

@test "disks are in the machine, raw and qcow2, with a comma in the path" {
	ended devices 0
	[ "$(grep -c '^1AF4:1001$' "$DIR/devices.out")" = 2 ]
	[ "$(grep -c '^1AF4:1000$' "$DIR/devices.out")" = 1 ]
}

@test "a shared folder is in the machine and its server ends with it" {
	[ "$(id -u)" = 0 ] || skip "virtiofsd needs root"
	QEMU=qemu-system-x86_64 run -0 boot --append test.mode=pci --net none --share "$TOP/qemu" --share "$TOP:code" 3>&-
	[ "$(grep -c '^1AF4:105A$' <<<"$output")" = 2 ]
	run ! grep '^1AF4:1000$' <<<"$output"
	[ -z "$(leftovers)" ]
}

@test "a failure of initbox is told from the workload's status" {
	ended failed 125 '^qemu/boot: initbox failed before or while running the workload'
}

@test "a crash is told from an end" {
	ended crash 123 '^qemu/boot: the machine crashed: Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000700$'
	ended off 123 '^qemu/boot: the machine crashed: it ended without a status and without a kernel panic$'
}

@test "a machine that hangs is stopped in time" {
	ended hang 124 '^qemu/boot: no end within 8 s, machine stopped$'
}

@test "nothing is left after all these ends" {
	run -0 leftovers
	[ -z "$output" ]
}

@test "TERM and INT stop the machine and leave nothing; ports open on 127.0.0.1 only" {
	local signal pid status

	for signal in TERM:143 INT:130; do
		# A background job of a shell ignores INT unless it has job control.
		set -m
		"$BOOT" --kernel "$KERNEL" --initramfs "$DIR/image.cpio" --append test.mode=key \
			--publish "$PORT:80" --publish "$PORT:$PORT/udp" --timeout 60 \
			>"$DIR/signal.out" 2>"$DIR/signal.err" </dev/null 3>&- &
		pid=$!
		set +m
		wait_for ready "$DIR/signal.out"
		leftovers | grep qemu-system
		[ -d "$(echo "$TMPDIR"/initbox-boot.*)" ]
		grep -i "0100007F:$(printf %X "$PORT")" /proc/net/tcp
		grep -i "0100007F:$(printf %X "$PORT")" /proc/net/udp
		run ! grep -i "00000000:$(printf %X "$PORT")" /proc/net/tcp /proc/net/udp
		if [ $signal = TERM:143 ]; then
			QEMU=qemu-system-x86_64 run -125 --separate-stderr boot --publish "$PORT:80" 3>&-
			[[ $stderr == *"ould not set up host forwarding rule"* ]]
			[[ $stderr == *"could not run the machine"* ]]
		fi
		SECONDS=0
		kill "-${signal%:*}" "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$status" = "${signal#*:}" ]
		[ "$SECONDS" -lt 20 ]
		[ -z "$(leftovers)" ]
	done
}

# on_terminal NAME: a machine on a pseudo-terminal, kept up to its "ready".
# What is written to fd 6 is typed; NAME.pid is qemu/boot.
on_terminal() {
	mkfifo "$DIR/$1.typed"
	exec 6<>"$DIR/$1.typed"
	cat >"$DIR/$1.sh" <<-END
		echo before=\$(stty -g)
		sh -c 'echo \$\$ >"$DIR/$1.pid"; exec "$BOOT" --kernel "$KERNEL" \
			--initramfs "$DIR/image.cpio" --append test.mode=key'
		echo status=\$?
		echo after=\$(stty -g)
	END
	timeout 100 script -qec "sh '$DIR/$1.sh'" /dev/null <&6 >"$DIR/$1.out" 2>&1 3>&- 6>&- &
	wait_for ready "$DIR/$1.out"
}

# left_terminal NAME STATUS: it ended so, and the terminal is as it was.
left_terminal() {
	wait_for '^after=.' "$DIR/$1.out"
	exec 6>&-
	grep "^status=$2" "$DIR/$1.out"
	[ "$(sed -n 's/^before=//p' "$DIR/$1.out")" = "$(sed -n 's/^after=//p' "$DIR/$1.out")" ]
	[ -z "$(leftovers | grep -v "$DIR/$1")" ]
}

@test "on a terminal ^C goes to the machine, and the terminal's mode comes back" {
	on_terminal typed
	grep 'Ctrl-A X leaves' "$DIR/typed.out"
	printf '\003' >&6
	left_terminal typed 3
}

@test "on a terminal Ctrl-A X leaves, and TERM gives the terminal back" {
	on_terminal left
	printf '\001x' >&6
	left_terminal left 123
	grep 'no status: left with Ctrl-A X' "$DIR/left.out"
	on_terminal ended
	kill -TERM "$(cat "$DIR/ended.pid")"
	left_terminal ended 143
}

@test "stdin is not eaten without a terminal" {
	SENT='initbox-status exit=0\n' run -0 sh -c 'echo "for others" | { "$@"; cat; }' sh \
		env QEMU="$DIR/stand-in" "$BOOT" --kernel "$KERNEL" --initramfs "$DIR/image.cpio"
	[ "$output" = "for others" ]
}

@test "only the last complete status line counts" {
	SENT='initbox-status exit=1\ninitbox-status exit=42\r\n' run -42 --separate-stderr boot
	[ -z "$stderr" ]
	SENT='initbox-status exit=3\ninitbox-status exit=4' run -3 boot
	SENT='initbox-status exit=0\ninitbox-status failed=125\n' run -125 boot
	SENT='initbox-status exit=137 signal=9 oom\n' run -137 --separate-stderr boot
	[ -z "$stderr" ]
	SENT='initbox-status exit=0' run -123 boot
	[[ $output == *"ended without a status"* ]]
}

@test "garbage instead of a status is an error" {
	local line

	for line in exit=256 exit=-1 exit=07 exit= exit=1x 'exit=1 2' exit; do
		SENT="initbox-status exit=0\ninitbox-status $line\n" run -123 boot
		[[ $output == *"makes no sense: \"initbox-status $line\""* ]]
	done
	SENT='\033[2J\377\n' run -123 boot
	[[ $output == *'makes no sense: "?[2J?"'* ]]
}

# The number that isa-debug-exit is given is half of what qemu ends with.
@test "each number of isa-debug-exit is one end, or none" {
	local v want got

	for v in {1..127}; do
		case $v in
		[1-9] | [1-5][0-9] | 6[0-3]) want="initbox-status exit=$((v - 1))" got=$((v - 1)) ;;
		[89][0-9] | 10[0-9] | 110) want="initbox-status exit=$((v + 49)) signal=$((v - 79))" got=$((v + 49)) ;;
		111) want='initbox-status exit=137 signal=9 oom' got=137 ;;
		11[2-5]) want="initbox-status exit=$((v + 12))" got=$((v + 12)) ;;
		116) want='initbox-status exit=255' got=255 ;;
		120) want='initbox-status exit=200' got=200 ;;
		126) want='initbox-status failed=125' got=125 ;;
		*) want=none got=123 ;;
		esac
		SAID='initbox: exit status 200\r\n' ENDS=$((2 * v + 1)) run -"$got" --separate-stderr boot --status isa --verbose
		grep -qxF "qemu/boot: status: $want" <<<"$stderr"
	done
	# Ends of qemu that are not the device's: it could not start, timeout(1) has stopped it, a signal has killed it.
	ENDS=1 run -125 boot --status isa
	ENDS=139 run -123 boot --status isa
	ENDS=0 run -123 boot --status isa
}

@test "the console's last line is the status where nothing else is; what the workload says before is not" {
	console() {
		SAID=$1 run -"$2" --separate-stderr boot --status console
	}
	console 'initbox: exit status 3\r\n' 3
	console 'initbox: exit status 3\r\ninitbox: exit status 137, signal 9, out of memory\r\n' 137
	console 'initbox: failed, exit status 125\r\n' 125
	console 'initbox: exit status 3\r\nmore\r\n' 123
	console 'initbox: exit status 3' 123
	console 'initbox: exit status 300\r\n' 123
}

@test "a qemu that can't start or dies is told from the machine's end" {
	SENT='' ENDS=1 run -125 boot
	[[ $output == *"could not run the machine"* ]]
	SENT='initbox-status exit=0\n' ENDS=139 run -123 boot
	[[ $output == *"itself ended with status 139"* ]]
	QEMU=no-such-qemu run -125 boot
	[[ $output == *"no-such-qemu: not found"*hint:* ]]
}

@test "missing files are named, with a hint" {
	run -125 boot --kernel /no/kernel
	[[ $output == "qemu/boot: --kernel: /no/kernel: no such file"*hint:* ]]
	run -125 boot --initramfs "$DIR"
	[[ $output == "qemu/boot: --initramfs: $DIR: not a readable file"*hint:* ]]
	run -125 boot --disk /no/disk
	[[ $output == "qemu/boot: --disk: /no/disk: no such file"*hint:* ]]
	run -125 boot --share /no/folder:tag
	[[ $output == "qemu/boot: --share: /no/folder: not a folder"*hint:* ]]
	MKINITRAMFS=/no/such run -125 boot --command true
	[[ $output == "qemu/boot: /no/such: no such program"*hint:* ]]
	[ -z "$(leftovers)" ]
}

@test "bad options are named and nothing is run" {
	local option value words

	while IFS='|' read -r option value words; do
		run -125 boot "$option" "$value"
		[[ $output == "qemu/boot: $option: \"$value\": $words"* ]]
		run -125 boot "$option=$value"
		[[ $output == "qemu/boot: $option: \"$value\": $words"* ]]
	done <<-'END'
		--publish|80|not HOST:GUEST
		--publish|80:|not HOST:GUEST
		--publish|0:80|not HOST:GUEST
		--publish|80:65536|not HOST:GUEST
		--publish|80:80/sctp|not HOST:GUEST
		--publish|80:80,hostfwd=tcp::1-:1|not HOST:GUEST
		--publish|127.0.0.1:80:80|not HOST:GUEST
		--share-cache|none|not auto or always
		--memory|12Q|not a size
		--memory|M|not a size
		--memory||not a size
		--memory|1M,slots=2|not a size
		--cpus|0|not a number
		--cpus|1.5|not a number
		--timeout|0|not a number
		--timeout|5s|not a number
		--accel|xen|not auto, kvm or tcg
		--net|bridge|not user or none
	END
	run -125 boot --unknown
	[[ $output == "qemu/boot: --unknown: unknown option"* ]]
	run -125 boot word
	[[ $output == "qemu/boot: word: unknown option"* ]]
	run -125 boot --kernel
	[[ $output == "qemu/boot: --kernel: needs a value"* ]]
	run -125 boot --net none --publish 80:80
	[[ $output == *"no network"* ]]
	run -125 boot --interactive </dev/null
	[[ $output == *"not a terminal"* ]]
	run -125 boot --append "$(head -c 2048 /dev/zero | tr '\0' a)"
	[[ $output == *"it takes 2046"* ]]
	[ -z "$(leftovers)" ]
}

@test "--dry-run prints the command and starts nothing" {
	SENT='' SAID=started run -0 boot --dry-run --publish 8080:80 --publish 53:53/udp --restrict --memory 512 \
		--cpus 2 --accel tcg --append "it's" --disk "$DIR/raw, 1.img"
	[[ $output != *started* ]]
	eval "set -- $output"
	[ "$1" = "$DIR/stand-in" ]
	[[ " $* " == *" -m 512M -smp 2 "* ]]
	[[ " $* " == *",restrict=on,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:127.0.0.1:53-:53 "* ]]
	[[ " $* " == *" it's "* ]]
	[[ " $* " == *"format=raw,file=$DIR/raw,, 1.img"* ]]
	[ -z "$(leftovers)" ]
	run -0 boot --dry-run --net none
	[[ $output != *netdev* && $output != *machine-address* ]]
}

@test "--help names every option" {
	run -0 boot --help
	for option in $(sed -n '/^parse()/,/^}/p' "$TOP/qemu/options.sh" | grep -oE -e '--[a-z]+(-[a-z]+)*'); do
		[[ $output == *" $option"* ]] || { echo "$option"; false; }
	done
}
