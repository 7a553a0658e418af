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
	local on_demand=(virtio_pci virtio_rng virtio_blk virtio_net squashfs vmw_vsock_virtio_transport dummy nft_masq \
		'loop max_loop=3 hw-queue-depth=9' macvlan)  options=() name
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
		parameter overlay metacopy
		echo "there: $(loaded virtio_rng)"
		echo "soft: $(loaded ecb) $(loaded xts)"
		echo "not there: $(loaded virtio_blk) $(loaded squashfs) $(loaded vsock) $(loaded dummy) $(loaded nf_nat) $(loaded loop)"
		echo "files: $(cd /machine/lib/modules && ls overlay.ko xts.ko squashfs.ko loop.ko 2>/dev/null | tr '\n' ' ')"
		[ -e /dev/loop0 ] || mknod /dev/loop0 b 7 0
		mount -t squashfs -o loop /tree.squashfs /mnt && cat /mnt/file
		echo "asked for: $(loaded squashfs)"
		parameter loop max_loop
		parameter loop hw_queue_depth
		ip link add name v0 type macvlan 2>/dev/null || echo "unwanted: $(loaded macvlan)"
		ip link add name d0 type dummy && echo "asked for: $(loaded dummy)"
		mount -t nothing none /mnt 2>/dev/null || dmesg | sed -n 's/.*initbox: modules: /said: /p'
		mount -t broken none /mnt 2>/dev/null || mount -t lost none /mnt 2>/dev/null || echo 'not mounted'
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
	options+=(--modules-dir "$MODULES_DIR" --module 'overlay metacopy=Y' --module xts --module ext4)
	image modules --config "$DIR/modules.conf" --file "$DIR/script.sh:/box/script.sh" --file "$DIR/tree.squashfs:/box/tree.squashfs" \
		"${options[@]}"
	# Two names that somebody has spoilt.
	mkdir "$DIR/tables"
	"$MKINITRAMFS" "${options[@]}" | (cd "$DIR/tables" && cpio -i --quiet -d 'etc/initbox.*')
	printf '%s\n' 'fs_broken gone' 'fs_lost lost' >>"$DIR/tables/etc/initbox.aliases"
	LC_ALL=C sort -o "$DIR/tables/etc/initbox.aliases" "$DIR/tables/etc/initbox.aliases"
	echo '?/lib/modules/lost.ko # found' >>"$DIR/tables/etc/initbox.modules"
	"$MKINITRAMFS" --base "$DIR/modules.cpio" --root "$DIR/tables/etc:/etc" -o "$DIR/spoilt.cpio"
	mv "$DIR/spoilt.cpio" "$DIR/modules.cpio"
	with_monitor modules
	QEMU=$DIR/modules.qemu machine modules --net none --append 'loop.max_loop=5 "loop.hw_queue_depth=16" no-such.x=1 modprobe.blacklist=x,macvlan' &
	wait_for '^plug' "$DIR/modules.out"
	{
		echo "drive_add 0 if=none,id=late,format=raw,file=$DIR/disk"
		echo 'device_add virtio-blk-pci,drive=late,bus=port0'
	} >"$DIR/modules.monitor.in"
	wait
	tr -d "\b" <"$DIR/modules.monitor.log" | tail -n 3 | tail -c 200
	ended modules 7
	said modules loop.max_loop=5 loop.hw_queue_depth=16 overlay.metacopy=Y 'there: virtio_rng' \
		'not there: no virtio_blk no squashfs no vsock no dummy no nf_nat no loop' 'soft: ecb xts' 'files: loop.ko squashfs.ko ' 'of the image' 'asked for: squashfs' \
		'asked for: dummy' 'unwanted: no macvlan' 'said: /lib/modules/macvlan.ko: left out, as the kernel'\''s command line says (blacklist)' 'said: the kernel asks for fs-nothing: no module of this image serves it' 'not mounted' \
		'initbox: modules: gone: is not in /etc/initbox.modules' \
		'initbox: modules: /lib/modules/lost.ko: open: No such file or directory (ENOENT): needed by found' 'came: virtio_blk 2048'
}

@test "a network all of whose modules are loaded on demand, and a box that can't use that for itself" {
	cat >"$DIR/script.sh" <<-'EOF'
		loaded() { [ -d "/sys/module/$1" ] && echo "$1" || echo "no $1"; }
		echo "loaded: $(loaded overlay) $(loaded veth) $(loaded bridge) $(loaded nft_masq) $(loaded nft_nat) $(loaded virtiofs)"
		(echo /evil >/proc/sys/kernel/modprobe) 2>/dev/null || echo 'modprobe: kept'
		# The modules of somebody else, with the kernel's words.
		mkdir -p /lib/modules && echo x >/lib/modules/evil.ko
		echo '?/lib/modules/evil.ko' >/etc/initbox.modules
		echo 'evil evil' >/etc/initbox.aliases
		/proc/1/exe -q -- evil
		echo "evil: $?"
		ping -c 1 -w 5 172.20.0.1 >/dev/null && echo 'ping: answered'
	EOF
	cat >"$DIR/network.conf" <<-'EOF'
		rootfs = /box
		network = bridge
		publish = 8080:80
		command = /bin/sh /script.sh
	EOF
	sed 's/^module /on-demand /' "$TOP/initramfs/machine.list" >"$DIR/on-demand.list"
	(cd "$TOP" && "$MKINITRAMFS" --from initramfs/box-busybox.list --from <(sed "s,build/initbox,$OUT/initbox," "$DIR/on-demand.list") \
		--config "$DIR/network.conf" --file "$DIR/script.sh:/box/script.sh" --modules-dir "$MODULES_DIR" -o "$DIR/network.cpio")
	machine network
	ended network 0
	said network 'loaded: overlay veth bridge nft_masq nft_nat no virtiofs' 'modprobe: kept' 'evil: 126' 'ping: answered'
}

@test "modules without signatures: the kernel says that it is tainted, or refuses them" {
	echo 'rootfs = /box' >"$DIR/unsigned.conf"
	echo 'command = /bin/cat /proc/sys/kernel/tainted' >>"$DIR/unsigned.conf"
	image unsigned --config "$DIR/unsigned.conf" --modules-dir "$MODULES_DIR" --module overlay --strip-signatures
	cp "$DIR/unsigned.cpio" "$DIR/enforced.cpio"
	cp "$DIR/unsigned.cpio" "$DIR/lockdown.cpio"
	machine unsigned --net none
	ended unsigned 0
	said unsigned 8192
	machine enforced --net none --append module.sig_enforce=1
	refused enforced 'modules: /lib/modules/overlay\.ko: finit_module: .* \(EKEYREJECTED\)'
	grep -q '^initbox: hint: .*--strip-signatures' "$DIR/enforced.out"
	machine lockdown --net none --append lockdown=integrity
	refused lockdown 'modules: /lib/modules/overlay\.ko: finit_module: .* \(EPERM\)'
	grep -q '^initbox: hint: .*--strip-signatures' "$DIR/lockdown.out"
}
