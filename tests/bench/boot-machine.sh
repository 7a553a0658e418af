#!/bin/sh
# SPDX-License-Identifier: MIT
# One machine with boot-stamp as its rdinit= and boot-work as the init of its root.
#
#   boot-machine.sh KERNEL IMAGE STAMP DISK OUT [WORD…]
#
# IMAGE and STAMP are archives, STAMP with /stamp in it; WORDs go to the kernel's command line. OUT.marks gets what both tell,
# OUT.console and OUT.errors the words of the machine and of qemu. One instruction is one ns of the guest's clock.
set -u

kernel=$1 image=$2 stamp=$3 disk=$4 out=$5
shift 5
rm -f "$out.marks"
cat "$image" "$stamp" >"$out.image"
timeout -k 5 300 "${QEMU:-qemu-system-x86_64}" -machine q35 -accel tcg -cpu max -m 256M -nodefaults -no-user-config -display none \
	-no-reboot -icount shift=0,sleep=on -kernel "$kernel" -initrd "$out.image" \
	-append "console=ttyS0 quiet loglevel=1 panic=-1 cryptomgr.notests=1 no_timer_check rdinit=/stamp root=/dev/vda rootfstype=ext4 ro $*" \
	-drive "if=none,id=root,format=raw,snapshot=on,file=$disk" -device virtio-blk-pci,drive=root \
	-chardev "file,id=marks,path=$out.marks" -device isa-debugcon,iobase=0xe9,chardev=marks \
	-serial "file:$out.console" </dev/null >"$out.errors" 2>&1
rm -f "$out.image"
grep -q '^work ' "$out.marks"
