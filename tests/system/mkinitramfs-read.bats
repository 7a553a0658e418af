#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mkinitramfs --list and --verify: images as cpio and other programs make them,
# compressed and concatenated, and images with one thing wrong.
#
# Scripts for other shells are quoted on purpose, each test is a subshell, and
# bats sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load ../lib/mkinitramfs.sh

# image MEMBERS…: ./image, of init and the members, each "NAME MODE DATA…" in quotes.
image() {
	local m
	{
		cat init.member
		for m; do
			eval "member $m"
		done
		member 'TRAILER!!!' 0
	} >image
}

# A static program as /init, and an archive with nothing but it.
make_init() {
	printf 'int main(void) { return 0; }' | "${CC:-cc}" -static -x c -o init -
	"$MK" --file init:/init -o good
	# without the trailer
	head -c $((112 + 4 + ($(stat -c %s init) + 3) / 4 * 4)) good >init.member
}

# wrong TEXT: --verify of ./image says that, with exit 1, and nothing on stdout.
wrong() {
	run --separate-stderr -1 "$MK" --verify image
	echo "$output$stderr"
	[[ $stderr == *"$1"* ]]
	[ -z "$output" ]
}

well() {
	run --separate-stderr -0 "$MK" --verify "$1"
	echo "$output$stderr"
	[[ $output == "$1: "*": well" ]]
	[ "${stderr:-}" = "${2:-}" ]
}

make_tree() {
	mkdir -p tree/dir/sub tree/tmp
	echo hello >tree/dir/file
	ln tree/dir/file tree/link
	ln -s dir/file tree/symlink
	ln -s /nowhere 'tree/dangling'
	mkfifo tree/fifo
	mknod tree/null c 1 3
	mknod tree/disk b 254 70000
	chmod 4711 tree/dir/file
	chmod 1777 tree/tmp
	chmod 2750 tree/dir/sub
	touch $'tree/odd \033[31m\\name'
}

@test "a listing is that of cpio, whoever made the archive" {
	make_tree
	(cd tree && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --quiet -R 12:34) >by-cpio
	(cd tree && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H crc --quiet) >by-crc
	(cd tree && bsdtar --format newc -cf - ./*) >by-bsdtar
	"$MK" --root tree:/ -o by-mk
	for image in by-cpio by-crc by-bsdtar by-mk; do
		# mode, links, owners, size or numbers and name: cpio ends with the date in other words
		TZ=UTC cpio -itvn --quiet <$image 2>/dev/null |
			sed -E 's/(, ) +/\1/; s/^(([^ ]+ +){5}([0-9]+ +)?)[A-Z][a-z]{2} +[0-9]+ +[0-9:]+ /\1/; s/ +/ /g; s,\./,,' >want
		"$MK" --list $image | sed -E '/^#/d; s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5} //; s/ +/ /g; s,\./,,' |
			sed -E 's/([0-9]+), ([0-9]+)/\1, \2/' >got
		# cpio lets the terminal be ordered about
		sed -i 's/odd .*/odd \\033[31m\\134name/' want
		diff want got
	done
	grep -q '^-rws--x--x 2 0 0 0 dir/file$' got && grep -q '^-rws--x--x 2 0 0 6 link$' got
	grep -q '^drwxr-s--- 2 0 0 0 dir/sub$' got
	grep -q '^brw-r--r-- 1 0 0 254, 70000 disk$' got
	grep -q '^lrwxrwxrwx 1 0 0 8 symlink -> dir/file$' got
	grep -qF 'odd \033[31m\134name' got
}

@test "dates are in UTC, archives are told apart" {
	: >f
	SOURCE_DATE_EPOCH=1700000000 TZ=Asia/Tokyo "$MK" --file f:/f -o one
	TZ=Asia/Tokyo "$MK" --list one >got
	printf '%s\n' '# archive 1 at byte 0: not compressed' '-rw-r--r--   1     0     0          0 2023-11-14 22:13 f' >want
	diff want got
	{ cat one && gzip -n <one && zstd -q <one; } >three
	"$MK" --list three >got
	[ "$(grep -c ' f$' got)" -eq 3 ]
	[ "$(sed -n 's/^# archive \(.\).*: /\1 /p' got)" = "$(printf '1 not compressed\n2 gzip\n3 zstd')" ]
}

@test "compressed archives are read, in a row, and with others behind them" {
	make_init
	head -c 100000 /dev/urandom >noise
	seq 20000 >numbers
	"$MK" --file init:/init --file noise:/noise --file numbers:/numbers -o plain
	"$MK" --file numbers:/etc/more -o more.cpio
	"$MK" --list plain | sed 1d >want
	"$MK" --list more.cpio | sed 1d >>want
	for pack in 'gzip -1' 'gzip -9' 'zstd -q -1' 'zstd -q --no-check' cat; do
		$pack <plain >first
		for pack2 in 'gzip -n' 'zstd -q' cat; do
			$pack2 <more.cpio >second
			"$MK" --base first --run-config numbers -o both
			"$MK" --list both | sed -n '/etc.initbox.run.conf$/p' | grep -q .
			# at any offset behind a compressed piece, if it is compressed itself
			for gap in 0 3; do
				[ "$pack2" != cat ] || gap=$((gap * 4 - $(stat -c %s first) % 4 + 4))
				{ cat first && head -c $gap /dev/zero && cat second; } >image
				"$MK" --list image | grep -v '^#' | diff want -
			done
		done
	done
	# The formats whose end only their programs know, alone.
	for pack in 'xz --check=crc32' bzip2 'lz4 -lq' 'xz --format=lzma'; do
		command -v "${pack%% *}" || continue
		$pack <plain >image
		well image
		"$MK" --list image | grep -v '^#' | diff <(head -n 3 want) -
	done
	# Stored blocks, a name and a comment in the header; two archives in one piece
	gzip -1 <noise >/dev/null
	cp plain with-name && gzip -N -S .z with-name
	well with-name.z
	cat plain more.cpio | gzip >image
	well image
	[ "$("$MK" --verify image)" = 'image: 5 members in 2 archives: well' ]
}

@test "the image of make boot is well, and so are those of others" {
	[ -e "$BUILD/initramfs.cpio" ] || skip "no $BUILD/initramfs.cpio"
	cp "$BUILD/initramfs.cpio" image
	well image
	make_init
	mkdir -p tree/etc tree/a
	cp init tree
	ln tree/init tree/a/linked
	ln -s ../init tree/a/up
	ln -s a tree/b
	ln -s b/linked tree/through
	ln -s /proc/mounts tree/etc/mtab
	(cd tree && find . | cpio -o -H newc --quiet) >image
	well image
	(cd tree && find . | cpio -o -H newc --quiet | gzip) >image
	well image
	# a link that leads somewhere from the root of a box
	mkdir -p tree/box/bin
	: >tree/box/bin/real
	ln -s /bin/real tree/box/bin/link
	"$MK" --root tree:/ -o image
	well image
	ln -s /nowhere tree/box/bin/lost
	ln -s loop tree/loop
	"$MK" --root tree:/ -o image
	well image 'mkinitramfs: image: note: 2 symlinks to what is not in the image, the first is box/bin/lost'
}

@test "what is wrong with names, order, links and types is told" {
	make_init
	member 'TRAILER!!!' 0 >image
	wrong 'image: /init: not in the image'
	image 'a 0100644 x'
	well image
	image 'a 0100644 x' 'b 0100644 y' 'a 0100644 z'
	wrong 'image: archive 1: a: twice in one archive'
	image 'd 0040755' 'd 0040755'
	well image
	image 'd 0040755' 'd 0100644'
	wrong 'd: twice in one archive'
	image '../a 0100644'
	wrong '../a: the path leaves the tree ("..")'
	image 'd 0040755' 'd/../../a 0100644'
	wrong 'd/../../a: the path leaves the tree ("..")'
	image '/etc 0040755'
	wrong '/etc: an absolute path'
	image 'd 0040755' 'd//a 0100644'
	wrong 'd//a: a name with an empty component'
	image "$(printf '%0256d' 0) 0100644"
	wrong 'a component is longer than 255 bytes'
	image 'd/a 0100644'
	wrong 'd/a: its directory is not in the image'
	image 'd/a 0100644' 'd 0040755'
	wrong 'd/a: its directory comes after it'
	image 'dev/a 0100644' 'root/b 0100644'
	well image
	image 'd 0120777 /etc' 'd/a 0100644'
	wrong 'd/a: its path goes through a symlink'
	image 'd 0100644' 'd/a 0100644'
	wrong 'd/a: it lies under a path that is no directory'
	image 'l 0120777 ""'
	wrong "l: a symlink's target has 1 to 4095 bytes"
	image 'x 0040755 data'
	wrong 'x: data in what is no file'
	image 'x 0644'
	wrong 'x: a member of unknown type'
	image 'x 0100644 one 2 77' 'y 0100644 two 2 77'
	wrong 'y: a hard link with other data'
	image 'x 0100644 "" 2 77' 'y 0100644 two 2 77'
	well image
	# nothing that a name holds reaches the terminal as it is
	image "$'\\033[2J' 0100644 x" "$'\\033[2J' 0100644 x"
	wrong '\033[2J: twice'
}

@test "framing: lost, cut short, unaligned and trailing bytes are told" {
	make_init
	image 'a 0100644 12345'
	cp image whole
	size=$(stat -c %s whole)
	# The image ends with the trailer's 124 bytes.
	for cut in 4 14 15 100 124 125 128 130 131 132 200; do
		head -c $((size - cut)) whole >image
		run -1 "$MK" --verify image
		echo "$cut $output"
		[[ $output == "mkinitramfs: image: archive 1 at byte 0: "*"cut short"* || $output == *"without a trailer"* ]]
		run -1 "$MK" --list image
		[[ $output == *" init"* ]]
	done
	{ cat whole && echo more; } >image
	wrong 'image: archive 2 at byte '"$size"': bytes behind the end of an archive that are none'
	{ cat whole && head -c 2 /dev/zero && cat whole; } >image
	wrong "archive 2 at byte $((size + 2)): an archive that does not start at a multiple of 4: the kernel ignores it"
	{ cat whole && head -c 4 /dev/zero && cat whole; } >image
	well image
	sed 's/070701/07070x/' <whole >image
	run -1 "$MK" --verify image
	[ "$output" = 'mkinitramfs: image: no image: it begins with neither a newc archive nor a compressed one' ]
	: >image
	run -1 "$MK" --list image
	[[ $output == *'it is empty' ]]
	# a field that is no number; a name that goes on; sizes up to the end of the address space
	head -c 6 whole >image && printf 'zzzzzzzz' >>image && tail -c +15 whole >>image
	wrong 'a header with other bytes than hexadecimal digits'
	for name_size in 00000000 00001001 FFFFFFFF; do
		head -c 94 whole >image && printf %s $name_size >>image && tail -c +103 whole >>image
		wrong 'a name that is empty or longer than 4095 bytes'
	done
	head -c 94 whole >image && printf 00000003 >>image && tail -c +103 whole >>image
	wrong 'a name that no NUL ends'
	head -c 54 whole >image && printf FFFFFFFF >>image && tail -c +63 whole >>image
	wrong 'it is cut short in the data of a file'
	# compressed pieces
	gzip -n <whole >packed
	head -c -9 packed >image
	wrong 'image: at byte 0: a broken piece, or one that is cut short (gzip)'
	zstd -q <whole >packed
	head -c -5 packed >image
	wrong 'image: at byte 0: a broken piece, or one that is cut short (zstd)'
	xz <whole | head -c -5 >image
	wrong "image: at byte 0, taken for the last piece: can't be decompressed: xz: "
	{ gzip -n <whole && echo more; } >image
	wrong 'bytes behind the end of an archive that are none'
	# what comes behind a broken piece is looked at as well
	{ seq 100 | gzip -n && gzip -n <whole && cat whole; } >image
	wrong 'archive 1 at byte 0: no header where one must be'
	run -1 env PATH="$T/none" "$MK" --verify packed
	[[ $output == 'mkinitramfs: packed: at byte 0: zstd, needed to decompress it: No such file or directory' ]]
	run -1 "$MK" --list none
	[ "$output" = 'mkinitramfs: none: No such file or directory' ]
	run -1 sh -c '"$1" --list whole >/dev/full' sh "$MK"
	[[ $output == *"standard output can't be written" ]]
}

@test "an /init that can't be started, and modules that are not there, are told" {
	make_init
	: >f
	"$MK" --file f:/f -o image
	wrong '/init: not in the image'
	"$MK" --file f:/init:0755 -o image
	wrong 'init: not an ELF file'
	"$MK" --file init:/init:0644 -o image
	wrong 'init: not an executable file'
	"$MK" --dir /init -o image
	wrong 'init: not an executable file'
	printf 'int main(void) { return 0; }' | "${CC:-cc}" -x c -o dynamic -
	"$MK" --file dynamic:/init -o image
	wrong 'init: not a static program: it needs a dynamic linker'
	head -c 70 init >short
	"$MK" --file short:/init:0755 -o image
	wrong 'program headers are outside of it'
	# a later archive counts, and a link is followed
	"$MK" --base image --file init:/init -o image2 && mv image2 image
	well image
	mkdir root && cp init root/init2 && ln -s init2 root/init
	"$MK" --root root:/ -o image
	well image

	printf '%s\n' /lib/modules/a.ko '?-/lib/modules/b.ko x=1 # a' >modules
	"$MK" --file init:/init --file modules:/etc/initbox.modules --file f:/lib/modules/a.ko --file f:/lib/modules/b.ko -o image
	well image
	"$MK" --file init:/init --file modules:/etc/initbox.modules --file f:/lib/modules/a.ko -o image
	wrong 'archive 1: etc/initbox.modules: module /lib/modules/b.ko is not in the image'
	ko lib/a.ko depends=b
	ko lib/b.ko
	"$MK" --file init:/init --modules-dir lib --module a -o image
	well image
	head -c 100 /dev/urandom >microcode
	"$MK" --file init:/init --file microcode:/kernel/x86/microcode/GenuineIntel.bin -o image
	wrong 'kernel/x86/microcode/GenuineIntel.bin: microcode is found only at the front'
}
