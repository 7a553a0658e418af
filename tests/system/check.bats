#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox check`: what it says is so, whatever the surroundings are: its exit code agrees with what a box then does, and
# nothing is left.
# shellcheck disable=SC2016,SC2329 # expanded in other shells; called by inside

load lib

setup_file() {
	make_root
	ln -s "$(cd "${BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)/tests/no-syscall" "$HELPERS/no-syscall"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
}

prepare() {
	mkdir /run/bin
	cp "$INITBOX" /run/bin/initbox
	chmod 755 /run
	chmod 1777 /run/tmp
	INITBOX=/run/bin/initbox
	user=(setpriv --reuid 4321 --regid 4321 --clear-groups)
}

# row NAME [FIELD]: its state, or what .FIELD of it is, in the JSON of out.
row() {
	jq -r --arg name "$1" '.features[] | select(.name == $name) | .'"${2:-state}" out
}

# agrees CODE WRAPPER…: check says CODE, and a box works where that is 0. Its JSON is in out.
agrees() {
	local code=$1
	shift
	expect "$code" "$@" "$INITBOX" check --json
	jq -e . out >/dev/null
	same "$([ "$code" = 0 ] && echo true || echo false)" "$(jq .works out)" 'works'
	cp out json
	if [ "$code" = 0 ]; then
		# shellcheck disable=SC2153 # of lib.bash
		expect 0 "$@" "$INITBOX" run -q --rootfs "$ROOT" -- /bin/true
	else
		expect 125 "$@" "$INITBOX" run -q --rootfs "$ROOT" -- /bin/true
	fi
	mv json out
	leaks_check /run/before
}

as_root() {
	agrees 0
	same true "$(jq .root out)" root
	same "$(uname -r)" "$(jq -r .kernel out)" kernel
	same '' "$(jq -r '.features[] | select(.needed and .state != "yes") | .name' out)" 'needed and missing'
	jq -e '.features | length > 50 and all(.name and .state and .for and (.state == "yes" or .why))' out
	same yes "$(row 'pid namespaces')" 'pid namespaces'
	same CONFIG_OVERLAY_FS "$(row overlay config)" 'overlay'
	line '^ABI [0-9]+$' <(row landlock note)
	jq -r '.features[] | .state + " " + .name' out | sort >wanted
	expect 0 "$INITBOX" check
	same 'initbox run works here with its defaults' "$(tail -n 1 out)" 'the last line'
	grep -E '^(yes|no|module) ' out | sed 's/^\([a-z]*\) */\1 /; s/   *.*//' | sort | diff wanted -
	# -q: the others alone
	grep -v '^yes ' wanted >missing || :
	expect 0 "$INITBOX" check -q
	grep -E '^(yes|no|module) ' out | sed 's/^\([a-z]*\) */\1 /; s/   *.*//' | sort | diff missing -
}
@test "as root" {
	inside as_root
}

# What the host's tools can make is there, and what they can't is not.
as_others_say() {
	local kind fs
	expect 0 "$INITBOX" check --json
	for kind in veth bridge; do
		same "$(ip link add "probe-$kind" type "$kind" 2>/dev/null && echo yes || echo no)" "$(row $kind)" $kind
	done
	for kind in veth bridge; do ip link delete "probe-$kind" 2>/dev/null || :; done
	for fs in squashfs erofs ext4 virtiofs; do
		case $(row $fs) in
		yes) grep -qw $fs /proc/filesystems ;;
		*) not grep -qw $fs /proc/filesystems ;;
		esac
	done
	for fs in memory pids cpu cpuset io hugetlb; do
		same "$(grep -qw $fs /sys/fs/cgroup/cgroup.controllers && echo yes || echo no)" "$(row "$fs controller")" "$fs"
	done
	nft 'add table inet t; add chain inet t c { type nat hook postrouting priority 100; }; add rule inet t c masquerade'
	nft delete table inet t
	same yes "$(row 'nft masquerade')" 'nft masquerade'
	leaks_check /run/before
}
@test "what other programs say is there" {
	inside as_others_say
}

as_user() {
	agrees 0 "${user[@]}"
	same false "$(jq .root out)" root
	same yes "$(row 'user namespaces')" 'user namespaces'
	same true "$(row 'user namespaces' needed)" 'user namespaces'
	same 'no root alone may use it; the kernel has it' "$(row veth) $(row veth why)" veth
	same 'no /dev/loop-control: open: Permission denied (EACCES) root alone may use it' \
		"$(row 'loop devices') $(row 'loop devices' why) $(row 'loop devices' hint)" loop
	same no "$(row 'a cgroup to make')" 'a cgroup'
}
@test "as an ordinary user" {
	inside as_user
}

# CALL, whether root's and a user's boxes need it, the row that says so.
without() {
	local call root user_code name
	while read -r call root user_code name; do
		agrees "$root" no-syscall "$call"
		same 'no ENOSYS' "$(row "$name") $(row "$name" why | grep -o ENOSYS)" "$call"
		line 'without the seccomp filter that is in force here' <(row "$name" hint)
		agrees "$user_code" no-syscall "$call" "${user[@]}"
		same 'no ENOSYS' "$(row "$name") $(row "$name" why | grep -o ENOSYS)" "$call as a user"
	done
}
needed_calls() {
	without <<-'END'
		openat2 1 1 openat2
		pivot_root 1 1 pivot_root
		seccomp 1 1 seccomp filters
		unshare 1 1 cgroup namespaces
	END
}
calls_for_users() {
	without <<-'END'
		fsopen 0 1 fsopen, fsmount, move_mount
		fsconfig 0 1 fsopen, fsmount, move_mount
		fsmount 0 1 fsopen, fsmount, move_mount
		move_mount 0 1 fsopen, fsmount, move_mount
		open_tree 0 1 open_tree
		mount_setattr 0 1 mount_setattr
	END
}
other_calls() {
	without <<-'END'
		clone3 0 0 clone3 into a cgroup
		pidfd_open 0 0 pidfds
		pidfd_send_signal 0 0 pidfds
		close_range 0 0 close_range
		landlock_create_ruleset 0 0 landlock
		bpf 0 0 BPF programs for devices
	END
}
@test "kernels without a system call that every box needs" {
	inside needed_calls
}
@test "without one that ordinary users' boxes need" {
	inside calls_for_users
}
@test "without others" {
	inside other_calls
}

refused_namespaces() {
	# The limit is that of a user namespace, not the host's.
	unshare --user --map-user=4321 --map-group=4321 --keep-caps \
		bash -c 'echo 0 >/proc/sys/user/max_user_namespaces; code=0; "$0" check --json >out || code=$?; echo $code >code' "$INITBOX"
	same 1 "$(cat code)" 'exit code'
	same 'no sysctl -w user.max_user_namespaces=10000' "$(row 'user namespaces') $(row 'user namespaces' hint)" 'user namespaces'
	line ENOSPC <(row 'user namespaces' why)
	same no "$(row 'overlay')" 'what needs one to be tried'
	agrees 1 setpriv --bounding-set -sys_admin
	line '^root without CAP_SYS_ADMIN' <(row 'mount namespaces' hint)
}
@test "namespaces that are refused" {
	inside refused_namespaces
}

in_a_box() {
	expect 1 box -q -v "$INITBOX:/usr/bin/initbox:ro" -- /usr/bin/initbox check --json
	same 'no false' "$(row 'pid namespaces') $(jq .works out)" 'pid namespaces in a box'
	expect 0 box -q --privileged -v "$INITBOX:/usr/bin/initbox:ro" -- /usr/bin/initbox check --json
	same yes "$(row 'pid namespaces')" 'pid namespaces in a privileged box'
	expect 1 box -q -v "$INITBOX:/usr/bin/initbox:ro" -- /usr/bin/initbox check -q
	line '^initbox run would not work here: (.*, )?pid namespaces, ' out
}
@test "in a box" {
	inside in_a_box
}

# Something that this kernel does not have stands in the list of its modules.
waiting_module() {
	local name module
	expect 0 "$INITBOX" check --json
	read -r module name <<<"$(jq -r '[.features[] | select(.module and .state != "yes" and (.why | contains("ENOSYS") or contains("EPERM") | not))][0] | .module + " " + .name' out)"
	[ "$module" ] || skip 'this kernel has all that may be a module'
	mkdir -p /run/lib/modules/"$(uname -r)" /lib/modules
	# In the second piece of 4 KiB, cut in two by its border.
	{
		printf '%*s\n' 4150 x
		echo "kernel/$module.ko.xz: kernel/other.ko.xz"
	} >/run/lib/modules/"$(uname -r)/modules.dep"
	mount --bind /run/lib/modules /lib/modules
	expect 0 "$INITBOX" check --json
	same "module modprobe $module" "$(row "$name") $(row "$name" hint)" "$name"
	expect 0 "$INITBOX" check -q
	line "^module +$name " out
	sed -i "s/$module/no$module/" /run/lib/modules/"$(uname -r)/modules.dep"
	expect 0 "$INITBOX" check --json
	same no "$(row "$name")" "$name"
	umount /lib/modules
}
@test "a module that is not loaded" {
	inside waiting_module
}

configurations() {
	local why text
	printf 'rootfs = /box\nhostname = web\ncommand = /bin/ls -l\nmemory = 64M' >good.conf
	prints 0 'good.conf: no mistakes' "$INITBOX" check --config good.conf
	prints 0 'good.conf: no mistakes' "${user[@]}" "$INITBOX" check --config=good.conf
	while IFS='|' read -r text why; do
		printf 'rootfs = /box\ncommand = ls\n%b' "$text" >bad.conf
		expect 1 "$INITBOX" check --config bad.conf
		same '' "$(cat out)" 'stdout'
		same "initbox: $why" "$(cat err)" "$text"
	done <<-'END'
		memori = 64M\n|bad.conf:3: memori: no such setting (initbox run --help lists them)
		\n# x\nmemory = 12Q|bad.conf:5: memory: "12Q": not a size (try 64M, 1G, max)
		memory|bad.conf:3: "memory": not a setting (key = value)
		name = a\000b\n|bad.conf:3: a NUL byte
		user = caf\351\n|bad.conf:3: is not UTF-8 (byte 0xe9)
		publish = 80:80\n|publish: needs --network bridge
	END
	expect 1 "$INITBOX" check --config not-there.conf
	line '^initbox: not-there.conf: open: No such file or directory \(ENOENT\)$' err
	printf '#%200000s\n' '' >large.conf
	expect 1 "$INITBOX" check --config large.conf
	line '^initbox: large.conf: is larger than 48 KiB$' err
	# The machine's files are not here.
	printf '\357\273\277rootfs = /box\r\ncommand = ls\r\nenv-file = /etc/of-the-machine\r\n' >dos.conf
	prints 0 'dos.conf: no mistakes' "$INITBOX" check --config dos.conf
	refused 'command line: --nope: no such option \(initbox check --help lists them\)' "$INITBOX" check --nope
	refused 'check: word: takes no words' "$INITBOX" check word
	refused 'command line: --rootfs: no such option' "$INITBOX" check --rootfs /
	expect 0 "$INITBOX" check --help
	line '^  -q, --missing ' out
}
@test "a machine's configuration is looked at" {
	inside configurations
}

callers() {
	# SIGCHLD ignored, or a full disk behind stdout.
	expect 0 bash -c 'trap "" CHLD; exec "$0" check -q' "$INITBOX"
	expect 125 bash -c 'exec "$0" check >/dev/full' "$INITBOX"
	line '^initbox: standard output: can.t be written to$' err
	# A program of that name behind --, and another init's name.
	printf '#!/bin/sh\necho program "$@"\n' >check
	chmod 755 check
	prints 0 'program a' env PATH="$PWD" "$INITBOX" -- check a
	ln -s "$INITBOX" tini
	prints 0 'program a' env PATH="$PWD" ./tini check a
}
@test "callers with habits, and programs called check" {
	inside callers
}
