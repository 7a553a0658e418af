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
		sigIgn=0000000000000000 unevictable=little 'fds=0 1 10 2 3 ' root-is=ro modprobe=/sbin/modprobe \
		'term=linux home=/ overlay='
}

@test "an image on a disk that is found by LABEL, under an overlay on another disk" {
	mkfs.erofs "$DIR/root.erofs" "$DIR/tree" >/dev/null 2>&1
	truncate -s 40M "$DIR/data.img"
	mkfs.vfat -n DATA "$DIR/data.img" >/dev/null
	mmd -i "$DIR/data.img" ::images
	mcopy -i "$DIR/data.img" "$DIR/root.erofs" ::images/root.img
	mkfs.ext4 -q -L upper "$DIR/upper.img" 8M
	slim image virtio_pci virtio_blk vfat nls_cp437 nls_ascii loop erofs overlay <<-'END'
		root = LABEL=DATA:/images/root.img
		overlay = LABEL=upper:ext4
	END
	machine image --net none --disk "$DIR/data.img,ro" --disk "$DIR/upper.img" --append 'init=/bin/init'
	ended image 7
	said image 'init=/bin/init ' 'pid=1 file=of the disk' 'root=overlay overlay' 'mount /run/initbox/lower=1 erofs,ro ' \
		'mount /run/initbox/upper=1 ext4,rw ' root-is=rw unevictable=little
	debugfs -R 'stat /upper/written' "$DIR/upper.img" 2>/dev/null | grep -q 'Type: regular'
}

@test "a box in the machine, its root on a partition: an xfs, GPT and PARTUUID, of an NVMe disk" {
	truncate -s 400M "$DIR/nvme.img"
	sgdisk -n 1:2048:+1M -u 1:aaaaaaaa-0000-0000-0000-000000000001 -n 2:8192:0 -c 2:'the röot' "$DIR/nvme.img" >/dev/null
	truncate -s 390M "$DIR/xfs.img"
	mkfs.xfs -q -L data "$DIR/xfs.img"
	dd if="$DIR/xfs.img" of="$DIR/nvme.img" bs=1M seek=4 conv=notrunc,sparse status=none
	slim box virtio_pci virtio_blk xfs overlay <<-'END'
		root = PARTUUID=AAAAAAAA-0000-0000-0000-000000000001/PARTNROFF=1
		rootflags = nosuid,noatime,nouuid
		rootfs = /sysroot
		rootfs = /tools
		volume = /sysroot:/disk
		command = /bin/sh -c "awk '$5 == \"/disk\" { sub(/.* - /, \"\"); print }' /proc/self/mountinfo; echo new >/disk/new; cat /disk/new /file; exit 5"
	END
	"$MKINITRAMFS" --base "$DIR/box.cpio" --root "$DIR/tree:/tools" -o "$DIR/box2.cpio" && mv "$DIR/box2.cpio" "$DIR/box.cpio"
	machine box --net none --disk "$DIR/nvme.img" --append rw
	ended box 5
	grep -q '^xfs /dev/vda2 rw,' "$DIR/box.out"
	said box new 'of the disk'
}
