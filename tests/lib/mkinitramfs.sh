# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What the tests of mkinitramfs share; for bats' load.

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

# modules_of ARCHIVE: its /etc/initbox.modules.
modules_of() {
	cpio -i --quiet --to-stdout etc/initbox.modules <"$1"
}

# load_order ARCHIVE: the same without what needs each.
load_order() {
	modules_of "$1" | sed 's/ # .*//'
}

# aliases_of ARCHIVE: its /etc/initbox.aliases.
aliases_of() {
	cpio -i --quiet --to-stdout etc/initbox.aliases <"$1"
}
