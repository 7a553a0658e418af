#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mkinitramfs against other programs: cpio reads what it writes, modprobe
# agrees with the order of modules. Modules are made by the assembler, so that
# no kernel is needed; the last tests take Debian's from build/kernel.
#
# Scripts for other shells are quoted on purpose, each test is a subshell, and
# bats sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	BUILD=${BUILD:-$ROOT/build}
	case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
	MK=${MKINITRAMFS:-$BUILD/mkinitramfs}
	KERNEL_DIR=${KERNEL_DIR:-$BUILD/kernel}
	T=$BATS_TEST_TMPDIR
	cd "$T" || return 1
	unset SOURCE_DATE_EPOCH
}

# refused STATUS TEXT ARGS…: mkinitramfs fails with TEXT in one line and leaves no output.
refused() {
	local wanted=$1 text=$2
	shift 2
	rm -rf out && mkdir out
	run -"$wanted" "$MK" -o out/image "$@"
	echo "$output"
	[[ $output == *"$text"* ]]
	[ "$(grep -c '^mkinitramfs: ' <<<"$output")" -eq 1 ]
	[ -z "$(ls -A out)" ]
}

# ko FILE [KEY=VALUE…]: an ELF file with that .modinfo.
ko() {
	local file=$1
	shift
	mkdir -p "$(dirname "$file")"
	{
		echo '.section .modinfo,"a"'
		[ $# -eq 0 ] || printf '.asciz "%s"\n' "$@"
	} | "${CC:-cc}" -c -x assembler -o "$file" -
}

# load_order ARCHIVE: its /etc/initbox.modules.
load_order() {
	cpio -i --quiet --to-stdout etc/initbox.modules <"$1"
}

# A tree with a file of every kind, and hard links.
make_root() {
	mkdir -p root/a/deep/er root/tmp
	echo hello >root/a/file
	ln root/a/file root/a/link
	ln root/a/file root/zz
	echo outside >other
	ln other root/a/other
	: >root/empty
	ln root/empty root/empty2
	ln -s ../a/file root/tmp/symlink
	ln -s /nowhere root/dangling
	printf '#!/bin/sh\n' >root/a/deep/er/script
	mkfifo root/fifo
	chmod 0755 root root/a root/a/deep root/a/deep/er
	chmod 4755 root/a/deep/er/script
	chmod 1777 root/tmp
	chmod 0640 root/a/file
	chmod 0644 root/empty root/a/other root/fifo
}

@test "an archive read back by cpio has the same files, modes, links and nodes" {
	make_root
	echo 'rootfs = /box' >conf
	cat >list <<-'END'
		# a comment
		dir /proc 0555
		nod /dev/console c 5 1 0600   # another
		nod /dev/disk b 254 70000
		slink /bin/sh 'a b'
		file "/etc/a \"name\"" conf 0600
		root /box root
	END
	"$MK" -o image --list list --config conf --file conf:/x/y --dir /run:1777
	[ $(($(stat -c %s image) % 512)) -eq 0 ]
	mkdir back
	(cd back && cpio -idm --quiet --no-absolute-filenames <../image)

	# Everything inside the root, as find sees it; hard links by what they share.
	show() { (cd "$1" && find . -mindepth 1 -printf '%p %y %m %l\n' | LC_ALL=C sort); }
	show root >want
	show back/box >got
	diff want got
	diff -r root/a back/box/a
	[ back/box/a/file -ef back/box/zz ] && [ back/box/a/file -ef back/box/a/link ]
	[ "$(stat -c %h back/box/a/file)" -eq 3 ]
	[ "$(cat back/box/zz)" = hello ]
	[ back/box/empty -ef back/box/empty2 ]
	# The other name of this one is not in the image.
	[ "$(stat -c %h back/box/a/other)" -eq 1 ]

	[ "$(cat 'back/etc/a "name"')" = 'rootfs = /box' ]
	[ "$(readlink back/bin/sh)" = 'a b' ]
	[ "$(stat -c %a back/x/y)" = 644 ]
	cpio -itvn --quiet <image >long
	cat long
	grep -q '^crw------- *1 0 *0 *5, *1 .* dev/console$' long
	grep -q '^brw------- *1 0 *0 *254, *70000 .* dev/disk$' long
	grep -q '^drwxrwxrwt .* run$' long
	grep -q '^dr-xr-xr-x .* proc$' long
	# root:root and 1970 everywhere
	[ -z "$(awk '$3 != 0 || $4 != 0' long)" ]
	grep -q 'Jan  1  1970 box/a/file$' long
	[ "$(grep -c 'Jan  1  1970' long)" -eq "$(wc -l <long)" ]
}

@test "names are sorted and parents come before what is in them" {
	: >f
	"$MK" -o image --file f:/b/c/d --file f:/b-c --file f:/a --file f:/b/a
	cpio -it --quiet <image >names
	printf '%s\n' a b b-c b/a b/c b/c/d >want
	diff want names
}

@test "the same input gives the same bytes, whatever the directory, umask, time zone and file dates" {
	make_root
	echo x >conf
	printf 'root /box %s\nfile /f %s\n' "$T/root" "$T/conf" >list
	"$MK" --list list --config conf >one
	"$MK" --list list --config conf >two
	cmp one two
	cp -a root elsewhere
	find root -exec touch -h -d '2001-02-03 04:05:06' {} +
	(cd / && umask 077 && TZ=Asia/Tokyo "$MK" --list "$T/list" --config "$T/conf" -o "$T/three")
	cmp one three
	# other inodes, another order in the directory
	rm -r root
	mv elsewhere root
	chmod 0664 conf
	"$MK" --list list --config conf | cmp one -
}

@test "SOURCE_DATE_EPOCH dates the files; a wrong one is refused" {
	: >f
	SOURCE_DATE_EPOCH=86400 "$MK" --file f:/f -o image
	cpio -itv --quiet <image | grep -q 'Jan  2  1970 f$'
	SOURCE_DATE_EPOCH=-1 refused 1 'SOURCE_DATE_EPOCH: "-1"' --file f:/f
	SOURCE_DATE_EPOCH=4294967296 refused 1 'SOURCE_DATE_EPOCH: "4294967296"' --file f:/f
	SOURCE_DATE_EPOCH='' refused 1 'SOURCE_DATE_EPOCH: ""' --file f:/f
}

@test "a configuration for one run is an archive of its own, appended at a multiple of 4" {
	: >f
	"$MK" --file f:/init -o image
	echo 'command = true' | "$MK" --run-config - -o run
	cpio -it --quiet <run >names
	printf '%s\n' etc etc/initbox.run.conf >want
	diff want names
	[ "$(cpio -i --quiet --to-stdout etc/initbox.run.conf <run)" = 'command = true' ]
	echo 'command = true' >conf
	"$MK" --run-config conf | cmp run -

	for cut in 0 1 2 3; do
		head -c $((512 + cut)) /dev/urandom >base
		"$MK" --base base --run-config conf -o both
		offset=$(((512 + cut + 3) / 4 * 4))
		cmp -n $((512 + cut)) base both
		[ "$(tail -c +$((offset + 1)) both | head -c 6)" = 070701 ]
		tail -c +$((offset + 1)) both | cpio -it --quiet | diff want -
	done
}

@test "two entries for one path are refused, naming both" {
	: >f
	printf 'file /a f\nfile //./a f\n' >list
	refused 1 '/a: two entries for one path: list:1 and list:2' --list list
	refused 1 '/a: two entries for one path: --dir /a and --file f:/a' --file f:/a --dir /a
	refused 1 '/a: two entries for one path' --dir /a:0700 --dir /a:0755
	refused 1 '/a: not a directory (--file f:/a), but --file f:/a/b puts something under it' --file f:/a --file f:/a/b
	# The same directory twice is no contradiction.
	"$MK" --dir /a --dir /a:0755 -o image
}

@test "paths that leave the tree or that the kernel would skip are refused" {
	: >f
	long=$(printf '%0255d' 0)
	refused 1 'leaves the image' --file f:/a/../../b
	refused 1 'leaves the image' --dir ..
	refused 1 'longer than 255 bytes' --file "f:/${long}0"
	many=$(printf "/$long%.0s" $(seq 15))
	"$MK" --file "f:$many/$(printf '%0254d' 0)" -o image
	[ "$(cpio -it --quiet <image | tail -n 1 | wc -c)" -eq 4095 ]
	"$MK" --file "f:$many/$long" -o image
	refused 1 'longer than 4095 bytes' --file "f:$many/$long/a"
	refused 1 'would end the archive' --file 'f:/TRAILER!!!'
	refused 1 'not a path of a file' --file f:/
	printf 'slink /a %s\n' "$(printf '%04096d' 0)" >list
	refused 1 'list:1: /a: a symlink' --list list
}

@test "files that are missing, too large or that change are refused" {
	: >f
	refused 1 '--file none:/x: none: No such file' --file none:/x
	refused 1 '--list: none: No such file' --list none
	refused 1 'not a regular file' --file /dev/null:/x
	refused 1 'Not a directory' --root f:/x
	refused 1 'none: No such file' --root none:/x
	truncate -s 4G big
	refused 1 'larger than 4 GiB - 1' --file big:/big
	# One says size 0 and has content, the other says 4096 and has less.
	refused 1 'its size changed' --file /proc/self/status:/x
	[ "$(stat -c %s /sys/kernel/uevent_seqnum)" -eq 4096 ]
	refused 1 'its size changed' --file /sys/kernel/uevent_seqnum:/x
	refused 1 'nothing to put into an image'
}

@test "a wrong line is refused with its file and line" {
	: >f
	wrong() {
		printf '# first\n\n%s\nfile /later f\n' "$1" >a.list
		refused 1 "a.list:3: $2" --list a.list
	}
	wrong 'fill /a f' '"fill": no such kind of line'
	wrong 'file /a' 'wrong number of words, it must be: file PATH SOURCE [MODE]'
	wrong 'file /a f 0755 more' 'wrong number of words'
	wrong 'file /a f 0855' '"0855": not an octal mode'
	wrong 'file /a f 17777' '"17777": not an octal mode'
	wrong 'file /a f ""' '"": not an octal mode'
	wrong 'file /a none' 'none: No such file'
	wrong 'dir /../a' '/../a: the path leaves the image'
	wrong 'nod /a x 1 2' '"x": a device node is c or b'
	wrong 'nod /a c 4096 2' '"4096": not a number from 0 to 4095'
	wrong 'nod /a c 1 1x' '"1x": not a number'
	wrong 'slink /a ""' "/a: a symlink's target"
	wrong 'file "/a f' 'a quote " is not closed'
	wrong 'dir 1 2 3 4 5 6 7 8' 'more than 8 words'
	wrong 'module a/b' 'module a/b: needs --modules-dir'
	wrong 'busybox /b f' './busybox.applets: No such file'
}

@test "output that can't be written is an error" {
	head -c 100000 /dev/zero >f
	run -1 "$MK" -o /dev/full --file f:/f
	[ "$output" = 'mkinitramfs: /dev/full: No space left on device' ]
	[ -c /dev/full ]
	run -1 sh -c '"$1" --file f:/f >/dev/full' sh "$MK"
	[ "$output" = 'mkinitramfs: standard output: No space left on device' ]
	run -1 "$MK" -o none/image --file f:/f
	[ "$output" = 'mkinitramfs: none/image: No such file or directory' ]
	run -1 "$MK" -o . --file f:/f
	[ "$output" = 'mkinitramfs: .: Is a directory' ]
	run -2 "$MK" --nonsense
	run -1 "$MK" f
}

@test "an image that can't be finished leaves the one before as it was" {
	echo before >image
	: >f
	run -1 "$MK" -o image --file f:/f --file /proc/self/status:/x
	[ "$(cat image)" = before ]
	[ "$(ls)" = "$(printf 'f\nimage')" ]
	# a link stays a link, a pipe a pipe
	ln -s image link
	"$MK" -o link --file f:/f
	[ -L link ]
	"$MK" -o /dev/stdout --file f:/f | cmp image -
}

@test "a signal leaves nothing half-made" {
	: >f
	mkfifo base
	# It opens its output, then waits for somebody to write into the base.
	"$MK" -o out --base base --file f:/f &
	pid=$!
	for _ in $(seq 200); do
		[ -e out.$pid.tmp ] && break
		sleep 0.02
	done
	[ -e out.$pid.tmp ]
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 143 ]
	[ "$(ls)" = "$(printf 'base\nf')" ]
}

@test "busybox gets a link for each applet of the list, if it has it" {
	bb=$(command -v busybox)
	printf '# applets\nbin/ls\nusr/sbin/httpd\n' >busybox.applets
	echo "busybox /box $bb" >list
	"$MK" --list list -o image
	mkdir back
	(cd back && cpio -id --quiet <../image)
	cmp "$bb" back/box/bin/busybox
	[ "$(readlink back/box/bin/ls)" = busybox ]
	[ "$(readlink back/box/usr/sbin/httpd)" = ../../bin/busybox ]
	[ back/box/usr/sbin/httpd -ef back/box/bin/busybox ]
	printf 'bin/ls\nbin/lsx\n' >other
	echo "busybox /box $bb other" >list
	refused 1 "other:2: $bb has no applet lsx (list:1)" --list list
}

@test "modules come with what they need, in an order that works, each once" {
	ko lib/kernel/d.ko depends= name=d
	ko lib/kernel/b/b-b.ko depends=d name=b_b
	ko lib/extra/c.ko depends=d,b-b
	ko lib/kernel/a.ko depends=b_b,c,in-side
	echo kernel/x/in_side.ko >lib/modules.builtin
	echo 'module a' >list
	"$MK" --list list --modules-dir lib --module c --module in-side -o image
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
	refused 1 'list:2: module gone is missing in lib: a -> b -> c -> gone' --list list --modules-dir lib
	refused 1 '--module nope: module nope: not found in lib' --modules-dir lib --module nope
	refused 1 'none: No such file' --modules-dir none --module a
	mkdir empty
	refused 1 'empty: no kernel module in it' --modules-dir empty --module a
	ko lib/gone.ko depends=a
	refused 1 'modules need each other: a -> b -> c -> gone -> a' --list list --modules-dir lib
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
	[[ $output == *"lib/x.ko.xz: xz can't decompress it" ]]
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
	names=$(awk '$1 == "module" { print $2 }' "$ROOT/initramfs/machine.list")
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
	"$MK" --list "$T/machine.list" --list initramfs/box-busybox.list --modules-dir "$KERNEL_DIR/modules" \
		--config initramfs/web.conf -o "$T/image"
	mkdir "$T/back"
	cd "$T/back"
	cpio -id --quiet <../image
	cmp init "$BUILD/initbox"
	[ "$(find . -path ./box -prune -o -type f -perm /111 -print)" = ./init ]
	[ "$(find . -path ./box -prune -o -type l -print)" = '' ]
	cmp etc/initbox.conf "$ROOT/initramfs/web.conf"
	[ "$(chroot box /bin/sh -c 'echo $((6 * 7)); ls -d /tmp /www/index.html')" = "$(printf '42\n/tmp\n/www/index.html')" ]
}
