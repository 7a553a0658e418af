#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# How a machine ends: who may order it, what becomes of its processes and disks, and what follows.
# The boxes here share the machine's pid namespace, so that they see its PID 1.
# shellcheck disable=SC2016 # expanded in the box

load lib

settings=

# runs NAME OPTIONS…: a machine whose box runs the script of stdin; its settings are lines of $settings.
runs() {
	local name=$1

	shift
	cat >"$DIR/$name.sh"
	printf '%s\n' 'rootfs = /box' 'privileged = yes' 'pid = host' 'network = host' 'volume = /:/machine' \
		'command = /bin/sh /run.sh' "$settings" >"$DIR/$name.conf"
	image "$name" --config "$DIR/$name.conf" --file "$DIR/$name.sh:/box/run.sh" --file "$OUT/initbox:/box/sbin/initbox" \
		--modules-dir "$MODULES_DIR" --module overlay --module virtio_pci --module virtio_blk --module loop
	machine "$name" --net none "$@"
}

disk() {
	truncate -s 16M "$DIR/$1.img"
	mkfs.ext4 -q "$DIR/$1.img"
}

# clean NAME FILE TEXT: its file system is clean and unmounted in order, and FILE says TEXT.
clean() {
	/sbin/fsck.ext4 -fn "$DIR/$1.img" || return 1
	! /sbin/dumpe2fs -h "$DIR/$1.img" 2>/dev/null | grep needs_recovery || return 1
	[ "$(/sbin/debugfs -R "cat $2" "$DIR/$1.img" 2>/dev/null)" = "$3" ]
}

@test "poweroff from inside: a program that ignores TERM, 200 orphans, data written just before" {
	disk off
	settings='machine-mount = ext4,/dev/vda,/data
stop-timeout = 500ms' runs off --disk "$DIR/off.img" --memory 128M --cpus 2 <<-'END'
		for i in $(seq 200); do setsid sleep 1000 & done
		trap '' TERM
		while :; do
			echo "kept" >/machine/data/file
			[ "$asked" ] || initbox poweroff
			asked=1
		done
	END
	cat "$DIR/off.out" "$DIR/off.err"
	ended off 137
	grep -qxE 'initbox: poweroff: ordered by process [0-9]+( \(initbox\))? with SIGUSR2' "$DIR/off.out"
	clean off file kept
}
