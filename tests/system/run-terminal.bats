#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run -t`: a terminal of the box's own, carried by the launcher.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper drive-tty
	make_helper try-terminal
}

# drive CODE STEP… -- [OPTION…] -- COMMAND…: a person at the terminal of `initbox run`; what was printed in out.
drive() {
	local code=$1 steps=()
	shift
	while [ "$1" != -- ]; do
		steps+=("$1")
		shift
	done
	shift
	expect "$code" drive-tty "${steps[@]}" -- "$INITBOX" run -q --rootfs "$ROOT" "$@"
}

what_it_is() {
	drive 3 raw expect ready -- -t --hostname blue -- /bin/sh -c 'tty; stty size; for fd in 0 1 2; do readlink /proc/self/fd/$fd; done
		for fd in 0 1 2; do test -t $fd && echo tty $fd; done; stat -c "%t:%T %u %a" /dev/console /dev/pts/0 $(tty); ls -1 /dev/pts
		echo "$TERM"; cut -d " " -f 1,6,7 /proc/$$/stat; echo on the terminal >/dev/tty; echo on the console >/dev/console; echo error >&2; ls -1 /proc/self/fd; echo ready; exit 3'
	diff - out <<-END
		/dev/pts/0
		33 77
		/dev/pts/0
		/dev/pts/0
		/dev/pts/0
		tty 0
		tty 1
		tty 2
		88:0 0 620
		88:0 0 620
		88:0 0 620
		0
		ptmx
		${TERM:-xterm}
		2 2 34816
		on the terminal
		on the console
		error
		0
		1
		2
		3
		ready
	END
	same '' "$(cat err)" stderr
	# It is the user's, and the host's terminals can't be seen.
	drive 0 -- -t -u alice -- /bin/sh -c 'stat -c %u /dev/pts/0 && echo own >/dev/pts/0 && echo own >/dev/console'
	same "$(printf '1000\nown\nown')" "$(cat out)" 'the terminal of a user'
	drive 0 -- -t -- /bin/grep ' /dev/console ' /proc/self/mountinfo
	line '/0 /dev/console rw,nosuid,noexec' out
	# A terminal more can be made inside.
	drive 0 -- -t -- /bin/drive-tty sleep 0 -- /bin/tty
	line '^/dev/pts/1$' out
	TERM=vt220 drive 0 -- -t -- /bin/sh -c 'echo $TERM'
	same vt220 "$(cat out)" TERM
	drive 0 -- -t -e TERM=dumb -- /bin/sh -c 'echo $TERM'
	same dumb "$(cat out)" TERM
}
@test "the program has a terminal of the box's devpts" {
	inside what_it_is
}

job_control() {
	drive 7 raw expect '/ # ' type 'sleep 100^M' sleep 200 type '^Z' expect Stopped type 'jobs^M' expect 'Stopped  ' \
		type 'fg^M' expect 'sleep 100' sleep 200 type '^C' expect '/ # ' type 'trap "echo got INT" INT^M' sleep 100 type '^C' \
		type 'sleep 50 &^M' type 'kill %1^M' type 'echo r''eady^M' expect ready type 'exit 7^M' -- -it -- /bin/sh
	line '^\^ZStopped|Stopped' out
	not grep 'job control turned off' out err
	drive 0 raw type '^D' -- -ti -- /bin/cat
	drive 130 raw type '^C' -- -t -- /bin/sleep 60
	drive 131 raw type $'^\\' -- -t -- /bin/sleep 60
	# ^Z stops nothing that no shell could let go on.
	drive 130 raw type '^Z' sleep 100 type '^C' -- -t -- /bin/sleep 60
}
@test "a shell with job control; ^C ^Z ^D" {
	inside job_control
}

size() {
	drive 0 raw expect '33 77' size 40 100 expect '40 100' size 24 80 expect '24 80' type '^M' -- -t -- \
		/bin/sh -c 'trap "stty size" WINCH; stty size; until read -t 0.05 x; do :; done'
	# Of the output where the input is none, and none where there is no terminal at all.
	STDIN=/dev/null drive 0 expect '33 77' size 40 100 expect '40 100' -- -t -- \
		/bin/sh -c 'trap "stty size; exit 0" WINCH; stty size; while :; do sleep 0.05; done'
}
@test "the size, at the start and when it changes" {
	inside size
}

raw() {
	# Each end gives the terminal back as it was: drive-tty looks.
	drive 0 raw -- -t -- /bin/sleep 0.2
	drive 137 raw kill-box -- -t -- /bin/sleep 60
	for sig in 1 2 3 10 15; do
		drive $((128 + sig)) raw signal $sig -- -t -- /bin/sleep 60
	done
	drive 137 raw -- -t -- /bin/sh -c 'sleep 0.2; kill -9 $$'
	drive 127 -- -t -- /bin/none
	drive 125 -- -t --rootfs /none -- /bin/true
	drive 125 -- -t -w /none -- /bin/true
	drive 125 -- -t -u none -- /bin/true
	# Before the program runs, what initbox says comes out on a terminal that takes lines.
	drive 0 -- -t --explain -- /bin/true
	line '^\+ mount --bind /dev/pts/0 /dev/console  # open\(/dev/pts/ptmx\) TIOCGPTPEER' out
	# And so does what it says at the end.
	drive 3 raw expect 'exited with 3' -- --quiet=no -t -- /bin/sh -c 'sleep 0.1; exit 3'
	# What was typed before is not lost.
	drive 0 type 'early^M' raw expect 'got early' -- -t -- /bin/sh -c 'sleep 0.3; read x; echo got $x'
}
@test "the caller's terminal is raw meanwhile and restored at every end" {
	inside raw
}

stopped() {
	drive 5 raw signal 20 stopped resume raw signal 20 stopped resume raw size 44 55 type 'x^M' expect 'got x 44 55' -- -t -- /bin/sh -c 'read x; echo got $x $(stty size); exit 5'
	# In the background it is stopped again before it touches the terminal, as an editor is.
	drive 130 raw signal 20 stopped background stopped resume raw type '^C' -- -t -- /bin/sleep 60
	# By STOP nobody can help the terminal; it is raw again when it goes on.
	drive 130 raw signal 19 sleep 100 signal 18 sleep 100 raw type '^C' -- -t -- /bin/sleep 60
	# The program itself was never stopped.
	drive 0 raw signal 20 stopped sleep 300 resume expect '3 ticks' -- -t -- \
		/bin/sh -c 'trap "echo stopped" CONT TSTP; for i in 1 2 3; do sleep 0.1; done; echo 3 ticks'
	not grep stopped out
}
@test "a launcher that is stopped gives the terminal back meanwhile" {
	inside stopped
}

hang_up() {
	drive 129 raw hang-up -- -t -- /bin/sleep 60
	drive 9 raw hang-up -- -t -- /bin/sh -c 'trap "exit 9" HUP; while :; do sleep 0.05; done'
	NO_CTTY=1 drive 129 raw hang-up -- -t -- /bin/sleep 60
	NO_CTTY=1 drive 8 raw hang-up -- -t -- /bin/sh -c 'trap "" HUP; read x || exit 8'
	# Nobody reads: HUP, as from a terminal that is gone.
	"$INITBOX" run -q --rootfs "$ROOT" -t -- /bin/sh -c 'trap "echo hup >/dev/shm/x; exit 6" HUP; while :; do echo line; sleep 0.01; done' \
		</dev/null 2>err | head -n 1 >out || got=$?
	same 6 "$got" 'exit without a reader'
	same '' "$(cat err)" stderr
}
@test "the end of the caller's terminal is that of the box's" {
	inside hang_up
}

output() {
	# No byte is lost, whoever reads, and however fast.
	seq -w 0 655359 | tr '\n' '!' >want # 4.6 MB
	cp want "$PWD/data"
	expect 0 box -t -v "$PWD/data:/data" -- /bin/sh -c 'stty -opost; exec cat /data' </dev/null
	cmp want out
	expect 0 drive-tty raw -- "$INITBOX" run --rootfs "$ROOT" -t -v "$PWD/data:/data" -- /bin/sh -c 'stty -opost; exec cat /data'
	cmp want out
	"$INITBOX" run --rootfs "$ROOT" -t -v "$PWD/data:/data" -- /bin/sh -c 'stty -opost; exec head -c 300000 /data' </dev/null |
		(sleep 0.5; while dd bs=5000 count=1 2>/dev/null | grep .; do sleep 0.001; done; cat) | tr -d '\n' | cmp - <(head -c 300000 want)
	# A file that is appended to.
	(echo before; "$INITBOX" run --rootfs "$ROOT" -t -- /bin/echo box; echo after) </dev/null >file
	same "$(printf 'before\nbox\r\nafter')" "$(cat file)" 'a file'
	# The last words of a program that ends at once, many times.
	for i in {1..20}; do
		prints 0 "$(printf 'word %d\r' "$i")" box -t -- /bin/echo "word $i" </dev/null
	done
	# Nothing more is said after a daemon has let the terminal go, until it opens it again.
	prints 0 "$(printf 'one\r\ntwo\r')" box -t -- /bin/sh -c 'echo one; exec 3>/dev/console; exec <&- >&- 2>&- 3>&-; sleep 0.3; exec >/dev/console; echo two' </dev/null
}
@test "all output arrives, to a pipe, a file and a terminal" {
	inside output
}

input() {
	# Lines that come faster than they are read.
	drive 0 raw flood 20000 type '^M' expect sum -- -t -- /bin/sh -c 'stty -echo; while read -r x && [ -n "$x" ]; do n=$((n + 1)); done; echo sum $n'
	line '^sum 20000$' out
}
@test "all input arrives" {
	inside input
}

no_terminal() {
	# What is no terminal is typed, and its end is an end of file for each who reads, also for one that takes no lines (an editing shell).
	prints 0 "$(printf 'hello\r\nhello\r\nend\r')" box -t -- /bin/sh -c 'cat; cat; echo end' < <(echo hello)
	prints 0 "$(printf 'halfhalf\r')" box -t -- /bin/sh -c 'cat; echo' < <(printf half)
	prints 0 "$(printf 'end\r')" box -t -- /bin/sh -c 'sleep 0.2; cat; echo end' </dev/null
	echo 'echo $((6 * 7)); exit 4' >script
	expect 4 box -t -- /bin/sh <script
	line '^42' out
	echo 'echo $((6 * 7))' >script
	expect 0 box -t -- /bin/sh <script
	line '^42' out
	refused 'terminal: standard input: not a terminal' box -it -- /bin/true </dev/null
	refused 'terminal: standard input: not a terminal' box -t -i -- /bin/true < <(echo)
	# Nothing is read.
	echo unread | (prints 0 "$(printf '/dev/null\r\n0\r')" box -t --stdin null -- /bin/sh -c 'readlink /proc/self/fd/0; wc -c'; cat >rest)
	same unread "$(cat rest)" 'what was not read'
	drive 130 sleep 300 cooked type '^C' -- -t --stdin null -- /bin/sleep 60
	# Nothing but the standard ones is open.
	prints 0 "$(printf '0\r\n1\r\n2\r\n3\r')" box -t -- /bin/ls -1 /proc/self/fd </dev/null
}
@test "without a terminal on the outside" {
	inside no_terminal
}

pipes() {
	# Without -t nothing changes what passes, and -i is what is so in any case.
	head -c 10000000 /dev/urandom >want
	for options in '' -i --interactive; do
		# shellcheck disable=SC2086 # none or one
		box $options -- /bin/cat <want >got 2>err
		cmp want got
		# shellcheck disable=SC2086
		box $options -- /bin/sh -c 'cat; echo end >&2' 2>err < <(cat want) | cmp want -
		same end "$(cat err)" 'the end of file'
	done
	# Who closes its end early is not waited for.
	box -i -- /bin/head -c 10 < <(cat want || :) | cmp - <(head -c 10 want)
	prints 0 "$(printf '2\n1')" box -- /bin/sh -c 'test -t 0; a=$?; exec 2>/dev/null; echo $((a + 1)); tty -s; echo $?' </dev/null
}
@test "10 MB through pipes without -t, byte by byte" {
	inside pipes
}

stuck() {
	# Output that is not taken does not keep the launcher from being told to stop, nor from what is typed.
	drive 143 raw stop-reading sleep 500 signal 15 -- --quiet=no -t -- /bin/sh -c 'while :; do echo 0123456789012345678901234567890123456789; done'
	drive 130 raw stop-reading sleep 500 type '^C' sleep 300 signal 15 -- -t -- /bin/sh -c 'while :; do echo 0123456789012345678901234567890123456789; done'
}
@test "a terminal that takes no output" {
	inside stuck
}

idle() {
	# Nothing happens, nothing is done: also when the input has ended.
	"$INITBOX" run --rootfs "$ROOT" -t -- /bin/sleep 60 </dev/null >out 2>&1 &
	pid=$!
	sleep 1.2
	before=$(awk '{ print $14 + $15 }' /proc/$pid/stat) switches=$(awk '/ctxt/ { n += $2 } END { print n }' /proc/$pid/status)
	sleep 2
	same "$before" "$(awk '{ print $14 + $15 }' /proc/$pid/stat)" 'CPU time while idle'
	[ $(($(awk '/ctxt/ { n += $2 } END { print n }' /proc/$pid/status) - switches)) -lt 6 ]
	kill $pid
	wait $pid || :
}
@test "an idle terminal costs nothing" {
	inside idle
}

editor() {
	drive 0 raw expect '~' type 'ihello from vi^[' sleep 100 type ':wq^M' expect 'hello from vi' expect ready -- -t -- \
		/bin/sh -c 'vi /tmp/text; cat /tmp/text; echo ready'
	line 'hello from vi$' out
	grep -q $'\e\[33;1H' out # its last line
}
@test "vi draws and writes" {
	inside editor
}

attacks() {
	# Without -t: the caller's terminal is read and written, but is no controlling terminal, and nothing is typed into it.
	expect 0 drive-tty -- "$INITBOX" run --rootfs "$ROOT" -- /bin/try-terminal
	same 'controlling: no' "$(cat out)" 'with the filter'
	expect 0 drive-tty -- "$INITBOX" run --rootfs "$ROOT" --seccomp none -- /bin/try-terminal
	same 'controlling: no' "$(cat out)" 'without it'
	# With -t there is nothing of the caller's; the box's own terminal is kept from the filter's calls, too.
	drive 0 -- -t -- /bin/try-terminal
	same 'controlling: yes' "$(cat out)" 'with -t'
	# A terminal of no session at all does not become the program's unless it takes it.
	NO_CTTY=1 expect 1 drive-tty -- "$INITBOX" run --rootfs "$ROOT" -- /bin/try-terminal
	line '^controlling: no$' out
	# The ways are real: all are open to root on the host.
	expect 1 drive-tty -- setsid --wait try-terminal
	same 'TIOCSCTTY by force TIOCSPGRP TIOCSTI TIOCSTI with high bits (CVE-2019-10063)' \
		"$(grep -o 'TIOCS.*' out | sort | paste -sd ' ')" 'open on the host'
	# Everything is found below /dev/pts that the image has prepared: it is mounted over.
	mkdir -p layer/dev/pts
	ln -s /etc/passwd layer/dev/pts/ptmx
	ln -s /etc/passwd layer/dev/console
	prints 0 "$(printf '/dev/pts/0\r')" box --rootfs layer -t -- /bin/tty </dev/null
	# A volume over /dev comes later than the terminal is made.
	mkdir dev
	prints 0 "$(printf '/dev/pts/0\r\n88:0\r')" box -v "$PWD/dev:/dev" -t -- /bin/sh -c 'readlink /proc/self/fd/0; stat -L -c %t:%T /proc/self/fd/0' </dev/null
	same '' "$(ls -A dev)" 'made in the volume'
}
@test "TIOCSTI and its like" {
	inside attacks
}

# Rows of "syscall occurrence reason", for each call that --tty makes beyond a run without it.
faults() {
	local rows=(
		'signalfd4 1 terminal: terminal: signalfd4: .*EIO'
		'recvmsg 1 terminal: terminal: recvmsg: .*EIO'
		'sendmsg 1 mounts: terminal: sendmsg: .*EIO'
		'fchown 1 prepare: terminal: fchown: .*EIO'
		'setsid 1 prepare: terminal: setsid: .*EIO'
	)
	for row in "${rows[@]}"; do
		read -r call when reason <<<"$row"
		refused "$reason" strace -f -qq -o calls -e trace="$call" -e inject="$call:error=EIO:when=$when" \
			"$INITBOX" run --rootfs "$ROOT" -t -- /bin/touch "$PWD/ran" </dev/null
	done
	strace -f -qq -o calls -e trace=ioctl "$INITBOX" run --rootfs "$ROOT" -t -- /bin/true </dev/null
	for name in TIOCSPTLCK TIOCGPTPEER; do
		pid=$(awk -v n=$name '$0 ~ n { print $1 }' calls)
		when=$(awk -v p="$pid" -v n=$name '$1 == p { i++ } $0 ~ n { print i }' calls)
		refused "mounts: terminal: $name: .*EIO" strace -f -qq -o log -e trace=ioctl -e inject="ioctl:error=EIO:when=$when" \
			"$INITBOX" run --rootfs "$ROOT" -t -- /bin/touch "$PWD/ran" </dev/null
	done
	[ ! -e ran ]
}
@test "each call of it that fails" {
	inside faults
}

refusals() {
	refused 'command line: -x: no such setting' box -itx -- /bin/true
	refused 'tty: "maybe": neither yes nor no' box --tty=maybe -- /bin/true
	refused 'interactive: "2": neither yes nor no' box --interactive=2 -- /bin/true
	refused 'interactive: clashes with --stdin null' box -i --stdin null -- /bin/true
	refused 'command: is missing' box -it
	# The order of the words does not matter; no word has none.
	prints 0 '' box --tty=no -i -- /bin/true </dev/null
}
@test "bad input" {
	inside refusals
}
