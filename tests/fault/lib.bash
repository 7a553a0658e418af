# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2028,SC2317,SC2329
# Faults: a run of initbox is made again for each of its system calls, and that one call of that one process fails
# (inject.c). Then either it is an error with a name, exit code 125 (126 or 127 for the program's exec), and the program
# has not run; or the call does not matter, which the table of tolerated ones gives a reason for, and then the program
# found everything as it should be; or the end is in disorder, and says so by name. Nothing is left behind: what an end
# in disorder left, or what the table of leaving ones has a reason for, the next run takes away.
#
#   load lib; sweep CONFIG
#
# CONFIG is a function that prints the words of a command, one a line; the program's are added. before_CONFIG and
# after_CONFIG, if there are such, are called first and last. tolerated and leaving print the tables: PROCESS CALL WHICH reason; WHICH is * or 1,2,5.
#
# Of a network each request is refused by the kernel, and each answer of it is lost, cut short, of a wrong sequence number
# or sender; they are calls of the names message and answer.
#
# FAULT_ALL=1    each occurrence of each call, with each errno of FAULT_ERRNOS; otherwise the first occurrences, with one

load ../system/lib

FAULT_ERRNOS=${FAULT_ERRNOS:-EUSERS=87}

# faults_of CALL: what may happen to it: the errno that initbox is to name (or one of several), = what inject takes.
faults_of() {
	case $1 in
	message) echo 'EOPNOTSUPP|EINVAL=refused' ;;
	answer) echo 'EPROTO=lost EPROTO=short EPROTO=seq EPROTO=sender EMSGSIZE=trunc' ;;
	*) echo "$FAULT_ERRNOS" ;;
	esac
}

# The helper that lets calls fail, where the tests look for commands.
fault_tools() {
	ln -s "$(cd "${BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)/tests/inject" "$HELPERS/inject"
}

# Loop devices are those of the whole machine, and others use it, too.
prepare() {
	leaks_loops() {
		:
	}
}

# What surrounds the program, as it sees it; ids and indices that differ from run to run are left out.
fingerprint() {
	echo 'grep -E "^(Cap|NoNewPrivs|Seccomp:|Sig(Blk|Ign)|Uid|Gid|Groups|Umask)" /proc/self/status; hostname; pwd; env | grep -v ^_= | sort
		sed "s/^[0-9]* [0-9]* [0-9:]* [^ ]* \([^ ]* [^ ]*\).* - \([^ ]*\).*/\1 \2/" /proc/self/mountinfo
		ls -l /dev | cut -c 1-10; ls /proc/$$/fd; ulimit -n; cat /proc/self/cgroup /proc/1/comm
		ip -o -4 address | sed "s/^[0-9]*: //; s/@[^ ]*//"; ip route; cat /etc/resolv.conf /data/file 2>/dev/null; exit 7'
}

# Of every box. 0: the launcher, 1: the box's PID 1, 2: the program.
tolerated_always() {
	cat <<-'END'
		0 close * a descriptor more; it ends with the launcher, and none goes on into the box
		1 close * close_range takes it before the program runs
		2 close * close-on-exec
		0 fcntl * open(2) was told O_CLOEXEC; the C library says it once more
		1 fcntl * the same
		0 close_range * what is open is looked up in /proc instead
		1 close_range * the same
		2 close_range * the same
		0 clock_gettime * a trace, or a deadline, begins at 0
		1 clock_gettime * the same
		2 clock_gettime * the same
		0 fstat * whether a cgroup, or the file of an address, is still the one that was opened is asked once more
		0 newfstatat * the same
		0 wait4 * asked once more
		1 wait4 * asked once more
		0 rt_sigtimedwait * asked once more
		1 rt_sigtimedwait * asked once more
		1 ioctl * no terminal: there is no /dev/console
		2 ioctl * no terminal: there is none to take, and no TERM
		1 prctl 1 the name in ps stays what the binary is called
		1 capset 1 the program runs already; a PID 1 that can't drop what it may ends the box at once
		1 sendto * the same, where the launcher can't be told that it runs
		0 unlinkat * the cgroup is removed in a second way
	END
}

# in_table TABLE CONFIG PROCESS CALL N: whether a row of the table has it; the row is noted.
in_table() {
	local row rows process call n reason
	mapfile -t rows < <("$1" "$2")
	for row in "${rows[@]}"; do
		read -r process call n reason <<<"$row"
		[ "$process $call" = "$3 $4" ] || continue
		[ "$n" = '*' ] || [[ ",$n," = *",$5,"* ]] || continue
		[ -n "$reason" ] || return 1
		echo "$1 $process $call $n" >>/run/rows
		return 0
	done
	return 1
}

# judge CONFIG PROCESS CALL N ERRNO-NAME CODE: prints what is wrong; $late is set for an end in disorder.
judge() {
	local name=$5 code=$6 text alive
	local line lines=() words=$'^initbox: ([a-z-]+: )?[^:]+.*: [A-Za-z0-9_ ]+: .* '"\\(($name)\\)(: .*)?\$"
	late=
	text=$(<out)
	while IFS= read -r line; do
		# A hint, and the last line about an end with another code than 0.
		[[ $line = 'initbox: hint: '* || $line =~ ^initbox:\ [a-z]+:\ exited\ with\ 7\ after ]] || lines+=("$line")
	done <err
	alive=$(grep alive report || :)
	[ "$alive" = '' ] || { echo "still $alive"; return; }
	[ "$code" != 200 ] || { echo 'does not end'; return; }
	case $code in
	125 | 126 | 127)
		[ ${#lines[@]} = 1 ] || { echo "${#lines[@]} lines"; return; }
		[[ ${lines[0]} =~ $words ]] || { echo 'not that error'; return; }
		[ -z "$text" ] || in_table tolerated "$@" || { echo 'the program has run'; return; }
		[ "$code" = 125 ] || [[ ${lines[0]} = 'initbox: exec: '* ]] || echo "code $code"
		;;
	*)
		[ "$code" = "$(</run/code)" ] || { echo "code $code"; return; }
		[ "$text" = "$(</run/wanted)" ] || { diff /run/wanted out || :; return; }
		if [ ${#lines[@]} = 0 ]; then
			in_table tolerated "$@" || echo 'nothing is said'
			return
		fi
		late=1
		[[ ${lines[0]} =~ $words ]] || { echo 'not that error'; return; }
		[ ${#lines[@]} = 1 ] || [[ ${lines[1]} = *': something of it was left behind' ]] || echo 'strange words'
		;;
	esac
}

# one_fault CONFIG PROCESS CALL N ERRNO: prints what is wrong with it.
one_fault() {
	local code=0 wrong late='' may_leave='' wait=$LEAKS_WAIT_MS no=${5#*=}
	inject report "$2:$3:$4:$no" "${command[@]}" >out 2>err </dev/null || code=$?
	grep -q hit report || return 0 # it was not called as often as before
	wrong=$(judge "$1" "$2" "$3" "$4" "${5%=*}" "$code" && [ -z "$late" ] || echo "${late:+late}")
	[ "$wrong" != late ] || { wrong='' late=1; }
	# What may be left is not waited for: the next run comes at once.
	if [ -n "$late" ] || in_table leaving "$@"; then
		may_leave=1 wait=300
	fi
	if ! LEAKS_WAIT_MS=$wait leaks_check /run/mine >left; then
		: >again
		if [ "$may_leave" ]; then
			"${command[@]}" >/dev/null 2>again </dev/null || :
			leaks_check /run/mine >>again || :
			[ -n "$(sed '/: exited with 7 after/d' again)" ] || : >left
		fi
		if [ -s left ]; then
			wrong+=${wrong:+$'\n'}$(cat left again)
			leaks_snapshot /run/mine
		fi
	fi
	[ -n "$wrong" ] || return 0
	printf '%s: process %s, %s %s, %s: exit %s: %s\n' "$1" "$2" "$3" "$4" "$5" "$code" "$wrong"
	sed 's/^/    /' err
}

after_faults() {
	[ "$(type -t "after_$1")" != function ] || "after_$1"
}

# The command as CONFIG has it, and what it does when nothing fails.
before_faults() {
	local code=0
	mkdir -p data
	echo 'of the host' >data/file
	[ "$(type -t "before_$1")" != function ] || "before_$1"
	mapfile -t command < <("$1")
	command+=("$(fingerprint)")
	leaks_snapshot /run/mine
	"${command[@]}" >/run/wanted 2>err </dev/null || code=$?
	same '' "$(sed '/: exited with 7 after/d' err)" 'words without a fault'
	echo $code >/run/code
	leaks_check /run/mine
}

# count CONFIG FILE: which process calls what, and how often.
count_calls() {
	before_faults "$1"
	inject calls "${command[@]}" >out 2>err </dev/null || :
	diff /run/wanted out
	after_faults "$1"
	# These can't fail: exit(2), getpid(2), umask(2), flock(2) that unlocks. madvise(2) is advice, and an init at rest gives it
	# when it has been idle for a while, which a loaded machine decides. The C library makes two calls before main, and looks at neither.
	grep -vE ' (exit|exit_group|madvise|getpid|getppid|umask|flock_un|arch_prctl|set_tid_address) ' calls >"$2"
}

# faults CONFIG FILE PART: each second one of the calls in FILE.
faults() {
	local process call n i=0 no failed=0 done=0 all=() wrong
	before_faults "$1"
	mapfile -t all <"$2"
	for i in "${!all[@]}"; do
		[ $((i % 2)) = "$3" ] || continue
		read -r process call n <<<"${all[i]}"
		for no in $(faults_of "$call"); do
			wrong=$(one_fault "$1" "$process" "$call" "$n" "$no")
			done=$((done + 1))
			[ -n "$wrong" ] || continue
			failed=$((failed + 1))
			printf '%s\n' "$wrong"
			[ $failed -lt "${FAULT_MOST:-10}" ] || return 1
		done
	done
	[ ! -e /run/rows ] || sort -u /run/rows >"$2.rows$3"
	after_faults "$1"
	[ $done -gt 0 ]
	[ $failed = 0 ]
}

# sweep CONFIG: both halves of its calls at the same time.
sweep() {
	local list=$BATS_TEST_TMPDIR/calls status=0 other
	export TEST_SECONDS=${FAULT_SECONDS:-300} FAULT_ERRNOS FAULT_MOST
	inside count_calls "$1" "$list"
	if [ -z "${FAULT_ALL-}" ]; then
		grep -E ' 1$| (message|answer) ' "$list" >"$list.first"
		list=$list.first
	fi
	inside faults "$1" "$list" 0 >"$list.out" 2>&1 &
	other=$!
	inside faults "$1" "$list" 1 || status=$?
	wait $other || { status=1; cat "$list.out"; }
	return $status
}
