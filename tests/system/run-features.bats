#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The table of run-features: each line does what it claims, and the README shows the same.

load lib

setup_file() {
	export TABLE=$BATS_FILE_TMPDIR/table OTHERWISE=$BATS_FILE_TMPDIR/without
	"$HERE/run-features" >"$TABLE" || echo $? >"$TABLE.status"
	"$HERE/run-features" --without >"$OTHERWISE" 2>"$OTHERWISE.err" || echo $? >"$OTHERWISE.status"
}

# cells N FILE: column N.
cells() {
	awk -F ' *[|] *' -v n="$1" 'NR > 2 { print $(n + 1) }' "$2"
}

@test "each line does what it claims" {
	same '' "$(grep -F '| wrong: ' "$TABLE" || :)" 'wrong rows'
	[ ! -e "$TABLE.status" ]
	[ "$(cells 3 "$TABLE" | grep -c '^ok')" -ge 60 ]
	# Where there is no line, there is a reason.
	same '' "$(grep -E '[|] - [|] *(ok)? *[|]$' "$TABLE" || :)" 'rows without a reason'
	[ "$(cells 2 "$TABLE" | grep -cx -e -)" -ge 10 ]
}

@test "no check passes without the options of its line" {
	same '' "$(grep -F '| ok |' "$OTHERWISE" || :)" 'rows whose check can not fail'
	[ "$(cells 3 "$OTHERWISE" | grep -c '^wrong')" -ge 50 ]
	# They fail by what they found, not by something that is not there.
	same '' "$(grep -E 'command not found|syntax error|unbound variable' "$OTHERWISE.err" || :)" 'broken checks'
}

@test "the README shows this table" {
	sed -n '/^<!-- features -->$/,/^<!-- \/features -->$/p' "$HERE/../../README.md" | sed '1d;$d' | diff - "$TABLE"
}
