#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The modules of a machine: in their order, with parameters, for devices that are there and that come, and when the kernel
# asks for them.
# shellcheck disable=SC2016 # expanded in the box

load lib

# qemu with a port that takes PCI devices while it runs, and its monitor on $DIR/NAME.monitor.in.
with_monitor() {
	mkfifo "$DIR/$1.monitor.in" "$DIR/$1.monitor.out"
	printf '#!/bin/sh\nexec %s "$@" -device pcie-root-port,id=port0,slot=1 -chardev pipe,id=mon0,path=%s -mon chardev=mon0\n' \
		"${QEMU:-qemu-system-x86_64}" "$DIR/$1.monitor" >"$DIR/$1.qemu"
	chmod +x "$DIR/$1.qemu"
	cat "$DIR/$1.monitor.out" >"$DIR/$1.monitor.log" 3>&- &
}

@test "parameters, devices that are there, one that comes, and what the kernel asks for" {
	local on_demand=(virtio_rng virtio_blk virtio_net squashfs vmw_vsock_virtio_transport dummy nft_masq) options=() name
	for name in "${on_demand[@]}"; do
		options+=(--on-demand "$name")
	done
	mkdir "$DIR/tree"
	echo 'of the image' >"$DIR/tree/file"
	mksquashfs "$DIR/tree" "$DIR/tree.squashfs" -quiet -no-progress >/dev/null
	head -c 1M /dev/zero >"$DIR/disk"
	cat >"$DIR/script.sh" <<-'EOF'
		loaded() { [ -d "/sys/module/$1" ] && echo "$1" || echo "no $1"; }
		parameter() { echo "$1.$2=$(cat "/sys/module/$1/parameters/$2")"; }
		parameter loop max_loop
		parameter loop hw_queue_depth
		parameter overlay metacopy
		parameter btrfs nothing 2>/dev/null
		echo "there: $(loaded virtio_rng)"
		echo "not there: $(loaded virtio_blk) $(loaded squashfs) $(loaded vsock) $(loaded dummy) $(loaded nf_nat)"
		echo "files: $(ls /machine/lib/modules | tr '\n' ' ')"
		mount -t squashfs -o loop /tree.squashfs /mnt && cat /mnt/file
		echo "asked for: $(loaded squashfs)"
		ip link add name d0 type dummy && echo "asked for: $(loaded dummy)"
		mount -t nothing none /mnt 2>/dev/null || dmesg | sed -n 's/.*initbox: modules: /said: /p'
		echo plug
		i=0
		while [ ! -e /sys/block/vda/size ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
		echo "came: $(loaded virtio_blk) $(cat /sys/block/vda/size)"
		exit 7
	EOF
	cat >"$DIR/modules.conf" <<-'EOF'
		rootfs = /box
		privileged = yes
		volume = /:/machine:ro
		command = /bin/sh /script.sh
	EOF
	image modules --config "$DIR/modules.conf" --file "$DIR/script.sh:/box/script.sh" \
		--file "$DIR/tree.squashfs:/box/tree.squashfs" --modules-dir "$MODULES_DIR" \
		--module 'overlay metacopy=Y' --module virtio_pci --module 'loop max_loop=3 hw-queue-depth=9' --module ext4 "${options[@]}"
	with_monitor modules
	QEMU=$DIR/modules.qemu machine modules --net none --append 'loop.max_loop=5 "loop.hw_queue_depth=16" no-such.x=1' &
	wait_for '^plug' "$DIR/modules.out"
	{
		echo "drive_add 0 if=none,id=late,format=raw,file=$DIR/disk"
		echo 'device_add virtio-blk-pci,drive=late,bus=port0'
	} >"$DIR/modules.monitor.in"
	wait
	tr -d "\b" <"$DIR/modules.monitor.log" | tail -n 3 | tail -c 200
	ended modules 7
	said modules loop.max_loop=5 loop.hw_queue_depth=16 overlay.metacopy=Y 'there: virtio_rng' \
		'not there: no virtio_blk no squashfs no vsock no dummy no nf_nat' 'of the image' 'asked for: squashfs' \
		'asked for: dummy' 'said: the kernel asks for fs-nothing: no module of this image serves it' 'came: virtio_blk 2048'
}
