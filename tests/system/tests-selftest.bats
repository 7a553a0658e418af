#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# tests/run itself: a file that fails once is told as unsteady, one that fails twice has failed, so has one without an end.

setup() {
	RUN=$BATS_TEST_DIRNAME/../run
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p tests/system build
}

# file NAME BODY: a test file with one test
file() {
	printf '@test "%s" {\n%s\n}\n' "$1" "$2" >"tests/system/$1.bats"
}

# bats puts its own libexec, whose "bats" is another one, in front.
run_tests() {
	PATH=${PATH#*libexec/bats-core:} run "$RUN" build system
}

@test "a file that passes the second time is counted as passed, and told" {
	# shellcheck disable=SC2016 # the test expands it
	file once 'n=$(cat n || echo 0); echo $((n + 1)) >n; [ "$n" = 1 ]'
	file good true
	run_tests
	echo "$output"
	[ "$status" = 0 ]
	[ "${lines[-1]}" = '2 passed, 0 failed' ]
	[ "${lines[-2]}" = 'unsteady: tests/system/once.bats failed first, and passed when it was run once more' ]
	grep -q 'first run: not ok 1 once' <<<"$output"
}

@test "a file that fails twice, or ends before its tests, has failed" {
	file bad false
	# shellcheck disable=SC2016
	file ends 'kill -KILL $PPID $$'
	run_tests
	echo "$output"
	[ "$status" = 1 ]
	[[ ${lines[-1]} == '0 passed, '[1-9]' failed' ]]
	grep -q '^not ok 1 bad' <<<"$output"
	grep -q 'tests/system/ends.bats: .* tests came to an end' <<<"$output"
}

@test "more than three unsteady files are a failure" {
	for i in 1 2 3 4; do
		file "once$i" "n=\$(cat n$i || echo 0); echo \$((n + 1)) >n$i; [ \"\$n\" = 1 ]"
	done
	run_tests
	echo "$output"
	[ "$status" = 1 ]
	[ "${lines[-1]}" = '4 passed, 1 failed' ]
	grep -q '^not ok: too many unsteady files' <<<"$output"
}
