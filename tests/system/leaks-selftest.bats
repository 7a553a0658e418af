#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The leak checker must see each kind of leak. Each is made on purpose, in namespaces of its own.
#
# The scripts are expanded by the shell that inside() starts.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

setup() {
	LEAKS=$BATS_TEST_DIRNAME/../lib/leaks.sh
}

# inside SCRIPT: run it with the checker loaded, in namespaces where it can spoil nothing, and see nothing of other tests.
inside() {
	local group try
	group=$(mktemp -d "$(findmnt -n -t cgroup2 -o TARGET | head -n 1)/leaks-selftest-XXXXXX")
	run sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' - "$group" unshare --cgroup --net --mount --uts --pid --fork --mount-proc --propagation private sh -eu -c "
		. '$LEAKS'
		mount -t tmpfs tmpfs /run
		mount -t tmpfs tmpfs /tmp
		unset TMPDIR
		LEAKS_CGROUP=/run/cgroup
		mkdir /run/cgroup /run/bin
		mount -t cgroup2 cgroup2 /run/cgroup
		$1"
	# The kernel ends what is left with the namespace of processes.
	for try in {1..500}; do
		rmdir "$group" 2>/dev/null && return
		sleep 0.02
	done
	echo "$group: can't be removed after $try tries"
	return 1
}

# leak LINE MAKE UNDO: after MAKE the checker must show LINE, after UNDO it must be content.
leak() {
	inside "
		leaks_snapshot /run/before
		$2
		LEAKS_WAIT_MS=50
		if leaks_check /run/before >/run/diff; then
			echo 'the leak was not seen'
			exit 1
		fi
		cat /run/diff
		$3
		LEAKS_WAIT_MS=2000
		leaks_check /run/before"
	echo "$output"
	[ "$status" -eq 0 ]
	grep -q -- "$1" <<<"$output"
}

@test "nothing done is nothing left" {
	inside 'leaks_snapshot /run/before; leaks_check /run/before'
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "a mount" {
	leak '^+mount .* /mnt rw' 'mount -t tmpfs tmpfs /mnt' 'umount /mnt'
}

@test "a mount that was there and is gone" {
	leak '^-mount .* /run/cgroup ' 'umount /run/cgroup; LEAKS_CGROUP=/run/bin' \
		'mount -t cgroup2 cgroup2 /run/cgroup; LEAKS_CGROUP=/run/cgroup'
}

@test "a changed propagation" {
	leak '^+mount .* /run .*shared:' 'mount --make-shared /run' 'mount --make-private /run'
}

@test "a link" {
	leak '^+link veth-a@veth-b' 'ip link add veth-a type veth peer name veth-b' 'ip link del veth-a'
}

@test "a link that is up and was down" {
	leak '^+link lo: <LOOPBACK,UP' 'ip link set lo up' \
		'ip link set lo down; ip address flush dev lo'
}

@test "an address" {
	leak '^+address lo inet 127.0.0.9/8' 'ip address add 127.0.0.9/8 dev lo' 'ip address del 127.0.0.9/8 dev lo'
}

@test "an nftables table" {
	leak '^+nft table inet leak' 'nft add table inet leak' 'nft delete table inet leak'
}

@test "an element of an nftables map" {
	inside "
		nft 'add table inet t; add map inet t m { type inet_service : ipv4_addr; }'
		leaks_snapshot /run/before
		nft 'add element inet t m { 80 : 192.0.2.1 }'
		LEAKS_WAIT_MS=50
		leaks_check /run/before"
	echo "$output"
	[ "$status" -eq 1 ]
	grep -q '^+nft .*80 : 192.0.2.1' <<<"$output"
}

@test "a cgroup" {
	leak '^+cgroup /run/cgroup/initbox-leak-' 'd=$(mktemp -d /run/cgroup/initbox-leak-XXXXXX)' 'rmdir "$d"'
}

@test "a state file" {
	leak '^+state /run/initbox/10.0.0.2' 'mkdir /run/initbox; : >/run/initbox/10.0.0.2' 'rm /run/initbox/*'
}

@test "a temporary file" {
	leak '^+file /tmp/initbox-x' 'mkdir /tmp/initbox-x' 'rmdir /tmp/initbox-x'
}

@test "a process named initbox" {
	leak '^+process [0-9]* initbox' \
		'cp "$(command -v sleep)" /run/bin/initbox; /run/bin/initbox 30 & until grep -q initbox "/proc/$!/comm"; do :; done' 'kill $!; wait || :'
}

@test "a program in another pid namespace" {
	leak '^+process [0-9]* sleep' 'unshare --pid --fork --kill-child sleep 60 & until pgrep -x sleep >/dev/null; do :; done' 'kill -KILL $!; wait || :'
}

@test "a zombie" {
	leak '^+process [0-9]* zombie ' 'sh -c "sleep 0 & exec sleep 60" & until ps -eo stat= | grep -q Z; do :; done' 'kill $!; wait || :'
}

@test "a network namespace" {
	leak '^+netns [0-9]' 'unshare --net sleep 60 & until grep -q sleep "/proc/$!/comm"; do :; done' 'kill $!; wait || :'
}

@test "forwarding left on" {
	leak '^+sysctl net/ipv4/ip_forward = 1' 'echo 1 >/proc/sys/net/ipv4/ip_forward' \
		'echo 0 >/proc/sys/net/ipv4/ip_forward'
}

@test "the hostname of the host" {
	leak '^+sysctl kernel/hostname = leak' 'old=$(uname -n); echo leak >/proc/sys/kernel/hostname' \
		'echo "$old" >/proc/sys/kernel/hostname'
}

@test "a loop device" {
	[ -e /dev/loop-control ] || skip "this kernel has no loop devices"
	leak '^+loop loop[0-9]* ' 'truncate -s 1M /run/image; l=$(losetup --find --show /run/image)' 'losetup --detach "$l"'
}

@test "what the kernel frees late is no leak" {
	inside '
		leaks_snapshot /run/before
		ip link add late type veth
		{ sleep 0.3; ip link del late; } &
		leaks_check /run/before'
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a process that was there before may end" {
	inside '
		cp "$(command -v sleep)" /run/bin/initbox
		/run/bin/initbox 30 &
		until grep -q initbox "/proc/$!/comm"; do :; done
		leaks_snapshot /run/before
		grep -q "process .* initbox" /run/before
		kill $!
		wait || :
		LEAKS_WAIT_MS=200
		leaks_check /run/before'
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the caller's variables stay as they are" {
	inside '
		value=mine state=mine top=mine
		leaks_snapshot /run/before
		leaks_check /run/before
		[ "$value$state$top" = mineminemine ]'
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "no snapshot is an error, not a clean host" {
	inside 'leaks_check /run/none'
	[ "$status" -eq 2 ]
	[[ $output == *"/run/none: no snapshot"* ]]
	inside 'leaks_snapshot /run/no/such/directory'
	[ "$status" -eq 2 ]
	[[ $output == *"snapshot can't be written"* ]]
}

@test "a snapshot takes less than 150 ms" {
	inside '
		best=1000
		for i in 1 2 3 4 5; do
			start=$(leaks_now_ms)
			leaks_snapshot /run/before
			took=$(($(leaks_now_ms) - start))
			[ "$took" -ge "$best" ] || best=$took
		done
		echo "best of five: $best ms"
		[ "$best" -lt 150 ]'
	echo "$output"
	[ "$status" -eq 0 ]
}
