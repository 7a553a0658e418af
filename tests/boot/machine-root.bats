#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What the root of a box is made of, and what is mounted in it, on the older kernel: image files, a kept upper, volumes,
# tmpfs, overlays, devices.
# shellcheck disable=SC2016 # expanded in the box

load lib

setup_file() {
	setup_machines
	mkdir -p "$DIR/box/bin"
	cp "$(command -v busybox)" "$DIR/box/bin/busybox"
	local applet
	for applet in sh cat ls awk touch dd stat mknod head grep losetup rm; do
		ln -s busybox "$DIR/box/bin/$applet"
	done
	echo 'of the image' >"$DIR/box/file"
	mksquashfs "$DIR/box" "$DIR/box.squashfs" -quiet -no-progress >/dev/null
	mkfs.erofs "$DIR/box.erofs" "$DIR/box" >/dev/null 2>&1
}

@test "images as layers; what is mounted in the box" {
	cat >"$DIR/script.sh" <<-'END'
		cat /file
		echo written >/file && cat /file
		mounts() { awk -v at="$1" '$5 == at { sub(/,relatime/, "", $6); print $6 }' /proc/self/mountinfo; }
		echo "volume=$(mounts /etc-of-host) $(ls /etc-of-host | grep -c initbox.conf)"
		touch /etc-of-host/x 2>/dev/null || echo "volume-is=read-only"
		touch /etc-of-host/below/x 2>/dev/null || echo "below-is=read-only"
		echo "memory=$(mounts /memory) $(stat -c %a /memory)"
		echo x >/over/new && rm /over/file && echo "over=$(ls /over)"
		echo "device=$(stat -c %t:%T /dev/null2)"
		head -c 1 /dev/loop >/dev/null && echo "loop=read"
		(echo x >/dev/loop) 2>/dev/null || echo "loop=closed"
		mknod /dev/disk b 7 0 && (dd if=/dev/disk count=1 >/dev/null 2>&1 || echo "disk=closed")
		exit 7
	END
	cat >"$DIR/images.conf" <<-'END'
		rootfs = /top
		rootfs = /box.squashfs
		rootfs = /box.erofs
		volume = /etc:/etc-of-host:ro
		tmpfs = /memory:size=1M,mode=711,exec
		mount = type=overlay,src=/data,dst=/over
		device = /dev/null:/dev/null2
		device = /dev/loop1:/dev/loop:r
		cap-add = MKNOD
		command = /bin/sh /script.sh
	END
	image images --config "$DIR/images.conf" --file "$DIR/box.squashfs:/box.squashfs" --file "$DIR/box.erofs:/box.erofs" \
		--file "$DIR/script.sh:/top/script.sh" --file "$DIR/script.sh:/data/file" --dir /etc/below --modules-dir "$MODULES_DIR" \
		--module overlay --module loop --module squashfs --module erofs
	machine images --net none
	ended images 7
	said images 'of the image' written 'volume=ro,nosuid,nodev 1' volume-is=read-only below-is=read-only \
		'memory=rw,nosuid,nodev 711' over=new device=1:3 loop=read loop=closed disk=closed
}

@test "a kept upper, and one whose workdir is somebody else's" {
	cat >"$DIR/upper.conf" <<-'END'
		rootfs = /box.squashfs
		upper = /up/box
		volume = /up:/up
		command = /bin/sh -c "echo new >/new; rm /file; cat /up/box/new; stat -c 'whiteout=%F %t:%T' /up/box/file; ls -1 /up; exit 3"
	END
	image upper --config "$DIR/upper.conf" --file "$DIR/box.squashfs:/box.squashfs" --dir /up/box --modules-dir "$MODULES_DIR" \
		--module overlay --module loop --module squashfs
	machine upper --net none
	ended upper 3
	said upper new 'whiteout=character special file 0:0' box box.work
	# The kernel would empty it.
	image ignored --config "$DIR/upper.conf" --file "$DIR/box.squashfs:/box.squashfs" --dir /up/box --file "$DIR/upper.conf:/up/box.work/work/a/b/c/d/e" \
		--modules-dir "$MODULES_DIR" --module overlay --module loop --module squashfs
	machine ignored --net none
	refused ignored "upper: /up/box.work: is there, and is no workdir that initbox has made"
}
