#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND`: who the program is, where it starts, and what it may do; what initbox itself holds on to.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
}

# Accounts of our own for the host of the test.
accounts() {
	[ ! -e /run/passwd ] || return 0
	printf '%s\n' root:x:0:0:root:/root:/bin/sh alice:x:1000:1000::/home/alice:/bin/sh 4711:x:1001:1001::/home/number:/bin/sh \
		>/run/passwd
	printf '%s\n' root:x:0: alice:x:1000: staff:x:50:alice video:x:44:bob,alice tape:x:26:alice >/run/group
	mount --bind /run/passwd /etc/passwd
	mount --bind /run/group /etc/group
}

no_accounts() {
	umount /etc/passwd /etc/group
	rm /run/passwd /run/group
}

# is USER IDS HOME: what a program sees that is started with --user.
is() {
	prints 0 "$2 $3" entry --user "$1" -- sh -c 'echo $(id -u):$(id -g):$(id -G | tr " " "\n" | sort -n | paste -sd,) $HOME'
}

user() {
	accounts
	is alice 1000:1000:26,44,50,1000 /home/alice
	is 1000 1000:1000:26,44,50,1000 /home/alice
	is alice:staff 1000:50:50 /home/alice
	is alice:1234 1000:1234:1234 /home/alice
	is 1000:1000 1000:1000:1000 /home/alice
	is root 0:0:0 /root
	is 0:0 0:0:0 /root
	is 4000000 4000000:0:0 /
	is 4000000:4000001 4000000:4000001:4000001 /
	# A name of digits is a name.
	is 4711 1001:1001:1001 /home/number
	# All four ids, and nothing of root's is left.
	prints 0 'Uid: 1000 1000 1000 1000 Gid: 50 50 50 50' entry -u alice:staff -- sh -c 'echo $(grep -E "^[UG]id:" /proc/self/status)'
	prints 0 'CapInh: 0000000000000000 CapPrm: 0000000000000000 CapEff: 0000000000000000' \
		entry -u alice -- sh -c 'echo $(grep -E "^Cap(Inh|Prm|Eff):" /proc/self/status)'
	# Without the option nothing changes.
	HOME=/srv prints 0 '0:0 /srv' entry -- sh -c 'echo $(id -u):$(id -g) $HOME'
	no_accounts
}
@test "--user" {
	both user
}

no_files() {
	mount -t tmpfs tmpfs /etc
	is 1000 1000:0:0 /
	is 1000:50 1000:50:50 /
	refused 'alice' entry -u alice -- touch ran
	[ ! -e ran ]
	umount /etc
}
@test "--user without /etc/passwd" {
	both no_files
}

workdir() {
	prints 0 "$PWD" entry -- pwd
	for words in '-C /etc' '--workdir /etc' '--workdir=/etc'; do
		# shellcheck disable=SC2086 # words
		prints 0 /etc entry $words -- sh -c 'pwd -P'
	done
	# A user's own directory, which root enters for it or it does itself.
	mkdir -m 700 own
	chown 1000:1000 own
	prints 0 "$PWD/own" entry -u 1000:1000 -C "$PWD/own" -- sh -c 'pwd -P'
}
@test "--workdir" {
	both workdir
}

environment() {
	printf '%s\n' '# a comment' '' 'A=1' 'B=two words' 'C="quoted"' 'D=a=b' 'E=' 'A=again' >one
	printf 'F=6\nG=7' >two
	expect 0 entry --env-file one --env-file two --env G=eight --env 'H=a b' -- \
		sh -c 'printf "<%s>" "$A" "$B" "$C" "$D" "${E-unset}" "$F" "$G" "$H"; echo'
	same '<again><two words><"quoted"><a=b><><6><eight><a b>' "$(cat out)" environment
	# What was there is replaced, and there once.
	A=0 prints 0 'A=x' entry --env A=x -- sh -c 'tr "\0" "\n" </proc/$$/environ | grep ^A='
	K=kept prints 0 kept entry --env K -- sh -c 'echo $K'
	# The rest of it is as it was.
	env -i PATH="$PATH" A=1 B= $'C=a\nb' sh -c 'cat /proc/$$/environ' | sort -z >wanted
	GIVEN=(env -i PATH="$PATH" A=1 B= $'C=a\nb')
	expect 0 entry -- sh -c 'cat /proc/$$/environ'
	sort -z out | cmp - wanted
}
@test "--env and --env-file" {
	both environment
}

umasks() {
	for mask in 027 0 777 0077; do
		prints 0 "$(printf '%04o' "0$mask")" entry --umask $mask -- sh -c umask
	done
	(umask 0135 && prints 0 0135 entry -- sh -c umask)
}
@test "--umask" {
	both umasks
}

# has MASK OPTION…: the effective capabilities with these options.
has() {
	local mask=$1
	shift
	expect 0 entry "$@" -- grep -E '^Cap(Prm|Eff|Bnd):' /proc/self/status
	same "$(printf 'CapPrm:\t%s\nCapEff:\t%s\nCapBnd:\t%s' "$mask" "$mask" "$mask")" "$(cat out)" "capabilities with $*"
}

capabilities() {
	full=$(field CapEff /proc/self/status)
	has "$full"
	has 0000000000000000 --cap-drop ALL
	has 0000000000000400 --cap-drop ALL --cap-add NET_BIND_SERVICE
	has 0000000000000401 --cap-drop=all --cap-add=CAP_CHOWN --cap-add cap_net_bind_service
	has "$(printf '%016x' $((0x$full & ~0x21)))" --cap-drop CHOWN --cap-drop CAP_KILL
	has "$full" --cap-add CHOWN
	# Another user than root has what was kept for him by name.
	expect 0 entry -u 65534 --cap-add NET_BIND_SERVICE -- grep -E '^Cap(Eff|Amb):' /proc/self/status
	same $'CapEff:\t0000000000000400\nCapAmb:\t0000000000000400' "$(cat out)" 'capabilities of a user'
}
@test "--cap-drop and --cap-add" {
	both capabilities
}

no_new_privs() {
	prints 0 $'NoNewPrivs:\t0' entry -- grep NoNewPrivs /proc/self/status
	prints 0 $'NoNewPrivs:\t1' entry --no-new-privs -- grep NoNewPrivs /proc/self/status
	# With a filter it is on by itself; else the kernel wants CAP_SYS_ADMIN, and says so.
	prints 0 $'NoNewPrivs:\t1\nSeccomp:\t2' entry --seccomp default -- grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status
	prints 0 $'NoNewPrivs:\t0\nSeccomp:\t2' entry --seccomp default --no-new-privs=no -- grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status
	expect 125 entry --seccomp default --no-new-privs=no -u nobody -- true
	line '^initbox: filter: .*: seccomp: .*\(EACCES\)$' err
	line '^initbox: hint: without no_new_privs a filter needs CAP_SYS_ADMIN' err
}
@test "--no-new-privs" {
	both no_new_privs
}

seccomp() {
	prints 0 $'Seccomp:\t0' entry -- grep ^Seccomp: /proc/self/status
	prints 0 $'Seccomp:\t0' entry --seccomp none -- grep ^Seccomp: /proc/self/status
	prints 0 $'Seccomp:\t2' entry --seccomp default -- grep ^Seccomp: /proc/self/status
	# It works for who is not root, and it bites: no user namespace may be made.
	prints 0 $'1000\nSeccomp:\t2' entry --seccomp default -u 1000:1000 -- sh -c 'id -u; grep ^Seccomp: /proc/self/status'
	expect 0 entry -u 1000:1000 -- unshare --user true
	expect 1 entry -q --seccomp default -u 1000:1000 -- unshare --user true
	line 'unshare failed: (Operation not permitted|Function not implemented)' err
}
@test "--seccomp" {
	both seccomp
}

limits() {
	prints 0 '99 100' entry --ulimit nofile=99:100 -- sh -c 'echo $(ulimit -Sn) $(ulimit -Hn)'
	prints 0 '64 64' entry --ulimit nofile=64 -- sh -c 'echo $(ulimit -Sn) $(ulimit -Hn)'
	prints 0 '0 77' entry --ulimit core=0 --ulimit nofile=77:78 -- sh -c 'echo $(ulimit -c) $(ulimit -n)'
	prints 0 "$(ulimit -Sn) $(ulimit -Hn)" entry -- sh -c 'echo $(ulimit -Sn) $(ulimit -Hn)'
	# For the program alone.
	ready --ulimit nofile=64 -- try-signals
	line '^Max open files +64 +64 ' "/proc/$(pgrep -P "$INIT")/limits"
	line "^Max open files +$(ulimit -Sn) " "/proc/$INIT/limits"
	kill -KILL "$INIT"
}
@test "--ulimit" {
	both limits
}

# A process group of its own in the session of the caller; with --setsid a session.
sessions() {
	prints 0 'yes yes' entry -- sh -c '
		set -- $(ps -o pid=,pgid=,sid= -p $$) $(ps -o sid= -p $PPID)
		echo $([ $1 = $2 ] && echo yes) $([ $3 = $4 ] && echo yes)'
	for words in --setsid --setsid=yes; do
		prints 0 'yes yes' entry $words -- sh -c '
			set -- $(ps -o pid=,pgid=,sid= -p $$)
			echo $([ $1 = $2 ] && echo yes) $([ $1 = $3 ] && echo yes)'
	done
}
@test "a process group of its own; --setsid" {
	both sessions
}
