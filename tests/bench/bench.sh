#!/bin/sh
# SPDX-License-Identifier: MIT
# Time `initbox run` beside a bare-syscall floor and its peers, then look at what boxes cost that are there, and what a
# filter does, and hold all of it to its targets.
#
#   bench.sh [--rounds N] [--limit RATIO] [--json] [--no-assert] [BUILD]
#
# BUILD (default: build) holds initbox, bench/{floor,bench-run,bench-boxes,true,hold,mark} and tests/filter-cost. PROFILE is
# the default filter's source, SECCOMP_BPF what it is compiled to. Peers that are not installed are named and left out. Runs as root, in network and mount namespaces of its own: nothing of the host is
# touched. Exit: 0, 1 a target is missed, 2 trouble.
set -eu

# In a mount namespace of its own it can put the cgroup v2 tree at /sys/fs/cgroup: on a host with v1
# controllers the peers would write into those.
if [ "${BENCH_INSIDE-}" != 1 ]; then
	[ "$(id -u)" = 0 ] || { echo "bench: needs root: run it with sudo" >&2; exit 2; }
	BENCH_INSIDE=1 exec unshare --net --mount --propagation private "$0" "$@"
fi

die() {
	echo "bench: $1: $2" >&2
	exit 2
}

runner_options=
common_options=
build=build
while [ $# -gt 0 ]; do
	case $1 in
	--rounds | --limit)
		[ $# -ge 2 ] || die "$1" "needs a number"
		runner_options="$runner_options $1 $2"
		shift
		;;
	--json | --no-assert) common_options="$common_options $1" ;;
	-*) die "$1" "no such option" ;;
	*) build=$1 ;;
	esac
	shift
done
build=$(cd "$build" && pwd) || exit 2
floor=$build/bench/floor
for program in "$build/initbox" "$floor" "$build/bench/bench-run" "$build/bench/bench-boxes" "$build/bench/true" "$build/bench/hold" "$build/bench/mark" \
	"$build/tests/filter-cost"; do
	[ -x "$program" ] || die "$program" "not built: make bench builds it"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/initbox-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM HUP
root=$work/root
mkdir "$root" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/etc"
cp "$build/bench/true" "$build/bench/hold" "$build/bench/mark" "$root/"
ip link set lo up 2>/dev/null || die lo "can't be raised"
# Boxes of the host and their addresses stay out of it.
mount -t tmpfs tmpfs /run || die /run "no tmpfs of its own"
if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
	mount -t cgroup2 cgroup2 /sys/fs/cgroup || die /sys/fs/cgroup "no cgroup v2 tree"
fi

# candidate NAME ROLE NET MOUNTS PROGRAM [ARG...]
candidate() {
	first=$1
	shift
	{
		printf '%s' "$first"
		printf '\t%s' "$@"
		echo
	} >>"$work/candidates"
}

# The program's path, or nothing and a word on why its rows are missing.
peer() {
	command -v "$1" || {
		echo "skipped: $1: not installed" >&2
		return 1
	}
}

# bundle TOOL NET: an OCI bundle from the tool's own template. Without NET=none it stays in the network
# namespace it was started in.
bundle() {
	mkdir "$work/$1-$2"
	(cd "$work/$1-$2" && "$1" spec)
	if [ "$2" = host ]; then
		drop='s/{ *"type": *"network" *}, *//; s/, *{ *"type": *"network" *}//'
	else
		drop=
	fi
	tr -d '\n\t' <"$work/$1-$2/config.json" >"$work/config"
	sed -e 's/"terminal": *true/"terminal": false/' -e 's|"args": *\[ *"sh" *\]|"args": ["/true"]|' \
		-e "s|\"path\": *\"rootfs\"|\"path\": \"$root\"|" -e "$drop" "$work/config" >"$work/$1-$2/config.json"
	rm "$work/config"
}

add_floors() {
	candidate "payload alone" extra - - "$root/true"
	candidate "floor" floor host proc "$floor" "$root" /true
	candidate "floor +net" floor none proc "$floor" --net "$root" /true
	candidate "floor all" floor host all "$floor" --overlay --mounts "$root" /true
	candidate "floor all +net" floor none all "$floor" --overlay --mounts --net "$root" /true
	# The floor that initbox is judged by makes the same box: cgroup, hostname, keyring, ids, capabilities and the
	# filter, too. What an init costs, a process more that waits, is shown.
	for net in host none; do
		set -- --overlay --mounts --identity --cgroup "/sys/fs/cgroup/initbox-bench-floor" --seccomp "$SECCOMP_BPF"
		[ "$net" = host ] || set -- "$@" --net
		candidate "floor same $net" floor "$net" same "$floor" "$@" "$root" /true
		candidate "floor init $net" extra "$net" same "$floor" --init "$@" "$root" /true
	done
}

add_initbox() {
	for net in host none; do
		candidate "initbox $net" initbox "$net" same "$build/initbox" run --rootfs "$root" --network "$net" \
			-- /true
	done
	candidate "initbox bridge" extra bridge same "$build/initbox" run --rootfs "$root" --network bridge -- /true
}

# The same root, mounts and devices by the commands that a person would type; masks, cgroup and
# pivot_root are left out in its favour.
unshare_script() {
	cat <<-'END'
		set -e
		root=$1
		shift
		mount -t tmpfs -o size=256m,mode=755 tmpfs /mnt
		mkdir /mnt/upper /mnt/work /mnt/root
		mount -t overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
		cd /mnt/root
		mkdir -p proc sys dev
		mount -t proc -o nosuid,nodev,noexec proc proc
		mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
		mount -t tmpfs -o mode=755,size=64k,nosuid,noexec tmpfs dev
		mkdir dev/pts dev/shm dev/mqueue
		mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
		mount -t tmpfs -o mode=1777,size=64m tmpfs dev/shm
		mount -t mqueue mqueue dev/mqueue
		mknod -m 666 dev/null c 1 3
		mknod -m 666 dev/zero c 1 5
		mknod -m 666 dev/full c 1 7
		mknod -m 666 dev/random c 1 8
		mknod -m 666 dev/urandom c 1 9
		mknod -m 666 dev/tty c 5 0
		ln -s /proc/self/fd dev/fd
		mount -o bind,ro proc/sys proc/sys
		exec chroot . "$@"
	END
}

add_peers() {
	if tool=$(peer unshare); then
		# Beside initbox's two dozen mounts it makes one, and no cgroup, devices, capabilities or filter: shown only.
		candidate "unshare" extra host proc "$tool" -fpmuiC -R "$root" --mount-proc /true
		candidate "unshare +net" extra none proc "$tool" -fpmuiCn -R "$root" --mount-proc /true
		# The peer is what people write around it.
		unshare_script >"$work/unshare.sh"
		candidate "unshare script" peer host all "$tool" -fpmuiC --propagation private sh "$work/unshare.sh" "$root" /true
		candidate "unshare script +net" peer none all "$tool" -fpmuiCn --propagation private sh "$work/unshare.sh" \
			"$root" /true
	fi
	if tool=$(peer bwrap); then
		set -- --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup --bind "$root" / --proc /proc --dev /dev
		candidate "bwrap" peer host dev "$tool" "$@" /true
		candidate "bwrap +net" peer none dev "$tool" "$@" --unshare-net /true
	fi
	if tool=$(peer crun); then
		for net in host none; do
			bundle crun "$net"
			candidate "crun $net" peer "$net" oci "$tool" --root "$work/crun" --cgroup-manager disabled \
				run --bundle "$work/crun-$net" "initbox-bench-$net"
		done
	fi
	if tool=$(peer runc); then
		for net in host none; do
			bundle runc "$net"
			candidate "runc $net" peer "$net" oci "$tool" --root "$work/runc" \
				run --bundle "$work/runc-$net" "initbox-bench-$net"
		done
	fi
}

add_floors
add_initbox
add_peers
status=0
failed() {
	[ "$1" = 1 ] || exit 2
	status=1
}
# Word splitting is wanted: options and numbers.
# shellcheck disable=SC2086
"$build/bench/bench-run" $runner_options $common_options "$work/candidates" || failed $?
# shellcheck disable=SC2086
"$build/bench/bench-boxes" $common_options "$build/initbox" "$root" "$floor" --overlay --mounts --identity --net \
	--cgroup /sys/fs/cgroup/initbox-bench-floor --seccomp "$SECCOMP_BPF" "$root" /mark || failed $?

# Instructions of the filter for each call, beside those of libseccomp's binary tree of the same rules.
words=$("$build/tests/filter-cost" "$PROFILE") || failed $?
case $common_options in
*--json*) echo "$words" | sed 's/.*/"&"/; 1s/^/{"filter":[/; $!s/$/,/; $s/$/]}/' ;;
*) echo "$words" | sed 's/^/filter: /' ;;
esac
exit "$status"
