#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mkinitramfs: compressed images, microcode in front of them, and outputs that fail.
#
# Scripts for other shells are quoted on purpose, each test is a subshell, and
# bats sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load ../lib/mkinitramfs.sh
load ../lib/microcode.sh

fake() {
	printf '#!/bin/sh\n%s\n' "$1" >"bin/$2"
	chmod 755 "bin/$2"
}

@test "compressed by the system's programs, an image is the same inside, and the same twice" {
	mkdir root
	seq 100000 >root/numbers
	ln root/numbers root/again
	"$MK" --root root:/ -o none
	for pack in gzip zstd; do
		"$MK" --root root:/ --compress $pack -o one
		"$MK" --root root:/ --compress $pack >two
		cmp one two
		$pack -t <one
		$pack -dc <one | cmp none -
		[ "$(stat -c %s one)" -lt $(($(stat -c %s none) / 2)) ]
		# not by the clock, a name or a variable for it
		SOURCE_DATE_EPOCH=0 GZIP=-1 ZSTD_CLEVEL=1 ZSTD_NBTHREADS=3 "$MK" --root root:/ --compress $pack | cmp one -
	done
	"$MK" --root root:/ --compress none | cmp none -
	# what comes first stays as it is
	"$MK" --base one --root root:/x --compress gzip -o both
	cmp -n "$(stat -c %s one)" one both
	"$MK" --list both | grep -q ' x/numbers$'
	refused 1 '--compress xz: it is gzip, zstd or none' --compress xz --root root:/
}

@test "a compressor that is missing, fails or is ended is named, and leaves nothing" {
	mkdir root bin
	head -c 3000000 /dev/urandom >root/noise
	run -1 env PATH="$T/bin" "$MK" --root root:/ --compress zstd -o image
	[ "$output" = 'mkinitramfs: image: zstd, needed to compress it: No such file or directory' ]
	[ ! -e image ]
	fake 'echo "no room" >&2; exit 3' zstd
	PATH=$T/bin:$PATH refused 1 'out/image: zstd: no room' --root root:/ --compress zstd
	fake 'exit 3' zstd
	PATH=$T/bin:$PATH refused 1 'out/image: zstd: ended with 3' --root root:/ --compress zstd
	fake 'cat >/dev/null; exit 1' gzip
	PATH=$T/bin:$PATH refused 1 'out/image: gzip: ended with 1' --root root:/ --compress gzip
	fake 'kill -9 $$' gzip
	PATH=$T/bin:$PATH refused 1 'out/image: gzip: ended by signal 9' --root root:/ --compress gzip
	for pack in gzip zstd; do
		run -1 "$MK" --root root:/ --compress $pack -o /dev/full
		echo "$output"
		[[ $output == "mkinitramfs: /dev/full: $pack: "*"No space left on device"* ]]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "a full disk is one line, and nothing is left on it" {
	[ "$(id -u)" = 0 ] || skip 'needs root, for a small disk'
	head -c 3000000 /dev/urandom >noise
	mkdir disk
	for pack in none gzip zstd; do
		run -1 unshare -m sh -c 'mount -t tmpfs -o size=1M none disk && echo before >disk/image &&
			"$1" --file noise:/noise --compress "$2" -o disk/image; status=$?; ls disk; cat disk/image; exit $status' sh "$MK" $pack
		echo "$output"
		[[ ${lines[0]} == "mkinitramfs: disk/image: "*"No space left on device"* ]]
		[ "${lines[1]}" = image ]
		[ "${lines[2]}" = before ]
		[ "${#lines[@]}" -eq 3 ]
	done
}

@test "microcode of both makers stands in front, alone, aligned and uncompressed" {
	: >f
	intel 85 60 >06-3a-09
	intel 6 40 >06-3a-0a
	amd abcd >amd.bin
	amd efghi >amd2.bin
	"$MK" --file f:/f -o plain
	for pack in none gzip zstd; do
		"$MK" --microcode amd.bin --microcode 06-3a-09 --microcode 06-3a-0a --microcode amd2.bin --file f:/f --compress $pack -o image
		# As the kernel does: one archive from the first byte, its data at a multiple of 16
		mkdir back
		(cd back && cpio -id --quiet <../image)
		cat 06-3a-09 06-3a-0a | cmp - back/kernel/x86/microcode/GenuineIntel.bin
		cat amd.bin amd2.bin | cmp - back/kernel/x86/microcode/AuthenticAMD.bin
		for vendor in 'DMA\x00' '\x01\x00\x00\x00\x55'; do
			at=$(LC_ALL=C grep -obUaP "$vendor" image | head -n 1 | cut -d: -f1)
			[ "$((at % 16))" -eq 0 ]
		done
		size=$("$MK" --list image | sed -n 's/^# archive 2 at byte \([0-9]*\): .*/\1/p')
		[ "$((size % 512))" -eq 0 ]
		tail -c +$((size + 1)) image >rest
		case $pack in none) cmp rest plain ;; *) $pack -dc <rest | cmp plain - ;; esac
		rm -r back
		SOURCE_DATE_EPOCH=0 "$MK" --microcode amd.bin --microcode 06-3a-09 --microcode 06-3a-0a --microcode amd2.bin --file f:/f --compress $pack | cmp image -
	done
	# microcode alone; and in an archive as others make it; compressed files; a directory
	"$MK" --microcode 06-3a-09 --microcode amd.bin -o early
	"$MK" --list early | grep -c microcode/ | grep -qx 2
	"$MK" --microcode early -o image
	cmp early image
	mkdir -p tree/kernel/x86/microcode && cp 06-3a-09 tree/kernel/x86/microcode/GenuineIntel.bin && cp amd.bin tree/kernel/x86/microcode/AuthenticAMD.bin
	(cd tree && find . | cpio -o -H newc --quiet) >other
	"$MK" --microcode other | cmp early -
	mkdir dir && cp amd.bin dir/b && xz <06-3a-09 >dir/a.xz && mkdir dir/sub
	"$MK" --microcode dir | cmp early -
	echo licence >dir/LICENCE
	run --separate-stderr -0 "$MK" --microcode dir -o image
	[ "$stderr" = 'mkinitramfs: --microcode dir: note: 1 of its files is no microcode, left out; the first is dir/LICENCE' ]
	echo 'microcode amd.bin' >list
	"$MK" --from list --microcode 06-3a-09 | cmp early -
}

@test "what is no microcode, or broken, is refused" {
	: >f
	refused 1 '--microcode f: f: neither' --microcode f
	refused 1 '--microcode none: none: No such file' --microcode none
	intel 5 60 >good
	head -c 280 good >bad
	refused 1 '--microcode bad: bad: microcode with an update that is cut short' --microcode bad
	{ cat good && head -c 40 good; } >bad
	refused 1 'microcode with a header that is cut short' --microcode bad
	{ head -c 100 good && printf x && tail -c +102 good; } >bad
	refused 1 'microcode with an update whose checksum is wrong' --microcode bad
	{ cat good && intel 5 10 | sed 's/^\x01/\x02/'; } >bad
	refused 1 'microcode with a header of an unknown version' --microcode bad
	amd abcd >good
	head -c -1 good >bad
	refused 1 'microcode with a section that is cut short' --microcode bad
	{ cat good && printf 1234567; } >bad
	refused 1 "microcode with a section's header that is cut short" --microcode bad
	{ cat good && printf 12345678; } >bad
	refused 1 'microcode with a section of a type' --microcode bad
	"$MK" --file f:/f -o bad
	refused 1 'neither' --microcode bad
	head -c 50 bad >short
	refused 1 'a newc archive: it is cut short' --microcode short
	mkdir empty
	refused 1 'no file with microcode in it' --microcode empty
}
