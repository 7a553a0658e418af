#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The table of entry-peers: initbox is right in each case, and the README shows the same.

load entry-lib

setup_file() {
	TABLE=$BATS_FILE_TMPDIR/table
	export TABLE
	"$HERE/entry-peers" >"$TABLE"
}

@test "initbox is right where inits are known to go wrong" {
	same 'case initbox tini dumb-init catatonit' "$(awk -F ' *[|] *' 'NR == 1 { print "case", $3, $4, $5, $6 }' "$TABLE")" columns
	same '' "$(awk -F ' *[|] *' 'NR > 2 && $3 != "right" { print $2 ": " $3 }' "$TABLE")" 'wrong cells of initbox'
	[ "$(sed 1,2d "$TABLE" | wc -l)" -ge 20 ]
}

@test "each case tells right from wrong" {
	same '' "$(grep -E '^\| .*( \| right){4} \|$' "$TABLE" || :)" 'rows in which nobody is wrong'
	for column in 4 5 6; do
		awk -F ' *[|] *' -v column=$column 'NR > 2 && $column == "right" { right = 1 } END { exit !right }' "$TABLE"
	done
	same '' "$(grep failed: "$TABLE" || :)" 'cases that could not be run'
}

@test "the README shows this table" {
	sed -n '/^<!-- peers -->$/,/^<!-- \/peers -->$/p' "$HERE/../../README.md" | sed '1d;$d' | diff - "$TABLE"
}
