#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# boxfilter: rules that look at arguments. Its programs are loaded into the kernel and tried, or their instructions are
# gone through (try-filter.c); boxfilter itself runs each one before it writes it, and refuses one that is not what the
# rules say.
#
# BOXFILTER (build/boxfilter)  TRY_FILTER (build/tests/try-filter)

bats_require_minimum_version 1.5.0

load ../lib/boxfilter.sh

# answers ACTION NR,ARGUMENT…: what p.bpf returns for a call
answers() {
	run -0 "$TRY" p.bpf --steps "$2"
	echo "$2: $output, wanted $1"
	[[ $output == *" $1" ]]
}

ERRNO=0x0005000
ALLOW=0x7fff0000
LOG=0x7ffc0000

@test "every operator" {
	local op value two result
	# ioctl's first argument is 99, which is no open file
	while read -r op value two result; do
		profile ALLOW '{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args":
			[{"index": 0, "op": "SCMP_CMP_'"$op"'", "value": '"$value"', "valueTwo": '"$two"'}]}'
		compile
		echo "$op $value $two"
		tried p.bpf ioctl-tcgets "$result"
	done <<-END
		EQ 99 0 EPERM
		EQ 98 0 EBADF
		EQ 4294967395 0 EBADF
		NE 99 0 EBADF
		NE 98 0 EPERM
		LT 99 0 EBADF
		LT 100 0 EPERM
		LT 4294967296 0 EPERM
		LE 98 0 EBADF
		LE 99 0 EPERM
		GE 100 0 EBADF
		GE 99 0 EPERM
		GT 99 0 EBADF
		GT 98 0 EPERM
		GT 4294967296 0 EBADF
		MASKED_EQ 255 99 EPERM
		MASKED_EQ 255 98 EBADF
		MASKED_EQ 1 1 EPERM
		MASKED_EQ 1 0 EBADF
		MASKED_EQ 18446744073709551615 99 EPERM
	END
}

@test "conditions: all of a row, alternatives on one argument, exceptions from a rule without" {
	local fd='{"index": 0, "op": "SCMP_CMP_EQ", "value": 99}'
	local other='{"index": 0, "op": "SCMP_CMP_EQ", "value": 98}'
	local tiocsti='{"index": 1, "op": "SCMP_CMP_EQ", "value": 21522}'
	profile ALLOW '{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "args": ['"$fd, $tiocsti"']}'
	compile
	tried p.bpf ioctl-tiocsti EPERM ioctl-tcgets EBADF
	profile ALLOW '{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "args": ['"$other, $fd"']}'
	compile
	tried p.bpf ioctl-tiocsti EPERM ioctl-tcgets EPERM
	# libseccomp by itself would drop the condition here
	profile ALLOW '{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 22}' \
		'{"names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": ['"$tiocsti"']}'
	compile
	tried p.bpf ioctl-tiocsti EBADF ioctl-tcgets EINVAL
	profile ALLOW '{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "args": ['"$tiocsti"']}' \
		'{"names": ["ioctl"], "action": "SCMP_ACT_ALLOW"}'
	compile
	tried p.bpf ioctl-tiocsti EPERM ioctl-tcgets EBADF
}

@test "of rows whose conditions overlap, the first one counts" {
	local row='{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": '
	profile ALLOW \
		"$row"'1, "args": [{"index": 0, "op": "SCMP_CMP_GT", "value": 10}, {"index": 1, "op": "SCMP_CMP_LT", "value": 5}]}' \
		"$row"'2, "args": [{"index": 0, "op": "SCMP_CMP_GT", "value": 5}]}' \
		"$row"'3, "args": [{"index": 1, "op": "SCMP_CMP_NE", "value": 7}]}' \
		"$row"'4, "args": [{"index": 5, "op": "SCMP_CMP_GE", "value": 4294967296}]}'
	compile --arch x86_64
	answers ${ERRNO}1 16,11,4
	answers ${ERRNO}2 16,11,5
	answers ${ERRNO}2 16,6,7
	answers ${ERRNO}3 16,5,4
	answers ${ERRNO}4 16,5,7,0,0,0,0x100000000
	answers $ALLOW 16,5,7,0,0,0,0xffffffff
	# The same conditions twice: the second row has no effect, and if it says something else, that is noted.
	profile ALLOW \
		"$row"'1, "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}]}' \
		"$row"'2, "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}]}'
	run -0 "$BOXFILTER" --arch x86_64 -o p.bpf p.json
	[[ $output == *'ioctl: contradicts an earlier row, which counts' ]]
	answers ${ERRNO}1 16,1
}

@test "both halves of an argument count, in each order" {
	profile LOG '{"names": ["write"], "action": "SCMP_ACT_ERRNO", "args": [
			{"index": 0, "value": 2, "op": "SCMP_CMP_LT"},
			{"index": 4, "value": 2114060288, "op": "SCMP_CMP_GE"}]}' \
		'{"names": ["write"], "action": "SCMP_ACT_ALLOW", "args": [
			{"index": 1, "value": 5, "op": "SCMP_CMP_GT"},
			{"index": 4, "value": 18446744073709551615, "op": "SCMP_CMP_LT"},
			{"index": 0, "value": 2, "op": "SCMP_CMP_GT"}]}'
	compile --arch x86_64
	answers ${ERRNO}1 1,1,0,0,0,2114060288
	answers $LOG 1,1,0,0,0,2114060287
	answers ${ERRNO}1 1,0,9,0,0,0x100000000
	answers $LOG 1,2,6,0,0,2114060288
	answers $ALLOW 1,3,6,0,0,2114060288
	answers $ALLOW 1,0x100000000,0x100000000,0,0,0xfffffffffffffffe
	answers $LOG 1,0x100000000,0x100000000,0,0,0xffffffffffffffff
	answers $LOG 1,3,5,0,0,0
}

@test "conditions on calls that are newer than libseccomp" {
	profile ALLOW '{"names": ["mseal"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 2, "op": "SCMP_CMP_EQ", "value": 7}]}'
	compile --arch x86_64
	answers ${ERRNO}1 462,0,0,7
	answers $ALLOW 462,0,0,6
}

@test "a list of values costs a few comparisons, not one for each" {
	profile ERRNO "$(seq 0 7 1400 | sed 's/.*/{"names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "op": "SCMP_CMP_EQ", "value": &}]}/' | paste -sd,)"
	compile --arch x86_64
	for value in 0 7 700 1393 1400; do
		answers $ALLOW "16,0,$value"
		[ "$(cut -d' ' -f2 <<<"$output")" -le 20 ]
	done
	answers ${ERRNO}1 16,0,1399
	answers ${ERRNO}1 16,0,0x100000007
}

@test "random rules: each filter is what they say" {
	# boxfilter refuses its own result where that is not so.
	awk 'BEGIN {
		srand(7)
		split("NE LT LE EQ GE GT", ops, " ")
		split("ALLOW ERRNO KILL LOG TRAP KILL_PROCESS", actions, " ")
		split("0 1 2 255 4294967295 4294967296 4294967297 9223372036854775808 18446744073709551615", values, " ")
		split("ioctl socket personality mseal semop", names, " ")
		for (file = 1; file <= 40; file++) {
			out = file ".json"
			printf "{\"defaultAction\": \"SCMP_ACT_%s\", \"architectures\": [\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\", \"SCMP_ARCH_S390\"], \"syscalls\": [", actions[1 + int(6 * rand())] >out
			for (row = 1; row <= 10; row++) {
				printf "%s{\"names\": [\"%s\"], \"action\": \"SCMP_ACT_%s\", \"args\": [", (row > 1 ? "," : ""), names[1 + int(5 * rand())], actions[1 + int(6 * rand())] >out
				n = int(4 * rand())
				for (i = 0; i < n; i++)
					printf "%s{\"index\": %d, \"op\": \"SCMP_CMP_%s\", \"value\": %s}", (i ? "," : ""), i * 2 % 5, ops[1 + int(6 * rand())], values[1 + int(9 * rand())] >out
				print "]}" >out
			}
			print "]}" >out
			close(out)
		}
	}'
	for file in {1..40}; do
		for arch in x86_64 s390x; do
			run -0 "$BOXFILTER" --arch "$arch" -o p.bpf "$file.json"
			[ -s p.bpf ]
		done
	done
}

@test "socketcall follows the rules for what it stands for" {
	profile ERRNO '{"names": ["write", "exit_group", "prctl", "seccomp", "socket"], "action": "SCMP_ACT_ALLOW"}' \
		'{"names": ["bind"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "op": "SCMP_CMP_EQ", "value": 0}]}'
	jq '.architectures = ["SCMP_ARCH_X86"]' p.json >both.json
	run -0 "$BOXFILTER" --arch x86_64 -o p.bpf both.json
	if [ "$(uname -m)" = x86_64 ] && [ "$("$TRY" none int80-getpid)" = 'int80-getpid ok' ]; then
		# The arguments of bind are out of sight, so it stays closed.
		tried p.bpf int80-socketcall-socket EFAULT int80-socketcall-bind EPERM
	fi
	# One that refuses by its arguments refuses whatever they are; a rule of its own goes before all that.
	profile ALLOW '{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2, "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 38}]}'
	compile --arch x86
	answers ${ERRNO}2 102,1
	answers $ALLOW 102,2
	answers ${ERRNO}2 359,38
	answers $ALLOW 359,1
	profile ALLOW '{"names": ["socket"], "action": "SCMP_ACT_ERRNO"}' '{"names": ["socketcall"], "action": "SCMP_ACT_LOG"}'
	compile --arch x86
	answers $LOG 102,1
	# The upper half of the number is a version.
	profile ALLOW '{"names": ["shmat"], "action": "SCMP_ACT_ERRNO"}'
	compile --arch x86
	answers ${ERRNO}1 117,21
	answers ${ERRNO}1 117,0x10015
	answers $ALLOW 117,22
}
