#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: stopping a box in order (--stop-signal, --stop-timeout), the launcher's death at any moment, exit codes.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper try-gain
}

# waiting OPTION… -- SCRIPT: a box whose shell has run SCRIPT and waits, its launcher in PID.
waiting() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	background env --default-signal "$INITBOX" run --rootfs "$ROOT" --stdin null "${options[@]}" -- \
		/bin/sh -c "$2; echo ready; while :; do sleep 0.05; done" >log 2>&1
	soon grep -q ready log
}

# ends CODE FROM TO: the launcher ends with CODE, after FROM to TO ms.
ends() {
	local got=0 from
	from=$(leaks_now_ms)
	wait "$PID" || got=$?
	same "$1" $got "exit: $(cat log)"
	[ $(($(leaks_now_ms) - from)) -ge "$2" ] || { echo "after $(($(leaks_now_ms) - from)) ms already"; return 1; }
	[ $(($(leaks_now_ms) - from)) -le "$3" ] || { echo "after $(($(leaks_now_ms) - from)) ms"; return 1; }
}

stop_signal() {
	for sig in USR1 QUIT RTMIN+3 37; do
		waiting --stop-signal $sig -- "trap 'echo got it; exit 42' $(kill -l $sig | sed 's/RTMIN.3/37/'); trap 'exit 43' TERM"
		kill -TERM "$PID"
		ends 42 0 3000
		line '^got it$' log
	done
	# The signal itself is passed on as it is, and one that is no order, too.
	waiting --stop-signal USR1 -- 'trap "exit 42" USR1; trap "exit 44" USR2; trap "exit 43" TERM'
	kill -USR1 "$PID"
	ends 42 0 3000
	waiting --stop-signal USR1 -- 'trap "exit 42" USR1; trap "exit 44" USR2; trap "exit 43" TERM'
	kill -USR2 "$PID"
	ends 44 0 3000
	waiting --stop-signal KILL -- 'trap "" TERM'
	kill -TERM "$PID"
	ends 137 0 3000
	# A rule of one's own counts more.
	waiting --stop-signal USR1 --rewrite TERM=USR2 -- 'trap "exit 42" USR1; trap "exit 44" USR2'
	kill -TERM "$PID"
	ends 44 0 3000
	refused 'stop-signal: "TERMINATE": not a signal' box --stop-signal TERMINATE -- /bin/true
	refused 'stop-timeout: "soon": not a time' box --stop-timeout soon -- /bin/true
	refused 'stop-timeout: "-2": not a time' box --stop-timeout -2 -- /bin/true
}
@test "--stop-signal is what the program gets for TERM" {
	inside stop_signal
}

stop_timeout() {
	waiting --stop-timeout 1 -- 'trap "echo no" TERM'
	kill -TERM "$PID"
	ends 137 900 4000
	line '^no$' log
	# The whole of the box goes: also what the program has started, in its own session.
	waiting --stop-timeout 500ms -- 'trap "" TERM; setsid sh -c "trap \"\" TERM; while :; do sleep 1; done" & trap "" TERM'
	kill -TERM "$PID"
	ends 137 400 4000
	# 0: at once. --kill-after is the same thing.
	waiting --stop-timeout 0 -- 'trap "" TERM'
	kill -TERM "$PID"
	ends 137 0 1500
	waiting --kill-after 300ms -- 'trap "" TERM'
	kill -TERM "$PID"
	ends 137 250 3000
	# A program that ends in time decides what the code is.
	waiting --stop-timeout 3 -- 'trap "sleep 0.3; exit 7" TERM'
	kill -TERM "$PID"
	ends 7 250 2500
}
@test "--stop-timeout: KILL to what is still there" {
	inside stop_timeout
}

never_killed() {
	waiting --stop-timeout -1 -- 'trap "echo no" TERM'
	kill -TERM "$PID"
	soon grep -q no log
	# Neither INT nor QUIT of a terminal is an order to stop a box, nor is a second TERM a reason not to wait:
	# whoever tells all of a cgroup tells PID 1 twice, itself and through its launcher.
	kill -KILL "$PID"
	wait "$PID" 2>/dev/null || :
	soon rmdir /sys/fs/cgroup/initbox-*
	waiting --stop-timeout 700ms -- 'trap "echo got INT" INT; trap "echo got QUIT" QUIT; trap "echo got TERM" TERM'
	kill -INT "$PID"
	soon grep -q 'got INT' log
	kill -QUIT "$PID"
	soon grep -q 'got QUIT' log
	sleep 0.9
	not gone "$PID"
	from=$(leaks_now_ms)
	kill -TERM "$(pgrep -P "$PID")"
	kill -TERM "$PID"
	soon grep -q 'got TERM' log
	ends 137 0 3000
	[ $(($(leaks_now_ms) - from)) -ge 600 ]
}
@test "-1: never; INT, QUIT and a second TERM do not hasten it" {
	inside never_killed
}

# strace makes the box's PID 1 slow at what it does first, so that the launcher can die before its death signal is asked for.
race() {
	strace -f -qq -o calls -e trace=clone3,prctl,execve -e inject=prctl:delay_enter=700000 "$INITBOX" run --rootfs "$ROOT" \
		--stdin null -- /bin/sh -c 'echo started; sleep 60' >log 2>&1 &
	tracer=$!
	soon grep -qs 'clone3.*) *= [0-9]' calls
	launcher=$(sed -n '1s/ .*//p' calls)
	init=$(sed -n 's/.*clone3.*) *= \([0-9]*\).*/\1/p' calls | head -n 1)
	# The launcher's part is done well within this; it waits for its child, with the gate open.
	sleep 0.25
	kill -KILL "$launcher"
	soon gone "$init"
	wait $tracer 2>/dev/null || :
	same '' "$(grep started log || :)" 'the program'
	soon rmdir /sys/fs/cgroup/initbox-*
}
@test "a launcher that is killed before its box has asked to be told takes the box with it" {
	inside race
}

exact() {
	for code in 0 1 2 125 126 127 128 129 137 200 255; do
		expect $code box -- /bin/sh -c "exit $code"
		same '' "$(own_words)" "stderr of exit $code"
	done
	for sig in HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT XCPU VTALRM PROF IO PWR SYS RTMIN RTMAX; do
		expect $((128 + $(kill -l $sig))) box --ulimit core=0 -- /bin/try-gain kill "$(kill -l $sig)"
	done
	expect 126 box -- /etc/passwd
	expect 126 box -- /srv
	expect 127 box -- /bin/none
	expect 127 box -- none
	expect 125 box --user nobody -- /bin/true
}
@test "exit codes are exact" {
	inside exact
}

teardown_order() {
	# What was made is taken away in the opposite order, and nobody waits for a veth: the second box keeps the bridge.
	start keeper --network bridge
	expect 0 strace -f -tt -o calls -e trace=network,unlinkat,rmdir,exit_group "$INITBOX" run --rootfs "$ROOT" --verbose \
		--network bridge -p 8080:80 -- /bin/true
	sed -n 's/^initbox: undo //p' err >undone
	printf 'table\nbridge\naddress\nstate directory\ncgroup\n' >order
	grep -vxFf undone order >missing || :
	grep -xFf order undone >got
	grep -vxFf missing order | diff - got
	[ "$(wc -l <got)" -ge 4 ]
	not grep RTM_DELLINK calls
	stop "$PID"
}
@test "the end undoes in the opposite order, and does not wait for the veth" {
	inside teardown_order
}
