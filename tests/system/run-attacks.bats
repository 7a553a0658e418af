#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: attacks that have led out of containers, from inside. What is tried elsewhere: PID 1 (try-escape), bombs and
# .. (run-labs), a fake /proc and links (run-refusals, run-volumes), foreign system calls (run-seccomp), setuid (run-privileges).
# shellcheck disable=SC2016,SC2317,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper try-attack on-tty
	ln -s "$(cd "${BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)/tests/no-syscall" "$HELPERS/no-syscall"
}

ways() {
	expect 0 box -q -- /bin/try-attack
	same '' "$(cat out)" 'open'
	expect 0 box -q -u alice -- /bin/try-attack
	expect 0 box -q --cap-add NET_ADMIN --cap-add SYS_RAWIO -- /bin/try-attack
	# On a terminal of the caller's, and on one of the box's own.
	expect 0 on-tty '' '' "$INITBOX" run -q --rootfs "$ROOT" -- /bin/try-attack || { cat out; return 1; }
	! grep open: out
}
@test "no way by the kernel's helpers, namespaces, the terminal, keys, devices" {
	inside ways
}

without_filter() {
	# The filter is one wall of several: what is left without it.
	expect 1 box -q --seccomp none -- /bin/try-attack
	grep -vxE 'open: (user|mnt|pid|net|ipc|uts|cgroup|session keyring|user keyring|add_key)' out >left || :
	same '' "$(cat left)" 'open without a filter'
	# In namespaces of its own a program is still behind the same mounts.
	expect 0 box -q --seccomp none -- /bin/sh -c '
		unshare -Urmn sh -c "
			mount -o remount,rw /proc/sys 2>/dev/null && echo remount
			umount /proc/sys 2>/dev/null && echo umount
			umount /proc/keys 2>/dev/null && echo keys
			mount -t proc proc /tmp 2>/dev/null && echo proc
			mount -t sysfs sysfs /tmp 2>/dev/null && echo sysfs
			mount -t cgroup -o memory cgroup /tmp 2>/dev/null && echo cgroup
			echo x 2>/dev/null >/proc/sys/kernel/core_pattern && echo core_pattern
			mknod /tmp/disk b 8 0 2>/dev/null && echo mknod
			true"; true'
	same '' "$(cat out)" 'open in namespaces of its own'
}
@test "nor without the filter, nor from namespaces of its own then" {
	inside without_filter
}

own_file() {
	local without=()
	cp "$INITBOX" own
	chmod 755 own
	before=$(stat -c '%a %u %g %Y %Z %s' own; cksum <own)
	link() {
		mkdir -p layer
		ln -sfn /proc/self/exe layer/run
		printf '#!/proc/self/exe --\n' >layer/script
		chmod +x layer/script
	}
	link
	try() {
		local got=0
		"${without[@]}" ./own run -q --rootfs layer --rootfs "$ROOT" "$@" >out 2>err || got=$?
		! grep open: out || { echo "$*"; cat out; return 1; }
		same "$before" "$(stat -c '%a %u %g %Y %Z %s' own; cksum <own)" "initbox's own file after $*"
		[ $got = 0 ] || { echo "$*: exit $got"; cat out err; return 1; }
	}
	# Its program is initbox once more, by a link, and its child tries; or PID 1 itself can be looked at.
	try -- /proc/self/exe -- /bin/try-attack file parent
	try -- /run -- /bin/try-attack file parent
	try --cap-add SYS_PTRACE -- /bin/try-attack file /proc/1/exe
	try --cap-add SYS_PTRACE --seccomp none -- /bin/try-attack file /proc/1/exe
	try --cap-add ALL -- /bin/try-attack file /proc/1/exe
	try --no-new-privs=no -- /run -- /bin/try-attack file parent
	# Where open_tree(2) is not there.
	without=(no-syscall open_tree)
	try --cap-add SYS_PTRACE -- /bin/try-attack file /proc/1/exe
	try -- /run -- /bin/try-attack file parent
	same '' "$(cat err)" 'words'
	# From within a chroot(2), where the file has another path than for who is not in it.
	mkdir other
	for dir in / /proc /sys /dev /run; do mount --bind $dir "other$dir"; done
	without=(chroot other sh -c 'cd "$0"; exec "$@"' "$PWD")
	try --cap-add SYS_PTRACE -- /bin/try-attack file /proc/1/exe
	try -- /run -- /bin/try-attack file parent
	umount -R other
	rmdir other
	without=()
	# The other end of the rope: the file that all of them run is still this one.
	prints 0 initbox ./own run --rootfs "$ROOT" -- /bin/sh -c 'tr -d "\0" </proc/1/cmdline; echo'
	# The same where ptrace of PID 1 is allowed and its memory can be read: it tells nothing of the host but its code.
	expect 0 ./own run --rootfs "$ROOT" --cap-add SYS_PTRACE -e SECRET=word -- /bin/sh -c 'cat /proc/1/environ; ls /proc/1/fd; readlink /proc/1/cwd; readlink /proc/1/root'
	printf '/\n/\n' | diff - out
}
@test "initbox's own file can't be changed through /proc (CVE-2019-5736)" {
	inside own_file
}

no_own_file() {
	expect 0 strace -f -qq -o calls -e trace=prctl "$INITBOX" run --rootfs "$ROOT" -- /bin/true
	init=$(sed -n 's/ .*PR_SET_MM.*//p' calls)
	same 1 "$(wc -w <<<"$init")" 'processes that exchange their file'
	# A kernel that can't do it: it is said, and the box runs.
	nth=$(grep "^$init " calls | grep -n PR_SET_MM | cut -d: -f1)
	expect 0 strace -f -qq -o calls -e trace=prctl -e inject="prctl:error=EINVAL:when=$nth" "$INITBOX" run --rootfs "$ROOT" -- \
		/bin/echo ran
	same ran "$(cat out)" stdout
	line '^initbox: own file: initbox: PR_SET_MM_MAP: Invalid argument \(EINVAL\): the box.s root may be able to change this file$' err
}
@test "where the kernel does not let PID 1 exchange its file that is said" {
	inside no_own_file
}

leaked() {
	# A working directory by way of somebody's descriptor (CVE-2024-21626).
	exec 9</ 8</run
	mkdir -p layer
	ln -sfn /proc/self/fd/9 layer/door
	for dir in /proc/self/fd/9 /proc/self/fd/8/../.. /dev/fd/9 /proc/1/fd/9 /proc/self/cwd /door; do
		got=0
		(cd / && "$INITBOX" run -q --rootfs "$OLDPWD/layer" --rootfs "$ROOT" -w "$dir" -- /bin/ls "$PWD" /run/before) >out 2>err || got=$?
		[ $got != 0 ] || { echo "-w $dir: the host's files"; cat out; return 1; }
		! grep -x before out
	done
	# The program's directory is one that it can name.
	prints 0 / box -- /bin/pwd
	prints 0 /srv box -w /srv -- /bin/pwd
	exec 9<&- 8<&-
}
@test "no working directory or descriptor of the host's (CVE-2024-21626)" {
	inside leaked
}
