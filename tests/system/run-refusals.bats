#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: bad input at each door. One line with origin and reason, exit 125, nothing left.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
}

# options: rows of "reason | words"
options() {
	local rows=(
		'command line: --colour: no such setting | --colour'
		'command line: -x: no such setting | -x'
		'command line: --machine-link: no such setting | --machine-link eth0'
		'command line: --rootfs: needs a value | --rootfs'
		'command line: -e: needs a value | -e'
		'memory: "12Q": not a size | --memory 12Q'
		'memory: "": not a size | --memory='
		'memory: "-1": not a size | --memory -1'
		'memory: "0": a size of nothing | --memory 0'
		'memory: "99999999999999G": not a size | --memory 99999999999999G'
		'tmpfs-size: "big": not a size | --tmpfs-size big'
		'cpus: "0": less than the kernel | --cpus 0'
		'cpus: "1.": not a number | --cpus 1.'
		'cpus: "1,5": not a number | --cpus 1,5'
		'memory-swap: "12Q": not a size | --memory 1M --memory-swap 12Q'
		'memory-swap: "-2": not a size | --memory 1M --memory-swap -2'
		'memory-swap: needs memory | --memory-swap 1G'
		'memory-swap: is memory and swap together | --memory 2G --memory-swap 1G'
		'memory-reservation: "some": not a size | --memory-reservation some'
		'memory-reservation: is more than memory | --memory 1G --memory-reservation 2G'
		'oom-group: "maybe": neither yes nor no | --oom-group=maybe'
		'cpu-shares: "1": not a number of shares | --cpu-shares 1'
		'cpu-shares: "262145": not a number of shares | --cpu-shares 262145'
		'cpuset-cpus: "0-": not a list | --cpuset-cpus 0-'
		'cpuset-cpus: "": not a list | --cpuset-cpus='
		'cpuset-cpus: "3-1": not a list | --cpuset-cpus 3-1'
		'cpuset-mems: "all": not a list | --cpuset-mems all'
		'device-read-bps: "/dev/vda": not a device and a value | --device-read-bps /dev/vda'
		'device-read-bps: "vda:1M": not a device and a value | --device-read-bps vda:1M'
		'device-write-bps: "/dev/vda:fast": not a device and a rate | --device-write-bps /dev/vda:fast'
		'device-read-iops: "/dev/vda:1M": not a device and a rate | --device-read-iops /dev/vda:1M'
		'device-write-iops: "/dev/vda:0": not a device and a rate | --device-write-iops /dev/vda:0'
		'blkio-weight: "9": not a weight | --blkio-weight 9'
		'blkio-weight: "1001": not a weight | --blkio-weight 1001'
		'blkio-weight-device: "/dev/vda:5": not a weight | --blkio-weight-device /dev/vda:5'
		'hugetlb: "2M": not a size of pages | --hugetlb 2M'
		'hugetlb: "3M=6M": no machine has pages | --hugetlb 3M=6M'
		'hugetlb: "2M=3M": the limit is not a multiple | --hugetlb 2M=3M'
		'pids-limit: "0": not a number | --pids-limit 0'
		'pids-limit: "many": not a number | --pids-limit many'
		'network: "bridged": not one of none.bridge.slirp.host | --network bridged'
		'ip: "172.20.0": not an IPv4 address | --ip 172.20.0'
		'ip: "172.20.0.256": not an IPv4 address | --ip 172.20.0.256'
		'ip: "::1": not an IPv4 address | --ip ::1'
		'dns: "localhost": not an IPv4 address | --dns localhost'
		'subnet: "172.20.0.0": not an IPv4 network | --subnet 172.20.0.0'
		'subnet: "172.20.0.0/33": not an IPv4 network | --subnet 172.20.0.0/33'
		'subnet: .*has bits set | --network bridge --subnet 172.20.0.1/16'
		'subnet: .*the prefix | --network bridge --subnet 172.20.0.0/31'
		'ip: .*is outside of the subnet | --network bridge --ip 172.21.0.1'
		'ip: .*is the subnet.s own | --network bridge --ip 172.20.0.1'
		'ip: .*is the subnet.s own | --network bridge --ip 172.20.255.255'
		'ip: .*needs --network bridge | --ip 172.20.0.2'
		'publish: "80:": not a port | -p 80:'
		'publish: "0:80": not a port | -p 0:80'
		'publish: "80:65536": not a port | -p 80:65536'
		'publish: "80:80/sctp": not a port | -p 80:80/sctp'
		'publish: "1.2.3:80:80": not a port | -p 1.2.3:80:80'
		'publish: "80-90:80": a range of ports needs one as long | -p 80-90:80'
		'bridge: "a/b": not a network interface | --bridge a/b'
		'bridge: "sixteen-letters-": not a network interface | --bridge sixteen-letters-'
		'name: "../x": not a name | --name ../x'
		'name: "": not a name | --name='
		'hostname: "a_b": not a hostname | --hostname a_b'
		'volume: "data": not a volume | -v data'
		'volume: "/a:b": not a volume | -v /a:b'
		'volume: "/a:/b:rx": not a volume | -v /a:/b:rx'
		'env: "=x": a variable without a name | -e =x'
		'env: "NOT_SET_ANYWHERE": not set | -e NOT_SET_ANYWHERE'
		'workdir: "srv": not an absolute path | -w srv'
		'stdin: "file": not one of | --stdin file'
		'seccomp: "off": not one of | --seccomp off'
		'explain: "maybe": neither yes nor no | --explain=maybe'
		'rootfs: "": is empty | --rootfs='
		'user: "": is empty | --user='
	)
	for row in "${rows[@]}"; do
		read -r -a words <<<"${row##* | }"
		case ${words[*]} in
		--rootfs | -e) ;;
		*) words+=(--rootfs "$ROOT" -- /bin/touch "$PWD/ran") ;;
		esac
		refused "${row% | *}" "$INITBOX" run "${words[@]}"
	done
	[ ! -e ran ]
}
@test "options" {
	inside options
}

nothing_to_run() {
	refused 'command: is missing' box
	refused 'command: is missing' box --
	refused 'rootfs: is missing' "$INITBOX" run -- /bin/true
	many=$(seq 3000)
	# shellcheck disable=SC2086 # words
	prints 0 "$(echo $many)" box -- /bin/echo $many
}
@test "no command, no root; any number of arguments" {
	inside nothing_to_run
}

rootfs() {
	refused 'rootfs /none/at/all: open: .*ENOENT' "$INITBOX" run --rootfs /none/at/all -- /bin/true
	refused 'rootfs /etc/passwd: neither a directory nor an image' "$INITBOX" run --rootfs /etc/passwd -- /bin/true
	refused "rootfs none: open: .*ENOENT" "$INITBOX" run --rootfs none -- /bin/true
	refused 'rootfs /none: open: .*ENOENT' box --rootfs /none -- /bin/true
	refused 'overlay: mount: .*ELOOP' box --rootfs "$ROOT" -- /bin/true
	# With all that a network makes before.
	refused 'rootfs /none: open: .*ENOENT' "$INITBOX" run --rootfs /none --network bridge -p 8080:80 -- /bin/true
}
@test "a root that is missing, is a file, is named twice" {
	inside rootfs
}

strange_images() {
	# An image may not lead the mounts elsewhere (CVE-2019-19921).
	for place in proc sys dev; do
		mkdir -p image/bin victim
		cp "$ROOT/bin/busybox" image/bin/true
		ln -s "$PWD/victim" image/$place
		refused "mounts: /$place: .*ELOOP" "$INITBOX" run --rootfs image -- /bin/true
		rm image/$place
		ln -s /bin image/$place
		refused "mounts: /$place: .*ELOOP" "$INITBOX" run --rootfs image -- /bin/true
		rm image/$place
		echo file >image/$place
		refused "mounts: /$place: .*(ENOTDIR|EINVAL)" "$INITBOX" run --rootfs image --network bridge -- /bin/true
		same '' "$(ls -A victim)" 'what is outside'
		rm -r image
	done
	mkdir empty
	expect 127 "$INITBOX" run --rootfs empty -- /bin/true
	line '^initbox: exec: /bin/true: .*ENOENT' err
	same '' "$(ls -A empty)" 'the image'
}
@test "an image whose /proc, /sys or /dev is a link or a file; an empty one" {
	inside strange_images
}

volumes() {
	mkdir data
	echo x >file
	refused '/none: .*ENOENT' box -v /none:/data -- /bin/true
	refused '(/srv/file|volume).*: .*(ENOTDIR|EEXIST|EINVAL)' box -v "$PWD/data:/srv/file" -- /bin/true
	refused '(/srv|volume).*: .*(EISDIR|ENOTDIR|EEXIST|EINVAL)' box -v "$PWD/file:/srv" -- /bin/true
	same '' "$(ls -A data)" 'the volume'
}
@test "a volume without a source, or of another kind than its target" {
	inside volumes
}

trace_file() {
	refused '(trace|/none/t).*ENOENT' box --trace /none/t -- /bin/touch /ran
	refused '.*(EISDIR)' box --trace "$PWD" -- /bin/true
	mkdir data
	expect 125 box --trace /none/t -v "$PWD/data:/data" -- /bin/touch /data/ran
	# It is known before the program runs.
	[ ! -e data/ran ]
}
@test "a trace file that can't be written" {
	inside trace_file
}

closed() {
	mkdir data
	for close in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
		got=0
		bash -c "exec $close; exec \"\$@\"" - "$INITBOX" run --rootfs "$ROOT" -v "$PWD/data:/data" --network bridge -- \
			/bin/sh -c 'ls -l /proc/$$/fd | grep -v /data >/data/fds; exit 3' || got=$?
		same 3 $got "exit with $close"
		# What was closed is closed or /dev/null; nothing of the launcher's has taken its place.
		not grep -E 'socket|cgroup|/run|netlink|anon_inode|users' data/fds
	done
	for close in '2>&-' '<&- >&- 2>&-'; do
		for what in '--rootfs /none' "--rootfs $ROOT -w /none" "--colour" \
			"--rootfs $ROOT --network bridge --explain --name one --verbose -v /none:/x"; do
			got=0
			# shellcheck disable=SC2086 # words
			bash -c "exec $close; exec \"\$@\"" - "$INITBOX" run $what -- /bin/true || got=$?
			same 125 $got "exit of $what with $close"
		done
		got=0
		bash -c "exec $close; exec \"\$@\"" - "$INITBOX" run --rootfs "$ROOT" --network bridge -p 8080:80 --explain --verbose \
			--name one --trace "$PWD/trace" -- /bin/sh -c 'exit 4' || got=$?
		same 4 $got "exit of --explain with $close"
		jq . trace >/dev/null
		rm trace
	done
}
@test "stdin, stdout and stderr closed" {
	inside closed
}

not_readable() {
	# Words that nobody reads any more do not change the way of a box.
	got=0
	{ "$INITBOX" run --rootfs "$ROOT" --explain -- /bin/sh -c 'exit 6' 2>&1 || echo $? >got; } | true
	same 6 "$(cat got)" 'exit with a closed pipe'
	got=0
	"$INITBOX" run --rootfs "$ROOT" --explain -- /bin/sh -c 'exit 6' 2>/dev/full || got=$?
	same 6 $got 'exit with a full device'
	got=0
	"$INITBOX" run --help >/dev/full 2>err || got=$?
	same 125 $got 'help that is not written'
}
@test "stderr that takes nothing" {
	inside not_readable
}

no_proc() {
	leaks_snapshot /run/mine
	cat >hide <<-'END'
		while umount -l /proc 2>/dev/null; do :; done
		"$@" >out 2>err
		echo $? >got
	END
	unshare --mount --propagation private sh hide "$INITBOX" run --rootfs "$ROOT" --network bridge -- /bin/true
	same 125 "$(cat got)" exit
	same 1 "$(grep -vc hint: err)" "lines: $(cat err)"
	line '^initbox: [a-z]+: .*/proc' err
	leaks_check /run/mine
}
@test "a host without /proc" {
	inside no_proc
}
