#!/bin/sh
# SPDX-License-Identifier: MIT
# What make bench-boot boots: OUT/disk.ext4, OUT/stamp.cpio, and OUT/NAME.cpio for each maker, all with the same modules. (What
# initramfs-tools and dracut add by themselves stays: it is a fiftieth of what they need.)
#
#   boot-images.sh BUILD OUT
#
# MODULES: as make takes it. tiny-initramfs, initramfs-tools and dracut are Debian's packages, installed in a Debian of their own in
# OUT/debian (debootstrap, two minutes; kept), so that nothing of this machine is touched. A maker that can't be used here leaves
# NAME.why. Exit: 0, 2 trouble with what is not a peer's.
set -eu

build=$1 out=$2
modules_dir=${MODULES:-$build/kernel/modules}
modules=$(readlink -f "$modules_dir")
kver=$(basename "$modules")
debian=$out/debian
drivers='virtio_pci virtio_blk'

die() {
	echo "boot-images: $1" >&2
	exit 2
}

mkdir -p "$out"
rm -f "$out"/*.cpio "$out"/*.why

# The root: its init is the workload.
make_disk() {
	rm -rf "$out/root" "$out/disk.ext4"
	mkdir -p "$out/root"
	(cd "$out/root" && mkdir dev etc proc run sbin sys tmp)
	cp "$build/bench/boot-work" "$out/root/sbin/init"
	PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -d "$out/root" "$out/disk.ext4" 8M
}

# image NAME OPTION…: of mkinitramfs, with the modules.
image() {
	name=$1
	shift
	for driver in $drivers; do set -- "$@" --module "$driver"; done
	"$build/mkinitramfs" "$@" --dir /dev --dir /proc --dir /run --dir /sys --modules-dir "$modules" -o "$out/$name.cpio"
}

# For the floor and the script: the modules in load order.
module_list() {
	cpio -i --quiet --to-stdout etc/initbox.modules <"$out/initbox.cpio" | sed 's/ .*//' >"$out/modules"
}

make_busybox() {
	cat >"$out/busybox.init" <<-'SCRIPT'
		#!/bin/sh
		mount -t devtmpfs dev /dev
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t tmpfs run /run
		while read -r module; do insmod "$module"; done </modules
		mount -t ext4 -o ro /dev/vda /root
		for at in dev proc sys run; do mount -o move /$at /root/$at; done
		exec switch_root /root /sbin/init
	SCRIPT
	{
		echo "file /init $out/busybox.init 0755"
		echo "file /bin/busybox $(command -v busybox) 0755"
		for applet in sh mount insmod switch_root; do echo "slink /bin/$applet busybox"; done
	} >"$out/busybox.list"
	image busybox --from "$out/busybox.list" --dir /root --file "$out/modules:/modules"
}

make_debian() {
	[ ! -d "$debian" ] || return 0
	# shellcheck disable=SC2016 # apt's own names
	# The first archive of the release that runs here: not its updates.
	sources=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' | grep -v -e -updates -e -security | sed -n 1p)
	rm -rf "$debian.new"
	/usr/sbin/debootstrap --variant=minbase --include=busybox-static,dracut-core,initramfs-tools-core,kmod,tiny-initramfs-core,udev "${sources#* }" \
		"$debian.new" "${sources% *}" >"$out/debian.log" 2>&1 && mv "$debian.new" "$debian"
}

# inside COMMAND…: in that Debian, with a /proc that nobody else sees.
inside() {
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --propagation private env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c \
		'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$debian" "$@"
}

# peer NAME IMAGE COMMAND…: what the maker leaves in IMAGE, uncompressed.
peer() {
	name=$1 file=$debian$2
	shift 2
	if inside "$@" >"$out/$name.log" 2>&1 && [ -s "$file" ]; then
		if gzip -t "$file" 2>/dev/null; then gzip -dc "$file"; else cat "$file"; fi >"$out/$name.cpio"
	else
		echo "$1 failed: $(tail -n 1 "$out/$name.log")" >"$out/$name.why"
	fi
}

# mktirfs adds virtio_mmio wherever virtio_blk is: a seventh of the way, without need. Out with what the others don't load.
same_modules() {
	[ -e "$out/tiny-initramfs.cpio" ] || return 0
	rm -rf "$out/tiny"
	mkdir "$out/tiny"
	(
		cd "$out/tiny"
		cpio -id --quiet <../tiny-initramfs.cpio
		for module in *.ko; do
			grep -q "/$module\$" ../modules || { rm "$module" && sed -i "/^.$module/d" modules; }
		done
		find . ! -name . | sort | cpio -o --quiet -R 0:0 -H newc >../tiny-initramfs.cpio
	)
}

make_peers() {
	if ! make_debian; then
		for name in tiny-initramfs initramfs-tools dracut; do
			echo "no Debian for its package: $(tail -n 1 "$out/debian.log")" >"$out/$name.why"
		done
		return
	fi
	rm -rf "$debian/lib/modules"
	mkdir "$debian/lib/modules"
	cp -a "$modules" "$debian/lib/modules/$kver"
	[ ! -e "$out/../kernel/config" ] || cp "$out/../kernel/config" "$debian/boot/config-$kver"
	inside depmod "$kver"
	printf '%s\n' 'MODULES=list' 'COMPRESS=gzip' 'RESUME=none' >"$debian/etc/initramfs-tools/conf.d/bench"
	echo "$drivers" | tr ' ' '\n' >"$debian/etc/initramfs-tools/modules"
	peer tiny-initramfs /tiny.img mktirfs -m no -M no --include-modules="$(echo "$drivers" | tr ' ' ,)" -o /tiny.img "$kver"
	same_modules
	peer initramfs-tools /tools.img mkinitramfs -o /tools.img "$kver"
	peer dracut /dracut.img dracut --kver "$kver" --no-hostonly -m 'base rootfs-block udev-rules' --drivers "$drivers" \
		--no-compress --no-early-microcode --force /dracut.img
}

make_disk || die 'no root for the machines'
image initbox --file "$build/initbox:/init:0755" && module_list
image floor --file "$build/bench/boot-floor:/init:0755" --dir /root --file "$out/modules:/modules"
make_busybox
"$build/mkinitramfs" --file "$build/bench/boot-stamp:/stamp:0755" -o "$out/stamp.cpio"
make_peers
