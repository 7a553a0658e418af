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

# member NAME MODE [DATA [NLINK [INO]]]: a member of a newc archive, to stdout.
member() {
	local name=$1 mode=$2 data=${3-} nlink=${4-1} ino=${5-0} pad='\0\0\0'

	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X' "$ino" "$((mode))" 0 0 "$nlink" 0 \
		"$(printf %s "$data" | wc -c)" 0 0 0 0 "$((${#name} + 1))" 0
	printf '%s\0' "$name"
	# shellcheck disable=SC2059 # NUL bytes
	printf "${pad:0:$(((4 - (110 + ${#name} + 1) % 4) % 4 * 2))}"
	printf %s "$data"
	# shellcheck disable=SC2059
	printf "${pad:0:$(((4 - $(printf %s "$data" | wc -c) % 4) % 4 * 2))}"
}
