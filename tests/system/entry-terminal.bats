#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND` on a terminal: keys, job control of an interactive shell around it and inside it, hangup.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
	make_script talker <<-'END'
		echo started
		exec sed -u 's/^/got /'
	END
	# They fork nothing when they have said that they started: a process that is stopped between vfork and exec keeps its
	# parent from being stopped. The first one reads later, when the shell has got so far as to give it the terminal; the
	# other one not at all.
	make_script waiter <<-'END'
		echo started
		read -r go <go
		sleep 0.3
		exec sed -u 's/^/got /'
	END
	make_script worker <<-'END'
		trap 'echo INT; exit 3' INT
		trap 'echo continued' CONT
		sleep 60 &
		echo started
		while :; do wait; done
	END
}

# on_terminal TEXT KEYS [+ TEXT KEYS]… -- [OPTION…] [--] COMMAND…: initbox is the first process of a session, with the
# terminal that is typed on as its controlling one: docker run -t.
on_terminal() {
	local steps=()
	while [ "$1" != -- ]; do
		steps+=("$1")
		shift
	done
	shift
	on-tty "${steps[@]}" try-start "${AS[@]}" --session "${GIVEN[@]}" "$INITBOX" "$@"
}

# in_shell TEXT KEYS [+ TEXT KEYS]…: an interactive shell with the prompt "ready> ", in which initbox is initbox.
in_shell() {
	on-tty "$@" try-start env PS1='ready> ' ENV=/dev/null bash --norc --noprofile --noediting -i
}

keys() {
	expect 130 on_terminal started '^C' -- -q -- talker
	expect 131 on_terminal started $'^\\' -- -q -- sh -c 'ulimit -c 0; exec talker'
	expect 0 on_terminal started 'one^Mtwo^M^D' -- -- talker
	line '^got two$' out
	expect 3 on_terminal started '^C' -- -q -- worker
	line INT out
	# The program is in the foreground, initbox is not; the group is its own.
	expect 0 on_terminal never '' -- -- sh -c 'echo $(ps -o pid=,pgid=,tpgid= -p $$)'
	read -r pid pgid tpgid <out
	same "$pid $pid" "$pgid $tpgid" 'group and foreground group'
	# /dev/tty does, where stdin is something else.
	expect 0 on_terminal started 'typed^M' -- -- sh -c 'exec 0</dev/null; echo started; read x </dev/tty; echo "<$x>"'
	line '^<typed>$' out
}
@test "keys go to the program, as in docker run -t" {
	both keys
}

# Nobody could ever type fg: it goes on at once, with one line of notice.
stop_key_pid1() {
	expect 130 on_terminal started '^Z' + 'initbox: ' 'again^M' + 'got again' '^Z' + 'initbox: ' 'more^M' + \
		'got more' '^C' -- -q -- talker
	same 2 "$(grep -c 'initbox: ' out)" "notices: $(cat out)"
	expect 3 on_terminal started '^Z' + continued '^C' -- -q -- worker
	same 1 "$(grep -c 'initbox: ' out)" "notices: $(cat out)"
}
@test "^Z, with initbox as process 1" {
	as_pid1 stop_key_pid1
}

# A job of a shell inside is the shell's own matter.
stop_key_inside() {
	mkfifo go
	GIVEN=(env PS1='ready> ')
	expect 7 on_terminal 'ready> ' 'talker^M' + started '^Z' + 'ready> ' 'fg^M' + $'talker\n' 'one^M' + 'got one' '^C' + \
		'ready> ' 'echo co""de $?^M' + 'code 130' 'exit 7^M' -- -q -- bash --norc --noprofile --noediting -i
	line '^\[1\]\+  Stopped  ' out
	not grep 'initbox: ' out
	expect 7 on_terminal 'ready> ' 'waiter^M' + started '^Z' + 'ready> ' 'bg^M' + '&' 'echo >go; fg^M' + $'waiter\n' 'one^M' + \
		'got one' '^C' + 'ready> ' 'exit 7^M' -- -q -- bash --norc --noprofile --noediting -i
	expect 0 on_terminal never '' -- -- bash -m -c 'sleep 0.05 & fg; echo $(ps -o pgid=,tpgid= -p $$)'
	read -r pgid tpgid < <(tail -n 1 out)
	same "$pgid" "$tpgid" 'foreground group after a job'
}
@test "job control of a shell inside" {
	both stop_key_inside
}

# initbox as a job of an interactive shell.
stop_key_shell() {
	expect 0 in_shell 'ready> ' 'initbox -q -- talker^M' + started 'one^M' + 'got one' '^Z' + 'ready> ' 'echo sh""ell^M' + \
		shell '' + 'ready> ' 'fg^M' + $'talker\n' 'two^M' + 'got two' '^Z' + 'ready> ' 'fg^M' + \
		$'talker\n' 'three^M' + 'got three' '^C' + 'ready> ' 'echo co""de $?^M' + 'code 130' 'exit 0^M'
	same 2 "$(grep -c '^\[1\]+  Stopped ' out)" "stopped jobs: $(cat out)"
}
@test "^Z and fg in an interactive shell" {
	as_child stop_key_shell
}

background_key_shell() {
	mkfifo go
	expect 0 in_shell 'ready> ' 'initbox -q -- waiter^M' + started '^Z' + 'ready> ' 'bg^M' + '&' 'read x; echo "<$x>"^M' + \
		'>"' 'typed^M' + '<typed>' 'echo >go; fg^M' + $'waiter\n' 'one^M' + 'got one' '^C' + \
		'ready> ' 'echo co""de $?^M' + 'code 130' 'exit 0^M'
}
@test "^Z and bg in an interactive shell" {
	as_child background_key_shell
}

started_in_background() {
	mkfifo go
	expect 0 in_shell 'ready> ' 'initbox -q -- waiter &^M' + started 'read x; echo "<$x>"^M' + '>"' 'typed^M' + \
		'<typed>' 'echo >go; fg^M' + $'waiter\n' 'one^M' + 'got one' '^C' + 'ready> ' 'exit 0^M'
	# What reads stops, and reads when it is in the foreground.
	expect 0 in_shell 'ready> ' 'initbox -q -- talker &^M' + started 'sleep 0.1^M' + Stopped '' + 'ready> ' 'fg^M' + \
		$'talker\n' 'one^M' + 'got one' '^D' + 'ready> ' 'echo co""de $?^M' + 'code 0' 'exit 0^M'
	# One that ends in the background leaves the terminal alone.
	expect 0 in_shell 'ready> ' 'initbox -- true & wait; read x; echo "<$x>"^M' + '>"' 'typed^M' + '<typed>' 'exit 0^M'
}
@test "started with & in an interactive shell" {
	as_child started_in_background
}

given_back_after_a_mistake() {
	GIVEN=(bash -c '"$0" -- /nosuch; read -r x && echo "<$x>"' "$INITBOX")
	expect 0 "${GIVEN[@]}" <<<typed
	expect 0 in_shell 'ready> ' $'bash -c \'initbox -- /nosuch; read -r x && echo "<$x>"\'^M' + nosuch 'typed^M' + '<typed>' 'exit 0^M'
}
@test "the terminal is given back when there is no program" {
	as_child given_back_after_a_mistake
}

stops_itself() {
	expect 0 in_shell 'ready> ' $'initbox -- sh -c \'kill -STOP $$; echo af""ter\'^M' + Stopped '' + 'ready> ' 'fg^M' + after '' + \
		'ready> ' 'exit 0^M'
}
@test "a program that stops itself is a stopped job" {
	as_child stops_itself
}

# A script without job control: initbox gives the terminal away, and back.
script() {
	expect 0 on-tty 'a?' 'x^M' + 'b?' 'y^M' try-start sh -c '"$0" -- sh -c "echo a?; read a; echo a=\$a"; echo b?; read b; echo b=$b
		"$0" --setsid -- true; "$0" -q -- false; ps -o pgid=,tpgid= -p $$' "$INITBOX"
	line '^a=x$' out
	line '^b=y$' out
	read -r pgid tpgid < <(tail -n 1 out)
	same "$pgid" "$tpgid" 'foreground group at the end'
	# initbox is in the middle of a pipe; others of its group want the terminal, too.
	expect 0 in_shell 'ready> ' $'echo fr""om | initbox -- sh -c \'cat; read y </dev/tty; echo "y=$y"\'^M' + from 'typed^M' + 'y=typed' '' + \
		'ready> ' $'initbox -- seq 3 | sh -c \'cat; read z </dev/tty; echo "z=$z"\'^M' + $'2\n3\n' 'more^M' + 'z=more' '' + \
		'ready> ' 'exit 0^M'
	line '^y=typed$' out
	line '^z=more$' out
}
@test "the terminal is given back at the end" {
	as_child script
}

hangup() {
	background on_terminal never '' -- -q -- sh -c 'trap "echo HUP >got; exit" HUP; echo up >got; while :; do sleep 0.02; done'
	soon grep -qs up got
	kill -KILL "$(pgrep -P "$PID" -x on-tty || echo "$PID")"
	soon grep -q HUP got
}
@test "the terminal goes away" {
	both hangup
}

sessions() {
	expect 130 on_terminal started '^C' -- -q --setsid -- talker
	expect 0 on_terminal never '' -- --setsid -- sh -c 'echo $(ps -o pid=,sid=,tpgid= -p $$)'
	read -r pid sid tpgid <out
	same "$pid $pid" "$sid $tpgid" 'session and foreground group'
	expect 0 on_terminal started 'typed^M' -- --setsid -- sh -c 'echo started; read x </dev/tty; echo "<$x>"'
	line '^<typed>$' out
}
@test "--setsid takes the terminal along" {
	both sessions
}

# Two windows: the new size is told.
resized() {
	expect 0 on_terminal started '' -- -- bash -c 'trap "echo W""INCH; exit" WINCH; echo started; stty rows 40; kill -WINCH $PPID
		for i in {1..100}; do sleep 0.02; done; exit 1'
	line '^WINCH$' out
}
@test "SIGWINCH" {
	both resized
}
