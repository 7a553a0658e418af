#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a course on containers shows step by step, done by `initbox run`: namespaces, layers, capabilities, a filter. The
# steps that need limits of cgroup v2 are in tests/boot.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper try-climb
}

sees_its_own() {
	background sleep 60
	# ps: PID 1 and what it has started.
	expect 0 box -- /bin/ps -o pid,comm
	diff - <(tr -s ' ' <out | sed 's/^ //') <<-END
		PID COMMAND
		1 initbox
		2 ps
	END
	# A hostname of its own; the host's stays.
	prints 0 lab box --hostname lab -- /bin/hostname
	expect 1 box --hostname lab -- /bin/hostname other
	same host "$(hostname)" 'the name of the host'
	# ip addr: lo alone, up; with a bridge eth0, too. The host's links are not to be seen.
	ip link add seen type bridge
	expect 0 box -- /bin/ip addr
	same lo "$(sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' out)" 'links'
	line 'inet 127\.0\.0\.1/8' out
	expect 0 box --network bridge --ip 172.20.0.77 -- /bin/ip addr
	same 'lo eth0' "$(sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' out | xargs)" 'links'
	line 'inet 172\.20\.0\.77/16 .* eth0' out
	ip link delete seen
	expect 0 box --network host -- /bin/ip addr
	same lo "$(sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' out)" 'links of the host'
}
@test "ps, hostname and ip addr show the box, not the host" {
	inside sees_its_own
}

layers() {
	mkdir -p lower upper
	echo lower >lower/only-lower
	echo lower >lower/both
	echo upper >upper/both
	echo upper >upper/only-upper
	sum=$(cd lower && cksum ./* | cksum)
	# A file in the lower layer, in the upper one, in both.
	prints 0 "$(printf 'lower\nupper\nupper')" "$INITBOX" run --rootfs upper --rootfs lower --rootfs "$ROOT" -- \
		/bin/cat /only-lower /only-upper /both
	# Writing copies up, rm leaves a whiteout; the layers themselves stay as they are.
	prints 0 "$(printf 'changed\ngone\nnew')" "$INITBOX" run --rootfs upper --rootfs lower --rootfs "$ROOT" -- /bin/sh -c '
		echo changed >/only-lower; cat /only-lower
		rm /both; [ -e /both ] || echo gone
		echo new >/both; cat /both'
	same "$sum" "$(cd lower && cksum ./* | cksum)" 'the lower layer'
	same './both ./only-upper' "$(cd upper && echo ./*)" 'the upper layer'
	# A whiteout of an upper layer hides what is below: a character device 0:0.
	mknod upper/only-lower c 0 0
	prints 0 'both only-upper' "$INITBOX" run --rootfs upper --rootfs lower --rootfs "$ROOT" -- \
		/bin/sh -c 'cd /; ls -d both only-* | xargs'
	same lower "$(cat lower/only-lower)" 'the hidden file'
}
@test "files in lower, upper and both; rm leaves a whiteout and the lower untouched" {
	inside layers
}

status_of() {
	expect 0 box "$@" -- /bin/grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status
	tr -s '\t\n' ' ' <out
}

privileges() {
	same "$(printf '%s' 'CapEff: 00000000a00425fb CapBnd: 00000000a00425fb NoNewPrivs: 1 Seccomp: 2 ')" "$(status_of)"
	same "$(printf '%s' 'CapEff: 00000000a00405fb CapBnd: 00000000a00405fb NoNewPrivs: 1 Seccomp: 2 ')" "$(status_of --cap-drop net_raw)"
	same "$(printf '%s' 'CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 ')" "$(status_of --cap-drop ALL)"
	same "$(printf '%s' 'CapEff: 00000000a00425fb CapBnd: 00000000a00425fb NoNewPrivs: 1 Seccomp: 0 ')" "$(status_of --seccomp none)"
	# What is out of the bounding set can't be had back, whatever file is executed.
	expect 1 box --cap-drop ALL -- /bin/chown alice /srv/file
	line 'Operation not permitted' err
}
@test "CapBnd and Seccomp in /proc/self/status" {
	inside privileges
}

ping() {
	expect 0 box --network bridge -- /bin/ping -c 1 -W 5 172.20.0.1
	line '1 packets received' out
	expect 0 box -- /bin/ping -c 1 -W 5 127.0.0.1
	expect 1 box --network bridge --cap-drop net_raw -- /bin/ping -c 1 -W 5 172.20.0.1
	line 'permission denied|Operation not permitted' err
	# What is left still works: a name is no privilege.
	expect 0 box --network bridge --cap-drop net_raw -- /bin/ip route get 172.20.0.1
}
@test "without CAP_NET_RAW there is no ping" {
	inside ping
}

# Each process of the bomb starts others without end; a start that fails does not end it.
fork_bomb() {
	local user=61234 most=0 now until_s=$((SECONDS + 60))
	background "$INITBOX" run --rootfs "$ROOT" --name bomb --stdin null --on-exit none -u $user --ulimit nproc=30:30 -- /bin/sh -c \
		'echo "BEGIN { while (1) system(\"awk -f /tmp/bomb &\") }" >/tmp/bomb; exec awk -f /tmp/bomb' >log 2>&1
	while [ "$most" -lt 30 ] && [ $SECONDS -lt $until_s ]; do
		now=$(pgrep -c -u $user || :)
		[ "$now" -le "$most" ] || most=$now
	done
	# Others have what they need meanwhile, also other boxes.
	prints 0 fine box -- /bin/echo fine
	same 30 "$most" 'most processes'
	# The end of the box is the end of all of it.
	stop "$PID"
	soon no_process_of $user
}

no_process_of() {
	not pgrep -u "$1" >/dev/null
}
@test "a fork bomb of a user stops at its limit, and ends with its box" {
	inside fork_bomb
}

fd_bomb() {
	prints 0 "$(printf '61\nfine')" box --ulimit nofile=64:64 -- /bin/sh -c '
		awk "BEGIN { for (i = 0; i < 200; i++) printf \"x\" >(\"/tmp/\" i) }" 2>/dev/null
		ls /tmp | wc -l; echo fine'
	expect 1 box --ulimit nofile=64:64 -- /bin/sh -c 'ulimit -n 65'
}
@test "a process that opens files without end stops at its limit" {
	inside fd_bomb
}

# A file system in memory that has no end would take the host's.
tmpfs_bomb() {
	expect 0 box --tmpfs-size 2M -- /bin/sh -c '
		for dir in /tmp /dev /dev/shm /; do
			words=$(dd if=/dev/zero of=$dir/bomb bs=64k count=2000 2>&1) || echo "${words##*: }" | head -n 1; rm $dir/bomb
		done; words=$(dd if=/dev/zero of=/sys/bomb bs=1 count=1 2>&1) || echo "${words##*: }"
		dd if=/dev/zero of=/proc/bomb bs=1 count=1 2>/dev/null || echo none; echo alive'
	diff - out <<-END
		No space left on device
		No space left on device
		No space left on device
		No space left on device
		Read-only file system
		none
		alive
	END
}
@test "files without end stop at the size of what they are in" {
	inside tmpfs_bomb
}

climb() {
	echo secret >"$PWD/secret"
	prints 0 '' box -- /bin/try-climb "$PWD/secret"
	prints 0 '' box --seccomp none --network host -- /bin/try-climb "$PWD/secret"
	# The trial itself: outside there is such a way.
	expect 1 try-climb "$PWD/secret"
	line '^open: ' out
	mkdir -p /run/none
	expect 1 box --cap-drop sys_chroot -- /bin/try-climb "$PWD/secret"
	same 'no chroot: nothing was tried' "$(cat out)"
}
@test "no .. of /proc/1/root, or above a chroot, leads to the host" {
	inside climb
}
