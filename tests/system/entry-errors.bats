#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND`: bad input at each door. One line that names it, exit 125, nothing started.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
}

# Rows of "reason | words".
options() {
	local rows=(
		'--colour | --colour'
		'-x | -x'
		'--rootfs | --rootfs /'
		'-e: | -e'
		'exit-map.*"256" | -e 256'
		'exit-map.*"-1" | -e -1'
		'exit-map.*"999" | -e 999'
		'exit-map.*"143=256" | -e 143=256'
		'exit-map.*"143=" | -e 143='
		'exit-map.*"=0" | -e =0'
		'exit-map.*"SIGNONE" | -e SIGNONE'
		'exit-map.*"0x" | -e 0x'
		'exit-map.*"1x" | -e 1x'
		'exit-map.*"" | --exit-map='
		'rewrite.*"TERM" | -r TERM'
		'rewrite.*"TERM=" | -r TERM='
		'rewrite.*"=TERM" | -r =TERM'
		'rewrite.*"NONE=TERM" | -r NONE=TERM'
		'rewrite.*"TERM=NONE" | -r TERM=NONE'
		'rewrite.*"0=TERM" | -r 0=TERM'
		'rewrite.*"65=TERM" | -r 65=TERM'
		'rewrite.*"TERM=65" | -r TERM=65'
		'rewrite.*"RTMIN\+31=TERM" | -r RTMIN+31=TERM'
		'rewrite.*"RTMAX-31=TERM" | -r RTMAX-31=TERM'
		'rewrite.*"KILL=TERM" | -r KILL=TERM'
		'rewrite.*"STOP=TERM" | -r STOP=TERM'
		'rewrite.*"CHLD=TERM" | -r CHLD=TERM'
		'rewrite.*"TERM=QUIT:nobody" | -r TERM=QUIT:nobody'
		'rewrite.*"TERM@soon" | -r TERM@soon'
		'rewrite.*"TERM@-1s" | -r TERM@-1s'
		'rewrite.*"TERM=QUIT@" | -r TERM=QUIT@'
		'stop-signal.*"NONE" | --stop-signal NONE'
		'stop-signal.*"0" | --stop-signal 0'
		'parent-death.*"NONE" | -p NONE'
		'parent-death.*"65" | -p 65'
		'on-exit.*"sometimes" | --on-exit sometimes'
		'grace.*"" | --grace='
		'grace.*"10x" | --grace 10x'
		'grace.*"-1" | --grace -1'
		'grace.*"s" | --grace s'
		'grace.*"99999999999999h" | --grace 99999999999999h'
		'kill-after.*"soon" | --kill-after soon'
		'orphans.*"adopt" | --orphans adopt'
		'group.*"maybe" | --group=maybe'
		'user.*"?nobody-here"? | -u nobody-here'
		'user.*"?root:nobody-here"?|user.*nobody-here | -u root:nobody-here'
		'user.*"?4294967296"? | -u 4294967296'
		'user.*"" | --user='
		'workdir.*/none/none | -C /none/none'
		'workdir.*/etc/passwd | -C /etc/passwd'
		'workdir.*"etc" | -C etc'
		'env.*"=x" | --env =x'
		'env.*"NOT_SET_ANYWHERE" | --env NOT_SET_ANYWHERE'
		'/none/file: .*ENOENT | --env-file /none/file'
		'umask.*"8" | --umask 8'
		'umask.*"1000" | --umask 1000'
		'umask.*"rwx" | --umask rwx'
		'cap-drop.*"NONE" | --cap-drop NONE'
		'cap-add.*"CAP_NONE" | --cap-add CAP_NONE'
		'seccomp.*"off" | --seccomp off'
		'ulimit.*"nofile" | --ulimit nofile'
		'ulimit.*"files=1" | --ulimit files=1'
		'ulimit.*"nofile=x" | --ulimit nofile=x'
		'ulimit.*"nofile=2:1" | --ulimit nofile=2:1'
		'ulimit.*nofile | --ulimit nofile=9999999999'
	)
	for row in "${rows[@]}"; do
		read -r -a words <<<"${row##* | }"
		[ "${words[*]}" = -e ] || words+=(-- touch "$PWD/ran")
		refused "${row% | *}" entry "${words[@]}"
	done
	[ ! -e ran ]
}
@test "options" {
	as_child options
}

no_program() {
	# As process 1 it ends just so.
	refused colour entry --colour -- touch ran
	refused nobody-here entry -u nobody-here -- touch ran
	[ ! -e ran ]
	refused 'command|program' entry
	refused 'command|program' entry --
	refused 'command|program' entry -g
	refused 'command|program' entry -g --
}
@test "no program, as process 1 and not" {
	both no_program
}

# File, line and reason.
env_files() {
	printf 'A=1\n# a comment\n\n=x\n' >no-name
	printf 'A=1\nno value\n' >no-value
	printf 'A=1\nB=2' >no-newline
	printf 'A=1\0\n' >nul
	refused 'no-name:4: .*"=x"' entry --env-file no-name -- touch ran
	refused 'no-value:2: .*"no value"' entry --env-file no-value -- touch ran
	refused 'nul:1: ' entry --env-file nul -- touch ran
	refused '/etc: ' entry --env-file /etc -- touch ran
	prints 0 2 entry --env-file no-newline -- sh -c 'echo $B'
	[ ! -e ran ]
}
@test "lines of an env file" {
	both env_files
}

# Without root nobody becomes somebody else, and limits stay.
without_root() {
	GIVEN=(setpriv --reuid 1000 --regid 1000 --clear-groups --bounding-set=-all)
	refused EPERM entry -u root -- touch ran
	refused EPERM entry -u 0:0 -- touch ran
	refused 'cap-add.*NET_ADMIN' entry --cap-add NET_ADMIN -- touch ran
	expect 0 entry -- touch did
	[ ! -e ran ]
	[ -e did ]
}
@test "what only root may do" {
	both without_root
}

no_process() {
	refused EAGAIN strace -qq -o trace -e trace=clone,clone3,fork,vfork -e inject=clone,clone3,fork,vfork:error=EAGAIN \
		"$INITBOX" -- touch ran
	[ ! -e ran ]
}
@test "no process can be made" {
	as_child no_process
}

# By its first word or by the name of a link; elsewhere than in a machine of initbox's nothing is signalled.
orders() {
	local word

	for word in poweroff reboot halt; do
		refused "$word: a box can't reach the machine's first process" "$INITBOX" "$word"
		ln -s "$INITBOX" "$word"
		refused "$word: a box can't reach the machine's first process" "./$word"
	done
}
@test "poweroff, reboot and halt, which are for a machine's own processes" {
	both orders
}
