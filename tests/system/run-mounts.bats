#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: --mount, --tmpfs, --device and the words of -v.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
}

# options_of TARGET: of the mount there in the mountinfo on stdin.
options_of() {
	awk -v at="$1" '$5 == at { print $6 }'
}

binds() {
	mkdir -p data/below 'o,d "d:'
	echo host >data/file
	echo odd >'o,d "d:/file'
	prints 0 host box --mount "type=bind,source=$PWD/data,target=/made/data" -- /bin/cat /made/data/file
	prints 0 odd box --mount "type=bind,\"src=$PWD/o,d \"\"d:\",dst=/x" -- /bin/cat /x/file
	prints 0 odd box -v "$PWD/o,d \"d\\::/x" -- /bin/cat /x/file
	expect 1 box --mount "type=bind,src=$PWD/data,dst=/x,readonly" -- /bin/touch /x/new
	line 'Read-only' err
	expect 0 box --mount "src=$PWD/data,dst=/x,ro=false,noexec" -- /bin/cat /proc/self/mountinfo
	same 'rw,nosuid,nodev,noexec,relatime' "$(options_of /x <out)" 'options'
	expect 0 box -v "$PWD/data:/x:suid,dev,ro" -- /bin/cat /proc/self/mountinfo
	same 'ro,relatime' "$(options_of /x <out)" 'options'
	# One file, and a target that is only in another volume.
	prints 0 host box --mount "type=bind,src=$PWD/data/file,dst=/etc/issue,ro" -- /bin/cat /etc/issue
}
@test "--mount type=bind" {
	inside binds
}

below() {
	mkdir -p data/below
	mount -t tmpfs tmpfs data/below
	echo below >data/below/file
	prints 0 below box -v "$PWD/data:/x" -- /bin/cat /x/below/file
	prints 0 '' box -v "$PWD/data:/x:bind" -- /bin/ls /x/below
	prints 0 '' box --mount "src=$PWD/data,dst=/x,bind-nonrecursive" -- /bin/ls /x/below
	prints 0 '' box --mount "src=$PWD/data,dst=/x,bind-recursive=disabled" -- /bin/ls /x/below
	for words in ro rro ro,rprivate; do
		expect 1 box -v "$PWD/data:/x:$words" -- /bin/touch /x/below/new
		line 'Read-only' err
	done
	expect 1 box --mount "src=$PWD/data,dst=/x,ro,bind-recursive=readonly" -- /bin/touch /x/below/new
	expect 1 box --mount "src=$PWD/data,dst=/x,ro,bind-recursive=writable" -- /bin/sh -c 'touch /x/below/new && touch /x/new'
	line 'x/new: Read-only' err
	[ -e data/below/new ] && [ ! -e data/new ]
	umount data/below
}
@test "what is mounted below a volume" {
	inside below
}

propagation() {
	mkdir -p shared/late private
	mount --bind shared shared
	mount --make-shared shared
	for words in rslave slave rshared; do
		start $words -v "$PWD/shared:/x:ro,$words"
		box_pid=$(pgrep -P "$PID")
		mount -t tmpfs late shared/late
		grep -q ' /x/late .*late' "/proc/$box_pid/mountinfo"
		umount shared/late
		not grep -q ' /x/late ' "/proc/$box_pid/mountinfo"
		stop "$PID"
	done
	start private --mount "type=bind,src=$PWD/shared,dst=/x,bind-propagation=rprivate"
	box_pid=$(pgrep -P "$PID")
	mount -t tmpfs late shared/late
	not grep -q ' /x/late ' "/proc/$box_pid/mountinfo"
	umount shared/late
	stop "$PID"
	for words in rslave rshared; do
		refused "volume $PWD/private: lies on a mount that is not shared" box -v "$PWD/private:/x:$words" -- /bin/true
	done
	# Whose master is elsewhere can be a slave, but has nothing to share.
	mount --make-slave shared
	refused 'not shared' box -v "$PWD/shared:/x:rshared" -- /bin/true
	umount shared
}
@test "propagation" {
	inside propagation
}

memory() {
	expect 0 box --tmpfs /a --tmpfs /b/c:size=1m,mode=700,exec,uid=1000,gid=50 --mount type=tmpfs,dst=/d,tmpfs-size=64k,tmpfs-mode=1770,ro -- \
		/bin/sh -c 'cat /proc/self/mountinfo; for d in /a /b/c /d; do stat -c "%a %u:%g" $d; done'
	same 'rw,nosuid,nodev,noexec,relatime' "$(options_of /a <out)" /a
	same 'rw,nosuid,nodev,relatime' "$(options_of /b/c <out)" /b/c
	same 'ro,nosuid,nodev,noexec,relatime' "$(options_of /d <out)" /d
	printf '1777 0:0\n700 1000:50\n1770 0:0\n' | diff - <(tail -n 3 out)
	expect 1 box --tmpfs /a:size=64k -- /bin/dd if=/dev/zero of=/a/big bs=4k count=17
	line 'No space left' err
	# A bound for files, too, and one without a word about size.
	expect 1 box --tmpfs /a:size=64k -- /bin/sh -c 'for i in $(seq 100); do : >/a/$i || exit; done'
	line 'No space left' err
	prints 0 262144 box --tmpfs /a -- /bin/sh -c 'df -k /a | tail -n 1 | awk "{ print \$2 }"'
	# A volume in it: what is missing is made there, and nobody else sees it.
	mkdir data
	echo host >data/file
	prints 0 host box --tmpfs /run -v "$PWD/data:/run/made/here" -- /bin/cat /run/made/here/file
	prints 0 host box --tmpfs /run -v "$PWD/data/file:/run/file" -- /bin/cat /run/file
	prints 0 file box -v "$PWD/data:/dev/data" -- /bin/ls /dev/data
}
@test "--tmpfs" {
	inside memory
}

overlays() {
	mkdir data other
	echo host >data/file
	echo host >data/gone
	prints 0 "$(printf 'host\nnew\nfile\nnew')" box --mount "type=overlay,src=$PWD/data,dst=/x" -v "$PWD/other:/y:O" -- \
		/bin/sh -c 'cat /x/file; echo new >/x/new; rm /x/gone; cat /x/new; ls /x; touch /y/new'
	same "$(printf 'file\ngone')" "$(ls data)" 'the lower layer'
	same '' "$(ls other)" 'the other one'
	mkdir up
	prints 0 host box --upper up --mount "type=overlay,src=$PWD/data,dst=/x" -- /bin/sh -c 'echo new >/x/new; cat /x/file'
	same host "$(cat data/file)" 'the lower layer'
	refused 'volume /none: open: .*ENOENT' box --mount type=overlay,src=/none,dst=/x -- /bin/true
	refused 'volume .*/data/file: open: .*ENOTDIR' box --mount "type=overlay,src=$PWD/data/file,dst=/x" -- /bin/true
}
@test "--mount type=overlay: a directory that the box may write to, and that stays as it is" {
	inside overlays
}

in_the_upper_only() {
	mkdir data inner
	echo x >inner/file
	refused '/data/new: is missing, and is not made because it would stay in the host.s directory' \
		box -v "$PWD/data:/data" -v "$PWD/inner:/data/new/deep" -- /bin/true
	refused '/data/file: is missing' box -v "$PWD/data:/data" -v "$PWD/inner/file:/data/file" -- /bin/true
	refused '/data/t: is missing' box -v "$PWD/data:/data" --tmpfs /data/t -- /bin/true
	same '' "$(ls -A data)" 'the volume'
	mkdir data/new
	prints 0 file box -v "$PWD/data:/data" -v "$PWD/inner:/data/new" -- /bin/ls /data/new
	prints 0 file box --mount "type=overlay,src=$PWD/data,dst=/data" -v "$PWD/inner:/data/made" -- /bin/ls /data/made
	same new "$(ls -A data)" 'the lower layer'
}
@test "missing targets are made in the box, never in a directory of the host" {
	inside in_the_upper_only
}

refusals() {
	local rows=(
		'mount: "type=volume,src=a,dst=/b": not a type of mount | --mount type=volume,src=a,dst=/b'
		'mount: "type=bind,src=/a": a mount needs target= | --mount type=bind,src=/a'
		'mount: "type=bind,dst=/a": a mount needs source= | --mount type=bind,dst=/a'
		'mount: "type=bind,src=/a,dst=/b,colour": not a word of a mount | --mount type=bind,src=/a,dst=/b,colour'
		'tmpfs: "run": not a tmpfs | --tmpfs run'
		'tmpfs: "/run:size=big": not a tmpfs | --tmpfs /run:size=big'
		'device: "fuse": not a device | --device fuse'
		'device: "/dev/null:rwx": not a device | --device /dev/null:rwx'
		'volume /x: two volumes have this target | --tmpfs /x -v /srv:/x'
		'/proc: nothing can be mounted in /proc or /sys | --tmpfs /proc'
		'/sys/fs/cgroup: nothing can be mounted in /proc | --tmpfs /sys/fs/cgroup'
		'devices: device /none: stat: .*ENOENT | --device /none:/dev/x'
		'devices: device /etc/passwd: is no device | --device /etc/passwd:/dev/x'
		'devices: device /dev: is no device | --device /dev'
		'/srv/file.*(ENOTDIR|EEXIST) | --tmpfs /srv/file'
	)
	for row in "${rows[@]}"; do
		read -r -a words <<<"${row##* | }"
		refused "${row% | *}" box "${words[@]}" -- /bin/touch "$PWD/ran"
	done
	many=()
	for n in {1..33}; do
		many+=(--tmpfs "/t$n")
	done
	refused 'tmpfs: "/t33": too many of them' box "${many[@]}" -- /bin/true
	[ ! -e ran ]
}
@test "bad input" {
	inside refusals
}

# take_loop FILE: a device for it in $loop, which goes when descriptor 9 is closed.
take_loop() {
	loop=$(losetup --find --show "$1")
	exec 9<"$loop"
	losetup --detach "$loop"
}

devices() {
	truncate -s 1M disk
	take_loop disk
	chmod 640 "$loop"
	before=$(stat -c '%a %u:%g' "$loop")
	prints 0 "$(stat -c '%t:%T %a %u:%g' "$loop")" box --device "$loop:/dev/disk" -- /bin/stat -c '%t:%T %a %u:%g' /dev/disk
	for at in /dev/disk /dev/a/b/disk /disk /srv/file; do
		expect 0 box --device "$loop:$at" -- /bin/sh -c "dd if=$at of=/dev/null bs=512 count=1 && echo written >$at && chmod 777 $at && chown 5:5 $at"
		same written "$(head -n 1 "$loop")" "written through $at"
		dd if=/dev/zero of="$loop" bs=512 count=1 2>/dev/null
	done
	same "$before" "$(stat -c '%a %u:%g' "$loop")" 'the node of the host'
	prints 0 1:3 box --device /dev/null -- /bin/stat -c %t:%T /dev/null
	expect 0 box --read-only --device "$loop:/disk" -- /bin/dd if=/disk of=/dev/null bs=512 count=1
	exec 9<&-
}
@test "--device: a node of the box's own" {
	inside devices
}

device_access() {
	truncate -s 1M disk
	take_loop disk
	expect 0 box --device "$loop:/dev/disk:r" -- /bin/dd if=/dev/disk of=/dev/null bs=512 count=1
	expect 1 box --device "$loop:/dev/disk:r" -- /bin/dd if=/dev/null of=/dev/disk
	line 'Operation not permitted' err
	expect 0 box --device "$loop:/dev/disk:w" -- /bin/dd if=/dev/zero of=/dev/disk bs=512 count=1
	expect 1 box --device "$loop:/dev/disk:w" -- /bin/dd if=/dev/disk of=/dev/null
	line 'Operation not permitted' err
	# What every box has goes on working, and nothing else does.
	prints 0 ok box --device "$loop:/dev/disk:r" --tmpfs /t:dev -- /bin/sh -c 'for d in zero random urandom; do head -c 1 /dev/$d >/dev/null; done
		echo x >/dev/null && test -c /dev/pts/ptmx && exec 3<>/dev/ptmx && echo ok'
	major=$((0x$(stat -c %t "$loop"))) minor=$((0x$(stat -c %T "$loop")))
	# A box that may make nodes can't open what it was not given.
	for options in '' "--device $loop:/dev/disk:rm"; do
		# shellcheck disable=SC2086 # words
		expect 1 box --cap-add MKNOD $options -- /bin/sh -c "mknod /dev/new b $major $minor && dd if=/dev/zero of=/dev/new bs=512 count=1"
		line 'new.*Operation not permitted' err
	done
	expect 0 box --cap-add MKNOD --device "$loop" -- /bin/sh -c "mknod /dev/new b $major $minor && dd if=/dev/zero of=/dev/new bs=512 count=1"
	prints 0 '' box --cap-add MKNOD -- /bin/sh -c 'mknod /dev/n c 1 3 && echo x >/dev/n'
	# The devices that initbox itself needs are no matter.
	truncate -s 8M layer
	mkfs.ext4 -q layer
	prints 0 '' box --rootfs layer --cap-add MKNOD --device "$loop:/x:r" -- /bin/dd if=/x of=/dev/null count=1 status=none
	refused 'device: a privileged box may' box --privileged --device "$loop:/x:r" -- /bin/true
	exec 9<&-
	umount /sys/fs/cgroup
	mount -t tmpfs tmpfs /sys/fs/cgroup
	refused 'devices: device: the box has no cgroup v2' box --device /dev/null:/dev/x:r -- /bin/true
	prints 0 '' box --device /dev/null:/dev/x -- /bin/true
	umount /sys/fs/cgroup
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
}
@test "--device :r, :w, and nodes that a box makes itself" {
	inside device_access
}

explained() {
	mkdir data
	expect 0 box --upper data --device /dev/null:/dev/x:r --tmpfs /t:size=1M -v "$PWD/data:/v:ro,rslave" --mount "type=overlay,src=$PWD/data,dst=/o" \
		--dry-run -- /bin/true
	for step in 'flock -n data' 'mkdir .*data.work' 'bpftool cgroup attach' 'mount --rbind -o nosuid,nodev,ro,rslave .*/data /mnt/v' \
		'mount -t tmpfs -o mode=1777,size=1048576,nosuid,nodev,noexec tmpfs /mnt/t' 'mount -t overlay -o .*lowerdir=.*upperdir=data,workdir=data.work' \
		'mount -t overlay -o lowerdir=.*/data,.* overlay /mnt/o' 'cp -a /dev/null /mnt/dev/x'; do
		line "^\\+ .*$step" err
	done
	[ ! -e data.work ]
	expect 0 box --read-only --dry-run -- /bin/true
	line '^\+ mount -o remount,bind,ro /' err
	: >image
	expect 0 "$INITBOX" run --rootfs image --dry-run -- /bin/true
	line '^\+ mount -o ro,loop.* image /mnt/0' err
	sed 's/^+ //; /BPF instructions/d' err >commands
	sh -n commands
}
@test "--dry-run tells what would be mounted" {
	inside explained
}
