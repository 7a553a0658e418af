#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run` and the entry role on kernels that lack one of the newer system calls (or in containers whose filter does):
# all works by another way, or one line says which kernel is needed, and nothing is left.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	ln -s "$(cd "${BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)/tests/no-syscall" "$HELPERS/no-syscall"
}

# without CALL may|must CODE TEXT OPTION… -- COMMAND…: a box that has to work, or may say that it needs the call.
without() {
	local call=$1 mode=$2 code=$3 text=$4 got=0
	shift 4
	no-syscall "$call" "$INITBOX" run -q --rootfs "$ROOT" "$@" >out 2>err || got=$?
	if [ "$mode" = may ] && [ $got = 125 ]; then
		same '' "$(cat out)" 'what a refused box printed'
		line "^initbox: [a-z]+: .*: $call: Function not implemented \(ENOSYS\)" err
		line "^initbox: hint: a kernel of [0-9.]+ or newer is needed \($call\)" err
		same 2 "$(wc -l <err)" "lines: $(cat err)"
	else
		same "$code" $got "exit without $call: $(cat err)"
		same "$text" "$(cat out)" "output without $call"
		same '' "$(own_words)" "words without $call"
	fi
	leaks_check /run/before
}

features() {
	local call=$1 mode=$2
	mkdir -p data layer/srv
	echo 'of the host' >data/file
	echo layer >layer/srv/layer
	# A filter that refuses the call is in force: otherwise this test would say nothing.
	prints 0 'not there' no-syscall "$call" sh -c 'grep -q "^Seccomp:	2" /proc/self/status && echo not there'
	# In the cgroup: PID 1, the shell, wc.
	without "$call" "$mode" 3 "$(printf 'plain\n/\n3')" --name plain --hostname plain -- \
		/bin/sh -c 'hostname; sed -n "s/^0:://p" /proc/self/cgroup; wc -l </sys/fs/cgroup/cgroup.procs; exit 3'
	without "$call" "$mode" 0 "$(printf '1000:1000\n/srv/deep\nb\n64')" -u alice -w /srv/deep -e A=b --ulimit nofile=64:64 \
		--stdin null -- /bin/sh -c 'echo $(id -u):$(id -g); pwd; echo $A; ulimit -n'
	without "$call" "$mode" 0 "$(printf 'layer\nof the image')" --rootfs layer -- /bin/cat /srv/layer /srv/file
	without "$call" "$mode" 0 "$(printf 'of the host\nread-only')" -v "$PWD/data:/data" -v "$PWD/data:/read:ro" -- \
		/bin/sh -c 'cat /data/file; echo x >/data/new; touch /read/x 2>/dev/null || echo read-only; rm /data/new'
	without "$call" "$mode" 0 "$(printf 'nameserver 192.0.2.53\n172.20.9.9/16')" --network bridge --ip 172.20.9.9 -p 8080:80 \
		--dns 192.0.2.53 -- /bin/sh -c 'cat /etc/resolv.conf; ip -o -4 address show eth0 | grep -o "172[^ ]*" | head -n 1'
	without "$call" "$mode" 143 '' --on-exit drain --grace 1s -- /bin/sh -c 'sleep 30 & kill -TERM $$'
	# PID 1 closes its descriptors once the program runs.
	without "$call" "$mode" 0 0 --seccomp none -- /bin/sh -c \
		'n=0; until [ -z "$(ls /proc/1/fd)" ] || [ $((n += 1)) = 200 ]; do usleep 10000; done; ls /proc/1/fd | wc -l'
}

@test "clone3: clone, and the box's PID 1 enters its cgroup by itself" {
	inside features clone3 must
}

@test "close_range: descriptors are looked up in /proc" {
	inside features close_range must
}

@test "pidfd_open, pidfd_send_signal: signals go by pid" {
	inside features pidfd_open must
	inside features pidfd_send_signal must
}

@test "openat2" {
	inside features openat2 may
}

@test "fsopen, fsconfig, fsmount" {
	for call in fsopen fsconfig fsmount; do
		inside features $call may
	done
}

@test "move_mount, open_tree, mount_setattr" {
	for call in move_mount open_tree mount_setattr; do
		inside features $call may
	done
}

# What is left of a program below an init that is not PID 1 is found in /proc, and gets TERM.
entry() {
	local call
	for call in pidfd_open pidfd_send_signal close_range; do
		rm -f told
		expect 0 no-syscall $call "$INITBOX" -- bash -c '(trap "echo TERM >told; exit" TERM; echo >there; while :; do sleep 0.02; done) & until [ -e there ]; do sleep 0.02; done'
		same TERM "$(cat told)" "without $call"
		rm there
	done
}
@test "the entry role" {
	inside entry
}
