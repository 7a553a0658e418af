#!/bin/sh
# SPDX-License-Identifier: MIT
# From the first instruction of /init to the first of the root's init: initbox, its peers, and a floor of bare system calls, with
# the same kernel, root, modules and workload.
#
#   bench-boot-peers.sh [--runs N] [--only "NAME…"] [--no-assert] [BUILD]
#
# KERNEL, MODULES: as make takes them. Each machine's rdinit= is boot-stamp, which tells the clock and becomes /init, and its root's
# /sbin/init is boot-work, which tells it again. The clock counts instructions (qemu -icount) and, while the guest waits for its disk,
# time; that time is what the kernel says it was idle, and is taken off. The runs are interleaved, medians count.
# Exit: 0, 1 a target is missed, 2 trouble.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
build=$top/build runs=3 only='' assert=1
all='floor initbox busybox tiny-initramfs initramfs-tools dracut'

die() {
	echo "bench-boot-peers: $1" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--runs | --only)
		[ $# -ge 2 ] || die "$1: needs a value"
		if [ "$1" = --runs ]; then runs=$2; else only=$2; fi
		shift
		;;
	--no-assert) assert='' ;;
	-*) die "$1: no such option" ;;
	*) build=$1 ;;
	esac
	shift
done
[ "$(id -u)" = 0 ] || die 'needs root, for the peers'\'' Debian'
build=$(cd "$build" && pwd)
kernel=${KERNEL:-$build/kernel/vmlinuz}
export MODULES="${MODULES:-$build/kernel/modules}"
out=$build/bench-boot

work=$(mktemp -d "${TMPDIR:-/tmp}/initbox-bench-boot.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM HUP

# machine NAME: appends "NAME clock-at-init idle-at-init clock-at-work idle-at-work available" to samples, or leaves NAME.why.
machine() {
	"$top/tests/bench/boot-machine.sh" "$kernel" "$out/$1.cpio" "$out/stamp.cpio" "$out/disk.ext4" "$work/m" rd.skipfsck fastboot || :
	awk -v name="$1" '/^init / { at = $2 " " $3 } /^work / { print name, at, $2, $3, $4; n++ } END { exit n != 1 }' "$work/m.marks" \
		>>"$work/samples" && return
	echo "its root's init was not reached: $(tail -qn 1 "$work/m.console" "$work/m.errors" | tr -d '\r' | tr '\n' ' ')" >"$out/$1.why"
	rm -f "$out/$1.cpio"
}

"$top/tests/bench/boot-images.sh" "$build" "$out" || exit 2
: >"$work/samples"
run=0
while [ "$run" -lt "$runs" ]; do
	run=$((run + 1))
	for name in ${only:-$all}; do
		[ ! -e "$out/$name.cpio" ] || machine "$name"
	done
done
for name in ${only:-$all}; do
	if [ -e "$out/$name.cpio" ]; then
		echo "$name $(stat -c %s "$out/$name.cpio") $(gzip -9 <"$out/$name.cpio" | wc -c)"
	else
		echo "left out: $name: $(cat "$out/$name.why")" >&2
	fi
done >"$work/sizes"
for name in floor initbox; do
	grep -q "^$name " "$work/sizes" || die "$name: did not run"
done
awk -f "$top/tests/bench/bench-boot-peers.awk" "$work/sizes" "$work/samples" || [ ! "$assert" ] || exit 1
