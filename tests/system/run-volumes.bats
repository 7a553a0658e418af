#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: directories and files of the host in a box, and what else of the launcher's it holds: terminal, name
# servers, memory of the kernel.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper on-tty
}

directory() {
	mkdir -p data/sub
	echo host >data/file
	prints 0 host box -v "$PWD/data:/data" -- /bin/sh -c 'cat /data/file; echo box >/data/sub/new'
	same box "$(cat data/sub/new)" 'written by the box'
	prints 0 "$(printf '0\n0')" box -v "$PWD/data:/srv" -- /bin/sh -c 'ls /srv | grep -c deep; echo 0'
	# A target that the image does not have is made, in the box alone.
	prints 0 host box -v "$PWD/data:/a/b/c" -- /bin/cat /a/b/c/file
	prints 0 host box -v data:/data --volume="$PWD/data:/other:rw" -- /bin/cat /other/file
	expect 0 box -v "$PWD/data:/data" -- /bin/grep ' /data ' /proc/self/mountinfo
	line ' /data rw,nosuid,nodev' out
}
@test "a directory, written to" {
	inside directory
}

read_only() {
	mkdir -p data
	echo host >data/file
	mkdir data/below
	mount -t tmpfs tmpfs data/below
	for target in /data/new /data/file /data/below/new; do
		expect 1 box -v "$PWD/data:/data:ro" -- /bin/sh -c "echo box >$target"
		line 'Read-only file system' err
	done
	expect 1 box -v "$PWD/data:/data:ro" -- /bin/mount -o remount,rw /data
	expect 1 box -v "$PWD/data:/data:ro" -- /bin/umount /data
	same host "$(cat data/file)" 'the file'
	umount data/below
}
@test ":ro, also for what is mounted below" {
	inside read_only
}

one_file() {
	echo of-the-host >file
	prints 0 of-the-host box -v "$PWD/file:/etc/given" -- /bin/cat /etc/given
	prints 0 of-the-host box -v "$PWD/file:/srv/file" -- /bin/cat /srv/file
	prints 0 of-the-host box -v "$PWD/file:/etc/passwd:ro" -- /bin/cat /etc/passwd
	expect 0 box -v "$PWD/file:/etc/given" -- /bin/sh -c 'echo of-the-box >/etc/given'
	same of-the-box "$(cat file)" 'written by the box'
	expect 1 box -v "$PWD/file:/etc/given:ro" -- /bin/sh -c 'echo x >/etc/given'
}
@test "a file" {
	inside one_file
}

file_in_new_directory() {
	echo of-the-host >file
	prints 0 of-the-host box -v "$PWD/file:/a/b/given" -- /bin/cat /a/b/given
}
@test "a file in a directory that the image does not have" {
	inside file_in_new_directory
}

through_links() {
	mkdir data layer
	echo of-the-host >data/file
	# Images have such links: /var/run -> /run, /lib -> usr/lib. They are meant within the image.
	mkdir layer/real
	ln -s real layer/link
	ln -s /real layer/absolute
	ln -s ../../../../real layer/up
	for link in link absolute up; do
		prints 0 of-the-host box --rootfs layer -v "$PWD/data:/$link/data" -- /bin/cat /real/data/file
	done
}
@test "a target behind a link of the image is found in the image" {
	inside through_links
}

links_do_not_lead_out() {
	mkdir -p data layer victim
	echo of-the-host >data/file
	ln -s "/proc/1/root$PWD/victim" layer/out1
	ln -s "../../../../../..$PWD/victim" layer/out2
	for link in out1 out2; do
		box --rootfs layer -v "$PWD/data:/$link" -- /bin/true >out 2>&1 || :
		box --rootfs layer -v "$PWD/data/file:/$link/file" -- /bin/true >out 2>&1 || :
	done
	same '' "$(ls -A victim)" 'outside of the box'
}
@test "no link of the image leads out of it" {
	inside links_do_not_lead_out
}

order() {
	mkdir -p outer/in inner
	echo inner >inner/file
	prints 0 inner box -v "$PWD/outer:/data" -v "$PWD/inner:/data/in" -- /bin/cat /data/in/file
	refused /proc box -v "$PWD/outer:/proc/sys/none" -- /bin/true
	refused /proc box -v "$PWD/outer:/proc" -- /bin/true
	refused /sys box -v "$PWD/outer:/sys/fs" -- /bin/true
	same '' "$(ls -A outer/in)" 'the outer one'
}
@test "volumes in volumes; one over /proc is refused" {
	inside order
}

propagation() {
	mkdir -p shared/below
	mount --bind shared shared
	mount --make-shared shared
	start one -v "$PWD/shared:/shared"
	mount -t tmpfs late shared/below
	box_pid=$(pgrep -P "$PID")
	not grep -q late "/proc/$box_pid/mountinfo"
	stop "$PID"
	umount shared/below
	umount shared
}
@test "mounts of the host do not arrive in a box that runs" {
	inside propagation
}

odd_names() {
	name=$'a b,c=d\\e\ttab'
	mkdir "$name"
	echo odd >"$name/file"
	prints 0 odd box -v "$PWD/$name:/da ta" -- /bin/cat '/da ta/file'
	prints 0 odd box -v "$PWD/$name:/$name" -- /bin/cat "/$name/file"
}
@test "names with blanks, commas, backslashes" {
	inside odd_names
}

dns() {
	prints 0 "$(printf 'nameserver 192.0.2.1\nnameserver 192.0.2.2')" \
		box --dns 192.0.2.1 --dns 192.0.2.2 -- /bin/cat /etc/resolv.conf
	mkdir -p layer/etc
	ln -s "$PWD/victim" layer/etc/resolv.conf
	prints 0 'nameserver 192.0.2.1' "$INITBOX" run --rootfs layer --rootfs "$ROOT" --dns 192.0.2.1 -- /bin/cat /etc/resolv.conf
	[ ! -e victim ]
}
@test "--dns writes resolv.conf, and follows no link" {
	inside dns
}

terminal() {
	# A terminal passes: its size, and what is typed.
	expect 6 on-tty ready 'typed^M' "$INITBOX" run -q --rootfs "$ROOT" -- /bin/sh -c 'test -t 0 && test -t 1 && echo tty
		stty size; test -c /dev/console && echo console; echo $TERM; echo ready; read x; echo "got $x"; exit 6'
	line '^tty$' out
	line '^33 77$' out
	line '^console$' out
	line '^got typed$' out
	not grep initbox: out
	prints 0 no box -- /bin/sh -c 'test -e /dev/console && echo yes || echo no'
}
@test "a terminal" {
	inside terminal
}

interrupt() {
	# It reaches the program as a signal, and the launcher stays to clean up.
	expect 5 on-tty ready '^C' "$INITBOX" run --rootfs "$ROOT" -- \
		/bin/sh -c 'trap "echo interrupted; exit 5" INT; echo ready; while :; do sleep 0.1; done'
	line '^(\^C)?interrupted$' out
	# The shell itself ignores QUIT for a moment before the exec.
	expect 130 on-tty ready '^C' "$INITBOX" run --rootfs "$ROOT" -- /bin/sh -c '(sleep 0.3; echo ready) & exec sleep 60'
	expect 131 on-tty ready $'^\\' "$INITBOX" run --rootfs "$ROOT" -- /bin/sh -c '(sleep 0.3; echo ready) & exec sleep 60'
	# The end of input as it is typed.
	expect 0 on-tty ready '^D' "$INITBOX" run --rootfs "$ROOT" -- /bin/sh -c 'echo ready; cat; echo end'
	line '^end$' out
}
@test "^C, ^\\ and ^D reach the program" {
	inside interrupt
}
