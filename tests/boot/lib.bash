# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What the tests that boot initbox share; for bats' load.
#
# BUILD (build): where make has put the programs and the image
# KERNEL (build/kernel/vmlinuz)  MODULES (build/kernel/modules): as make takes them

bats_require_minimum_version 1.5.0

setup_machines() {
	export TOP=${BATS_TEST_DIRNAME%/tests/boot}
	export OUT=${BUILD:-$TOP/build}
	case $OUT in /*) ;; *) OUT=$TOP/$OUT ;; esac
	export VMLINUZ=${KERNEL:-$OUT/kernel/vmlinuz} MODULES_DIR=${MODULES:-$OUT/kernel/modules}
	export MKINITRAMFS=$OUT/mkinitramfs BOOT=$TOP/qemu/boot IMAGE=$OUT/initramfs.cpio
	export DIR=$BATS_FILE_TMPDIR TMPDIR=$BATS_FILE_TMPDIR/tmp
	mkdir "$TMPDIR"
}

# setup_file and teardown may be replaced by a file that needs more.
setup_file() {
	setup_machines
}

teardown() {
	nothing_left
}

# image NAME OPTIONS…: $DIR/NAME.cpio, the image of make boot with later files over its own.
image() {
	local name=$1

	shift
	"$MKINITRAMFS" --base "$IMAGE" "$@" -o "$DIR/$name.cpio"
}

# config NAME: an image with the lines of stdin as its whole configuration.
config() {
	cat >"$DIR/$1.conf"
	image "$1" --config "$DIR/$1.conf"
}

# machine NAME OPTIONS…: boots to the end; NAME.out NAME.err NAME.status are what it left.
# Its image is $DIR/NAME.cpio where that has been made. NAME.pid is qemu/boot while it runs.
machine() {
	local name=$1 status=0 initramfs=$IMAGE

	shift
	[ ! -e "$DIR/$name.cpio" ] || initramfs=$DIR/$name.cpio
	"$BOOT" --kernel "$VMLINUZ" --initramfs "$initramfs" --timeout 60 "$@" \
		</dev/null >"$DIR/$name.out" 2>"$DIR/$name.err" 3>&- &
	echo $! >"$DIR/$name.pid"
	wait $! || status=$?
	echo "$status" >"$DIR/$name.status"
	rm -f "$DIR/$name.cpio"
}

# ended NAME STATUS: with that status, and without a word of qemu/boot.
ended() {
	echo "status $(cat "$DIR/$1.status")"
	cat -v "$DIR/$1.out" "$DIR/$1.err"
	[ "$(cat "$DIR/$1.status")" = "$2" ]
	[ ! -s "$DIR/$1.err" ]
}

# refused NAME LINE: initbox failed; LINE (a pattern) and perhaps a hint is all that the console showed.
refused() {
	echo "status $(cat "$DIR/$1.status")"
	cat -v "$DIR/$1.out" "$DIR/$1.err"
	[ "$(cat "$DIR/$1.status")" = 125 ]
	grep -qxE "initbox: $2" <(tr -d '\r' <"$DIR/$1.out")
	[ "$(grep -vc '^initbox: hint: ' "$DIR/$1.out")" = 1 ]
	[ "$(cat "$DIR/$1.err")" = \
		"qemu/boot: initbox failed before or while running the workload (its words are on the console)" ]
}

# said NAME LINE…: each is a whole line of the output.
said() {
	local name=$1 line

	shift
	for line; do
		grep -qxF -e "$line" "$DIR/$name.out" || { echo "not there: $line" && return 1; }
	done
}

# value NAME KEY: what the output has after "KEY=".
value() {
	sed -n "s/^$2=//p" "$DIR/$1.out"
}

# Temporary files and processes that this file's machines left.
leftovers() {
	ls -A "$TMPDIR"
	local p

	for p in /proc/[0-9]*; do
		[ "$p" != /proc/$$ ] || continue
		tr '\0' ' ' 2>/dev/null <"$p/cmdline" | grep -F -e "$TMPDIR/" -e "$DIR/" || :
	done
}

nothing_left() {
	local left

	left=$(leftovers)
	[ -z "$left" ] || { echo "left behind: $left" && return 1; }
}

# end_of NAME: ends the process of NAME.pid, if it is still that one, and waits for it.
end_of() {
	local pid

	pid=$(cat "$DIR/$1.pid" 2>/dev/null) || return 0
	tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -e "$DIR/" || return 0
	kill "$pid" && tail --pid="$pid" -f /dev/null
}

# free_port: one that nobody listens on.
free_port() {
	local port

	for ((port = 20000 + RANDOM % 10000; ; port++)); do
		grep -qi ":$(printf %04X "$port") " /proc/net/tcp /proc/net/tcp6 /proc/net/udp || break
	done
	echo "$port"
}

# wait_for PATTERN FILE
wait_for() {
	local i

	for ((i = 0; i < 600; i++)); do
		! grep -q -e "$1" "$2" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "no \"$1\" in $2:"
	cat -v "$2"
	return 1
}
