#!/bin/sh
# SPDX-License-Identifier: MIT
# What modules cost a machine, from the first instruction of /init to the exec of the program in its box: all loaded at the
# start or on demand, with their signatures or without, for a box with a network and for one without.
#
#   bench-modules.sh [BUILD]
#
# KERNEL (BUILD/kernel/vmlinuz) and MODULES (BUILD/kernel/modules): as make takes them. Each figure is one run of bench-boot.sh,
# which counts instructions. Exit: 0, 1 when on demand or without signatures is not less, 2 trouble.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:-$top/build}" && pwd)
kernel=${KERNEL:-$build/kernel/vmlinuz} modules=${MODULES:-$build/kernel/modules}
work=$(mktemp -d "${TMPDIR:-/tmp}/initbox-bench-modules.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM HUP

# image NAME VERB OPTION…: the example's image, with its modules under that verb of a list.
image() {
	name=$1 verb=$2
	shift 2
	sed -E "s/^(module|on-demand) /$verb /; s,build/initbox,$build/initbox," "$top/initramfs/machine.list" >"$work/$name.list"
	(cd "$top" && "$build/mkinitramfs" --from "$work/$name.list" --from initramfs/box-busybox.list \
		--config initramfs/examples/shell.conf --modules-dir "$modules" "$@" -o "$work/$name.cpio") || exit 2
}

# measure NAME NETWORK: millions of instructions.
measure() {
	MKINITRAMFS=$build/mkinitramfs "$top/tests/bench/bench-boot.sh" --runs 1 --json --kernel "$kernel" \
		--initramfs "$work/$1.cpio" --append "initbox.network=$2" >"$work/json" || exit 2
	echo $(($(sed 's/.*"median":\([0-9]*\).*/\1/' "$work/json") / 1000))
}

image start module
image demand on-demand
image start-unsigned module --strip-signatures
image demand-unsigned on-demand --strip-signatures

printf '%-34s %8s %8s   million instructions from /init to exec\n' '' bridge none
for name in start demand start-unsigned demand-unsigned; do
	bridge=$(measure "$name" bridge) || exit 2
	none=$(measure "$name" none) || exit 2
	case $name in
	start) text='at the start' ;;
	demand) text='on demand' ;;
	start-unsigned) text='at the start, without signatures' ;;
	*) text='on demand, without signatures' ;;
	esac
	printf '%-34s %8s %8s\n' "$text" "$bridge" "$none"
	echo "$bridge $none" >"$work/$name"
done

read -r start start_none <"$work/start"
read -r _ demand_none <"$work/demand"
read -r unsigned _ <"$work/start-unsigned"
if [ "$demand_none" -ge "$start_none" ] || [ "$unsigned" -ge "$start" ]; then
	echo "FAIL: on demand or without signatures is not less" >&2
	exit 1
fi
