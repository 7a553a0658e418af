#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# initbox as the machine's first process under qemu: the workload's status and
# its output come back exactly, through qemu/boot and through make boot.
#
# The commands are for the box's shell.
# shellcheck disable=SC2016

load lib

# status_of STATUS COMMAND: the box's command has to end so, and say nothing.
status_of() {
	machine status --net none --append "\"initbox.command=$2\""
	ended status "$1"
	[ ! -s "$DIR/status.out" ]
}

# boot_by_make COMMAND: as a person does it; the image is there already.
boot_by_make() {
	by_make "${IMAGE#"$TOP/"}" >&2
	by_make boot BOOTFLAGS='--timeout 60' CMD="$1" </dev/null
}

by_make() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$TOP" ${BUILD:+"B=$BUILD"} "$@" 3>&-
}

@test "stdout is the program's, byte for byte, and nothing else" {
	printf '%b' "$(printf '\\x%02x' {0..255})" >"$DIR/all"
	[ "$(wc -c <"$DIR/all")" = 256 ]
	{
		cat "$DIR/all"
		head -c 100000 /dev/urandom
		cat "$DIR/all"
	} >"$DIR/bytes"
	image bytes --file "$DIR/bytes:/box/bytes"
	machine bytes --command 'cat /bytes; exit 7'
	[ "$(cat "$DIR/bytes.status")" = 7 ]
	[ ! -s "$DIR/bytes.err" ]
	ls -l "$DIR/bytes" "$DIR/bytes.out"
	tail -c 200 "$DIR/bytes.out" | cat -v
	[ "$(sha256sum <"$DIR/bytes.out")" = "$(sha256sum <"$DIR/bytes")" ]
}

@test "the program's own status comes back: 0, 255" {
	status_of 0 /bin/true
	status_of 255 "/bin/sh -c 'exit 255'"
}

@test "a signal that ends the program is 128 and its number" {
	status_of 137 "/bin/sh -c 'kill -9 \$\$'"
}

@test "a missing program is 127, one that can't be run 126, and a line says which" {
	machine missing --net none --append initbox.command=/bin/no-such-program
	cat -v "$DIR/missing.out" "$DIR/missing.err"
	[ "$(cat "$DIR/missing.status")" = 127 ]
	grep -qE '^initbox: exec: /bin/no-such-program: execve: No such file or directory \(ENOENT\)' "$DIR/missing.out"
	[ "$(wc -l <"$DIR/missing.out")" = 1 ]
	machine denied --net none --append initbox.command=/etc/passwd
	cat -v "$DIR/denied.out" "$DIR/denied.err"
	[ "$(cat "$DIR/denied.status")" = 126 ]
	grep -qE '^initbox: exec: /etc/passwd: execve: Permission denied \(EACCES\)' "$DIR/denied.out"
	[ "$(wc -l <"$DIR/denied.out")" = 1 ]
}

@test "make boot CMD=…: what the shell here has quoted arrives as it is in the box" {
	local command='echo hello from $(hostname); id
		printf "%s|" "a\\b" '\''c\d $HOME'\'' "$(echo "e  f")" 100% #comment
		echo; echo $(($$ < 10)) `pwd` "x\
y" "it'\''s"; echo to stderr >&2; cat; exit 0'

	boot_by_make "$command" >"$DIR/make.out"
	cat -v "$DIR/make.out"
	printf '%s\n' 'hello from box' 'uid=0(root) gid=0(root)' 'a\b|c\d $HOME|e  f|100%|' '1 / xy it'\''s' \
		'to stderr' | diff - "$DIR/make.out"
}

@test "make boot fails where the command fails" {
	run ! boot_by_make 'echo "no stdin: <$(cat)>"; exit 3'
	echo "$output"
	[ "${lines[0]}" = 'no stdin: <>' ]
	[[ $output == *'Error 3'* ]]
}

@test "a machine of 128 MiB, two processors and a shared folder" {
	[ "$(id -u)" = 0 ] || skip "virtiofsd needs root"
	mkdir "$DIR/shared"
	echo 'from the host' >"$DIR/shared/file"
	machine small --memory 128M --cpus 2 --share "$DIR/shared:code" --append initbox.share=code:/mnt --command '
		nproc
		awk "\$1 == \"MemTotal:\" { print \$2 < 131072 }" /proc/meminfo
		cat /mnt/file
		echo "from the box" >/mnt/answer
		awk "\$5 == \"/mnt\" { print \$(NF - 2) }" /proc/self/mountinfo'
	ended small 0
	printf '%s\n' 2 1 'from the host' virtiofs | diff - "$DIR/small.out"
	[ "$(cat "$DIR/shared/answer")" = 'from the box' ]
}
