#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: what the program of a box sees and may do, read from the kernel.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper try-escape
}

own_processes() {
	background sleep 60
	expect 0 box -- /bin/sh -c 'sleep 50 & set -- /proc/[0-9]*; echo $*; cat /proc/1/comm /proc/2/comm; kill $!'
	printf '/proc/1 /proc/2 /proc/3\ninitbox\nsh\n' | diff - out
}
@test "only its own processes" {
	inside own_processes
}

namespaces() {
	for ns in mnt pid uts ipc net cgroup; do
		host=$(readlink /proc/self/ns/$ns)
		box=$(box -- /bin/readlink /proc/self/ns/$ns)
		[ "$host" != "$box" ] || { echo "$ns: shared with the host: $box"; return 1; }
		if [ $ns = net ]; then
			same "$host" "$(box --network host -- /bin/readlink /proc/self/ns/net)" '--network host'
		fi
		two=$(box -- /bin/readlink /proc/self/ns/$ns)
		[ "$two" != "${box%]}" ]
	done
}
@test "namespaces of its own" {
	inside namespaces
}

mounts() {
	expect 0 box -- /bin/cat /proc/self/mountinfo
	# mount point, options of the mount, type
	sed 's/^[0-9]* [0-9]* [0-9:]* [^ ]* //; s/ - / /' out | while read -r point options type _; do
		echo "$point $options $type"
	done | grep -v ' /proc/\|^/proc/\|^/sys/[^f]\|^/sys/firmware' | diff - <(cat <<-END
		/ rw,nodev,relatime overlay
		/proc rw,nosuid,nodev,noexec,relatime proc
		/sys ro,nosuid,nodev,noexec,relatime sysfs
		/sys/fs/cgroup ro,nosuid,nodev,noexec,relatime cgroup2
		/dev rw,nosuid,noexec,relatime tmpfs
		/dev/pts rw,nosuid,noexec,relatime devpts
		/dev/shm rw,nosuid,nodev,noexec,relatime tmpfs
		/dev/mqueue rw,nosuid,nodev,noexec,relatime mqueue
	END
	)
	# Nothing tells where the image is on the host, and nothing is shared with a mount outside.
	not grep -F "${ROOT%/root}" out
	not grep -E ' (shared|master):' out
	# What is hidden or read-only has one mount each, where the kernel has such a file.
	for path in /proc/acpi /proc/interrupts /proc/kcore /proc/keys /proc/timer_list /proc/bus /proc/irq /proc/sys \
		/proc/sysrq-trigger /sys/firmware; do
		[ ! -e $path ] || same 1 "$(awk -v p=$path '$5 == p' out | wc -l)" "mounts on $path"
	done
}
@test "the mounts that are meant, and no others" {
	inside mounts
}

masked() {
	for path in /proc/interrupts /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug; do
		[ -e $path ] || continue
		prints 0 0 box -- /bin/sh -c "cat $path | wc -c"
	done
	for path in /proc/acpi /sys/firmware; do
		[ -e $path ] || continue
		prints 0 '' box -- /bin/ls -A $path
		expect 1 box -- /bin/touch $path/x
	done
	for path in /proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/sysrq-trigger /proc/irq/default_smp_affinity \
		/sys/kernel/mm/ksm/run /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/cgroup.subtree_control; do
		[ -e $path ] || continue
		expect 1 box -- /bin/sh -c "echo 1 >$path"
		line 'Read-only file system|Permission denied' err
	done
	same host "$(hostname)" 'the host'
}
@test "files about the machine are hidden or read-only" {
	inside masked
}

devices() {
	expect 0 box -- /bin/sh -c 'cd /dev; for f in *; do [ -c $f ] && [ ! -L $f ] && stat -c "%n %t:%T %a %u:%g" $f; done; stat -c "%n %N" fd stdin stdout stderr ptmx'
	diff - out <<-END
		full 1:7 666 0:0
		null 1:3 666 0:0
		random 1:8 666 0:0
		tty 5:0 666 0:0
		urandom 1:9 666 0:0
		zero 1:5 666 0:0
		fd 'fd' -> '/proc/self/fd'
		stdin 'stdin' -> '/proc/self/fd/0'
		stdout 'stdout' -> '/proc/self/fd/1'
		stderr 'stderr' -> '/proc/self/fd/2'
		ptmx 'ptmx' -> 'pts/ptmx'
	END
	prints 0 0000 box -- /bin/sh -c 'head -c 2 /dev/zero | od -An -tx1 | tr -d " "'
	expect 1 box -- /bin/sh -c 'echo x >/dev/full'
	line 'No space left' err
	# A device of the host can't be made, whatever directory allows devices, nor used where the image has one.
	for disk in /tmp/disk /dev/disk /dev/shm/disk; do
		expect 1 box -- /bin/mknod $disk b 254 0
		line 'Operation not permitted' err
	done
	mkdir layer
	mknod layer/null c 1 3
	mknod layer/zero c 1 5
	expect 1 box --rootfs layer -- /bin/sh -c 'echo x >/null'
	line 'Permission denied' err
	expect 1 box --rootfs layer -v "$PWD/layer:/data" -- /bin/dd if=/data/zero of=/dev/null bs=1 count=1
	line 'Permission denied' err
}
@test "/dev holds what every program needs, and no device of the host" {
	inside devices
}

host_files() {
	echo secret >/run/secret
	mkdir /run/mounted
	mount -t tmpfs tmpfs /run/mounted
	expect 1 box -- /bin/ls /run/secret "$HERE" /lib/x86_64-linux-gnu "$ROOT"
	same '' "$(cat out)" 'of the host, seen in the box'
	# .. does not lead out, neither does the root of PID 1.
	prints 0 "$(printf 'bin\ndev\netc\nhome\nproc\nroot\nsrv\nsys\ntmp')" box -- /bin/ls /../../..
	expect 1 box -- /bin/ls /proc/1/root/
	umount /run/mounted
}
@test "no file of the host" {
	inside host_files
}

image_untouched() {
	expect 0 box -- /bin/sh -c '
		echo changed >/srv/file; rm -r /srv/deep; mkdir /srv/deep; echo new >/srv/deep/new; ln -s x /link; mknod /pipe p
		chmod 700 /etc; chown 5:5 /home/alice; rm /bin/awk; mv /etc/passwd /etc/moved; touch -d @0 /root
		cat /srv/file; ls /srv/deep; ls -d /bin/awk /etc/passwd 2>&1 | grep -c No'
	printf 'changed\nnew\n2\n' | diff - out
	# The next box begins from the image again; inside compares the image itself.
	prints 0 'of the image' box -- /bin/cat /srv/file
	prints 0 /etc/passwd box -- /bin/ls /etc/passwd
}
@test "what the box writes and removes does not reach the image" {
	inside image_untouched
}

sized() {
	expect 1 box --tmpfs-size 4M -- /bin/dd if=/dev/zero of=/big bs=1M count=8
	line 'No space left' err
	expect 0 box --tmpfs-size 4M -- /bin/sh -c 'head -c 3000000 /dev/zero >/big; stat -c %s /big'
	same 3000000 "$(cat out)" 'what fits'
	prints 0 8000000 box -- /bin/sh -c 'head -c 8000000 /dev/zero >/big; stat -c %s /big'
	expect 1 box -- /bin/dd if=/dev/zero of=/dev/big bs=1k count=100
	line 'No space left' err
}
@test "--tmpfs-size: full is ENOSPC" {
	inside sized
}

layers() {
	mkdir -p top/srv/deep middle/srv only
	echo top >top/srv/file
	echo middle >middle/srv/file
	echo middle >middle/srv/middle
	echo deep >top/srv/deep/deeper
	prints 0 "$(printf 'top\nmiddle\nof the image, too\ndeep')" \
		"$INITBOX" run --rootfs top --rootfs middle --rootfs "$ROOT" -- \
		/bin/sh -c 'cat /srv/file /srv/middle /srv/deep/file /srv/deep/deeper; rm -r /srv'
	same top "$(cat top/srv/file)" 'a layer, afterwards'
	layers=()
	for n in $(seq 11); do
		mkdir -p "layer $n:,=\\"
		echo "$n" >"layer $n:,=\\/n$n"
		layers+=(--rootfs "layer $n:,=\\")
	done
	prints 0 66 "$INITBOX" run "${layers[@]}" --rootfs "$ROOT" -- /bin/sh -c 'cat /n* | awk "{ s += \$1 } END { print s }"'
}
@test "several layers, the first one on top; strange names" {
	inside layers
}

many_layers() {
	layers=()
	for n in $(seq 15); do
		mkdir -p "layer$n"
		echo "$n" >"layer$n/n$n"
		layers+=(--rootfs "layer$n")
	done
	refused 'rootfs: .*too many' "$INITBOX" run "${layers[@]}" --rootfs "$ROOT" --rootfs layer1 -- /bin/true
	prints 0 120 "$INITBOX" run "${layers[@]}" --rootfs "$ROOT" -- \
		/bin/sh -c 'cat /n* | awk "{ s += \$1 } END { print s }"'
}
@test "16 layers, and not more" {
	inside many_layers
}

privileges() {
	expect 0 box -- /bin/grep -E '^(Cap|NoNewPrivs|Seccomp:|Sig(Blk|Ign)|Uid|Umask)' /proc/self/status
	diff - out <<-END
		Umask:	0022
		Uid:	0	0	0	0
		SigBlk:	0000000000000000
		SigIgn:	0000000000000000
		CapInh:	0000000000000000
		CapPrm:	00000000a00425fb
		CapEff:	00000000a00425fb
		CapBnd:	00000000a00425fb
		CapAmb:	0000000000000000
		NoNewPrivs:	1
		Seccomp:	2
	END
	expect 0 box -u alice -- /bin/grep -E '^(Cap|NoNewPrivs|Seccomp:|Uid|Gid)' /proc/self/status
	diff - out <<-END
		Uid:	1000	1000	1000	1000
		Gid:	1000	1000	1000	1000
		CapInh:	0000000000000000
		CapPrm:	0000000000000000
		CapEff:	0000000000000000
		CapBnd:	00000000a00425fb
		CapAmb:	0000000000000000
		NoNewPrivs:	1
		Seccomp:	2
	END
	prints 0 'Seccomp:	0' box --seccomp none -- /bin/grep Seccomp: /proc/self/status
	# PID 1 has what it needs to pass signals on; it drops the rest when it goes on, which is once the program runs.
	prints 0 'CapEff:	0000000000000020' box -- /bin/sh -c \
		'n=0; until grep "CapEff:.*0020$" /proc/1/status || [ $((n += 1)) = 200 ]; do usleep 10000; done'
}
@test "capabilities, no_new_privs, seccomp" {
	inside privileges
}

caller_signals() {
	# What the caller ignores or blocks is no business of the box: a program that is started expects defaults.
	expect 0 sh -c 'trap "" HUP INT TERM CHLD; exec "$@"' - "$INITBOX" run --rootfs "$ROOT" -- \
		/bin/grep -E '^Sig(Blk|Ign)' /proc/self/status
	line '^SigBlk:	0000000000000000$' out
	line '^SigIgn:	0000000000000000$' out
}
@test "signals that the caller ignores are not ignored in the box" {
	inside caller_signals
}

descriptors() {
	exec 9</etc/passwd 10</ 200>/run/open
	expect 0 box -- /bin/sh -c 'ls /proc/$$/fd; true'
	printf '0\n1\n2\n' | diff - out
	expect 0 box --network bridge -p 8080:80 -- /bin/sh -c 'ls /proc/$$/fd; true'
	printf '0\n1\n2\n' | diff - out
	# PID 1 has none at all that could be reached through /proc, once it goes on.
	expect 0 box --seccomp none -- /bin/sh -c \
		'n=0; until [ -z "$(ls /proc/1/fd)" ] || [ $((n += 1)) = 200 ]; do usleep 10000; done; ls /proc/1/fd || :'
	same '' "$(cat out)" 'descriptors of PID 1'
	exec 9<&- 10<&- 200>&-
}
@test "no descriptor of the caller's (CVE-2024-21626)" {
	inside descriptors
}

pid1_is_closed() {
	sum=$(cksum <"$INITBOX")
	expect 0 box -- /bin/try-escape
	cat out
	same "$sum" "$(cksum <"$INITBOX")" 'initbox itself'
	# The launcher's words are gone before the program can look, however fast it is.
	for round in 1 2 3 4 5 6 7 8 9 10; do
		expect 0 box -e SECRET=word -- /bin/cat /proc/1/cmdline
		same initbox "$(tr '\0' ' ' <out | sed 's/ *$//')" "command line of PID 1 in round $round"
	done
}
@test "PID 1 can't be opened, traced or written to (CVE-2019-5736, CVE-2016-9962)" {
	inside pid1_is_closed
}

orphans() {
	expect 0 box -- /bin/sh -c '
		for i in 1 2 3 4 5 6 7 8 9 10; do (sleep 0.05 & sleep 0.02 & :); done
		n=0
		while [ $n -lt 300 ] && [ "$(ls -d /proc/[0-9]* | wc -l)" -gt 4 ]; do n=$((n + 1)); usleep 10000; done
		for p in /proc/[0-9]*; do sed -n "s/^State:\tZ/zombie/p; s/^Name://p" $p/status 2>/dev/null; done'
	not grep zombie out
	not grep sleep out
}
@test "orphans are reaped" {
	inside orphans
}

whole_box_ends() {
	# What the program leaves running ends with it, at once and without a trace, when nothing is to be waited for.
	start=$(leaks_now_ms)
	prints 0 end box --on-exit none -- /bin/sh -c 'trap "" TERM HUP; (trap "" TERM HUP; sleep 60) </dev/null & setsid sleep 60 & echo end'
	[ $(($(leaks_now_ms) - start)) -lt 3000 ]
}
@test "the end of the program is the end of the box" {
	inside whole_box_ends
}

filter() {
	# The program of a box may not do these, whoever it is in there.
	for call in 'mount -t tmpfs x /tmp' 'umount /proc' 'unshare -m true' 'chroot / mount -t tmpfs x /tmp' 'swapoff -a /x' \
		'insmod /x' 'hwclock -w' 'reboot -f' 'chroot / mknod /dev/x c 1 1 && cat /dev/x' 'nsenter -t 1 -m true' 'pivot_root / /tmp'; do
		got=0
		box -- /bin/sh -c "$call" >out 2>&1 || got=$?
		[ $got != 0 ] || { echo "$call: possible"; return 1; }
	done
}
@test "system calls of the machine's administration are refused" {
	inside filter
}
