#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox [OPTIONS] -- COMMAND`: where options end, and how they come by environment.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
	make_script run <<-'END'
		echo "a program called run: $*"
	END
	make_script hello <<-'END'
		echo hello
	END
	make_script -weird <<-'END'
		echo "a program with a dash: $*"
	END
}

first_word_ends_options() {
	expect 3 entry -q sh -e -c 'exit 3'
	prints 0 '-g -- -v --on-exit' entry sh -c 'echo "$@"' sh -g -- -v --on-exit
	prints 0 '-g -- -v' entry -- sh -c 'echo "$@"' sh -g -- -v
	prints 0 x entry -s echo x
	prints 0 '-e' entry printf '%s\n' -e
	prints 0 'a program called run: --rootfs x' entry -- run --rootfs x
	prints 0 'a program with a dash: -v' entry -- -weird -v
	# A machine's kernel starts it by this name, to get a module; not with its standard descriptors open.
	same hello "$(exec -a /proc/1/exe "$INITBOX" -q -- hello 2>&1)"
}
@test "the first word that is no option ends them, as -- does" {
	both first_word_ends_options
}

forms() {
	local rows=('-q' '--quiet' '--quiet=yes' '-s -q' '-q -g -w -s' '--on-exit=none -q' '--on-exit none -q' '-q -e 4=3' '-q -e4=3'
		'-q --exit-map 4=3' '-q --exit-map=4=3' '-q -v --verbose=no' '--quiet=no -q')
	for row in "${rows[@]}"; do
		# shellcheck disable=SC2086 # words
		expect 3 entry $row -- sh -c 'exit 3'
		same '' "$(cat err)" "stderr with $row"
	done
	# The last one wins, where there can be one.
	start=$(now)
	expect 0 entry --on-exit none --on-exit wait -- sh -c 'setsid sleep 0.3 &'
	between 300 5000 "$start"
}
@test "short and long, with = and without" {
	both forms
}

help() {
	for words in --help '-g --help'; do
		# shellcheck disable=SC2086 # words
		expect 0 entry $words
		same '' "$(cat err)" 'stderr of --help'
		for option in group subreaper parent-death warn-reaped verbose quiet exit-map rewrite stop-signal stop-ok on-exit \
			grace kill-after orphans pause user workdir env env-file umask cap-drop cap-add no-new-privs seccomp ulimit \
			setsid help version; do
			line "--$option([^a-z-]|\$)" out
		done
	done
	prints 0 'tini version 0.1_initbox' entry --version
}
@test "--help and --version" {
	both help
}

# What is set for the program, and what it finds: nothing of initbox's own.
own_variables() {
	own=(INITBOX_GROUP=1 INITBOX_QUIET=1 INITBOX_ON_EXIT=none INITBOX_EXIT_MAP='3 4=5' INITBOX_VERBOSE=no
		TINI_SUBREAPER= TINI_KILL_PROCESS_GROUP= TINI_VERBOSITY=0 DUMB_INIT_DEBUG=0 DUMB_INIT_SETSID=1)
	# Not of ours: the first ones are what Kubernetes sets for a service called initbox.
	others=(INITBOXED=1 XINITBOX_GROUP=1 TINI=1 TINI_OTHER=1 DUMB_INIT=1 initbox_group=x)
	env -i PATH="$PATH" "${others[@]}" sort /proc/self/environ -z | tr '\0' '\n' >wanted
	expect 0 env -i PATH="$PATH" "${others[@]}" "${own[@]}" "$(type -P bash)" -c 'exec "$@"' sh \
		try-start "${AS[@]}" "$INITBOX" sort /proc/self/environ -z
	tr '\0' '\n' <out | grep -vE '^(_|PWD|SHLVL|OLDPWD)=' >got
	same "$(cat wanted)" "$(cat got)" 'environment'
}
@test "its own variables are not the program's" {
	both own_variables
}

# setting VALUE OPTION…: what is asked for by environment is what the option does; an option wins over it.
by_environment() {
	INITBOX_EXIT_MAP='3=4 5=6' expect 4 entry -q -- sh -c 'exit 3'
	INITBOX_EXIT_MAP='3=4 5=6' expect 6 entry -q -- sh -c 'exit 5'
	INITBOX_EXIT_MAP='3=4' expect 7 entry -q -e 3=7 -- sh -c 'exit 3'
	INITBOX_EXIT_MAP='' expect 3 entry -q -- sh -c 'exit 3'
	INITBOX_QUIET=yes INITBOX_WORKDIR=/etc prints 0 /etc entry -- pwd
	INITBOX_WORKDIR=/etc prints 0 /run entry --workdir /run -- pwd
	INITBOX_UMASK=027 prints 0 0027 entry -- sh -c umask
	INITBOX_ENV='A=1 B=2' prints 0 '1 2' entry -- sh -c 'echo $A $B'
	echo C=3 >file
	INITBOX_ENV_FILE=$PWD/file prints 0 3 entry -- sh -c 'echo $C'
	INITBOX_USER=1000:50 prints 0 '1000 50' entry -- sh -c 'echo $(id -u) $(id -g)'
	INITBOX_NO_NEW_PRIVS=1 prints 0 1 entry -- sed -n 's/^NoNewPrivs:.//p' /proc/self/status
	INITBOX_SECCOMP=default prints 0 2 entry -- sed -n 's/^Seccomp:.//p' /proc/self/status
	INITBOX_ULIMIT='nofile=99:100 core=0' prints 0 '99 100 0' entry -- sh -c 'echo $(ulimit -Sn) $(ulimit -Hn) $(ulimit -c)'
	INITBOX_CAP_DROP='CHOWN KILL' prints 0 yes entry -- \
		sh -c '[ $((0x$(sed -n "s/^CapEff:.//p" /proc/self/status) & 0x21)) = 0 ] && echo yes'
	INITBOX_SETSID=1 prints 0 yes entry -- sh -c '[ $(ps -o sid= -p $$) = $$ ] && echo yes'
	INITBOX_SUBREAPER=1 INITBOX_VERBOSE=0 prints 0 x entry -- echo x
	refused 'on-exit.*"sometimes"' env INITBOX_ON_EXIT=sometimes "$INITBOX" -- touch ran
	refused 'rewrite.*"NONE=TERM"' env INITBOX_REWRITE='HUP=0 NONE=TERM' "$INITBOX" -- touch ran
	[ ! -e ran ]
}
@test "every option by environment; the command line wins" {
	both by_environment
}

# Kubernetes sets these for a service called initbox: not ours. A wrong word is not passed over.
foreign_variables() {
	export INITBOX_SERVICE_HOST=10.0.0.1 INITBOX_SERVICE_PORT=80 INITBOX_PORT=tcp://10.0.0.1:80 INITBOX_PORT_80_TCP_ADDR=10.0.0.1
	prints 0 '10.0.0.1 tcp://10.0.0.1:80' entry -- sh -c 'echo $INITBOX_SERVICE_HOST $INITBOX_PORT'
	unset INITBOX_SERVICE_HOST INITBOX_SERVICE_PORT INITBOX_PORT INITBOX_PORT_80_TCP_ADDR
	GIVEN=(env INITBOX_GRAZE=1s)
	refused INITBOX_GRAZE entry -- touch ran
	[ ! -e ran ]
}
@test "variables that look like ours" {
	both foreign_variables
}

# A variable for socket activation is for the process that it names.
listen_pid() {
	prints 0 yes entry -- sh -c '[ ${LISTEN_PID-none} = none ] && echo yes'
	GIVEN=(sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"')
	prints 0 'yes 1' entry -- sh -c '[ $LISTEN_PID = $$ ] && echo yes $LISTEN_FDS'
	GIVEN=(env LISTEN_PID=4711 LISTEN_FDS=1)
	prints 0 '4711 1' entry -- sh -c 'echo $LISTEN_PID $LISTEN_FDS'
	GIVEN=(env LISTEN_PID=)
	prints 0 '<>' entry -- sh -c 'echo "<$LISTEN_PID>"'
}
@test "LISTEN_PID names the program when it named initbox" {
	both listen_pid
}

verbose() {
	for words in -v -vvv '-v -v -v' --verbose; do
		# shellcheck disable=SC2086 # words
		expect 0 entry $words -- echo x
		same x "$(cat out)" "stdout with $words"
		line '^initbox: ' err
		[ "$(grep -vc '^initbox: ' err)" = 0 ]
	done
	for setting in INITBOX_VERBOSE=1 TINI_VERBOSITY=3 DUMB_INIT_DEBUG=1; do
		expect 0 env "$setting" try-start "${AS[@]}" "$INITBOX" -- echo x
		same x "$(cat out)" "stdout with $setting"
		line '^initbox: ' err
	done
}
@test "--verbose speaks on stderr" {
	both verbose
}
