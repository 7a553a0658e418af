#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mkinitramfs --root: directories, archives as tar, bsdtar and cpio make them,
# images; what is sparse, large, long or deep; and what would leave the root.
#
# Scripts for other shells are quoted on purpose, each test is a subshell, and
# bats sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load ../lib/mkinitramfs.sh

need_root() {
	[ "$(id -u)" = 0 ] || skip 'needs root, for owners and device nodes'
}

long=$(printf '%0120d' 0)

# A tree of every kind of file, with owners.
make_root() {
	mkdir -p root/a/deep "root/$long/$long/$long" root/tmp root/empty-dir
	echo hello >root/a/file
	ln root/a/file root/zz
	ln root/a/file root/a/link
	seq 10000 >root/numbers
	: >root/empty
	ln root/empty root/empty2
	echo x >"root/$long/$long/$long/file"
	ln "root/$long/$long/$long/file" "root/$long/$long/$long/link"
	ln -s ../a/file root/tmp/symlink
	ln -s "/$long/$long" root/far
	mkfifo root/fifo
	mknod root/null c 1 3
	mknod root/disk b 254 70000
	chmod 1777 root/tmp
	chmod 4711 root/a/file
	chmod 2750 root/a/deep
	chmod 0640 root/numbers
	chown 12:34 root/numbers
	chown 2000000:3000000 root/empty-dir
	chown -h 5:6 root/far
	chmod 755 root
}

@test "a directory, and archives of it, give the same image" {
	need_root
	make_root
	"$MK" --root root --keep-owners -o want
	run -1 "$MK" --verify want
	[ "$output" = 'mkinitramfs: want: /init: not in the image' ]
	tar -C root --format=gnu -cf gnu.tar .
	tar -C root --format=pax -cf pax.tar .
	tar -C root --format=pax --sort=inode --xattrs -cf sorted.tar .
	tar -C root --format=gnu -cf names.tar --exclude=. -- a disk empty empty2 empty-dir far fifo null numbers tmp "$long" zz
	bsdtar -C root --format pax -cf bsd-pax.tar .
	bsdtar -C root --format gnutar -cf bsd-gnu.tar .
	bsdtar -C root --format newc -cf bsd.cpio .
	(cd root && find . | cpio -o -H newc --quiet) >cpio.cpio
	(cd root && find . | LC_ALL=C sort -r | cpio -o -H crc --quiet) >crc.cpio
	for archive in gnu.tar pax.tar sorted.tar names.tar bsd-pax.tar bsd-gnu.tar bsd.cpio cpio.cpio crc.cpio; do
		echo $archive
		"$MK" --root $archive -o got
		"$MK" --list want >want.list
		"$MK" --list got | diff want.list -
		cmp want got
	done
	for pack in gzip xz zstd bzip2; do
		command -v $pack || continue
		$pack -c <pax.tar >packed
		"$MK" --root packed | cmp want -
		$pack -c <cpio.cpio >packed
		"$MK" --root packed | cmp want -
	done
	# under another path, from a list
	echo 'root /x/y pax.tar' >list
	"$MK" --from list -o one
	"$MK" --root root:/x/y --keep-owners | cmp one -
	# ustar has no room for such numbers and names
	rm -r "root/$long" root/far root/empty-dir
	"$MK" --root root --keep-owners -o want
	tar -C root --format=ustar -cf ustar.tar .
	bsdtar -C root --format ustar -cf bsd-ustar.tar .
	for archive in ustar.tar bsd-ustar.tar; do
		"$MK" --root $archive | cmp want -
	done
	rm root/fifo root/null root/disk
	"$MK" --root root --keep-owners -o want
	tar -C root --format=v7 -cf v7.tar .
	"$MK" --root v7.tar | cmp want -
}

@test "an archive put together by cpio holds the owners that were asked for" {
	need_root
	make_root
	"$MK" --root root:/ -o image
	"$MK" --list image | awk '!/^#/ && ($3 != 0 || $4 != 0)' | grep . && return 1
	"$MK" --root root:/ --keep-owners -o image
	cpio -itvn --quiet <image | awk '{ print $3, $4, $NF }' | grep -qx '12 34 numbers'
	"$MK" --list image | grep -q '^drwxr-xr-x   2 2000000 3000000 .* empty-dir$'
}

@test "images of file systems are taken as the files that they are" {
	mkdir -p root/bin
	seq 1000 >root/bin/x
	mksquashfs root box.squashfs -quiet -no-progress >/dev/null
	mkfs.erofs box.erofs root >/dev/null 2>&1
	truncate -s 3M box.ext4 && mkfs.ext4 -q -d root box.ext4
	for image in box.squashfs box.erofs box.ext4; do
		"$MK" --root $image -o taken
		cpio -i --quiet --to-stdout box <taken | cmp $image -
		"$MK" --root $image:/x/box.img -o taken
		"$MK" --list taken | grep -q '^-rw-r--r-- .* x/box.img$'
		gzip <$image >packed
		refused 1 "--root packed: packed: an image of a file system has to be decompressed" --root packed
	done
	head -c 5000 /dev/urandom >noise
	refused 1 '--root noise: noise: neither a directory, nor a tar or newc archive, nor an image' --root noise
	: >noise
	refused 1 'noise: neither a directory, nor' --root noise
	refused 1 '--root /dev/null: /dev/null: neither a directory nor a file' --root /dev/null
	refused 1 '--root none: none: No such file' --root none
	seq 10 | xz >packed
	refused 1 'packed: neither a directory, nor' --root packed
	seq 1000 | xz | head -c 100 >packed
	refused 1 "packed: can't be decompressed: xz: (stdin): Unexpected end of input" --root packed
}

@test "members that would leave the root are refused" {
	mkdir -p tree/sub
	echo x >tree/file
	ln -s /etc tree/link
	pushd tree
	tar -P -cf ../dotdot.tar sub/../../tree/file
	tar -P -cf ../absolute.tar "$T/tree/file"
	tar -P --transform 's,^file,../../etc/passwd,' -cf ../up.tar file
	bsdtar -P --format newc -cf ../dotdot.cpio sub/../../tree/file
	tar --transform 's,^file,link/passwd,' -cf ../through.tar link file
	echo link >names && echo link/passwd >>names
	ln file hard
	tar -P --transform 's,^file,/etc/passwd,h' -cf ../hard-absolute.tar file hard
	tar -cf ../half.tar file hard && tar --delete -f ../half.tar file
	popd
	refused 1 '--root dotdot.tar: dotdot.tar: /box/sub/../../tree/file: the path leaves the image ("..")' --root dotdot.tar
	refused 1 "--root absolute.tar: absolute.tar: $T/tree/file: an absolute path leaves the root" --root absolute.tar
	refused 1 '../../etc/passwd: the path leaves the image' --root up.tar
	refused 1 '--root dotdot.cpio: dotdot.cpio: /box/sub/../../tree/file: the path leaves the image' --root dotdot.cpio
	refused 1 '/box/link: not a directory (--root through.tar: through.tar), but --root through.tar: through.tar puts something under it' --root through.tar
	refused 1 '/etc/passwd: an absolute path leaves the root' --root hard-absolute.tar
	refused 1 'half.tar: hard: a hard link to file, which is no file before it in the archive' --root half.tar
	# two members of one name, two sources with one path
	tar -cf twice.tar -C tree file file --hard-dereference
	refused 1 '/box/file: two entries for one path: --root twice.tar: twice.tar and --root twice.tar: twice.tar' --root twice.tar
	refused 1 '/box/file: two entries for one path' --root tree --file tree/file:/box/file
}

@test "broken archives are refused" {
	mkdir tree
	seq 1000 >tree/a
	seq 1000 >tree/b
	tar -C tree -cf good.tar .
	for size in 3000 1000 1024 1536 2048 5100 6000; do
		head -c $size good.tar >bad.tar
		refused 1 'bad.tar: a tar archive: it is cut short' --root bad.tar
	done
	{ head -c 512 good.tar && printf x && tail -c +514 good.tar; } >bad.tar
	refused 1 'a tar archive: a header whose checksum is wrong' --root bad.tar
	truncate -s 1M tree/sparse && echo x >>tree/sparse
	tar -C tree --sparse -cf bad.tar .
	refused 1 'a sparse file (make the archive without --sparse)' --root bad.tar
	tar -C tree --format=pax --sparse -cf bad.tar .
	refused 1 'a sparse file (make the archive without --sparse)' --root bad.tar
	tar -C tree -cf good.tar .
	"$MK" --root good.tar -o image
	[ "$("$MK" --list image | awk '$NF == "box/sparse" { print $5 }')" -eq $(((1 << 20) + 2)) ]
	(cd tree && find . | cpio -o -H newc --quiet) | head -c 1000 >bad.cpio
	refused 1 '--root bad.cpio: bad.cpio: a newc archive: it is cut short in the data of a file' --root bad.cpio
}

@test "attributes that an archive can't hold are told in one line, capabilities first" {
	need_root
	mkdir -p tree/sub
	touch tree/a tree/b tree/sub/c
	setfattr -n user.comment -v x tree/a || skip "no user attributes on this file system"
	run --separate-stderr -0 "$MK" --root tree -o image
	[ "$stderr" = 'mkinitramfs: --root tree: warning: an archive has no place for extended attributes, those of 1 file are lost: /box/a has user.comment' ]
	setcap cap_net_raw+ep tree/sub/c
	setfattr -n user.comment -v x tree/sub/c tree/sub
	run --separate-stderr -0 "$MK" --root tree -o image
	[ "$stderr" = 'mkinitramfs: --root tree: warning: an archive has no place for extended attributes, those of 3 files are lost: /box/sub/c has security.capability' ]
	for tar in 'tar --xattrs --xattrs-include=*' 'bsdtar --xattrs'; do
		$tar -C tree -cf tree.tar .
		run --separate-stderr -0 "$MK" --root tree.tar -o image
		[[ $stderr == *'those of 3 files are lost: /box/sub/c has security.capability' ]]
	done
}

@test "a socket is refused" {
	mkdir tree
	{ member socket 0140644 && member 'TRAILER!!!' 0; } | (cd tree && cpio -i --quiet)
	[ -S tree/socket ]
	refused 1 "--root tree: tree/socket: a socket can't be kept in an image" --root tree
	(cd tree && find . | cpio -o -H newc --quiet) >tree.cpio
	refused 1 "socket: a socket can't be kept in an image" --root tree.cpio
}

@test "sparse files and files up to 4 GiB - 1" {
	mkdir tree
	truncate -s $(((1 << 32) - 1)) tree/large
	# Its header is enough: the rest of 4 GiB takes its time.
	"$MK" --root tree | head -c 1024 >start || :
	LC_ALL=C grep -aq '070701[0-9A-F]\{48\}FFFFFFFF[0-9A-F]\{48\}box/large' start
	truncate -s $((1 << 32)) tree/large
	refused 1 '--root tree: /box/large: tree/large: larger than 4 GiB - 1' --root tree
	rm tree/large
	truncate -s 100M tree/sparse
	printf end >>tree/sparse
	"$MK" --root tree -o image
	cpio -i --quiet --to-stdout box/sparse <image | cmp tree/sparse -
}

@test "names up to PATH_MAX, and trees that are deeper than a path may be" {
	name=$(printf '%0250d' 0)
	mkdir tree
	(
		cd tree
		# 16 levels: 4016 bytes, and the path to them comes on top
		for _ in $(seq 15); do mkdir "$name" && cd "$name"; done
		echo deep >file && ln file link && ln -s file symlink
		mkdir "$name" && cd "$name" && echo deeper >"$(printf '%070d' 0)"
	)
	"$MK" --root "$T/tree:/" -o image
	"$MK" --list image | awk '!/^#/ { print length($8) }' | sort -n | tail -n 1 | grep -qx $((16 * 251 + 70))
	cpio -it --quiet <image | awk '{ print length() }' | sort -n | tail -n 1 | grep -qx $((16 * 251 + 70))
	mkdir back
	(cd back && cpio -id --quiet <../image)
	diff <(cd tree && find . -printf '%d %y %m %n %s %f %l\n' | sort) <(cd back && find . -printf '%d %y %m %n %s %f %l\n' | sort)
	(cd tree && for _ in $(seq 16); do cd "$name"; done && : >"$(printf '%080d' 0)")
	refused 1 'the path is longer than 4095 bytes' --root "$T/tree:/"
	rm -r tree back
}
