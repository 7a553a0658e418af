#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# boxfilter: what it refuses, what it only notes, and what it leaves behind.
#
# BOXFILTER (build/boxfilter)  TRY_FILTER (build/tests/try-filter)
#
# shellcheck disable=SC2016,SC2154 # expanded by the shell that is started; stderr is of bats

bats_require_minimum_version 1.5.0
load ../lib/boxfilter.sh

@test "unknown syscalls are named in one line, and are errors with --strict" {
	profile ALLOW '{"names": ["read", "no_such_call", "mount"], "action": "SCMP_ACT_ERRNO"}' \
		'{"names": ["other_call", "no_such_call"], "action": "SCMP_ACT_ERRNO"}'
	run -0 --separate-stderr "$BOXFILTER" -o p.bpf p.json
	[ "$stderr" = 'boxfilter: p.json: unknown syscalls, left out: no_such_call other_call' ]
	tried p.bpf mount EPERM
	refused 'unknown syscalls: no_such_call other_call' --strict p.json
}

@test "rows without effect are named" {
	profile ERRNO '{"names": ["mount"], "action": "SCMP_ACT_ALLOW"}' \
		'{"names": ["mount"], "action": "SCMP_ACT_KILL"}'
	run -0 "$BOXFILTER" -o p.bpf p.json
	[[ $output == *'p.json:1:'*'mount: contradicts an earlier row'* ]]
	refused 'mount: contradicts an earlier row' --strict p.json
	profile ALLOW '{"names": ["mount"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}'
	run -0 "$BOXFILTER" -o p.bpf p.json
	[[ $output == *'mount: no effect'* ]]
	profile ALLOW
	sed -i 's/"syscalls"/"flags": ["SECCOMP_FILTER_FLAG_LOG"], &/' p.json
	run -0 "$BOXFILTER" -o p.bpf p.json
	[[ $output == *'flags: no part of the program'* ]]
}

@test "bad profiles: one line with the place, exit 1, no file" {
	refused 'missing.json: open: No such file or directory' missing.json
	refused '.: read: Is a directory' .
	refused_json 'bad.json:1:1: not JSON: the text ends too early' ''
	refused_json 'bad.json:1:19: not JSON: string without an end' '{"defaultAction": "SCMP'
	refused_json 'bad.json:2:2: not JSON: text behind the end' '{
}}'
	refused_json 'bad.json:1:33: not JSON: nested too deeply' "$(printf '[%.0s' {1..5000})"
	refused_json 'bad.json:1:1: element: expected an object, found an array' '[]'
	refused_json 'bad.json:1:1: defaultAction is missing' '{}'
	refused_json 'unknown action "SCMP_ACT_DENY"' '{"defaultAction": "SCMP_ACT_DENY"}'
	refused_json 'bad.json:1:19: defaultaction: unknown key' '{"defaultaction": "SCMP_ACT_ALLOW"}'
	refused_json 'expected a string, found a number' '{"defaultAction": 5}'
	refused_json 'defaultErrnoRet: not a whole number from 0 to 4095' '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096}'
	refused_json 'takes no errno' '{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}'
	refused_json 'unknown architecture "SCMP_ARCH_Z80"' '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_Z80"]}'
	refused_json 'archMap: architectures is given, too' '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]}'
	refused_json 'defaultAction: SCMP_ACT_NOTIFY: nobody would answer these calls (--listener)' '{"defaultAction": "SCMP_ACT_NOTIFY"}'
	refused_json 'flags: unknown flag "SECCOMP_FILTER_FLAG_NEW"' '{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_NEW"]}'
	refused_json 'FLAG_WAIT_KILLABLE_RECV: there is no listener (--listener)' '{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}'
	refused_json 'linux.seccomp is missing: this configuration has no filter' '{"ociVersion": "1.0.2", "linux": {"seccomp": null}}'
	refused_json 'syscalls: expected an array, found an object' '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}}'
}

@test "bad rows: one line with the place, exit 1, no file" {
	row() { # TEXT ROW
		refused_json "$1" '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
'"$2"']}'
	}
	row 'bad.json:2:12: action: unknown action "SCMP_ACT_NO"' '{"action": "SCMP_ACT_NO", "names": []}'
	row 'action is missing' '{"names": ["read"]}'
	row 'names is missing' '{"action": "SCMP_ACT_KILL"}'
	row 'both name and names' '{"action": "SCMP_ACT_KILL", "name": "read", "names": ["read"]}'
	row 'bad.json:2:39: element: expected a string, found null' '{"action": "SCMP_ACT_KILL", "names": [null]}'
	row 'names: empty' '{"action": "SCMP_ACT_KILL", "names": [""]}'
	row 'include: unknown key' '{"action": "SCMP_ACT_KILL", "names": ["read"], "include": {}}'
	row 'unknown capability "CAP_FLY"' '{"action": "SCMP_ACT_KILL", "names": ["read"], "includes": {"caps": ["CAP_FLY"]}}'
	row '"4.x" is not a version' '{"action": "SCMP_ACT_KILL", "names": ["read"], "includes": {"minKernel": "4.x"}}'
	row 'unknown errno "EWHAT"' '{"action": "SCMP_ACT_ERRNO", "errno": "EWHAT", "names": ["read"]}'
	row 'errnoRet: 5 contradicts errno' '{"action": "SCMP_ACT_ERRNO", "errno": "EPERM", "errnoRet": 5, "names": ["read"]}'
	row 'nobody would answer these calls (--listener)' '{"action": "SCMP_ACT_NOTIFY", "names": ["read"]}'
	row 'minKernel: expected a string, found a number' '{"action": "SCMP_ACT_KILL", "names": ["read"], "excludes": {"minKernel": 5}}'
	args() { # TEXT ARGS
		row "$1" '{"action": "SCMP_ACT_KILL", "names": ["read"], "args": '"$2"'}'
	}
	args 'unknown operator "SCMP_CMP_LIKE"' '[{"index": 0, "value": 1, "op": "SCMP_CMP_LIKE"}]'
	args 'index: not a whole number from 0 to 5' '[{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]'
	args 'index: not a whole number from 0 to 5' '[{"index": 9, "value": 1, "op": "SCMP_CMP_EQ"}]'
	args 'value: not a whole number' '[{"index": 0, "value": 18446744073709551616, "op": "SCMP_CMP_EQ"}]'
	args 'value: not a whole number' '[{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}]'
	args 'value: not a whole number' '[{"index": 0, "value": 1.5, "op": "SCMP_CMP_EQ"}]'
	args 'value is missing' '[{"index": 0, "op": "SCMP_CMP_EQ"}]'
	args 'bits outside the mask' '[{"index": 0, "value": 1, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}]'
	args 'args: expected an array' '{}'
}

@test "bad options: one line, exit 1" {
	refused '--arch: unknown architecture "z80"' --arch z80 "$PROFILE"
	refused '--caps: unknown capability "fly"' --caps kill,fly "$PROFILE"
	refused '--caps: "0xfz" is not a mask' --caps 0xfz "$PROFILE"
	refused '--kernel: "6" is not a version' --kernel 6 "$PROFILE"
	refused '--format: "elf" is not bpf, box, c or pseudo' --format elf "$PROFILE"
	refused 'expected one profile' "$PROFILE" "$PROFILE"
	run -1 "$BOXFILTER" -o no-such-dir/filter "$PROFILE"
	[[ $output == *'no-such-dir/filter: create: No such file or directory'* ]]
	run -0 "$BOXFILTER" --help
	[[ $output == Usage:* ]]
}

@test "a full disk is an error, and an old output file stays as it was" {
	run -1 bash -c '"$1" "$2" >/dev/full' - "$BOXFILTER" "$PROFILE"
	[[ $output == *'standard output: write: No space left on device'* ]]
	echo old >filter
	run -1 "$BOXFILTER" -o filter missing.json
	[ "$(cat filter)" = old ]
	"$BOXFILTER" -o filter "$PROFILE"
	[ "$(wc -c <filter)" -gt 8 ]
	[ "$(stat -c %a filter)" = "$(printf %o $((0666 & ~$(umask))))" ]
	[ "$(ls)" = filter ]
}
