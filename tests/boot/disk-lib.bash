# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2016
# What the tests share that boot a machine from a root on a disk.

# slim NAME MODULE…: an image of initbox and these modules, with the lines of stdin as its configuration.
slim() {
	local name=$1 module words=()

	shift
	for module; do words+=(--module "$module"); done
	cat >"$DIR/$name.conf"
	"$MKINITRAMFS" --file "$OUT/initbox:/init:0755" --dir /proc --dir /sys --dir /dev --dir /run --config "$DIR/$name.conf" \
		--modules-dir "$MODULES_DIR" "${words[@]}" --file "$DIR/ballast:/deep/er/ballast" -o "$DIR/$name.cpio"
}

# tree: $DIR/tree, a root whose init tells what it finds, says how the machine ended, and ends it.
tree() {
	local applet

	head -c 8M /dev/urandom >"$DIR/ballast"
	mkdir -p "$DIR"/tree/{bin,sbin,dev,proc,sys,run,mnt,etc}
	cp /bin/busybox "$DIR/tree/bin/busybox"
	for applet in sh cat ls awk grep poweroff mount umount sed sync readlink touch tr df dd cut stty sleep; do
		ln -sf busybox "$DIR/tree/bin/$applet"
	done
	echo 'of the disk' >"$DIR/tree/file"
	cat >"$DIR/tree/bin/init" <<-'SCRIPT'
		#!/bin/sh
		export PATH=/bin:/store/bin
		stty -opost
		end() { sync; echo "initbox-status exit=$1" >/dev/ttyS1; poweroff -f; }
		trap 'end 99' EXIT
		echo "init=$0 $*"
		echo "pid=$$ file=$(cat /file)"
		awk '$5 == "/" { sub(/.* - /, ""); print "root=" $1 " " $2 }' /proc/self/mountinfo
		for at in / /dev /proc /sys /sys/fs/cgroup /run /run/initbox/lower /run/initbox/upper; do
			awk -v at="$at" '$5 == at { o = $6; sub(/.* - /, ""); sub(/,.*/, "", o); n++; t = t $1 "," o " " }
				END { print "mount " at "=" n + 0 " " t }' /proc/self/mountinfo
		done
		sed -n 's/^Sig\(Blk\|Ign\|Cgt\):\t/sig\1=/p' /proc/self/status
		awk '/^Unevictable:/ { print "unevictable=" ($2 < 500 ? "little" : $2) }' /proc/meminfo
		echo "fds=$(ls /proc/1/fd | tr '\n' ' ')"
		echo "ctrl-alt-del=$(cat /proc/sys/kernel/ctrl-alt-del)"
		echo "modprobe=$(cat /proc/sys/kernel/modprobe)"
		echo "term=$TERM home=$HOME overlay=$overlay"
		error=$( { echo x >/written; } 2>&1 ) && echo "root-is=rw" || echo "root-is=${error##*: }"
		[ -z "$(cat /sbin/more 2>/dev/null)" ] || . /sbin/more
		trap - EXIT
		end 7
	SCRIPT
	chmod 755 "$DIR/tree/bin/init"
	ln -sf /bin/init "$DIR/tree/sbin/init"
}

# more_qemu OPTION…: machines of this test get these as well.
more_qemu() {
	{
		echo '#!/bin/bash'
		printf 'exec qemu-system-x86_64 "$@"'
		printf ' %q' "$@"
		echo
	} >"$DIR/qemu"
	chmod 755 "$DIR/qemu"
	export QEMU=$DIR/qemu
}

# from_list NAME [CONFIG]: an image of initramfs/disk.list; without CONFIG that is stdin.
from_list() {
	local config=${2-$DIR/$1.conf}

	[ $# = 2 ] || cat >"$config"
	(cd "$TOP" && sed "s,build/initbox,$OUT/initbox," initramfs/disk.list >"$DIR/disk.list" &&
		"$MKINITRAMFS" --from "$DIR/disk.list" --config "$config" --modules-dir "$MODULES_DIR" --file "$DIR/ballast:/deep/er/ballast" \
			-o "$DIR/$1.cpio")
}
