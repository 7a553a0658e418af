#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: every system call of it fails, one at a time.
# shellcheck disable=SC2329 # called by inside

load lib

setup_file() {
	make_root
	fault_tools
}

tolerated() {
	tolerated_always
	case $1 in
	plain) cat <<-'END' ;;
		0 openat * what the last line about the box's end tells of its cgroup
		0 read * the same
		0 write 2 the last line itself
	END
	network) cat <<-'END' ;;
		0 ioctl 1 a bridge of that name is found when it is made
		0 rmdir * another box may be about to use the directory
	END
	profile) cat <<-'END' ;;
		0 geteuid * whether it has been compiled before, and whether it is kept for the next time, does not matter
		0 mkdirat * the same
		0 mkdir * the same
		0 stat * the same
		1 rt_sigprocmask 1 boxfilter runs with signals blocked
		2 prctl 1 as for other boxes, whose PID 1 is the first process beside the launcher
		2 fcntl * the same
		2 capset 1 the same
		2 sendto * the same
		2 wait4 * the same
		2 rt_sigtimedwait * the same
		2 clock_gettime * the same
		3 close_range * the same
		3 ioctl * the same
	END
	terminal) cat <<-'END' ;;
		0 ioctl 1 whether the caller has a terminal: as without
		0 read 1 what comes from the caller has ended
	END
	esac
	case $1 in
	network | second) cat <<-'END' ;;
		0 pipe2 1 the launcher's end waits until the kernel has closed its socket
		0 clone 1 the same
		3 dup2 * the same
		3 close_range 1 what is open is looked up in /proc instead
		3 read 1 the socket is closed at once; the launcher's end may wait
		3 close 1 it ends with the process
	END
	esac
}

# Files that nobody holds the lock of are nobody's. Whether that is so of one that can't be looked at is not known.
leaving() {
	case $1 in
	network) cat <<-'END' ;;
		0 open * the state directory is there, and no lock of it
	END
	esac
	cat <<-'END'
		0 flock * the file may be another box's
		0 pread64 * what is in the file may tell of ports
	END
}

plain() {
	printf '%s\n' "$INITBOX" run --rootfs "$ROOT" --name plain -- /bin/sh -c
}
@test "a plain box" {
	sweep plain
}

before_options() {
	mkdir -p layer/srv
	echo layer >layer/srv/layer
}

options() {
	printf '%s\n' "$INITBOX" run -q --rootfs layer --rootfs "$ROOT" --name options --hostname options -u alice:staff \
		--cap-drop net_raw -w /srv -e A=b --ulimit nofile=64:64 --tmpfs-size 8M --stdin null --trace trace -- /bin/sh -c
}
@test "layers, a user, a directory, limits, a trace" {
	sweep options
}

before_privileges() {
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["swapon"], "action": "SCMP_ACT_ERRNO"}]}' >p.json
	"${INITBOX%/*}/boxfilter" -o p.bpf p.json
}

privileges() {
	printf '%s\n' "$INITBOX" run -q --rootfs "$ROOT" --name privileges -u alice --group-add 77 --cap-add NET_ADMIN --seccomp p.bpf \
		--sysctl net.ipv4.ip_forward=1 --sysctl kernel.domainname=dom --landlock rw:/ --landlock bind:80 --oom-score-adj 5 --nice 5 -- /bin/sh -c
}
@test "a filter, sysctls, landlock, priorities, an ambient capability" {
	sweep privileges
}

privileged() {
	printf '%s\n' "$INITBOX" run -q --rootfs "$ROOT" --name privileged --privileged -- /bin/sh -c
}
@test "a privileged box" {
	sweep privileged
}

network() {
	printf '%s\n' "$INITBOX" run -q --rootfs "$ROOT" --name network --network bridge -p 8080:80 -p 127.0.0.1:8081:81/udp \
		-v "$PWD/data:/data" --dns 192.0.2.53 -- /bin/sh -c
}
@test "a bridge, ports and a volume: the first box" {
	sweep network
}

# A box that is there already has made bridge and table.
before_second() {
	start first --network bridge -p 8090:80 -- /bin/sh -c 'trap "exit 0" TERM; echo ready; sleep 3600 & wait'
}

second() {
	network
}
@test "a bridge, ports and a volume: one more box" {
	sweep second
}

range() {
	printf '%s\n' "$INITBOX" run --rootfs "$ROOT" --name range -q --userns 100000:65536 -v "$PWD/data:/data:idmap" \
		--time-offset boottime=5 -- /bin/sh -c
}
@test "a range of ids, a volume with mapped ids, a clock" {
	sweep range
}

joined() {
	printf '%s\n' "$INITBOX" run --rootfs "$ROOT" --name joined -q --pid host --ipc /proc/self/ns/ipc --uts /proc/self/ns/uts \
		--network /proc/self/ns/net -- /bin/sh -c
}
@test "namespaces of others" {
	sweep joined
}

before_mounts() {
	mkdir -p upper low/x
	echo layer >low/x/file
}

mounts() {
	printf '%s\n' "$INITBOX" run --rootfs "$ROOT" --name mounts -q --upper upper --tmpfs /srv/new:size=1m -v "$PWD/data:/data:ro" \
		--mount "type=overlay,src=$PWD/low,dst=/srv/deep" \
		--device /dev/null:/dev/nothing -- /bin/sh -c
}
@test "an upper that is kept, mounts of all types, a device" {
	sweep mounts
}

powers() {
	printf '%s\n' "$INITBOX" run --rootfs "$ROOT" --name powers -q --sysctl net.ipv4.ip_forward=1 --landlock ro:/bin --landlock rw:/ \
		--oom-score-adj 100 --nice 5 --group-add video --security-opt systempaths=unconfined --umask 027 --read-only -- /bin/sh -c
}
@test "a sysctl, landlock, niceness, a group more, nothing masked, nothing writable" {
	sweep powers
}

before_image() {
	mksquashfs "$ROOT" image.squashfs -quiet -no-progress >/dev/null
}

image() {
	printf '%s\n' "$INITBOX" run --rootfs image.squashfs --name image -q -- /bin/sh -c
}
@test "an image file" {
	sweep image
}

# The terminal's own words; what initbox says is apart from them.
terminal() {
	printf '%s\n' "$INITBOX" run --rootfs "$ROOT" --name terminal -q -t -- /bin/sh -c
}
@test "a terminal" {
	sweep terminal
}

# Compiled by boxfilter each time: nothing can be kept.
after_profile() {
	umount /var/cache
}

before_profile() {
	mount -t tmpfs -o ro tmpfs /var/cache
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["swapon"], "action": "SCMP_ACT_ERRNO"}]}' >p.json
}

profile() {
	printf '%s\n' "$INITBOX" run --rootfs "$ROOT" --name profile -q --seccomp p.json -- /bin/sh -c
}
@test "a profile in JSON" {
	sweep profile
}
