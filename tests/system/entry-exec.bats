#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox -- COMMAND`: how a program is found, and why one can't be started.
# shellcheck disable=SC2016,SC2034,SC2164,SC2329 # expanded by the programs; read by entry; errexit is on; called by both

load entry-lib

setup_file() {
	make_entry
}

# path PATH COMMAND…: with that PATH for initbox alone.
path() {
	local GIVEN=(env PATH="$1")
	shift
	"$@"
}

# cannot CODE REGEX COMMAND…: it is not started; one line says why.
cannot() {
	local code=$1 regex=$2
	shift 2
	refused_with "$code" "$regex" entry -- "$@"
}

not_found() {
	cannot 127 'zzzz' zzzz
	cannot 127 '/none/none' /none/none
	cannot 127 '\./none' ./none
	cannot 127 '/etc/passwd/none: .*ENOTDIR' /etc/passwd/none
	ln -s nowhere dangling
	cannot 127 '\./dangling: .*ENOENT' ./dangling
	mkdir bin
	path "$PWD/bin:$PWD/none:/etc/passwd" cannot 127 'zzzz' zzzz
	cannot 127 '' ''
	cannot 127 -- -- true
}
@test "127: there is no such program" {
	both not_found
}

not_executable() {
	cannot 126 '/etc/passwd: .*EACCES' /etc/passwd
	cannot 126 '/etc: .*EACCES' /etc
	ln -s loop loop
	cannot 126 '\./loop: .*ELOOP' ./loop
	# A file that somebody has open for writing.
	cp "$(type -P true)" busy
	exec 9>>busy
	cannot 126 '\./busy: .*ETXTBSY' ./busy
	exec 9>&-
	mkdir first
	echo text >first/program
	path "$PWD/first:$PATH" cannot 126 'program: .*EACCES' program
	: >first/empty
	chmod 755 first/empty
	printf '\0\1\2\3 no text\n' >first/noise
	chmod 755 first/noise
	cannot 126 'first/noise: .*ENOEXEC' first/noise
}
@test "126: it can't be executed" {
	both not_executable
}

found() {
	mkdir -p first second/program third
	echo text >first/program
	printf '#!/bin/sh\necho of the third "$0" "$@"\n' >third/program
	chmod 755 third/program
	# A file that can't be executed, a directory, a path that is none: passed over.
	path "/etc/passwd:$PWD/none:$PWD/first:$PWD/second:$PWD/third:$PATH" \
		prints 0 "of the third $PWD/third/program a  b" entry -- program a '' b
	# An empty part is the directory that it is started in.
	cd third
	path ":$PATH" expect 0 entry -- program
	line '^of the third (\./)?program$' out
	prints 0 'of the third ./program' entry -- ./program
	cd "$OLDPWD"
	prints 0 'of the third program' entry --workdir "$PWD/third" -- sh program
	prints 0 'of the third ./program' entry --workdir "$PWD/third" -- ./program
	# It is the program's PATH that counts.
	prints 0 "of the third $PWD/third/program" entry --env PATH="$PWD/third:$PATH" -- program
	prints 0 found entry -- env -u PATH "$INITBOX" -- sh -c 'echo found'
}
@test "a program is found in any directory of PATH" {
	both found
}

arguments() {
	prints 0 '<a><><b c><--><-v>' entry -- sh -c 'printf "<%s>" "$@"; echo' sh a '' 'b c' -- -v
	mapfile -t many < <(seq 20000)
	same '20000 of 108893' "$(entry -- sh -c 'all="$*"; echo $# of ${#all}' sh "${many[@]}")" 'many arguments'
	same 131000 "$(entry -- sh -c 'echo ${#1}' sh "$(printf '%131000s' '')")" 'a long argument'
}
@test "arguments, many and long ones" {
	both arguments
}

interpreter() {
	printf '#!/missing/interpreter -x\n' >script
	printf '#!/bin/sh\r\nexit 0\r\n' >crlf
	printf '#! /usr/bin/env-not-here sh\n' >spaced
	printf '#!%s\n' "$PWD/plain" >chain
	printf '#!/etc/passwd\n' >denied
	: >plain
	chmod 755 script crlf spaced chain denied
	cannot 127 '\./script: .*/missing/interpreter' ./script
	cannot 127 '\./crlf: .*/bin/sh.*CR ?LF' ./crlf
	cannot 127 '\./spaced: .*/usr/bin/env-not-here' ./spaced
	mv script only-here
	path "$PWD:$PATH" cannot 127 'only-here: .*/missing/interpreter' only-here
	cannot 126 "\\./chain: .*$PWD/plain" ./chain
	cannot 126 '\./denied: .*/etc/passwd' ./denied
}
@test "an interpreter that is missing, or whose line ends with CR LF" {
	both interpreter
}

# patch FILE OFFSET BYTES: writes them there.
patch() {
	printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

elf() {
	echo 'int main(void) { return 0; }' >main.c
	gcc -o dynamic main.c -Wl,--dynamic-linker=/lib/ld-not-here.so.1
	cannot 127 '\./dynamic: .*/lib/ld-not-here\.so\.1' ./dynamic
	gcc -static -o foreign main.c
	rows=('\xb7\x00 (aarch64|arm64)' '\x28\x00 arm' '\xf3\x00 riscv' '\x15\x00 (ppc64|powerpc)' '\x16\x00 s390')
	for row in "${rows[@]}"; do
		patch foreign 18 "${row%% *}"
		cannot 126 "\\./foreign: .*${row#* }" ./foreign
	done
	# An ELF is never handed to a shell, whatever is wrong with it.
	patch foreign 18 '\xff\xff'
	cannot 126 '\./foreign: .*another' ./foreign
	printf '\x7fELF' >short
	chmod 755 short
	cannot 126 '\./short: ' ./short
	head -c 40 dynamic >piece
	chmod 755 piece
	cannot 126 '\./piece: ' ./piece
}
@test "an ELF without its loader, or of another architecture" {
	both elf
}

noexec() {
	mkdir mnt
	mount -t tmpfs -o noexec tmpfs mnt
	cp "$(type -P true)" mnt/true
	printf '#!/bin/sh\n' >mnt/script
	chmod 755 mnt/script
	cannot 126 'mnt/true: .*noexec' mnt/true
	cannot 126 'mnt/script: .*noexec' mnt/script
	path "$PWD/mnt" cannot 126 'true: .*noexec' true
	umount mnt
}
@test "a noexec mount" {
	both noexec
}

text() {
	printf 'echo "$0 $# $2"\nexit 6\n' >text
	chmod 755 text
	expect 6 entry -q -- ./text a 'b c'
	same './text 2 b c' "$(cat out)" stdout
	same '' "$(cat err)" stderr
	path "$PWD:$PATH" expect 6 entry -q -- text
	same "$PWD/text 0 " "$(cat out)" stdout
	printf '# \xc3\xa4 comment in UTF-8\n: \necho in the end\n' >text
	prints 0 'in the end' entry -- ./text
}
@test "a text without #! is a script of /bin/sh" {
	both text
}
