#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What initbox itself costs a machine from the first instruction of /init to the first of the root's init, in instructions and
# system calls: beside a floor that does the same with bare calls (make bench-boot shows the peers).

load lib

export PATH=$PATH:/sbin:/usr/sbin

# image_of NAME PROGRAM OPTION…: without the signatures of its modules, which would be most of it.
image_of() {
	local name=$1 program=$2

	shift 2
	"$MKINITRAMFS" --file "$program:/init:0755" --dir /dev --dir /proc --dir /run --dir /sys --modules-dir "$MODULES_DIR" \
		--module virtio_pci --module virtio_blk --strip-signatures "$@" -o "$DIR/$name.cpio"
}

# start NAME IMAGE WORD…
start() {
	local name=$1 image=$2

	shift 2
	"$TOP/tests/bench/boot-machine.sh" "$VMLINUZ" "$DIR/$image.cpio" "$DIR/stamp.cpio" "$DIR/disk" "$DIR/$name" "$@" 3>&- &
}

# instructions NAME: in thousands.
instructions() {
	awk '/^init / { c = $2; i = $3 } /^work / { printf "%d", ($2 - c - ($3 - i)) / 1000 }' "$DIR/$1.marks"
}

@test "instructions and system calls from /init to the root's init" {
	mkdir -p "$DIR"/root/{dev,proc,run,sbin,sys,tmp}
	cp "$OUT/bench/boot-work" "$DIR/root/sbin/init"
	mkfs.ext4 -q -d "$DIR/root" "$DIR/disk" 8M
	image_of initbox "$OUT/initbox"
	cpio -i --quiet --to-stdout etc/initbox.modules <"$DIR/initbox.cpio" | sed 's/ .*//' >"$DIR/modules"
	image_of floor "$OUT/bench/boot-floor" --dir /root --file "$DIR/modules:/modules"
	"$MKINITRAMFS" --file "$OUT/bench/boot-stamp:/stamp:0755" -o "$DIR/stamp.cpio"
	start floor floor
	start initbox initbox
	start calls initbox count=syscalls
	wait
	tail -v -n 3 "$DIR"/{floor,initbox,calls}.{marks,console,errors}
	more=$(($(instructions initbox) - $(instructions floor))) calls=$(sed -n 's/^syscalls //p' "$DIR/calls.marks")
	echo "$more thousand instructions more than the floor's; $calls system calls"
	[ "$more" -gt 500 ] && [ "$more" -lt 1900 ]
	[ "$calls" -gt 100 ] && [ "$calls" -le 350 ]
}
