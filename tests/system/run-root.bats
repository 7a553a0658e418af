#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: what the root of a box is made of: image files, a kept upper, read-only, the host's own root.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	export IMAGES=$BATS_FILE_TMPDIR/images
	mkdir -p "$IMAGES/top/srv"
	echo 'of the top' >"$IMAGES/top/srv/top"
	mksquashfs "$ROOT" "$IMAGES/box.squashfs" -quiet -no-progress >/dev/null
	mkfs.erofs -zlz4 "$IMAGES/box.erofs" "$ROOT" >/dev/null 2>&1
	truncate -s 16M "$IMAGES/box.ext4"
	mkfs.ext4 -q -d "$ROOT" "$IMAGES/box.ext4"
}

# of IMAGE [OPTION…] -- COMMAND…
of() {
	local image=$1
	shift
	"$INITBOX" run --rootfs "$image" "$@"
}

loops() {
	losetup --list --noheadings --output BACK-FILE | grep -c "$IMAGES" || :
}

images() {
	for kind in squashfs erofs ext4; do
		sum=$(cksum <"$IMAGES/box.$kind")
		prints 0 "$(printf 'of the image\nnew')" of "$IMAGES/box.$kind" -- \
			/bin/sh -c 'cat /srv/file; echo new >/srv/file; rm -r /home; cat /srv/file'
		same "$sum" "$(cksum <"$IMAGES/box.$kind")" "$kind, afterwards"
		same 0 "$(loops)" 'loop devices in use'
	done
	# The name of an image is a path as any other.
	ln "$IMAGES/box.squashfs" 'a b:,=\.img' 2>/dev/null || cp "$IMAGES/box.squashfs" 'a b:,=\.img'
	prints 0 'of the image' of 'a b:,=\.img' -- /bin/cat /srv/file
}
@test "an image file: squashfs, erofs, ext4" {
	inside images
}

mixed() {
	prints 0 "$(printf 'of the top\nof the image\nof the image, too')" "$INITBOX" run --rootfs "$IMAGES/top" \
		--rootfs "$IMAGES/box.squashfs" --rootfs "$IMAGES/box.ext4" --rootfs "$ROOT" -- \
		/bin/cat /srv/top /srv/file /srv/deep/file
	prints 0 'of the image' "$INITBOX" run --rootfs "$IMAGES/box.erofs" --rootfs "$IMAGES/top" -- /bin/cat /srv/file
}
@test "images and directories as layers of one root" {
	inside mixed
}

at_once() {
	for n in {1..12}; do
		of "$IMAGES/box.squashfs" -- /bin/sh -c "sleep 0.2; echo $n" >"out$n" 2>"err$n" &
	done
	wait
	same "$(seq 12)" "$(cat out{1,2,3,4,5,6,7,8,9,10,11,12})" "$(cat err*)"
	same 0 "$(loops)" 'loop devices in use'
}
@test "many boxes at once of one image" {
	inside at_once
}

killed() {
	background "$INITBOX" run --rootfs "$IMAGES/box.squashfs" --name killed -- /bin/sh -c 'echo ready; sleep 60' >log 2>&1
	soon grep -q ready log
	same 1 "$(loops)" 'loop devices in use'
	kill -KILL "$PID"
	wait "$PID" || :
	soon eval '[ "$(loops)" = 0 ]'
	prints 0 '' box --name killed -- /bin/true
	# What fails after the device was taken lets it go as well.
	refused '/none: openat2: .*ENOENT' of "$IMAGES/box.squashfs" -w /none -- /bin/true
	refused 'volume.*|/none: .*ENOENT' of "$IMAGES/box.squashfs" -v /none:/x -- /bin/true
	same 0 "$(loops)" 'loop devices in use'
}
@test "a loop device goes with its box, also when the launcher is killed" {
	inside killed
}

no_images() {
	echo text >file
	: >empty
	mkfifo pipe
	head -c 4096 "$IMAGES/box.squashfs" >short
	(head -c 1024 /dev/zero; printf '\342\341\365\340'; head -c 8000 /dev/zero) >broken
	for name in file empty; do
		refused "root: rootfs $name: neither a directory nor an image" of $name -- /bin/true
	done
	refused 'root: rootfs pipe: ' of pipe -- /bin/true
	refused 'root: rootfs /dev/zero: neither a directory nor an image' of /dev/zero -- /bin/true
	refused 'root: squashfs of /dev/loop[0-9]*: mount: ' of short -- /bin/true
	refused 'root: erofs of /dev/loop[0-9]*: mount: ' of broken -- /bin/true
	refused 'root: rootfs /none: open: .*ENOENT' box --rootfs /none -- /bin/true
	# Without loop devices.
	mount --bind /dev/null /dev/loop-control
	refused 'LOOP_CTL_GET_FREE: .*ENOTTY' of "$IMAGES/box.squashfs" -- /bin/true
	umount /dev/loop-control
	same 0 "$(loops)" 'loop devices in use'
}
@test "what is no image, and one that is broken" {
	inside no_images
}

block_device() {
	loop=$(losetup --find --show --read-only "$IMAGES/box.ext4")
	exec 9<"$loop"
	losetup --detach "$loop"
	prints 0 'of the image' of "$loop" -- /bin/cat /srv/file
	exec 9<&-
}
@test "a block device" {
	inside block_device
}

upper() {
	mkdir up
	prints 0 '' box --upper up -- /bin/sh -c 'echo kept >/srv/new; rm /srv/file; mkdir /made; echo changed >/etc/group'
	prints 0 "$(printf 'kept\ndeep\nnew\nchanged')" box --upper up -- /bin/sh -c 'cat /srv/new; ls /srv; cat /etc/group'
	# On the host it is what an overlay's upper is.
	same kept "$(cat up/srv/new)" 'the file'
	same 'character special file 0:0' "$(stat -c '%F %t:%T' up/srv/file)" 'a whiteout'
	same 'of the image' "$(cat "$ROOT/srv/file")" 'the lower layer'
	[ ! -e up.work ]
	# Under every name.
	mkdir 'u p:,=\x'
	ln -s 'u p:,=\x' link
	prints 0 '' box --upper link -- /bin/touch /new
	[ -e 'u p:,=\x/new' ] && [ ! -e link.work ] && [ ! -e 'u p:,=\x.work' ]
	prints 0 /new box --upper "$PWD/u p:,=\\x/" -- /bin/ls /new
	# What is there for the workdir is no obstacle, and stays when it is not empty.
	mkdir -p up.work/other && chmod 700 up.work
	prints 0 kept box --upper up -- /bin/cat /srv/new
	[ -d up.work/other ]
}
@test "--upper keeps what the box writes" {
	inside upper
}

upper_in_use() {
	mkdir up
	start one --upper up
	refused 'upper: upper up: is in use by another box' box --upper up -- /bin/true
	ln -s up link
	refused 'upper link: is in use' box --upper link -- /bin/true
	stop "$PID"
	prints 0 '' box --upper up -- /bin/true
	# Its launcher was killed.
	start two --upper up
	kill -KILL "$PID"
	wait "$PID" || :
	soon box --name two --upper up -- /bin/touch /after
	[ -e up/after ] && [ ! -e up.work ]
}
@test "an upper belongs to one box" {
	inside upper_in_use
}

upper_refused() {
	mkdir up mounted small layered ro ro/up lower over over/work over/up
	refused 'upper: upper none: open: .*ENOENT' box --upper none -- /bin/true
	echo x >file
	refused 'upper: upper file: open: .*ENOTDIR' box --upper file -- /bin/true
	refused 'upper: upper /: can.t have a workdir' box --upper / -- /bin/true
	mount -t tmpfs tmpfs mounted
	refused 'upper: upper mounted: is a mount of its own' box --upper mounted -- /bin/true
	mkdir mounted/in
	prints 0 '' box --upper mounted/in -- /bin/touch /x
	# Another mount of the same file system will not do for an overlay.
	mount --bind up small
	refused 'upper: upper small: is a mount of its own' box --upper small -- /bin/true
	umount small
	# A full one: no room for a workdir, no room for what the box writes.
	mount -t tmpfs -o nr_inodes=3 tmpfs small
	mkdir small/up
	touch small/full
	refused 'small/up.work: mkdir: .*ENOSPC' box --upper small/up -- /bin/true
	rm small/full
	refused '(small/up|overlay|/proc).*(ENOSPC|full|write)' box --upper small/up -- /bin/true
	umount small
	mount -t tmpfs -o size=64k tmpfs small
	mkdir small/up
	expect 1 box --upper small/up -- /bin/dd if=/dev/zero of=/big bs=4k count=100
	line 'No space left' err
	umount small
	# An overlay can't be an upper, nor can what is read-only.
	mount -t overlay -o "lowerdir=lower,upperdir=over/up,workdir=over/work" overlay layered
	mkdir layered/up
	refused 'overlay: mount: .*EINVAL' box --upper layered/up -- /bin/true
	line 'hint: ' err
	umount layered
	mount --bind ro ro
	mount -o remount,bind,ro ro
	refused 'ro/up.work: mkdir: .*EROFS' box --upper ro/up -- /bin/true
	umount ro
	# Nothing was made for those that failed.
	same '' "$(find . -name '*.work')" 'workdirs'
	umount mounted
}
@test "an upper that can't be one, and a full one" {
	inside upper_refused
}

upper_takes_over() {
	# What lies deep in the workdir the kernel does not clear away: it goes on without an upper, and tells only its log.
	mkdir -p up up.work/work/a/b/c/d/e && chmod 700 up.work
	refused 'upper up: the overlay can.t write to it' box --upper up -- /bin/true
	[ -d up.work/work/a/b/c/d/e ]
}
workdir_of_others() {
	# The kernel empties a workdir: what stands in its place and is not initbox's own is not touched, nor followed.
	mkdir -p up up.work/work
	echo precious >up.work/work/file
	refused 'up.work: is there, and is no workdir that initbox has made' box --upper up -- /bin/true
	same precious "$(cat up.work/work/file)" 'what was there'
	rm -r up.work
	mkdir -p victim/work
	chmod 700 victim
	echo precious >victim/work/file
	ln -s "$PWD/victim" up.work
	refused 'up.work: is there, and is no workdir that initbox has made' box --upper up -- /bin/true
	same precious "$(cat victim/work/file)" 'behind a link'
}
@test "the place of the workdir is somebody else's" {
	inside workdir_of_others
}

@test "an upper that the kernel would ignore" {
	inside upper_takes_over
}

read_only() {
	mkdir data
	echo host >data/file
	for what in 'echo x >/new' 'echo x >>/srv/file' 'rm /srv/file' 'mkdir /srv/x' 'chmod 700 /srv' 'mount -o remount,rw /' 'touch /etc/x'; do
		expect 1 box --read-only -- /bin/sh -c "$what"
		line 'Read-only file system|not permitted|denied' err
	done
	# Volumes, tmpfs and name servers work all the same, also where the image has nothing.
	prints 0 "$(printf 'host\nnew\nin memory\nnameserver 192.0.2.1')" box --read-only -v "$PWD/data:/made/here" --tmpfs /memory --dns 192.0.2.1 -- \
		/bin/sh -c 'cat /made/here/file; echo new >/made/here/new; cat /made/here/new; echo "in memory" >/memory/x; cat /memory/x /etc/resolv.conf'
	same new "$(cat data/new)" 'written into the volume'
	prints 0 '' box --read-only -- /bin/sh -c 'echo x >/dev/shm/x; echo x >/dev/null'
	prints 0 'of the image' of "$IMAGES/box.squashfs" --read-only -- /bin/cat /srv/file
	refused 'read-only: can.t be together with upper' box --read-only --upper data -- /bin/true
	refused 'read-only: can.t be together with tmpfs-size' box --read-only --tmpfs-size 1M -- /bin/true
}
@test "--read-only" {
	inside read_only
}

host_root() {
	mkdir -p /run/sub
	echo secret >/run/sub/secret
	# The host's own commands; what is mounted in it is not there; what is written is gone.
	expect 0 of / -- /bin/bash -c 'hostname; cat /run/sub/secret; echo broken >/etc/passwd; rm -rf /usr/share; ls /proc/self/fd | wc -l; stat -f -c %T / /proc /sys /dev'
	same 'box-' "$(head -c 4 out)" 'the hostname'
	not grep secret out
	printf '%s\n' overlayfs proc sysfs tmpfs | diff - <(tail -n 4 out)
	grep -q '^root:' /etc/passwd && [ -d /usr/share ]
	expect 0 of / -- /bin/cat /proc/self/mountinfo
	same 1 "$(awk '$5 == "/"' out | wc -l)" 'mounts on /'
	not grep -E ' (/run|/home|/boot|/tmp)[ /]' out
}
@test "--rootfs /: a view of the host that is thrown away" {
	inside host_root
}

user() {
	setpriv --reuid 1000 --regid 1000 --clear-groups "$INITBOX" run --rootfs own "$@"
}

# The same for an ordinary user, in a user namespace.
ordinary_user() {
	mkdir up data
	cp -a "$ROOT" own
	echo host >data/file
	chown -hR 1000:1000 . own
	for _ in 1 2; do
		prints 0 '' user --upper up -- /bin/sh -c 'echo kept >/srv/new; rm -f /srv/file; mkdir -p /made'
		[ ! -e up.work ]
	done
	prints 0 "$(printf 'deep\nnew')" user --upper up -- /bin/ls /srv
	prints 0 "$(printf 'host\nx')" user --read-only -v "$PWD/data:/made/here" --tmpfs /memory -- \
		/bin/sh -c 'cat /made/here/file; echo x >/memory/x; cat /memory/x; ! echo x 2>/dev/null >/new'
	prints 0 'file' user --mount "type=overlay,src=$PWD/data,dst=/x" -- /bin/sh -c 'rm /x/file; echo x >/x/file; ls /x'
	same host "$(cat data/file)" 'the lower layer'
	prints 0 1:3 user --device /dev/null:/dev/other -- /bin/stat -c %t:%T /dev/other
	# An image takes a loop device, which is not his.
	refused '(loop-control|box.squashfs|squashfs).*(EACCES|EPERM)' setpriv --reuid 1000 --regid 1000 --clear-groups \
		"$INITBOX" run --rootfs "$IMAGES/box.squashfs" -- /bin/true
}
@test "a kept upper, --read-only, volumes and devices of an ordinary user" {
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
	inside ordinary_user
}

# A filter around initbox, or an old kernel: what is missing is said, with what is needed.
missing_calls() {
	mkdir data
	for call in fsopen fsconfig fsmount statx open_tree move_mount mount_setattr; do
		prints 0 'of the image' strace -f -qq -o calls -e "trace=$call" -e "inject=$call:error=ENOSYS" "$INITBOX" run --rootfs "$ROOT" -- /bin/cat /srv/file
	done
	for call in open_tree move_mount mount_setattr openat2; do
		refused ": $call: .*ENOSYS" strace -f -qq -o calls -e "trace=$call" -e "inject=$call:error=ENOSYS" "$INITBOX" run --rootfs "$ROOT" -v data:/x -- /bin/true
		line "hint: .*a kernel of 5\.[0-9]+ or newer is needed \($call\)" err
	done
	# Without the newer calls there are no words of the kernel, but its number is there.
	refused 'overlay: mount: .*ELOOP' strace -f -qq -o calls -e trace=fsopen -e inject=fsopen:error=ENOSYS "$INITBOX" run --rootfs "$ROOT" --rootfs "$ROOT" -- /bin/true
}
@test "newer system calls that are not there" {
	inside missing_calls
}
