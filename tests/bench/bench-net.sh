#!/bin/sh
# SPDX-License-Identifier: MIT
# What the network of a box costs, held to its targets: beside bare messages, beside ip(8) and nft(8), with many boxes.
#
#   bench-net.sh [--rounds N] [--boxes N] [--no-assert] [BUILD]
#
# BUILD (default: build) holds initbox and bench/{floor,bench-net,mark,hold,sink}. SECCOMP_BPF is the compiled default
# filter. Runs as root, in network and mount namespaces of its own: nothing of the host is touched.
# Exit: 0, 1 a target is missed, 2 trouble.
set -eu

if [ "${BENCH_INSIDE-}" != 1 ]; then
	[ "$(id -u)" = 0 ] || { echo "bench-net: needs root: run it with sudo" >&2; exit 2; }
	BENCH_INSIDE=1 exec unshare --net --mount --propagation private "$0" "$@"
fi

die() {
	echo "bench-net: $1: $2" >&2
	exit 2
}

options=
build=build
while [ $# -gt 0 ]; do
	case $1 in
	--rounds | --boxes)
		[ $# -ge 2 ] || die "$1" "needs a number"
		options="$options $1 $2"
		shift
		;;
	--no-assert) options="$options $1" ;;
	-*) die "$1" "no such option" ;;
	*) build=$1 ;;
	esac
	shift
done
build=$(cd "$build" && pwd) || exit 2
bpf=$(readlink -f "${SECCOMP_BPF:?}") || exit 2
for program in "$build/initbox" "$build/bench/floor" "$build/bench/bench-net" "$build/bench/mark" "$build/bench/hold" "$build/bench/sink"; do
	[ -x "$program" ] || die "$program" "not built: make bench-net builds it"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/initbox-bench.XXXXXX")
pids=
# shellcheck disable=SC2317,SC2086 # called by the trap; a list
finish() {
	[ -z "$pids" ] || kill $pids 2>/dev/null || :
	wait
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 2' INT TERM HUP
root=$work/root
mkdir "$root" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/etc"
cp "$build/bench/mark" "$build/bench/hold" "$build/bench/sink" "$root/"
mount -t tmpfs tmpfs /run || die /run "no tmpfs of its own"
if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
	mount -t cgroup2 cgroup2 /sys/fs/cgroup || die /sys/fs/cgroup "no cgroup v2 tree"
fi

# outside 198.51.100.2 - 198.51.100.1 here - boxes; and 10.77.0.2, the same way to a box whose network initbox has not made.
ip link set lo up
ip netns add outside
ip link add uplink up type veth peer name eth0 netns outside
ip address add 198.51.100.1/24 dev uplink
ip -n outside address add 198.51.100.2/24 dev eth0
ip -n outside link set eth0 up
ip -n outside route add default via 198.51.100.1
echo 1 >/proc/sys/net/ipv4/ip_forward
ip netns add plain
ip link add plain0 up type bridge forward_delay 0
ip address add 10.77.0.1/24 dev plain0
ip link add ve-plain up master plain0 type veth peer name eth0 netns plain
ip -n plain address add 10.77.0.2/24 dev eth0
ip -n plain link set eth0 up
ip -n plain route add default via 10.77.0.1
"$build/initbox" run -q --rootfs "$root" --name plain --network /run/netns/plain --stdin null -- /sink 80 >/dev/null &
pids="$pids $!"

# One box stays, so that those that are measured find bridge and table.
"$build/initbox" run -q --rootfs "$root" --name standing --network bridge --stdin null -- /hold >"$work/standing" &
pids="$pids $!"
i=0
until [ -s "$work/standing" ]; do
	i=$((i + 1))
	[ $i -lt 500 ] || die standing "its box does not run"
	sleep 0.01
done

# What a course on containers does, command by command, for a process in a network namespace; bridge and table stay.
cat >"$work/commands.sh" <<-'END'
	set -e
	unshare --net sleep 60 &
	pid=$!
	until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
	ip link show course0 >/dev/null 2>&1 || {
		ip link add course0 type bridge
		ip addr add 10.88.0.1/24 dev course0
		ip link set course0 up
	}
	ip link add ve-course type veth peer name ve-box
	ip link set ve-course master course0
	ip link set ve-course up
	ip link set ve-box netns $pid
	nsenter -t $pid -n ip link set ve-box name eth0
	nsenter -t $pid -n ip addr add 10.88.0.2/24 dev eth0
	nsenter -t $pid -n ip link set eth0 up
	nsenter -t $pid -n ip link set lo up
	nsenter -t $pid -n ip route add default via 10.88.0.1
	nft add table ip course
	nft add chain ip course postrouting '{ type nat hook postrouting priority 100; }'
	nft add rule ip course postrouting ip saddr 10.88.0.0/24 oifname != course0 masquerade
	ip link del ve-course
	kill $pid
	nft delete table ip course
END
# The same in as few processes as it takes.
cat >"$work/batch.sh" <<-'END'
	set -e
	unshare --net sleep 60 &
	pid=$!
	until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
	ip -batch - <<-BATCH
		link add ve-batch up master plain0 type veth peer name eth0 netns $pid
	BATCH
	nsenter -t $pid -n ip -batch - <<-BATCH
		link set lo up
		addr add 10.77.0.9/24 dev eth0
		link set eth0 up
		route add default via 10.77.0.1
	BATCH
	nft -f - <<-BATCH
		table ip batch {
			chain postrouting { type nat hook postrouting priority 100; ip saddr 10.77.0.0/24 oifname != plain0 masquerade; }
		}
	BATCH
	kill $pid
	nft delete table ip batch
END

candidate() {
	printf '%s' "$1"
	shift
	printf '\t%s' "$@"
	echo
}
floor() {
	name=$1
	shift
	candidate "$name" floor 0 "$build/bench/floor" --overlay --mounts --identity --cgroup /sys/fs/cgroup/initbox-bench-floor \
		--seccomp "$bpf" "$@" "$root" /mark
}
box() {
	name=$1 role=$2
	shift 2
	candidate "$name" "$role" 0 "$build/initbox" run -q --rootfs "$root" "$@" -- /mark
}
{
	floor 'floor none' --net
	floor 'floor bridge' --bridge initbox0:172.20.3.3:8080
	box 'initbox none' initbox --network none
	box 'initbox bridge' initbox --network bridge -p 8080:80
	box 'initbox first and last' extra --network bridge --bridge first0 --subnet 10.9.0.0/24 -p 8080:80
	candidate 'ip and nft one by one' peer 10 "$(command -v sh)" "$work/commands.sh"
	candidate 'ip -batch and nft -f' peer 1 "$(command -v sh)" "$work/batch.sh"
} >"$work/candidates"

# Processes, requests and system calls of one more box.
count() {
	strace -f -qq -o "$work/trace" "$@" >/dev/null
	grep -c ' [a-z0-9_]*(' "$work/trace"
}
echo "system calls: floor $(count "$build/bench/floor" --overlay --mounts --identity --cgroup /sys/fs/cgroup/initbox-bench-floor \
	--seccomp "$bpf" --bridge initbox0:172.20.3.3:8080 "$root" /mark), a box with a bridge $(count "$build/initbox" run -q \
	--rootfs "$root" --network bridge -p 8080:80 -- /mark), ip and nft one by one $(count sh "$work/commands.sh"), in batches $(count \
	sh "$work/batch.sh")"

status=0
# shellcheck disable=SC2086 # options and numbers
"$build/bench/bench-net" $options "$build/initbox" "$root" "$work/candidates" || status=$?
exit $status
