#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mkinitramfs: firmware, by what modules name, by name and by pattern.
#
# Scripts for other shells are quoted on purpose, each test is a subshell, and
# bats sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load ../lib/mkinitramfs.sh

make_firmware() {
	mkdir -p fw/card fw/updates/card
	echo one >fw/card/one.bin
	echo two | xz --check=crc32 >fw/card/two.bin.xz
	echo three | zstd -q >fw/card/three.bin.zst
	ln -s card/one.bin fw/alias.bin
	ln -s three.bin.zst fw/card/other.bin.zst
	echo old >fw/card/new.bin
	echo new | xz >fw/updates/card/new.bin.xz
	echo x >fw/loose
}

# firmware_of IMAGE: the names in it, sorted.
firmware_of() {
	cpio -it --quiet <"$1" | sed -n 's,^lib/firmware/\(.*\..*\|loose\)$,\1,p'
}

@test "what modules name is taken, decompressed; what is not there is told in one line" {
	make_firmware
	ko lib/a.ko depends=b firmware=card/one.bin firmware=card/two.bin
	ko lib/b.ko firmware=card/three.bin firmware=card/none.bin firmware=gone.bin
	ko lib/c.ko firmware=loose
	run --separate-stderr -0 "$MK" --modules-dir lib --module a --firmware-dir fw -o image
	[ "$stderr" = 'mkinitramfs: b: note: 2 of the 3 firmware files that it names are not in fw, the first is card/none.bin' ]
	firmware_of image | diff <(printf '%s\n' card/one.bin card/three.bin card/two.bin) -
	mkdir back
	(cd back && cpio -id --quiet <../image)
	for name in one two three; do
		[ "$(cat back/lib/firmware/card/$name.bin)" = $name ]
	done
	[ "$(stat -c %a back/lib/firmware/card/two.bin)" = 644 ]
	run --separate-stderr -0 "$MK" --modules-dir lib --module a -o image
	[ "$stderr" = 'mkinitramfs: note: 2 modules name firmware, which is left out without --firmware-dir, the first is b' ]
	[ -z "$(firmware_of image)" ]
	# A driver may name a pattern; names that are taken twice are there once.
	ko lib/d.ko firmware='card/t*.bin' firmware=card/two.bin
	"$MK" --modules-dir lib --module d --firmware-dir fw --firmware card/two.bin -o image
	firmware_of image | diff <(printf '%s\n' card/three.bin card/two.bin) -
}

@test "firmware by name and pattern; links share their data; updates go first" {
	make_firmware
	"$MK" --firmware-dir fw --firmware card/one.bin --firmware alias.bin -o image
	mkdir back
	(cd back && cpio -id --quiet <../image)
	[ back/lib/firmware/alias.bin -ef back/lib/firmware/card/one.bin ]
	rm -r back
	echo 'firmware card/*' >list
	"$MK" --firmware-dir fw --from list -o image
	firmware_of image | diff <(printf 'card/%s.bin\n' new one other three two) -
	mkdir back
	(cd back && cpio -id --quiet <../image)
	[ "$(cat back/lib/firmware/card/new.bin)" = new ]
	[ back/lib/firmware/card/other.bin -ef back/lib/firmware/card/three.bin ]
	[ "$(cat back/lib/firmware/card/other.bin)" = three ]
	"$MK" --firmware-dir fw --firmware '*' -o image
	firmware_of image | diff <(printf '%s\n' alias.bin loose) -
	"$MK" --firmware-dir fw --firmware '*' --firmware 'card/[no]*' -o one
	"$MK" --firmware-dir fw --firmware '*' --firmware 'card/[no]*' | cmp one -
}

@test "firmware that is not there, or outside, is refused" {
	make_firmware
	refused 1 '--firmware card/one.bin: firmware card/one.bin: needs --firmware-dir' --firmware card/one.bin
	refused 1 '--firmware nope: firmware nope: not found in fw' --firmware-dir fw --firmware nope
	refused 1 '--firmware nope/*: firmware nope/*: not found in fw' --firmware-dir fw --firmware 'nope/*'
	refused 1 'firmware card: not found in fw' --firmware-dir fw --firmware card
	refused 1 'the path leaves the image' --firmware-dir fw/card --firmware ../loose
	refused 1 'none/: No such file' --firmware-dir none --firmware '*'
	head -c 10 fw/card/two.bin.xz >fw/cut.xz
	refused 1 "fw/cut.xz: can't be decompressed: xz: (stdin): Unexpected end of input" --firmware-dir fw --firmware cut
}

@test "Debian's kernel: the files that a driver names" {
	[ -d "$KERNEL_DIR/modules/kernel" ] || skip "no kernel in $KERNEL_DIR (tools/fetch-kernel)"
	file=$(grep -rlZ --include='*.ko' 'firmware=' "$KERNEL_DIR/modules/kernel" | head -z -n 1 | tr -d '\0')
	[ "$file" ] || skip 'no module of it names firmware'
	modinfo -F firmware "$file" | sort -u >names
	[ -s names ]
	while read -r name; do
		mkdir -p "fw/$(dirname "$name")" && echo "$name" >"fw/$name"
	done <names
	"$MK" --modules-dir "$KERNEL_DIR/modules" --firmware-dir fw --module "$(basename "$file" .ko)" -o image
	mkdir back
	(cd back && cpio -id --quiet <../image)
	while read -r name; do
		[ "$(cat "back/lib/firmware/$name")" = "$name" ]
	done <names
}
