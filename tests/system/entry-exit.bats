#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND`: exit codes, and the line about a program that ended badly.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
}

exit_codes() {
	for code in 0 1 2 7 64 124 125 126 127 128 129 143 254 255; do
		expect $code entry -- sh -c "exit $code"
		same '' "$(cat out)" stdout
	done
	expect 0 entry -- true
	same '' "$(cat err)" 'stderr of a good end'
	expect 4 entry sh -c 'exit $#' 1 2 '' 4 5
}
@test "the program's exit code is initbox's" {
	both exit_codes
}

killed() {
	for sig in 1 2 3 4 6 8 9 10 11 13 14 15 31 34 50 64; do
		expect $((128 + sig)) entry -- env --default-signal sh -c "ulimit -c 0; kill -$sig \$\$; sleep 5"
	done
}
@test "a program that signal N killed: 128+N" {
	both killed
}

streams() {
	printf 'a line\nanother' >in
	expect 0 entry -- sh -c 'cat; echo to stderr >&2' <in
	cmp in out
	same 'to stderr' "$(cat err)" stderr
	same 100000 "$(head -c 100000 /dev/zero | entry -- cat | wc -c)" 'bytes through a pipe'
}
@test "stdin, stdout and stderr are the program's alone" {
	both streams
}

# post CODE SCRIPT REGEX: what is said of a shell that ends with this code.
post() {
	expect "$1" entry -- sh -c "$2"
	same '' "$(cat out)" stdout
	same 1 "$(wc -l <err)" "lines of $(cat err)"
	line "^initbox: sh\[[1-9][0-9]*\] $3 after [0-9]+\.[0-9] s, max rss [0-9.]+ [kKM]B(, [0-9]+ OOM kills? in this cgroup)?\$" err
}

post_mortem() {
	post 3 'exit 3' 'exited with 3'
	post 255 'exit 255' 'exited with 255'
	post 137 'kill -KILL $$' 'killed by SIGKILL'
	post 134 'ulimit -c 0; kill -ABRT $$' 'killed by SIGABRT'
	post 165 'kill -37 $$' 'killed by SIGRTMIN\+3'
	# The name and the pid are those that the program had.
	expect 3 entry -- sh -c 'echo $$; exit 3'
	line "^initbox: sh\[$(cat out)\] exited with 3 after 0\.[0-9] s" err
	expect 3 entry -- sh -c 'sleep 0.3; exit 3'
	line 'after 0\.[3-9] s' err
	# The memory is that of the program and of what it waited for.
	expect 3 entry -- sh -c 'dd if=/dev/zero of=/dev/null bs=64M count=1 status=none; exit 3'
	line 'max rss (6[4-9]|7[0-9])(\.[0-9]+)? MB' err
}
@test "one line says how a program ended that did not end well" {
	both post_mortem
}

quiet() {
	for words in -q --quiet --quiet=yes; do
		expect 3 entry $words -- sh -c 'exit 3'
		same '' "$(cat err)" "stderr with $words"
		expect 137 entry $words -- sh -c 'kill -KILL $$'
		same '' "$(cat err)" "stderr with $words"
	done
	INITBOX_QUIET=1 expect 3 entry -- sh -c 'exit 3'
	same '' "$(cat err)" 'stderr with INITBOX_QUIET'
}
@test "--quiet: no such line" {
	both quiet
}

one_write() {
	expect 3 entry -- strace -qq -s 200 -o trace -e trace=write,writev -e signal=none "$INITBOX" -- sh -c 'exit 3'
	same 1 "$(grep -c 'exited with 3' trace)" "writes: $(cat trace)"
	line '^writev?\(2, .*initbox: .*exited with 3.*\\n"' trace
}
@test "the line is one write" {
	as_child one_write
}

# A cgroup's files that the program itself changes, as the kernel would.
oom() {
	mount -t tmpfs tmpfs /sys/fs/cgroup
	printf '%s 0\n' low high max oom oom_kill oom_group_kill | tee /sys/fs/cgroup/memory.events >/sys/fs/cgroup/memory.events.local
	expect 137 entry -- sh -c 'cd /sys/fs/cgroup; printf "%s 1\n" low high max oom oom_kill oom_group_kill | tee memory.events >memory.events.local
		kill -KILL $$'
	umount /sys/fs/cgroup
	line 'killed by SIGKILL after .*, 1 OOM kill in this cgroup$' err
}
@test "an OOM kill in its cgroup is named" {
	both oom
}

# A stderr that is full, or not there, changes nothing.
stderr_full() {
	got=0
	entry -- sh -c 'exit 3' 2>/dev/full || got=$?
	same 3 $got exit
	mkfifo pipe
	got=0
	{ sleep 0.05; } <pipe &
	entry -- sh -c 'sleep 0.2; exit 3' 2>pipe || got=$?
	same 3 $got 'exit with a reader that is gone'
}
@test "a stderr that nothing can be written to" {
	both stderr_full
}

# map_row "OPTION… | HOW:NUMBER CODE": a shell that ends by "HOW NUMBER" makes initbox end with CODE.
map_row() {
	read -r -a words <<<"${1%%|*}"
	read -r how code <<<"${1##*|}"
	expect "$code" entry "${words[@]}" -- sh -c "ulimit -c 0; ${how/:/ }"
}

mapped() {
	local rows=(
		'-e 143 | exit:143 0' '-e 143 | kill:$$ 0' '-e 143 | exit:142 142' '-e 143 | exit:0 0'
		'-e 143=7 | exit:143 7' '-e 0=9 | exit:0 9' '-e 255 | exit:255 0' '-e 3=255 | exit:3 255'
		'-e SIGTERM=0 | kill:$$ 0' '-e TERM | kill:$$ 0' '-e SIGTERM=5 | exit:143 5' '-e SIGKILL | exit:137 0'
		'-e 0x8f | exit:143 0' '-e 0x8f=0x10 | exit:143 16' '-e 0x8F=SIGINT | exit:143 130'
		'-e 1 -e 2=3 -e 3=4 | exit:1 0' '-e 1 -e 2=3 -e 3=4 | exit:2 3' '-e 1 -e 2=3 -e 3=4 | exit:3 4'
		'--exit-map 143 | exit:143 0' '--exit-map=143=7 | exit:143 7' '-e143 | exit:143 0'
	)
	for row in "${rows[@]}"; do
		map_row "$row"
	done
	INITBOX_EXIT_MAP='1=2 143=7 9' expect 7 entry -- sh -c 'exit 143'
	INITBOX_EXIT_MAP='1=2 143=7 9' expect 0 entry -- sh -c 'exit 9'
}
@test "--exit-map" {
	both mapped
}

# Each code there is, mapped to another one, all in one command line.
mapped_all() {
	local map=()
	for code in {0..255}; do
		map+=(-e "$code=$(((code + 100) % 256))")
	done
	for code in 0 1 155 156 200 255; do
		expect $(((code + 100) % 256)) entry -q "${map[@]}" -- sh -c "exit $code"
	done
}
@test "--exit-map for all codes at once" {
	both mapped_all
}
