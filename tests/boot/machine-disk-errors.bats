#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a machine says whose root is not there, is damaged, or has no init that could run; and that it ends in order then.
# shellcheck disable=SC2016 # as it is printed

load lib
load disk-lib

export PATH=$PATH:/sbin:/usr/sbin

setup_file() {
	setup_machines
	head -c 1k /dev/urandom >"$DIR/ballast"
}

# fails NAME OPTIONS…: initbox ends with its own status; NAME.lines is what it said.
fails() {
	local name=$1

	shift
	machine "$name" --net none "$@"
	tr -d '\r' <"$DIR/$name.out" >"$DIR/$name.lines"
	cat "$DIR/$name.lines" "$DIR/$name.err"
	[ "$(cat "$DIR/$name.status")" = 125 ]
}

lines() {
	local name=$1 line

	shift
	for line; do grep -qxF -e "$line" "$DIR/$name.lines" || { echo "not there: $line" && return 1; }; done
}

@test "no disk at all" {
	from_list none <<<'root = /dev/vda1'
	fails none --append rootwait=1
	lines none 'initbox: there is no block device at all: is its driver in the image (mkinitramfs --on-demand)?' \
		'initbox: find-root: /dev/vda1: is not there, nor has it come within 1 s'
}

@test "with dry-run what would be done is said, and nothing is" {
	from_list dry <<<'root = LABEL=data:/images/root.img'
	machine dry --net none --append 'initbox.dry-run overlay=tmpfs init=/bin/sh'
	tr -d '\r' <"$DIR/dry.out" >"$DIR/dry.lines"
	cat "$DIR/dry.lines"
	[ "$(cat "$DIR/dry.status")" = 0 ]
	lines dry '+ device=$(findfs LABEL=data)  # open read' \
		'+ mount -o ro $device /run/initbox/carrier; mount -o loop,ro /run/initbox/carrier/images/root.img /run/initbox/lower  # mount LOOP_CONFIGURE' \
		'+ mount -t tmpfs -o mode=0755 tmpfs /run/initbox/upper  # mount' \
		'+ exec switch_root /sysroot /bin/sh  # move_mount pivot_root umount2 unlinkat execve'
	run ! grep acpi_listen "$DIR/dry.lines" # that init's, not ours
}

@test "an unknown UUID: what is there instead" {
	local uuid=11111111-2222-3333-4444-555555555555
	truncate -s 64M "$DIR/parts.img"
	sgdisk -n 1:2048:+8M -u 1:$uuid -c 1:first -n 2:0:0 -u 2:${uuid/1/2} -c 2:second "$DIR/parts.img" >/dev/null
	truncate -s 8M "$DIR/ext4.img"
	mkfs.ext4 -q -L $'ro\a\xc2\x9bot' -U ${uuid/1/3} "$DIR/ext4.img"
	dd if="$DIR/ext4.img" of="$DIR/parts.img" bs=512 seek=2048 conv=notrunc status=none
	truncate -s 4M "$DIR/swap.img"
	mkswap -q -U ${uuid/1/4} "$DIR/swap.img" 2>/dev/null
	from_list unknown <<<"root = UUID=${uuid/1/5}"
	fails unknown --disk "$DIR/parts.img" --disk "$DIR/swap.img" --append rootwait=300ms
	lines unknown "initbox: find-root: UUID=${uuid/1/5}: is not there, nor has it come within 300 ms" \
		"initbox: there is /dev/vda1 (254:1, 8 MiB): ext4 LABEL=\"ro??ot\" UUID=\"${uuid/1/3}\" PARTLABEL=\"first\" PARTUUID=\"$uuid\"" \
		"initbox: there is /dev/vda2 (254:2, 54 MiB): no file system known here (its first bytes: 00 00 00 00 00 00 00 00) PARTLABEL=\"second\" PARTUUID=\"${uuid/1/2}\"" \
		"initbox: there is /dev/vdb (254:16, 4 MiB): swap UUID=\"${uuid/1/4}\""
}

@test "a damaged superblock, a disk that can only be read, and another type than is there" {
	mkfs.ext4 -q -L damaged "$DIR/damaged.img" 8M
	printf '\1\2\3' | dd of="$DIR/damaged.img" bs=1 seek=$((1024 + 0x110)) conv=notrunc status=none
	from_list damaged <<<'root = LABEL=damaged'
	fails damaged --disk "$DIR/damaged.img"
	grep -qxE 'initbox: mount-root: /dev/vda: it holds ext4 LABEL="damaged" UUID="[-0-9a-f]*", but the checksum of its superblock is wrong' \
		"$DIR/damaged.lines"
	mkfs.ext4 -q -L whole "$DIR/whole.img" 8M
	from_list other <<<'root = /dev/vda'
	cp "$DIR/other.cpio" "$DIR/closed.cpio"
	fails closed --disk "$DIR/whole.img,ro" --append rw
	grep -q 'initbox: mount-root: ext4 of /dev/vda: mount: Permission denied (EACCES)' "$DIR/closed.lines"
	lines closed 'initbox: hint: the disk can only be read: leave rw out (overlay=tmpfs takes what is written)'
	fails other --disk "$DIR/whole.img" --append rootfstype=erofs,nonesuch
	grep -qxE 'initbox: mount-root: nonesuch of /dev/vda: mount: No such device \(ENODEV\): it holds ext4 LABEL="whole" UUID="[-0-9a-f]*"' \
		"$DIR/other.lines"
}

@test "a root without an init, and one whose init can't be executed: nothing is switched" {
	mkdir -p "$DIR/tree/sbin" "$DIR/tree/bin"
	printf '#!/bin/missing\n' >"$DIR/tree/sbin/init"
	echo text >"$DIR/tree/bin/init"
	chmod 755 "$DIR/tree/sbin/init"
	mkfs.ext4 -q -d "$DIR/tree" "$DIR/noinit.img" 8M
	from_list noinit <<<'root = 254:0'
	fails noinit --disk "$DIR/noinit.img"
	grep -q 'initbox: switch-root: /sysroot: has no init: ' "$DIR/noinit.lines"
	grep -q 'initbox: /sbin/init: execve: No such file or directory (ENOENT): the interpreter of its #! line is missing: /bin/missing' \
		"$DIR/noinit.lines"
	# The same from an image in the initramfs.
	from_list given <<<'root = /images/noinit'
	"$MKINITRAMFS" --base "$DIR/given.cpio" --file "$DIR/noinit.img:/images/noinit" -o "$DIR/given2.cpio"
	mv "$DIR/given2.cpio" "$DIR/given.cpio"
	fails given --append init=/bin/init
	lines given 'initbox: switch-root: /bin/init: execve: Permission denied (EACCES): it has no permission to be executed (chmod +x)'
}
