#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Bad input to a machine: one line on the console that names origin and reason,
# power off, 125 from qemu/boot, and nothing left.

load lib

# fails NAME LINE OPTIONS…: LINE is a pattern.
fails() {
	local name=$1 line=$2

	shift 2
	machine "$name" --net none --timeout 30 "$@"
	refused "$name" "$line"
}

@test "an unknown setting in the configuration, with its line" {
	config unknown <<-'END'
		# a comment

		rootfs = /box
		memroy = 12M
		command = /bin/true
	END
	fails unknown 'initbox\.conf:4: memroy: no such setting.*'
}

@test "a line that is no setting, and one whose quote is open" {
	config broken <<<'rootfs /box'
	fails broken 'initbox\.conf:1: "rootfs /box": not a setting.*'
	printf 'rootfs = /box\nhostname = "open\n' | config quote
	fails quote 'initbox\.conf:2: hostname: a quote is not closed.*'
}

@test "a configuration that is no text: a line of 1 MiB, a NUL, another encoding" {
	{ printf 'rootfs = /box\nhostname = ' && head -c 1M /dev/zero | tr '\0' x; } | config long
	fails long 'initbox\.conf: is larger than 48 KiB'
	printf 'rootfs = /box\nhostname = a\0b\n' | config nul
	fails nul 'initbox\.conf:2: a NUL byte'
	printf 'rootfs = /box\nhostname = caf\351\n' | config latin
	fails latin 'initbox\.conf:2: is not UTF-8 \(byte 0xe9\)'
}

@test "a kernel command line of 4 kB, and one whose quote is open" {
	# qemu/boot would refuse it; other loaders cut it to what the kernel has room for (and with more, Linux 6.1 panics).
	cat >"$DIR/qemu" <<-'END'
		#!/usr/bin/env bash
		words=$(printf '"initbox.env=A%s=b c" ' {1..200})
		for word; do
			shift
			case $word in *many-words) word=${word/many-words/$words} && word=${word:0:2047} ;; esac
			set -- "$@" "$word"
		done
		exec qemu-system-x86_64 "$@"
	END
	chmod +x "$DIR/qemu"
	QEMU=$DIR/qemu fails cut 'kernel command line: is as long as the kernel keeps \(2047 bytes\): its end is cut off' \
		--append many-words
	fails open 'kernel command line: initbox\.user="a b.*: a quote is not closed' --append 'initbox.user="a b'
}

@test "a bad size, a bad address and an unknown setting on the kernel's command line" {
	fails size 'kernel command line: memory: "12Q": not a size.*' --append initbox.memory=12Q
	fails address 'kernel command line: machine-address: "10\.0\.2\.300/24": not an IPv4 network.*' \
		--append initbox.machine-address=10.0.2.300/24
	fails word 'kernel command line: no-such: no such setting.*' --append 'initbox.no-such=1'
	fails choice 'kernel command line: on-error: "panic": not one of poweroff\|reboot\|halt\|shell' --append 'initbox.on-error=panic'
}

@test "a configuration without a root or without a command" {
	config no-command <<<'rootfs = /box'
	fails no-command 'command: is missing.*'
	config no-root <<<'command = /bin/true'
	fails no-root 'rootfs: is missing.*'
}

@test "a root that is not there" {
	fails rootfs 'root: rootfs /no/such: open: No such file or directory \(ENOENT\)' --append initbox.rootfs=/no/such
}

@test "a module that is not there, and one that is for another kernel" {
	printf '/lib/modules/missing.ko x=1 # veth\n' >"$DIR/list"
	image module --file "$DIR/list:/etc/initbox.modules"
	fails module 'modules: /lib/modules/missing\.ko: open: No such file or directory \(ENOENT\): needed by veth'
	head -c 4096 /dev/zero >"$DIR/garbage.ko"
	printf '/lib/modules/garbage.ko\n' >"$DIR/list"
	image garbage --file "$DIR/list:/etc/initbox.modules" --file "$DIR/garbage.ko:/lib/modules/garbage.ko"
	fails garbage 'modules: /lib/modules/garbage\.ko: finit_module: .* \(ENOEXEC\).*'
	grep -q '^initbox: hint: .*another kernel' "$DIR/garbage.out"
	# Whole, but for a kernel that can decompress it.
	cp "$(find "$MODULES_DIR/" -name veth.ko)" "$DIR/veth.ko"
	xz --check=crc32 "$DIR/veth.ko"
	printf '/lib/modules/veth.ko.xz\n' >"$DIR/list"
	image packed --file "$DIR/list:/etc/initbox.modules" --file "$DIR/veth.ko.xz:/lib/modules/veth.ko.xz"
	fails packed 'modules: /lib/modules/veth\.ko\.xz: finit_module: .* \(EOPNOTSUPP\)'
	grep -q '^initbox: hint: .*--keep-compressed' "$DIR/packed.out"
	# Whole and signed, but not by the one who built this kernel's.
	sed 's/vermagic=[0-9]\./vermagic=9./' "$(find "$MODULES_DIR/" -name veth.ko)" >"$DIR/other.ko"
	printf '/lib/modules/other.ko\n' >"$DIR/list"
	image other --file "$DIR/list:/etc/initbox.modules" --file "$DIR/other.ko:/lib/modules/other.ko"
	fails other 'modules: /lib/modules/other\.ko: finit_module: .* \((ENOEXEC|EKEYREJECTED)\).*'
}

@test "a limit that the kernel has no controller for" {
	fails controller 'cgroup: controller memory: .*' --append 'cgroup_disable=memory initbox.memory=32M'
}

@test "a network link that is not there" {
	machine link --timeout 30 --append initbox.machine-link=eth9
	refused link 'machine-net: (link )?eth9: .*\(ENODEV\)'
	grep -q '^initbox: hint: its driver is not in the image' "$DIR/link.out"
}

@test "a share that the machine was not given" {
	fails share 'shares: .*virtiofs.*' --append initbox.share=none:/mnt
}

@test "a status line that is not there: the console tells, and the host knows no status" {
	machine port --net none --timeout 30 --append initbox.status-port=/dev/no-such --command 'exit 3'
	cat -v "$DIR/port.out" "$DIR/port.err"
	[ "$(cat "$DIR/port.status")" = 123 ]
	said port 'initbox: /dev/no-such: open: No such file or directory (ENOENT)' 'initbox: exit status 3'
	[ "$(cat "$DIR/port.err")" = \
		'qemu/boot: the machine crashed: it ended without a status and without a kernel panic' ]
}
