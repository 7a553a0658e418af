# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# What the tests of boxfilter share; for bats' load.

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	BUILD=${BUILD:-$ROOT/build}
	case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
	BOXFILTER=${BOXFILTER:-$BUILD/boxfilter}
	TRY=${TRY_FILTER:-$BUILD/tests/try-filter}
	PROFILE=$ROOT/tools/default-profile.json
	cd "$BATS_TEST_TMPDIR" || return 1
}

# profile DEFAULT [ROW…]: writes p.json
profile() {
	local action=$1 rows
	shift
	rows=$(printf '%s,' "$@")
	printf '{"defaultAction": "SCMP_ACT_%s", "syscalls": [%s]}\n' "$action" "${rows%,}" >p.json
}

# compile [OPTION…]: p.json → p.bpf, without a word
compile() {
	run -0 "$BOXFILTER" -o p.bpf "$@" p.json
	echo "$output"
	[ -z "$output" ]
}

# tried FILE NAME RESULT…: each call has its result
tried() {
	local file=$1 wanted='' names=''
	shift
	while [ $# -gt 0 ]; do
		names="$names $1"
		wanted="$wanted$1 $2"$'\n'
		shift 2
	done
	# shellcheck disable=SC2086 # names are words
	run -0 "$TRY" "$file" $names
	diff <(printf '%s' "$wanted") - <<<"$output"
}

# all_are FILE RESULT NAME…: the same result for many calls
all_are() {
	local file=$1 result=$2 args=()
	shift 2
	for name; do args+=("$name" "$result"); done
	tried "$file" "${args[@]}"
}

# refused TEXT ARG…: exit 1, one line with TEXT, no output file
refused() {
	local text=$1
	shift
	rm -rf out && mkdir out
	run -1 "$BOXFILTER" -o out/filter "$@"
	echo "$output"
	[[ $output == *"$text"* ]]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "boxfilter: "* ]]
	[ -z "$(ls -A out)" ]
}

# refused_json TEXT JSON: the same for a profile with that content
refused_json() {
	printf '%s' "$2" >bad.json
	refused "$1" bad.json
}

fetch() {
	(cd fetched && timeout 100 apt-get -q -o APT::Sandbox::User=root download "$1")
}

# packaged PACKAGE FILE: prints where a file of a Debian package is: installed, or taken out of the package, which is
# fetched once and kept below $BUILD.
packaged() {
	local package=$1 file=$2 kept=$BUILD/tests/profiles
	[ ! -f "$file" ] || { echo "$file"; return; }
	if [ ! -f "$kept$file" ]; then
		mkdir -p "$kept" fetched
		fetch "$package" >&2 || { timeout 100 apt-get -q update && fetch "$package"; } >&2 || return
		dpkg --fsys-tarfile fetched/*.deb | tar -x -C "$kept" ".$file" || return
	fi
	echo "$kept$file"
}
