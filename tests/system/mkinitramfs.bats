#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mkinitramfs: lists and options become an archive, which cpio reads back. Bad
# input of each kind gives one line and leaves nothing.
#
# Scripts for other shells are quoted on purpose and each test is a subshell.
# shellcheck disable=SC2016,SC2030,SC2031

bats_require_minimum_version 1.5.0
load ../lib/mkinitramfs.sh

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
	"$MK" -o image --from list --config conf --file conf:/x/y --dir /run:1777
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
	"$MK" --from list --config conf >one
	"$MK" --from list --config conf >two
	cmp one two
	cp -a root elsewhere
	find root -exec touch -h -d '2001-02-03 04:05:06' {} +
	(cd / && umask 077 && TZ=Asia/Tokyo "$MK" --from "$T/list" --config "$T/conf" -o "$T/three")
	cmp one three
	# other inodes, another order in the directory
	rm -r root
	mv elsewhere root
	chmod 0664 conf
	"$MK" --from list --config conf | cmp one -
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
	refused 1 '/a: two entries for one path: list:1 and list:2' --from list
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
	refused 1 'list:1: /a: a symlink' --from list
}

@test "files that are missing, too large or that change are refused" {
	: >f
	refused 1 '--file none:/x: none: No such file' --file none:/x
	refused 1 '--from: none: No such file' --from none
	refused 1 'not a regular file' --file /dev/null:/x
	refused 1 'neither a directory, nor a tar' --root f:/x
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
		refused 1 "a.list:3: $2" --from a.list
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
	wrong "dir $(seq -s ' ' 32)" 'more than 32 words'
	wrong 'module a/b' 'module a/b: needs --modules-dir'
	wrong 'busybox /b f' './busybox.applets: No such file'
}

@test "a list that is no text, has no newline at its end or a line of 1 MB" {
	: >f
	printf 'file /a f\0\n' >list
	refused 1 'list: not a text: it has a NUL byte' --from list
	printf 'file /a f' >list
	"$MK" --from list -o image
	[ "$(cpio -it --quiet <image)" = a ]
	: >list
	refused 1 'nothing to put into an image' --from list
	{ printf 'file /' && head -c 1000000 /dev/zero | tr '\0' a && printf ' f\n'; } >list
	refused 1 'a component is longer than 255 bytes' --from list
	head -c 1000000 /dev/urandom | tr '\0' x >list
	run -1 "$MK" --from list -o image2
	[ ! -e image2 ]
}

@test "names of any bytes are kept" {
	mkdir root
	touch 'root/ a b ' $'root/new\nline' $'root/\001\377' 'root/-n' 'root/"quoted"' root/ü 'root/#' 'root/a:b'
	"$MK" --root root:/ -o image
	mkdir back
	(cd back && cpio -id --quiet <../image)
	diff <(cd root && find . -print0 | sort -z) <(cd back && find . -print0 | sort -z)
	printf '%s\n' 'file "/x y" "root/ a b "' "file '/it is \"so\"' root/#" >list
	"$MK" --from list | cpio -it --quiet | diff <(printf '%s\n' 'it is "so"' 'x y') -
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
	"$MK" --from list -o image
	mkdir back
	(cd back && cpio -id --quiet <../image)
	cmp "$bb" back/box/bin/busybox
	[ "$(readlink back/box/bin/ls)" = busybox ]
	[ "$(readlink back/box/usr/sbin/httpd)" = ../../bin/busybox ]
	[ back/box/usr/sbin/httpd -ef back/box/bin/busybox ]
	printf 'bin/ls\nbin/lsx\n' >other
	echo "busybox /box $bb other" >list
	refused 1 "other:2: $bb has no applet lsx (list:1)" --from list
}
