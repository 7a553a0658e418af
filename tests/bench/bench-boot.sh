#!/bin/sh
# SPDX-License-Identifier: MIT
# The guest's time from the first instruction of /init to the exec of the workload.
#
#   bench-boot.sh [--runs N] [--max US] [--json] [QEMU-BOOT-OPTION...]
#
# The machine counts instructions instead of time (one is one nanosecond), so the number does not depend on
# how busy this host is, as long as the guest waits for no disk. Options that are not its own go to
# qemu/boot. Exit: 0, 1 slower than --max, 2 trouble.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
runs=3
max=
json=

die() {
	echo "bench-boot: $1: $2" >&2
	exit 2
}

number() {
	case $2 in
	'' | 0* | *[!0-9]*) die "$1" "\"$2\" is not a number of at least 1" ;;
	esac
}

while [ $# -gt 0 ]; do
	case $1 in
	--runs | --max)
		[ $# -ge 2 ] || die "$1" "needs a number"
		number "$1" "$2"
		if [ "$1" = --runs ]; then runs=$2; else max=$2; fi
		shift 2
		;;
	--json) json=1 && shift ;;
	*) break ;;
	esac
done

work=$(mktemp -d "${TMPDIR:-/tmp}/initbox-bench-boot.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM HUP

# qemu/boot starts what QEMU names: qemu with one more option. sleep=off: an idle guest does not wait.
BENCH_QEMU=$(command -v "${QEMU:-qemu-system-x86_64}") || die "${QEMU:-qemu-system-x86_64}" "not installed"
export BENCH_QEMU
cat >"$work/qemu" <<'END'
#!/bin/sh
exec "$BENCH_QEMU" "$@" -icount shift=0,sleep=off
END
chmod +x "$work/qemu"

run=0
while [ "$run" -lt "$runs" ]; do
	run=$((run + 1))
	status=0
	QEMU=$work/qemu "$top/qemu/boot" --accel tcg --cpus 1 --net none --timeout 120 --command true \
		--append initbox.trace=console "$@" >"$work/console" 2>"$work/errors" </dev/null || status=$?
	if [ "$status" != 0 ]; then
		tail -n 20 "$work/console" "$work/errors" >&2
		die "run $run" "qemu/boot ended with $status (its last words are above)"
	fi
	us=$(tr -d '\r' <"$work/console" |
		sed -n 's|.*initbox: trace: exec at \([0-9][0-9]*\) us after /init.*|\1|p' | head -n 1)
	[ -n "$us" ] || die "run $run" "no line \"initbox: trace: exec at N us after /init\" on the console"
	echo "$us" >>"$work/samples"
	[ -n "$json" ] || echo "run $run: $us us"
done

median=$(sort -n "$work/samples" | sed -n "$(((runs + 1) / 2))p")
least=$(sort -n "$work/samples" | head -n 1)
most=$(sort -n "$work/samples" | tail -n 1)
if [ -n "$json" ]; then
	echo "{\"runs\":$runs,\"init_to_exec_us\":{\"median\":$median,\"min\":$least,\"max\":$most}}"
else
	echo "/init to the exec of the workload: $median us (least $least, most $most; 1 ns an instruction)"
fi
if [ -n "$max" ] && [ "$median" -gt "$max" ]; then
	echo "FAIL: $median us is more than $max us" >&2
	exit 1
fi
