#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A machine whose root is on a disk: found by each of its names, mounted, covered by an overlay, and handed over to its own init,
# or made the root of a box.
# shellcheck disable=SC2016 # expanded in the machine

load lib
load disk-lib

export PATH=$PATH:/sbin:/usr/sbin

setup_file() {
	setup_machines
	tree
}

@test "handed over to the root's init: an ext4 by UUID, with arguments; nothing of the initramfs is left" {
	mkfs.ext4 -q -d "$DIR/tree" -U 01234567-89ab-cdef-0123-456789abcdef -L first "$DIR/ext4.img" 16M
	slim ext4 virtio_pci virtio_blk <<<''
	machine ext4 --net none --disk "$DIR/ext4.img" \
		--append 'root=UUID=01234567-89AB-CDEF-0123-456789abcdef single -- one "two  three"'
	ended ext4 7
	said ext4 'init=/sbin/init single one two  three' 'pid=1 file=of the disk' 'root=ext4 /dev/vda' 'mount /=1 ext4,ro ' \
		'mount /dev=1 devtmpfs,rw ' 'mount /sys/fs/cgroup=1 cgroup2,rw ' 'mount /run=1 tmpfs,rw ' sigBlk=0000000000000000 \
		sigIgn=0000000000000000 unevictable=little ctrl-alt-del=1 'fds=0 1 10 2 3 ' 'root-is=Read-only file system' modprobe=/sbin/modprobe \
		'term=linux home=/ overlay='
}

@test "an image on a disk that is found by LABEL, under an overlay on a btrfs that is found by MBR and PARTUUID" {
	mkfs.erofs "$DIR/root.erofs" "$DIR/tree" >/dev/null 2>&1
	truncate -s 40M "$DIR/data.img"
	mkfs.vfat -n DATA "$DIR/data.img" >/dev/null
	mmd -i "$DIR/data.img" ::images
	mcopy -i "$DIR/data.img" "$DIR/root.erofs" ::images/root.img
	truncate -s 128M "$DIR/upper.img" "$DIR/btrfs.img"
	printf '%s\n' 'label: dos' 'label-id: 0xc0ffee01' '2048,1M' '8192,,E' '10240,' | sfdisk -q "$DIR/upper.img"
	truncate -s 120M "$DIR/btrfs.img"
	mkfs.btrfs -q "$DIR/btrfs.img"
	dd if="$DIR/btrfs.img" of="$DIR/upper.img" bs=512 seek=10240 conv=notrunc,sparse status=none
	from_list image <<-'END'
		root = LABEL=DATA:/images/root.img
		overlay = PARTUUID=c0ffee01-05
	END
	# A copy of it, too: the first one is taken.
	machine image --net none --disk "$DIR/data.img,ro" --disk "$DIR/upper.img" --disk "$DIR/data.img,ro" --append 'init=/bin/init'
	ended image 7
	grep -q '^initbox: LABEL=DATA:/images/root.img: is on 2 devices: taking /dev/vda' "$DIR/image.out"
	said image 'init=/bin/init ' 'pid=1 file=of the disk' 'root=overlay overlay' 'mount /run/initbox/lower=1 erofs,ro ' \
		'mount /run/initbox/upper=1 btrfs,rw ' root-is=rw unevictable=little
}

@test "a box in the machine, its root on a partition: an xfs, GPT and PARTUUID, of an NVMe disk" {
	truncate -s 400M "$DIR/nvme.img"
	sgdisk -n 1:2048:+1M -u 1:aaaaaaaa-0000-0000-0000-000000000001 -n 2:8192:0 -c 2:'the röot' "$DIR/nvme.img" >/dev/null
	truncate -s 390M "$DIR/xfs.img"
	mkfs.xfs -q -L data "$DIR/xfs.img"
	dd if="$DIR/xfs.img" of="$DIR/nvme.img" bs=1M seek=4 conv=notrunc,sparse status=none
	slim box xfs overlay <<-'END'
		root = PARTUUID=AAAAAAAA-0000-0000-0000-000000000001/PARTNROFF=1
		rootflags = nosuid,noatime,nouuid
		rootfs = /sysroot
		rootfs = /tools
		volume = /sysroot:/disk
		command = /bin/sh -c "awk '$5 == \"/disk\" { sub(/.* - /, \"\"); print }' /proc/self/mountinfo; echo new >/disk/new; cat /disk/new /file; exit 5"
	END
	"$MKINITRAMFS" --base "$DIR/box.cpio" --root "$DIR/tree:/tools" -o "$DIR/box2.cpio" && mv "$DIR/box2.cpio" "$DIR/box.cpio"
	more_qemu -drive "if=none,id=n0,format=raw,file=$DIR/nvme.img" -device nvme,drive=n0,serial=1
	machine box --net none --append rw
	ended box 5
	grep -q '^xfs /dev/nvme0n1p2 rw,' "$DIR/box.out"
	said box new 'of the disk'
	dd if="$DIR/nvme.img" of="$DIR/after.img" bs=1M skip=4 conv=sparse status=none
	xfs_repair -n "$DIR/after.img" >"$DIR/repair" 2>&1
	run ! grep ALERT "$DIR/repair"
}

@test "the example overlay: a squashfs by PARTLABEL, writes go to memory; what is done is explained" {
	mksquashfs "$DIR/tree" "$DIR/root.squashfs" -quiet -no-progress >/dev/null
	truncate -s 32M "$DIR/parts.img"
	sgdisk -n 3:4096:0 -c 3:root "$DIR/parts.img" >/dev/null
	dd if="$DIR/root.squashfs" of="$DIR/parts.img" bs=512 seek=4096 conv=notrunc status=none
	from_list overlay "$TOP/initramfs/examples/overlay.conf"
	machine overlay --net none --disk "$DIR/parts.img" --append 'initbox.explain rootfstype=ext4,squashfs'
	ended overlay 7
	sed -i 's/\r$//' "$DIR/overlay.out"
	said overlay 'mount /=1 overlay,rw ' 'mount /run/initbox/lower=1 squashfs,ro ' 'mount /run/initbox/upper=1 tmpfs,rw ' root-is=rw \
		unevictable=little modprobe=/sbin/modprobe '+ device=$(findfs PARTLABEL=root)  # open read' \
		'+ mount -t ext4,squashfs -o ro $device /run/initbox/lower  # mount' \
		'+ mount -t tmpfs -o mode=0755,size=67108864 tmpfs /run/initbox/upper  # mount' \
		'+ exec switch_root /sysroot /sbin/init  # move_mount pivot_root umount2 unlinkat execve'
}

@test "a share of the host as root" {
	[ "$(id -u)" = 0 ] || skip "virtiofsd needs root"
	from_list share <<<'rootfstype = virtiofs'
	machine share --net none --share "$DIR/tree:top" --append 'root=top rw'
	ended share 7
	said share 'root=virtiofs top' 'pid=1 file=of the disk' root-is=rw
	rm "$DIR/tree/written"
}

@test "a disk that is plugged in after 2 s, its drivers on demand; it is full" {
	mkfs.ext4 -q -d "$DIR/tree" -L late -m 0 "$DIR/late.img" 12M
	tr "\\0" x </dev/zero | head -c 16M >"$DIR/fill"
	debugfs -w -R "write $DIR/fill fill" "$DIR/late.img" >/dev/null 2>&1
	dumpe2fs -h "$DIR/late.img" 2>/dev/null | grep -q "^Free blocks: *0$"
	from_list late <<<'root = LABEL=late'
	more_qemu -device pcie-root-port,id=port0,chassis=1 -drive "if=none,id=late,format=raw,file=$DIR/late.img"
	machine late --net none --monitor "$DIR/late.monitor" --append 'rootwait rw rootfstype=auto' &
	wait_for 'find-root: LABEL=late: is not there yet' "$DIR/late.out"
	sleep 2
	echo 'device_add virtio-blk-pci,drive=late,bus=port0' | socat -t 5 - "UNIX-CONNECT:$DIR/late.monitor" >"$DIR/late.sent"
	wait
	ended late 7
	said late 'root=ext4 /dev/vda' 'root-is=No space left on device'
}

@test "a root in memory, with what is on a disk mounted into it" {
	mkfs.ext4 -q -d "$DIR/tree" "$DIR/store.img" 16M
	from_list memory <<-'END'
		root = tmpfs
		rootflags = size=1M,nodev
		rw = yes
		machine-mount = ext4,/dev/vda,/sysroot/store,ro
		init = /store/bin/busybox
		trace = console
	END
	machine memory --net none --disk "$DIR/store.img" --append '-- sh /store/bin/init'
	ended memory 7
	said memory 'root=tmpfs tmpfs' 'init=/store/bin/init ' 'mount /run=1 tmpfs,rw ' root-is=rw unevictable=little
	grep -qE '^initbox: trace: handover at [0-9]+ us after /init' "$DIR/memory.out"
}
