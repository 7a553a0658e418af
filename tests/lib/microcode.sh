# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Files that look like updates for processors, to stdout; for bats' load.

# le32 NUMBER…: as they lie in memory.
le32() {
	local n
	for n; do
		# shellcheck disable=SC2059
		printf "\\x$(printf %02x $((n & 255)))\\x$(printf %02x $((n >> 8 & 255)))\\x$(printf %02x $((n >> 16 & 255)))\\x$(printf %02x $((n >> 24 & 255)))"
	done
}

# intel REVISION WORDS: an update of so many words of data, all of them 7.
intel() {
	local i sum=$((1 + $1 + 0x11302026 + 0x306a9 + 1 + 0x12 + $2 * 4 + 48 + $2 * 4 + 7 * $2))
	le32 1 "$1" 0x11302026 0x306a9 $((-sum & 0xffffffff)) 1 0x12 $(($2 * 4)) $((48 + $2 * 4)) 0 0 0
	for ((i = 0; i < $2; i++)); do le32 7; done
}

# amd TEXT: a container with an empty table and one patch.
amd() {
	le32 0x00414d44 0 16 0 0 0 0 1 ${#1}
	printf %s "$1"
}
