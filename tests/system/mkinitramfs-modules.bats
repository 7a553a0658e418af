#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mkinitramfs: kernel modules and their order. Modules are made by the
# assembler, so that no kernel is needed; the last tests take Debian's from
# build/kernel and ask modprobe.
#
# Scripts for other shells are quoted on purpose, each test is a subshell, and
# bats sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load ../lib/mkinitramfs.sh

@test "modules come with what they need, in an order that works, each once" {
	ko lib/kernel/d.ko depends= name=d
	ko lib/kernel/b/b-b.ko depends=d name=b_b
	ko lib/extra/c.ko depends=d,b-b
	ko lib/kernel/a.ko depends=b_b,c,in-side
	echo kernel/x/in_side.ko >lib/modules.builtin
	echo 'module a' >list
	"$MK" --from list --modules-dir lib --module c --module in-side -o image
	load_order image >order
	printf '/lib/modules/%s.ko\n' d b-b c a >want
	diff want order
	mkdir back
	(cd back && cpio -id --quiet <../image)
	cmp lib/kernel/b/b-b.ko back/lib/modules/b-b.ko
	[ "$(find back/lib/modules -type f | wc -l)" -eq 4 ]
	# What is built in needs no file.
	"$MK" --modules-dir lib --module in_side -o image
	[ -z "$(load_order image)" ]
}

@test "a module that is missing is named with the chain that leads to it" {
	ko lib/c.ko depends=gone
	ko lib/b.ko depends=c
	ko lib/a.ko depends=b
	printf '\nmodule a\n' >list
	refused 1 'list:2: module gone is missing in lib: a -> b -> c -> gone' --from list --modules-dir lib
	refused 1 '--module nope: module nope: not found in lib' --modules-dir lib --module nope
	refused 1 'none: No such file' --modules-dir none --module a
	mkdir empty
	refused 1 'empty: no kernel module in it' --modules-dir empty --module a
	ko lib/gone.ko depends=a
	refused 1 'modules need each other: a -> b -> c -> gone -> a' --from list --modules-dir lib
	refused 1 "not a module's name" --modules-dir lib --module lib/a.ko
}

@test "a file that is no module is refused" {
	mkdir lib
	echo text >lib/a.ko
	refused 1 'lib/a.ko: not an ELF file' --modules-dir lib --module a
	: >lib/a.ko
	refused 1 'lib/a.ko: not an ELF file' --modules-dir lib --module a
	"${CC:-cc}" -c -x assembler -o lib/a.ko /dev/null
	refused 1 'lib/a.ko: not a kernel module: no .modinfo' --modules-dir lib --module a
	rm lib/a.ko
	ko lib/a.ko
	ko lib/x/a.ko
	refused 1 'module a: two files: lib/a.ko and lib/x/a.ko' --modules-dir lib --module a
	ko lib/updates/a.ko description=newer
	"$MK" --modules-dir lib --module a -o image
	cpio -i --quiet --to-stdout lib/modules/a.ko <image | cmp lib/updates/a.ko -
}

@test "soft dependencies come before or after, and may be missing" {
	ko lib/early.ko depends=low
	ko lib/low.ko
	ko lib/late.ko depends=low,a
	ko lib/algo.ko alias=crypto-sum
	ko lib/needed.ko
	ko lib/a.ko 'softdep=pre: early crypto_sum post: late' 'softdep=pre: needed built nowhere' depends=needed
	printf 'built_in.alias=built\0' >lib/modules.builtin.modinfo
	run --separate-stderr -0 "$MK" --modules-dir lib --module a -o image
	echo "$stderr"
	[ "$stderr" = 'mkinitramfs: a: note: soft dependency nowhere is not in lib: left out' ]
	load_order image >order
	printf '%s\n' -/lib/modules/low.ko -/lib/modules/early.ko -/lib/modules/algo.ko /lib/modules/needed.ko \
		/lib/modules/a.ko -/lib/modules/late.ko >want
	diff want order
	# Asked for, it and what it needs are no longer optional.
	"$MK" --modules-dir lib --module a --module early -o image 2>/dev/null
	load_order image | grep -qx /lib/modules/low.ko
	# A soft circle is no error: modprobe takes it as well.
	ko lib/turn.ko 'softdep=pre: back'
	ko lib/back.ko depends=turn
	"$MK" --modules-dir lib --module turn -o image
	[ "$(load_order image)" = "$(printf '%s\n' -/lib/modules/back.ko /lib/modules/turn.ko)" ]
	# A module may be asked for by its alias.
	"$MK" --modules-dir lib --module crypto-sum -o image
	[ "$(load_order image)" = /lib/modules/algo.ko ]
}

@test "a list tells for each module what needs it, and its parameters" {
	ko lib/c.ko parm=size:bytes
	ko lib/b-b.ko depends=c
	ko lib/a.ko depends=b-b parm=count:how-many parmtype=count:int parm=text_of:words
	ko lib/d.ko depends=c
	printf '%s\n' "module a count=3 text-of='b c'" 'module d dyndbg=+p' 'module a count=4' >list
	"$MK" --from list --modules-dir lib -o image
	modules_of image >got
	printf '/lib/modules/%s\n' 'c.ko # b_b' 'b-b.ko # a' 'a.ko count=3 text-of="b c" count=4' 'd.ko dyndbg=+p' >want
	diff want got
	"$MK" --modules-dir lib --module 'c size=1M' -o image
	[ "$(modules_of image)" = '/lib/modules/c.ko size=1M' ]
	refused 1 '--module c sice=1: module c has no parameter sice (modinfo -p lib/c.ko)' --modules-dir lib --module 'c sice=1'
	refused 1 'not a parameter (NAME=VALUE' --modules-dir lib --module "c 'size=\"1'"
	refused 1 'not a parameter (NAME=VALUE' --modules-dir lib --module 'c =1'
	echo kernel/x/in_side.ko >lib/modules.builtin
	refused 1 "in-side is built in: its parameters belong on the kernel's command line (in_side.x=1)" --modules-dir lib --module 'in-side x=1'
}

@test "modules on demand: their names, and what is to be loaded for each" {
	ko lib/low.ko
	ko lib/soft.ko depends=low
	ko lib/mid.ko depends=low alias=symbol:mid
	ko lib/drivers/a.ko depends=mid alias=fs-a 'alias=usb:v1-p[0-9]*' 'alias=usb:v1-p[0-9]*' 'softdep=pre: soft' parm=x:y
	ko lib/drivers/net/b.ko depends=mid alias=fs-a
	ko lib/drivers/net/no-names.ko
	"$MK" --modules-dir lib --module low --on-demand 'a x=1' --on-demand b -o image
	modules_of image >got
	printf '%s\n' /lib/modules/low.ko '?/lib/modules/soft.ko # a' '?/lib/modules/mid.ko # a' '?/lib/modules/a.ko x=1' \
		'?/lib/modules/b.ko' >want
	diff want got
	aliases_of image >got
	printf '%s\n' 'a low -soft mid a' 'b low mid b' 'fs_a low -soft mid a' 'fs_a low mid b' 'mid low mid' 'soft low soft' \
		'symbol:mid low mid' 'usb:v1_p[0-9]* low -soft mid a' >want
	diff want got
	# Files of /dev that have one number.
	ko lib/d.ko alias=devname:x/d-0 alias=char-major-10-7
	ko lib/e.ko alias=devname:e alias=block-major-9-0 alias=char-major-9-*
	ko lib/f.ko alias=devname:f 'alias=char-major-9-*'
	"$MK" --modules-dir lib --on-demand d --on-demand e --on-demand f -o image
	[ "$(cpio -i --quiet --to-stdout etc/initbox.devnames <image)" = "$(printf '%s\n' 'd x/d-0 c10:7' 'e e b9:0')" ]
	# What is loaded in any case is not asked for.
	"$MK" --modules-dir lib --module a --on-demand a -o image
	run ! grep -q '^?' <(modules_of image)
	[ -z "$(aliases_of image)" ]
	# All of a directory that has a name beside its own.
	"$MK" --modules-dir lib/ --on-demand drivers/ -o image
	[ "$(modules_of image | grep -c '/[ab].ko$')" -eq 2 ]
	run ! grep no-names <(modules_of image)
	refused 1 'no module below lib/nowhere/ has an alias' --modules-dir lib --on-demand nowhere/
	refused 1 "not a module's name" --modules-dir lib --on-demand drivers/net/b
	refused 1 "not a module's name" --modules-dir lib --on-demand 'drivers/net/ x=1'
	refused 1 'module gone: not found' --modules-dir lib --on-demand gone
	ko lib/c.ko 'alias=fs c'
	refused 1 'lib/c.ko: the alias "fs c" has blanks' --modules-dir lib --on-demand c
	ko lib/c.ko 'alias=a*'
	refused 1 'lib/c.ko: the alias "a*" begins with a pattern' --modules-dir lib --on-demand c
}

@test "compressed modules are stored as they are when asked" {
	ko lib/x.ko alias=fs-x
	ko lib/z.ko depends=x
	xz --check=crc32 lib/x.ko
	zstd -q --rm lib/z.ko
	"$MK" --modules-dir lib --module z --keep-compressed -o image
	[ "$(modules_of image)" = "$(printf '%s\n' '/lib/modules/x.ko.xz # z' /lib/modules/z.ko.zst)" ]
	cpio -i --quiet --to-stdout lib/modules/x.ko.xz <image | cmp - lib/x.ko.xz
	refused 1 'the signature of a compressed module is inside of it' --modules-dir lib --module z --keep-compressed --strip-signatures
}

@test "compressed modules are found, read and stored decompressed" {
	ko lib/g.ko
	ko lib/x.ko depends=g
	ko lib/z.ko depends=x
	cp -r lib plain
	gzip lib/g.ko
	xz --check=crc32 lib/x.ko
	zstd -q --rm lib/z.ko
	"$MK" --modules-dir lib --module z -o image
	"$MK" --modules-dir plain --module z | cmp image -
	head -c 20 lib/x.ko.xz >short
	mv short lib/x.ko.xz
	run -1 "$MK" --modules-dir lib --module x -o bad
	[ "$output" = "mkinitramfs: lib/x.ko.xz: can't be decompressed: xz: (stdin): Unexpected end of input" ]
	[ ! -e bad ]
	mkdir bin
	run -1 env PATH="$T/bin" "$MK" --modules-dir lib --module g -o bad
	[[ $output == *'lib/g.ko.gz: gzip, needed to decompress it: No such file or directory' ]]
}

@test "modules of another kernel are refused" {
	ko lib/a.ko depends=b 'vermagic=6.1.0 SMP'
	ko lib/b.ko 'vermagic=6.1.0 SMP'
	"$MK" --modules-dir lib --module a -o image
	"$MK" --modules-dir lib --kernel-release 6.1.0 --module a | cmp image -
	refused 1 'lib/a.ko: made for kernel 6.1.0, not for 6.2.0' --modules-dir lib --kernel-release 6.2.0 --module a
	ko lib/b.ko 'vermagic=6.2.0 SMP'
	refused 1 'lib/b.ko: made for kernel 6.2.0, not for 6.1.0' --modules-dir lib --module a
}

need_kernel() {
	[ -d "$KERNEL_DIR/modules/kernel" ] || skip "no kernel in $KERNEL_DIR (tools/fetch-kernel)"
}

@test "Debian's kernel: the modules are those that modprobe would load, each after what it needs" {
	need_kernel
	release=$(basename "$(readlink -f "$KERNEL_DIR/modules")")
	mkdir -p tree/lib/modules none
	cp -r "$KERNEL_DIR/modules/" "tree/lib/modules/$release"
	depmod -b tree "$release"
	# Which module serves an algorithm that is also built in is a matter of taste.
	: >"tree/lib/modules/$release/modules.softdep"
	names=$(awk '$1 == "module" || $1 == "on-demand" { print $2 }' "$ROOT/initramfs/machine.list")
	[ -n "$names" ]
	for name in $names btrfs vfio_pci vmw_vsock_virtio_transport dm_verity squashfs; do
		modprobe -C none -d tree -S "$release" --show-depends "$name" |
			sed -n 's,^insmod .*/\([^/]*\)\.ko.*,\1,p' | sort >want
		"$MK" --modules-dir "tree/lib/modules/$release" --module "$name" -o image
		load_order image | sed 's,^-.*,,; s,^/lib/modules/,,; s,\.ko$,,' | grep . | sort >got
		diff want got
	done

	# All of them together: at each line all that the module needs is loaded.
	# shellcheck disable=SC2046,SC2086
	"$MK" --modules-dir "$KERNEL_DIR/modules" $(printf -- '--module %s ' $names) -o image
	load_order image >order
	[ "$(sort -u order | wc -l)" -eq "$(wc -l <order)" ]
	mkdir back
	(cd back && cpio -id --quiet <../image)
	seen=' '
	while read -r path; do
		name=$(basename "$path" .ko | tr - _)
		for needed in $(modinfo -F depends "back$path" | tr ',-' ' _'); do
			[[ $seen == *" $needed "* ]]
		done
		seen="$seen$name "
	done <order
}

@test "Debian's kernel: signatures are cut off when asked" {
	need_kernel
	"$MK" --modules-dir "$KERNEL_DIR/modules" --module veth -o signed
	"$MK" --modules-dir "$KERNEL_DIR/modules" --strip-signatures --module veth -o plain
	cpio -i --quiet --to-stdout lib/modules/veth.ko <signed >signed.ko
	cpio -i --quiet --to-stdout lib/modules/veth.ko <plain >plain.ko
	[ -n "$(modinfo -F signer ./signed.ko)" ]
	[ -z "$(modinfo -F signer ./plain.ko)" ]
	cmp -n "$(stat -c %s plain.ko)" signed.ko plain.ko
}

@test "the first image holds no program but initbox outside the box" {
	need_kernel
	[ -x "$BUILD/initbox" ] || skip "no $BUILD/initbox"
	cd "$ROOT"
	sed "s,build/initbox,$BUILD/initbox," initramfs/machine.list >"$T/machine.list"
	"$MK" --from "$T/machine.list" --from initramfs/box-busybox.list --modules-dir "$KERNEL_DIR/modules" \
		--config initramfs/examples/web.conf -o "$T/image"
	mkdir "$T/back"
	cd "$T/back"
	cpio -id --quiet <../image
	cmp init "$BUILD/initbox"
	[ "$(find . -path ./box -prune -o -type f -perm /111 -print)" = ./init ]
	[ "$(find . -path ./box -prune -o -type l -print)" = '' ]
	cmp etc/initbox.conf "$ROOT/initramfs/examples/web.conf"
	[ "$(chroot box /bin/sh -c 'echo $((6 * 7)); ls -d /tmp /www/index.html')" = "$(printf '42\n/tmp\n/www/index.html')" ]
}
