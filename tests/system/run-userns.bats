#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run` in a user namespace: as an ordinary user, with his own id alone and with ranges, and as root with a range.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper try-escape on-tty
	ln -s "$(cd "${BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)/tests/no-syscall" "$HELPERS/no-syscall"
	export USER_ROOT=$BATS_FILE_TMPDIR/user-root
	cp -a "$ROOT" "$USER_ROOT"
	chown -hR 4321:4321 "$USER_ROOT"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
}

# A user of this test's host alone, with ids of his own: the files are those of its mount namespace.
prepare() {
	local file
	for file in passwd group subuid subgid; do
		cp "/etc/$file" "/run/$file" 2>/dev/null || : >"/run/$file"
		touch "/etc/$file"
	done
	echo 'tester:x:4321:4321::/:/bin/sh' >>/run/passwd
	echo 'tester:x:4321:' >>/run/group
	printf '%s\n' 'else:50000:1000' '4321:300000:10' 'tester:200000:65536' >/run/subuid
	printf '%s\n' 'else:50000:1000' 'tester:400000:70000' >/run/subgid
	for file in passwd group subuid subgid; do
		mount --bind "/run/$file" "/etc/$file"
	done
	mkdir /run/bin
	cp "$INITBOX" /run/bin/initbox
	INITBOX=/run/bin/initbox PATH=/run/bin:$PATH
	chmod 755 /run
	as_tester=(--reuid 4321 --regid 4321 --clear-groups)
	ways=(self ranges given)
	way self setpriv "${as_tester[@]}" "$INITBOX" run --rootfs "$USER_ROOT" --userns self
	way ranges setpriv "${as_tester[@]}" "$INITBOX" run --rootfs "$USER_ROOT"
	way given "$INITBOX" run --rootfs "$ROOT" --userns 100000:65536
}

# way NAME COMMAND…: a way of a box with a user namespace (the own id alone, ranges, those that root gives) as a command.
way() {
	local file=/run/bin/$1
	shift
	printf '#!/bin/sh\nexec %s "$@"\n' "$*" >"$file"
	chmod 755 "$file"
}

as_user() {
	setpriv "${as_tester[@]}" "$@"
}

basics() {
	echo secret >/run/secret
	for way in "${ways[@]}"; do
		prints 0 '0:0' "$way" -- /bin/sh -c 'echo $(id -u):$(id -g)'
		prints 0 "$(printf 'web\nweb')" "$way" --name web -- /bin/sh -c 'hostname; echo $HOSTNAME'
		expect 0 "$way" -- /bin/sh -c 'set -- /proc/[0-9]*; echo $*; cat /proc/1/comm'
		printf '/proc/1 /proc/2\ninitbox\n' | diff - out
		prints 0 lo "$way" -- /bin/sh -c 'ls /sys/class/net'
		expect 0 "$way" -- /bin/ip address
		line '^1: lo: <LOOPBACK,UP' out
		not grep '^2:' out
		prints 0 3 "$way" -- /bin/sh -c 'echo "x
y
z" >/dev/shm/a; wc -l </dev/shm/a; :  </dev/null >/dev/zero; head -c 5 /dev/urandom >/tmp/x; test -c /dev/tty'
		expect 7 "$way" -- /bin/sh -c 'exit 7'
		expect 143 "$way" --on-exit none -- /bin/sh -c 'kill -TERM $$'
		expect 127 "$way" -- /bin/none
		# Nothing of the host.
		prints 0 "$(printf 'bin\ndev\netc\nhome\nproc\nroot\nsrv\nsys\ntmp')" "$way" -- /bin/ls /../../..
		expect 1 "$way" -- /bin/ls /run/secret /proc/1/root/etc "$ROOT"
		same '' "$(cat out)" 'of the host, seen in the box'
		prints 0 '0 1 2 3' "$way" -- /bin/sh -c 'cd /proc/self/fd; echo *'
	done
}
@test "basics of a box, in each way" {
	inside basics
}

layers() {
	mkdir top
	echo top >top/top
	chmod 755 . top
	for way in "${ways[@]}"; do
		prints 0 "$(printf 'changed\nnew\n3\nof the image, too\nmade again')" "$way" -- /bin/sh -c '
			cp -r /srv/deep /tmp/deep
			echo changed >/srv/file; rm -r /srv/deep; mkdir /srv/deep; echo new >/srv/deep/new; ln -s x /link; mknod /pipe p
			chmod 700 /etc; rm /bin/awk; mv /etc/passwd /etc/moved; touch -d @0 /root
			cat /srv/file; ls /srv/deep; ls -d /bin/awk /etc/passwd /srv/deep/file 2>&1 | grep -c No
			cat /tmp/deep/file; echo "made again" >/etc/passwd; cat /etc/passwd'
		prints 0 'of the image' "$way" -- /bin/cat /srv/file
		# Two layers, and targets that neither has.
		prints 0 "$(printf 'top\nof the image')" "$way" --rootfs top -- /bin/cat /top /srv/file
		prints 0 top "$way" -v "$PWD/top:/a/b" -- /bin/cat /a/b/top
		prints 0 'nameserver 192.0.2.1' "$way" --dns 192.0.2.1 -- /bin/cat /etc/resolv.conf
		expect 1 "$way" --tmpfs-size 4M -- /bin/dd if=/dev/zero of=/big bs=1M count=8
		line 'No space left' err
	done
	same top "$(ls top)" 'the layer'
}
@test "the image is never written to; removed directories can be made again" {
	inside layers
}

privileges() {
	for way in "${ways[@]}"; do
		expect 0 "$way" -- /bin/grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status
		box -- /bin/grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | diff - out
		# No namespace more, no device, no mount.
		for kind in U m n; do
			expect 1 "$way" -- /bin/unshare -$kind /bin/true
			line 'Operation not permitted' err
		done
		expect 1 "$way" --cap-add MKNOD -- /bin/mknod /tmp/disk b 254 0
		expect 1 "$way" -- /bin/mount -t tmpfs none /tmp
		for path in /proc/sys/kernel/hostname /proc/sysrq-trigger /sys/kernel/mm/ksm/run /sys/fs/cgroup/cgroup.procs; do
			[ -e "$path" ] || continue
			expect 1 "$way" -- /bin/sh -c "echo 1 >$path"
			line 'Read-only file system|Permission denied' err
		done
		prints 0 0 "$way" -- /bin/sh -c 'cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c'
		prints 0 '' "$way" -- /bin/try-escape
		expect 0 "$way" --cap-add ALL --seccomp none -- /bin/sh -c 'mount -t tmpfs none /tmp; hostname own; hostname'
		same own "$(cat out)" 'with all capabilities'
	done
	same host "$(hostname)" 'the host'
}
@test "capabilities, filter, and what is still refused" {
	inside privileges
}

# owner PID: the host's ids of a process.
owner() {
	awk '/^(Uid|Gid):/ { printf "%s ", $3 } /^Groups:/ { $1 = ""; print "[" $0 "]" }' "/proc/$1/status"
}

ids() {
	background self --name two --stdin null -- /bin/sh -c 'id -u; echo ready; exec sleep 60' >two.log 2>&1
	soon grep -q ready two.log
	same 0 "$(head -n 1 two.log)" 'id inside'
	same '4321 4321 []' "$(owner "$(pid_in "$PID")")" 'outside, own id'
	same '4321 4321 []' "$(owner "$(pgrep -P "$PID")")" 'its PID 1'
	stop "$PID"
	background ranges --name three --stdin null -u alice -- /bin/sh -c 'id -u; echo ready; exec sleep 60' >three.log 2>&1
	soon grep -q ready three.log
	same 1000 "$(head -n 1 three.log)" 'id of alice inside'
	# From 1 on: 10 of the first range, then the second; groups have one range.
	same "$((200000 + 999 - 10)) $((400000 + 999)) [ $((400000 + 43)) $((400000 + 49))]" \
		"$(owner "$(pid_in "$PID")")" 'outside, ranges'
	stop "$PID"
	background given --name four --stdin null -- /bin/sh -c 'echo ready; exec sleep 60' >four.log 2>&1
	soon grep -q ready four.log
	same '100000 100000 []' "$(owner "$(pid_in "$PID")")" 'outside, given by root'
	same '100000 100000 []' "$(owner "$(pgrep -P "$PID")")" 'its PID 1'
	stop "$PID"
	prints 0 '0 4321 1' self -- /bin/sh -c 'echo $(cat /proc/self/uid_map)'
	prints 0 deny self -- /bin/cat /proc/self/setgroups
	prints 0 '0 4321 1 1 300000 10 11 200000 65536' ranges -- /bin/sh -c 'echo $(cat /proc/self/uid_map)'
	prints 0 '0 4321 1 1 400000 70000' ranges -- /bin/sh -c 'echo $(cat /proc/self/gid_map)'
	prints 0 '0 4321 1 1 200000 100' ranges --userns 200000:100 --userns auto --userns self -- /bin/sh -c \
		'echo $(cat /proc/self/uid_map) 1 200000 100'
}
@test "who the program is, inside and outside" {
	inside ids
}

keep_id() {
	prints 0 '4321:4321' ranges --userns keep-id -- /bin/sh -c 'echo $(id -u):$(id -g)'
	prints 0 '0:0' ranges --userns keep-id -u root -- /bin/sh -c 'echo $(id -u):$(id -g)'
	prints 0 '0 300000 10 10 200000 4311 4321 4321 1 4322 204311 61225' ranges --userns keep-id -- \
		/bin/sh -c 'echo $(cat /proc/self/uid_map)'
	: >/run/subuid
	prints 0 '4321 4321 1' ranges --userns keep-id -- /bin/sh -c 'echo $(cat /proc/self/uid_map)'
	prints 0 '4321:4321 0000000000000000' ranges --userns keep-id -- \
		/bin/sh -c 'echo $(id -u):$(id -g) $(sed -n "s/^CapEff:.//p" /proc/self/status)'
	refused 'userns: keep-id: is for ordinary users' box --userns keep-id -- /bin/true
}
@test "--userns keep-id" {
	inside keep_id
}

volumes() {
	mkdir mine roots
	chown 4321:4321 mine
	chmod 700 mine roots
	prints 0 '' self -v "$PWD/mine:/data" -- /bin/touch /data/self
	prints 0 '' ranges -v "$PWD/mine:/data" -- /bin/sh -c 'touch /data/root /data/alice; chown alice:video /data/alice'
	same '4321:4321 4321:4321' "$(stat -c %u:%g mine/self mine/root | paste -sd ' ')" 'owner of what the user wrote'
	same "$((200000 + 999 - 10)):$((400000 + 43))" "$(stat -c %u:%g mine/alice)" 'owner of what alice wrote'
	# Root's directory that only root may enter: the launcher opens it; the box may not use it, unless ids are mapped.
	chmod 711 .
	expect 1 given -v "$PWD/roots:/data" -- /bin/touch /data/file
	line 'Permission denied' err
	prints 0 '0:0' given -v "$PWD/roots:/data:idmap" -- /bin/sh -c 'touch /data/file /data/alice; chown 1000:1000 /data/alice; stat -c %u:%g /data/file'
	same '0:0 1000:1000' "$(stat -c %u:%g roots/file roots/alice | paste -sd ' ')" 'owners behind idmap'
	mount -t tmpfs late mine
	mount --make-shared mine
	expect 0 given -v "$PWD/mine:/data" -- /bin/cat /proc/self/mountinfo
	not grep -E ' (shared|master):' out
	umount mine
	for fault in 'box' 'self' 'ranges'; do
		refused 'volume .*/mine: idmap: ' "$fault" -v "$PWD/mine:/data:idmap" -- /bin/true
	done
	refused 'volume: "/a:/b:idmaps": not a volume' box -v /a:/b:idmaps -- /bin/true
	refused '/none.*ENOENT' given -v /none:/data -- /bin/true
	refused '/none.*ENOENT' ranges -v /none:/data -- /bin/true
}
@test "whose the files in a volume are; id-mapped ones" {
	inside volumes
}

images() {
	# Files of root are root's inside, in whatever directory the image is; one that has the ids already stays as it is.
	mkdir -m 700 closed
	cp -a "$ROOT" closed/root
	mkdir -p pre/own
	touch pre/own/root pre/own/one
	chown -R 100000:100000 pre
	chown 100001:100001 pre/own/one
	prints 0 '0:0 1000:1000 0:0 1:1' "$INITBOX" run --userns 100000:65536 --rootfs pre --rootfs closed/root -- \
		/bin/sh -c 'echo $(stat -c %u:%g /etc/passwd /home/alice /own/root /own/one)'
	refused 'userns: /etc/passwd: only a directory can be a layer' "$INITBOX" run --userns 100000:65536 --rootfs /etc/passwd -- /bin/true
	refused '/none: .*ENOENT' "$INITBOX" run --userns 100000:65536 --rootfs /none -- /bin/true
	# Of somebody else: what all may read can be read.
	prints 0 'of the image' as_user "$INITBOX" run --rootfs "$ROOT" -- /bin/cat /srv/file
	refused 'closed/root: .*EACCES' as_user "$INITBOX" run --rootfs "$PWD/closed/root" -- /bin/true
}
@test "images of root, of the range, of somebody else" {
	inside images
}

with_others() {
	mkdir -p data mine/keep
	echo data >data/file
	chown -R 4321:4321 mine data
	chmod 755 . data
	for way in "${ways[@]}"; do
		prints 0 "$(printf 'data\nbox\n1777')" "$way" -v "$PWD/data:/over:O" --mount "type=tmpfs,target=/fs" --tmpfs /more -- \
			/bin/sh -c 'cat /over/file; echo box >/over/file; cat /over/file; stat -c %a /fs'
		expect 1 "$way" --read-only -v "$PWD/data:/data:ro" -- /bin/sh -c 'touch /x || touch /data/x'
		line 'Read-only file system' err
		prints 0 0 "$way" --device /dev/zero:/dev/nothing --device /dev/null:/opt/null -- \
			/bin/sh -c 'head -c 1 /dev/nothing | od -An -td1 | tr -d " "; : >/opt/null'
		prints 0 "$(printf '1\nweb')" "$way" --sysctl net.ipv4.ip_forward=1 --name web -- \
			/bin/sh -c 'cat /proc/sys/net/ipv4/ip_forward; hostname'
		prints 0 ok "$way" --privileged -- /bin/sh -c 'hostname changed && : >/dev/null && mount -t tmpfs x /tmp && echo ok'
		expect 5 on-tty ready 'typed^M' "$(command -v "$way")" -t -i -- \
			/bin/sh -c 'test -t 0 && echo ready; read x; test "$x" = typed && test -c /dev/console && exit 5'
	done
	same data "$(cat data/file)" 'under an overlay'
	for way in self ranges; do
		prints 0 "$way" "$way" --upper "$PWD/mine/keep" -- /bin/sh -c "rm /srv/deep/file; echo $way >/srv/kept; cat /srv/kept; ln /srv/kept /srv/link"
		prints 0 "$way" "$way" --upper "$PWD/mine/keep" -- /bin/sh -c 'cat /srv/kept; rm /srv/link; ! test -e /srv/deep/file; cp /bin/busybox /srv/deep/file'
		same '4321:4321' "$(stat -c %u:%g mine/keep/srv/kept)" 'owner of what is kept'
		[ ! -e mine/keep.work ]
	done
	refused 'upper .*/keep: can.t be kept' given --upper "$PWD/mine/keep" -- /bin/true
	expect 125 self --group-add staff -- /bin/true
	line 'setgroups: .*(EPERM|EINVAL)' err
	prints 0 '0 50' ranges --group-add staff -- /bin/id -G
	mksquashfs "$PWD/data" image -quiet -no-progress
	refused '(/dev/loop-control|loop[0-9]*).*: .*(EACCES|EPERM)' self --rootfs "$PWD/image" -- /bin/true
	refused 'image: only a directory can be a layer' given --rootfs "$PWD/image" -- /bin/true
}
@test "with what else a box may have" {
	inside with_others
}

without_ranges() {
	mine='0 4321 1'
	# No helper, no line, a line of one kind only: the own id alone.
	mount --bind /dev/null /usr/bin/newuidmap
	prints 0 "$mine" ranges -- /bin/sh -c 'echo $(cat /proc/self/uid_map)'
	refused 'userns: newuidmap: is not there' ranges --userns 200000:10 -- /bin/true
	umount /usr/bin/newuidmap
	: >/run/subgid
	prints 0 "$mine" ranges -- /bin/sh -c 'echo $(cat /proc/self/uid_map)'
	printf 'tester:x:1\ntester\ntester:5:0\n' >/run/subuid
	prints 0 "$mine" ranges -- /bin/sh -c 'echo $(cat /proc/self/uid_map)'
	# Ids that are not his to give, and a helper without its privileges.
	refused 'userns: /usr/bin/newuidmap: newuidmap: uid range .*not allowed' ranges --userns 5:3 -- /bin/true
	echo tester:200000:65536 | tee /run/subuid >/run/subgid
	cp /usr/bin/newuidmap /run/bin/newuidmap
	mount --bind /run/bin/newuidmap /usr/bin/newuidmap
	refused 'userns: /usr/bin/newuidmap: newuidmap: .*not permitted' ranges -- /bin/true
	umount /usr/bin/newuidmap
	# Root's own lines.
	refused '/etc/subuid, /etc/subgid: gives no ids to root' box --userns auto -- /bin/true
	echo root:500000:1000 | tee /run/subuid >/run/subgid
	prints 0 '0 500000 1000' box --userns auto -- /bin/sh -c 'echo $(cat /proc/self/uid_map)'
	prints 0 '0 0 1' box --userns self -- /bin/sh -c 'echo $(cat /proc/self/uid_map)'
}
@test "without ranges, or newuidmap" {
	inside without_ranges
}

no_such_id() {
	expect 125 self -u alice -- /bin/true
	line '^initbox: privileges: 1000: setresgid: .*EINVAL' err
	line '^initbox: hint: the user namespace' err
	expect 125 given --userns 100000:10 -u 1000 -- /bin/true
	line '(setgroups|setresgid): .*EINVAL' err
	refused 'network: bridge: needs root' self --network bridge -- /bin/true
	expect 125 ranges --userns host -- /bin/true
	line '^initbox: clone: .*clone3: .*EPERM' err
	line '^initbox: hint: namespaces need root' err
	# A limit that can't be set is an error, with the file or the controller.
	expect 125 ranges --memory 64M -- /bin/true
	line '^initbox: cgroup: ' err
	for bad in 100000 : 0:0 auto:1 'keep-id ' 4294967295:1 -1:5; do
		refused 'userns: ".*": not one of host.auto.self.keep-id.FIRST:COUNT' box --userns "$bad" -- /bin/true
	done
}
@test "ids that the box does not have, and other bad input" {
	inside no_such_id
}

bridged() {
	start one --userns 100000:65536 --network bridge -- /bin/sh -c 'ip address show eth0; echo ready; exec sleep 60'
	line '172\.20\.' one.log
	stop "$PID"
	prints 0 0 given --network bridge -- /bin/sh -c 'id -u'
}
@test "a bridge for the box of a range" {
	inside bridged
}

covered() {
	# The kernel gives no new sysfs where parts of the old one are hidden: then the host's is shown, read-only.
	mount -t tmpfs cover /sys/kernel
	for way in "${ways[@]}"; do
		expect 0 "$way" -- /bin/sh -c 'ls /sys/class/net; ! touch /sys/kernel/x 2>/dev/null'
		expect 0 "$way" -- /bin/grep -c ' /sys ro,nosuid,nodev,noexec' /proc/self/mountinfo
	done
	umount /sys/kernel
	mount -t tmpfs cover /proc/sys
	for way in "${ways[@]}"; do
		expect 125 "$way" -- /bin/true
		line '^initbox: root: proc: fsmount: .*EPERM' err
		line '^initbox: hint: something is mounted over' err
	done
	umount /proc/sys
	# Root of somebody else's user namespace: --userns self.
	expect 125 unshare -Urm "$INITBOX" run --rootfs "$ROOT" -- /bin/true
	line 'EPERM' err
	prints 0 0 unshare -Urm "$INITBOX" run --userns self --rootfs "$ROOT" -- /bin/id -u
}
@test "a host whose /sys or /proc is covered, or is a user namespace itself" {
	inside covered
}

setuid() {
	install -m 4755 "$INITBOX" /run/tmp/setuid
	chmod 755 /run/tmp
	refused 'setuid: ' as_user /run/tmp/setuid run --rootfs "$USER_ROOT" -- /bin/true
	prints 0 4321 as_user /bin/sh -c 'id -u'
	refused 'setuid: ' as_user /run/tmp/setuid -u 0 -- /bin/true
}
@test "a setuid copy refuses to run" {
	inside setuid
}

differs() {
	[ "$(readlink "$1")" != "$(readlink /proc/self/ns/net)" ]
}

host_namespaces() {
	for way in "${ways[@]}"; do
		prints 0 "$(readlink /proc/self/ns/net)" "$way" --network host -- /bin/readlink /proc/self/ns/net
		prints 0 "$(readlink /proc/self/ns/uts)" "$way" --uts host -- /bin/readlink /proc/self/ns/uts
		prints 0 "$(readlink /proc/self/ns/ipc)" "$way" --ipc host -- /bin/readlink /proc/self/ns/ipc
		prints 0 "$(readlink /proc/self/ns/pid)" "$way" --pid host -- /bin/readlink /proc/self/ns/pid
		prints 0 host "$way" --uts host -- /bin/hostname
	done
	background unshare --net sleep 60
	other=/proc/$PID/ns/net
	soon differs "$other"
	prints 0 "$(readlink "$other")" given --network "$other" -- /bin/readlink /proc/self/ns/net
	expect 125 ranges --network "netns:$other" -- /bin/true
	line 'network namespace /proc/.*/ns/net: (setns: .*EPERM|open: .*EACCES)' err
}
@test "namespaces of the host beside an own user namespace" {
	inside host_namespaces
}

ends() {
	# Whatever way it ends nothing stays; a launcher that is killed takes the box with it.
	for way in "${ways[@]}"; do
		background "$way" --name "$way" --stdin null -- /bin/sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 60 & wait $!; done' \
			>"$way.log" 2>&1
		soon grep -q ready "$way.log"
		init=$(pgrep -P "$PID")
		kill -TERM "$PID"
		got=0
		wait "$PID" || got=$?
		same 5 $got "exit of $way after TERM"
		soon gone "$init"
		background "$way" --name "$way" --stdin null -- /bin/sh -c 'echo ready; exec sleep 60' >"$way.log" 2>&1
		soon grep -q ready "$way.log"
		init=$(pgrep -P "$PID")
		kill -KILL "$PID"
		soon gone "$init"
	done
	# What a killed launcher of root leaves the next box of that name takes away.
	prints 0 '' given --name given -- /bin/true
}
@test "orders to stop, and a killed launcher" {
	inside ends
}

older() {
	for call in clone3 close_range openat2 fsopen fsconfig fsmount move_mount open_tree mount_setattr; do
		for way in self given; do
			got=0
			no-syscall $call "$way" -v "$PWD:/data" -- /bin/sh -c 'id -u' >out 2>err || got=$?
			case $call in
			clone3 | close_range) same '0 0' "$got $(cat out err)" "$way without $call" ;;
			*)
				same 125 $got "exit of $way without $call"
				line "^initbox: [a-z]+: .*: $call: Function not implemented \(ENOSYS\)" err
				line "^initbox: hint: a kernel of [0-9.]+ or newer is needed \($call\)" err
				same 2 "$(wc -l <err)" "lines: $(cat err)"
				;;
			esac
		done
	done
}
@test "kernels that lack a newer system call" {
	inside older
}

explained() {
	for way in "${ways[@]}"; do
		expect 0 "$way" --dry-run -- /bin/true
		line '^\+ unshare ' err
		expect 0 "$way" --explain --pid host --time-offset boottime=5 -- /bin/true
		line '^\+ unshare --user --mount --uts' err
		line '^\+ unshare --time --monotonic 0 --boottime 5' err
		line '^\+ mount --bind /dev/null /mnt/dev/null' err
		line 'lowerdir=.*userxattr' err
	done
	expect 0 self --explain -- /bin/true
	line '^\+ echo deny >/proc/PID/setgroups' err
	expect 0 ranges --explain -- /bin/true
	line '^\+ newuidmap PID 0 4321 1 1 300000 10 11 200000 65536' err
	line '^\+ newgidmap PID 0 4321 1 1 400000 70000' err
	expect 0 given --explain -v "$ROOT:/data:idmap" -- /bin/true
	line '^\+ echo 0 100000 65536 >/proc/PID/uid_map' err
	line 'X-mount.idmap=' err
}
@test "--explain and --dry-run" {
	inside explained
}
