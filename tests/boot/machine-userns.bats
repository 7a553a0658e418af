#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# User namespaces, joined namespaces and clocks on the older kernel: boxes in a privileged box, as root and as a user, each
# a line NAME=what it printed, blanks for newlines, and its exit code.

load lib

setup_file() {
	setup_machines
	cat >"$DIR/boxes.sh" <<-'END'
		export PATH=/bin:/usr/bin:/sbin
		say() {
			name=$1
			shift
			got=$("$@" 2>&1)
			code=$?
			echo "$name=$(echo $got) $code"
		}
		mkdir -p /tmp/mine/root /tmp/disk /tmp/data
		cp -a /bin /usr /etc /tmp/mine/root
		mkdir -p /tmp/mine/root/srv/deep
		echo image >/tmp/mine/root/srv/file
		chown 1000:1000 /tmp/data
		chown -hR 1000:1000 /tmp/mine
		user() {
			su user -c 'exec /usr/bin/initbox run --rootfs /tmp/mine/root "$@"' -- - "$@"
		}
		root() {
			initbox run --rootfs /tmp/mine/root "$@"
		}
		say user-id user -- /bin/sh -c 'id -u; cat /proc/self/uid_map /proc/self/setgroups; ls /..'
		say user-files user -v /tmp/data:/data -- /bin/sh -c 'cat /srv/file; rm /srv/file; ls /srv; echo x >/data/user; : >/dev/null; ls /sys/class/net'
		say user-owner stat -c %u /tmp/data/user
		say user-again user -- /bin/sh -c 'rm -r /srv/deep && mkdir /srv/deep'
		say user-host user --pid host --ipc host --uts host --network host -- /bin/true
		say user-clock user --time-offset monotonic=5,boottime=100000 -- /bin/sed 's/\..*//; s/^1000.. .*/set/; s/^1000..$/set/' /proc/uptime
		say user-nested user -- /usr/bin/unshare -U /bin/true
		say root-range root --userns 1000:100 -- /bin/sh -c 'id -u; stat -c %u /srv/file; rm -r /srv/file; touch /srv/new'
		say root-idmap root --userns 100000:1000 -- /bin/sh -c 'true'
		dd if=/dev/zero of=/tmp/image bs=1M count=8 2>/dev/null
		mke2fs -F /tmp/image >/dev/null
		mount -t ext4 -o loop /tmp/image /tmp/disk && cp -a /tmp/mine/root/srv /tmp/disk/ && mkdir /tmp/disk/bin && cp /bin/busybox /tmp/disk/bin/ &&
			chown -hR 0:0 /tmp/disk && mkdir -p /tmp/disk/vol /tmp/disk/mine/upper && chown -R 1000:1000 /tmp/disk/mine
		say disk-range initbox run --rootfs /tmp/disk --userns 100000:1000 -- /bin/busybox sh -c 'busybox stat -c %u /srv/file; busybox rm /srv/file; busybox ls /srv'
		say disk-idmap initbox run --rootfs /tmp/disk --userns 100000:1000 -v /tmp/disk/vol:/vol:idmap -- /bin/busybox touch /vol/file
		say disk-owner stat -c %u /tmp/disk/vol/file
		say user-kept user --upper /tmp/disk/mine/upper -- /bin/sh -c 'rm -r /srv/deep && mkdir /srv/deep && echo new >/srv/deep/new'
		say user-kept-there cat /tmp/disk/mine/upper/srv/deep/new
		say root-join root --pid /proc/1/ns/pid --network /proc/1/ns/net --uts host -- /bin/sh -c 'cat /proc/1/comm; ls /sys/class/net'
		say root-clock root --time-offset monotonic=-1 -- /bin/sh -c 'sed 1q /proc/self/timens_offsets'
		umount /tmp/disk
		exit 7
	END
	printf 'rootfs = /box\nprivileged = yes\ntmpfs-size = 64M\nname = outer\ncommand = /bin/sh /boxes.sh\n' >"$DIR/boxes.conf"
	echo "file /box/usr/bin/initbox $OUT/initbox 0755" >"$DIR/boxes.list"
	image boxes --from "$DIR/boxes.list" --modules-dir "$MODULES_DIR" --module overlay --module loop --config "$DIR/boxes.conf" --file "$DIR/boxes.sh:/box/boxes.sh"
	machine boxes --net none
	tr -d '\r' <"$DIR/boxes.out" >"$DIR/lines"
}

# is NAME TEXT…: the line of each.
is() {
	cat "$DIR/lines" "$DIR/boxes.err"
	[ "$(cat "$DIR/boxes.status")" = 7 ]
	while [ $# -gt 0 ]; do
		grep -qxE -e "$1=$2" "$DIR/lines" || { echo "not there: $1=$2" && return 1; }
		shift 2
	done
}

@test "boxes of a user" {
	is user-id '0 0 1000 1 deny bin dev etc proc srv sys usr 0' user-files 'image deep lo 0' user-owner '1000 0' \
		user-host ' 0' user-clock 'set 0' user-nested '.*Operation not permitted .* 1'
}

# A tmpfs has the attributes that this takes since Linux 6.6.
@test "a directory that was removed can be made again on a disk, and not on an older kernel's tmpfs" {
	is user-again '(| ?.*Input/output error.*) [01]' user-kept ' 0' user-kept-there 'new 0'
}

@test "a range, and files with mapped ids; a file system that can't is named" {
	is root-range '0 0 0' root-idmap '( 0|initbox: userns: ids of /tmp/mine/root: mount_setattr: .*EINVAL.*hint: .* 125)' \
		disk-range '0 deep 0' disk-idmap ' 0' disk-owner '0 0'
}

@test "joined namespaces, and clocks" {
	is root-join 'initbox lo 0' root-clock 'monotonic -1 0 0'
}
