#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What the kernel makes of an image of all that mkinitramfs can put into one: microcode in front, archives compressed by
# zstd and by gzip, roots from an archive and as a file system, firmware, names as long as they may be.
# shellcheck disable=SC2016 # expanded in the box

load lib
load ../lib/microcode.sh

# A root as an archive: what a directory holds, with its owners.
make_archive() {
	local name

	name=$(printf '%0250d' 0)
	mkdir -p "$DIR/tree/links" "$DIR/tree/long" "$DIR/tree/etc" "$DIR/tree/var"
	seq 20000 >"$DIR/tree/links/first"
	ln "$DIR/tree/links/first" "$DIR/tree/links/second"
	ln "$DIR/tree/links/first" "$DIR/tree/var/third"
	: >"$DIR/tree/links/empty" && ln "$DIR/tree/links/empty" "$DIR/tree/links/empty2"
	ln -s ../links/second "$DIR/tree/etc/symlink"
	truncate -s 3M "$DIR/tree/sparse" && echo end >>"$DIR/tree/sparse"
	echo secret >"$DIR/tree/etc/secret" && chown 12:34 "$DIR/tree/etc/secret" && chmod 4750 "$DIR/tree/etc/secret"
	mkfifo "$DIR/tree/var/fifo"
	mknod "$DIR/tree/var/null" c 1 3
	(
		cd "$DIR/tree/long" || exit
		# 15 levels and a file: in the image a name of 4024 bytes
		for _ in $(seq 15); do mkdir "$name" && cd "$name" || exit; done
		echo deep >"$name"
	)
	tar -C "$DIR/tree" --sort=name -czf "$DIR/tree.tar.gz" .
}

make_box() {
	local applet

	mkdir -p "$DIR/box/bin"
	cp "$(command -v busybox)" "$DIR/box/bin/busybox"
	for applet in sh cat cd cut find ls md5sum mkdir seq sort stat tail wc; do
		ln -s busybox "$DIR/box/bin/$applet"
	done
	mksquashfs "$DIR/box" "$DIR/box.squashfs" -quiet -no-progress >/dev/null
}

setup_file() {
	setup_machines
	make_archive
	make_box
	mkdir -p "$DIR/fw/card"
	echo firmware | zstd -q >"$DIR/fw/card/one.bin.zst"
	intel 5 60 >"$DIR/intel.bin"
	amd patch >"$DIR/amd.bin"
}

@test "an image of each kind of archive, with links, owners and long names, seen from inside" {
	cat >"$DIR/script.sh" <<-'END'
		echo "links=$(stat -c %h /links/first) $(stat -c %h /var/third) $(stat -c %h /links/empty)"
		test /links/first -ef /links/second && test /links/first -ef /var/third && echo links=same
		echo "sum=$(md5sum </links/second) $(wc -c </links/empty2)"
		echo "symlink=$(tail -n 1 /etc/symlink)"
		echo "sparse=$(stat -c %s /sparse) $(tail -c 4 /sparse)"
		echo "owner=$(stat -c '%a %u %g' /etc/secret)"
		echo "nodes=$(stat -c '%F %t:%T' /var/null), $(stat -c %F /var/fifo)"
		cd /long && while cd 0* 2>/dev/null; do :; done
		echo "long=$(pwd | wc -c) $(cat 0*)"
		echo "firmware=$(cat /machine/firmware/card/one.bin)"
		for vendor in GenuineIntel AuthenticAMD; do
			echo "$vendor=$(md5sum </machine/microcode/$vendor.bin)"
		done
		exit 7
	END
	cat >"$DIR/whole.conf" <<-'END'
		rootfs = /top
		rootfs = /box
		volume = /lib/firmware:/machine/firmware:ro
		volume = /kernel/x86/microcode:/machine/microcode:ro
		command = /bin/sh /script.sh
	END
	"$MKINITRAMFS" --microcode "$DIR/intel.bin" --microcode "$DIR/amd.bin" --file "$OUT/initbox:/init" --dir /dev --dir /proc \
		--dir /sys --dir /run --dir /tmp --modules-dir "$MODULES_DIR" --module virtio_pci --module overlay --module loop \
		--module squashfs --firmware-dir "$DIR/fw" --firmware 'card/*' --root "$DIR/tree.tar.gz:/top" --compress zstd -o "$DIR/first.cpio"
	"$MKINITRAMFS" --base "$DIR/first.cpio" --root "$DIR/box.squashfs" --config "$DIR/whole.conf" \
		--file "$DIR/script.sh:/top/script.sh" --compress gzip -o "$DIR/whole.cpio"
	"$MKINITRAMFS" --verify "$DIR/whole.cpio"
	[ "$("$MKINITRAMFS" --list "$DIR/whole.cpio" | sed -n 's/^# archive.*: //p')" = "$(printf 'not compressed\nzstd\ngzip')" ]
	machine whole --net none
	ended whole 7
	said whole 'links=3 3 2' links=same "sum=$(md5sum <"$DIR/tree/links/first") 0" symlink=20000 'sparse=3145732 end' \
		'owner=4750 12 34' 'nodes=character special file 1:3, fifo' "long=$((6 + 15 * 251)) deep" firmware=firmware \
		"GenuineIntel=$(md5sum <"$DIR/intel.bin")" "AuthenticAMD=$(md5sum <"$DIR/amd.bin")"
}
