#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: exit codes, stdin and stdout, environment, directory, user, hostname.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
}

exit_codes() {
	for code in 0 1 7 124 125 126 127 128 255; do
		expect $code box -- /bin/sh -c "exit $code"
		same '' "$(own_words)" stderr
	done
}
@test "the program's exit code is initbox's" {
	inside exit_codes
}

killed() {
	expect 143 box -- /bin/sh -c 'kill -TERM $$'
	expect 137 box -- /bin/sh -c 'kill -KILL $$'
	expect 139 box -- /bin/sh -c 'kill -SEGV $$'
	expect 162 box -- /bin/sh -c 'kill -34 $$'
	same '' "$(own_words)" stderr
}
@test "a program that signal N killed: 128+N" {
	inside killed
}

not_found() {
	for name in none /bin/none /none/none /srv/file/x; do
		expect 127 box -- $name
		line "^initbox: exec: $name: " err
		same 1 "$(wc -l <err)" lines
		same '' "$(cat out)" stdout
	done
	expect 127 box -e PATH=/srv:/nowhere -- sh
	line '^initbox: exec: sh: not found' err
}
@test "127: there is no such program" {
	inside not_found
}

not_executable() {
	for name in /etc/passwd /etc /; do
		expect 126 box -- $name
		line "^initbox: exec: $name: .*EACCES" err
		same 1 "$(wc -l <err)" lines
	done
	# A file that is in the way in PATH, and nothing behind it.
	expect 126 box -e PATH=/etc:/srv -- passwd
	line '^initbox: exec: .*passwd: .*EACCES' err
	mkdir layer
	printf 'a\0program\n' >layer/bytes
	printf 'echo "$0 $1"\n' >layer/text
	chmod 755 layer/bytes layer/text
	expect 126 box --rootfs layer -- /bytes
	line '^initbox: exec: /bytes: .*ENOEXEC.*: it is neither an ELF program nor a script' err
	prints 0 '/text word' box --rootfs layer -- /text word
}
@test "126: it can't be executed" {
	inside not_executable
}

path_search() {
	prints 0 found box -- echo found
	prints 0 found box -e PATH=/nowhere:/srv/file:/bin -- sh -c 'echo found'
	# An entry that can't be executed is passed over.
	prints 0 root box -e PATH=/etc:/bin -- sh -c 'whoami'
	mkdir -p layer/usr/bin
	printf '#!/bin/sh\necho first\n' >layer/usr/bin/uname
	chmod 755 layer/usr/bin/uname
	prints 0 first "$INITBOX" run --rootfs layer --rootfs "$ROOT" -- uname
}
@test "a program is found in any directory of PATH" {
	inside path_search
}

empty_path_entry() {
	prints 0 here box -w /bin -e PATH=:/nowhere -- echo here
	prints 0 here box -w /bin -e PATH=/nowhere: -- echo here
}
@test "an empty entry of PATH is the working directory" {
	inside empty_path_entry
}

stdio_is_exact() {
	head -c 3000000 /dev/urandom >data
	box -- /bin/cat <data >copy 2>err
	cmp data copy
	box -- /bin/sh -c 'cat >&2' <data >out 2>copy
	cmp data copy
	same '' "$(cat out err)" 'the other channels'
	# End of file comes through a pipe.
	same 5 "$(printf 'a\nb\nc\nd\ne\n' | box -- /bin/wc -l)"
	# What the box did not read is still there for the next one.
	printf 'one\ntwo\n' >lines
	{ box -- /bin/sh -c 'read -r x'; cat; } <lines >rest
	same two "$(cat rest)" 'the rest of stdin'
}
@test "stdin, stdout and stderr pass byte by byte" {
	inside stdio_is_exact
}

stdin_null() {
	prints 0 0 box --stdin null -- /bin/wc -c < <(echo text)
	same /dev/null "$(echo text | box --stdin null -- /bin/readlink /proc/self/fd/0)"
	same 5 "$(echo text | box --stdin inherit -- /bin/wc -c)"
}
@test "--stdin null reads nothing of the caller's" {
	inside stdin_null
}

environment() {
	SECRET=of-the-host expect 0 box --name red -- /bin/env
	sort out | grep -v '^PWD=\|^SHLVL=' >got
	diff - got <<-END
		HOME=/root
		HOSTNAME=red
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		container=initbox
	END
	GIVEN='a b=c' expect 0 box -e ONE=1 --env TWO= -e GIVEN -e THREE="line
break" -e HOME=/srv -e ONE=last -- /bin/env
	line '^ONE=last$' out
	line '^TWO=$' out
	line '^GIVEN=a b=c$' out
	line '^break$' out
	line '^HOME=/srv$' out
	same 1 "$(grep -c '^ONE=' out)" 'ONE'
	same 1 "$(grep -c '^HOME=' out)" 'HOME'
}
@test "the environment is the box's, not the host's" {
	inside environment
}

workdir() {
	prints 0 / box -- /bin/pwd
	prints 0 /srv/deep box -w /srv/deep -- /bin/pwd
	prints 0 'of the image' box --workdir=/srv -- ./../bin/cat file
	refused '/none: .*ENOENT' box -w /none -- /bin/pwd
	refused '/srv/file: .*ENOTDIR' box -w /srv/file -- /bin/pwd
	refused 'workdir: "srv": not an absolute path' box -w srv -- /bin/pwd
}
@test "--workdir" {
	inside workdir
}

user() {
	local show='echo $(id -u) $(id -g) $(id -G | tr " " "\n" | sort -n | xargs) $HOME'
	prints 0 '0 0 0 /root' box -- /bin/sh -c "$show"
	prints 0 '1000 1000 44 50 1000 /home/alice' box -u alice -- /bin/sh -c "$show"
	prints 0 '1000 50 50 /home/alice' box -u alice:staff -- /bin/sh -c "$show"
	prints 0 '1000 7 7 /home/alice' box -u alice:7 -- /bin/sh -c "$show"
	prints 0 '4711 0 0 /' box -u 4711 -- /bin/sh -c "$show"
	prints 0 '4711 4712 4712 /' box -u 4711:4712 -- /bin/sh -c "$show"
	prints 0 '0 50 50 /root' box --user root:staff -- /bin/sh -c "$show"
	# The launcher's own groups are not the box's.
	prints 0 0 setpriv --groups 5,6,7 "$INITBOX" run --rootfs "$ROOT" -- /bin/id -G
	# Whoever it is, they own what they make, and no more than that.
	prints 0 1000:1000 box -u alice -w /home/alice -- /bin/sh -c 'touch x && stat -c %u:%g x'
	expect 1 box -u alice -- /bin/touch /etc/x
	line 'Permission denied' err
}
@test "--user: names, numbers, groups and home" {
	inside user
}

user_by_number() {
	prints 0 '44 50 1000' box -u 1000 -- /bin/sh -c 'id -G | tr " " "\n" | sort -n | xargs'
}
@test "--user: a number with a line in passwd is that user, with its groups" {
	inside user_by_number
}

no_such_user() {
	refused 'user: bob: no such user' box -u bob -- /bin/true
	refused 'user: admins: no such group' box -u alice:admins -- /bin/true
	refused 'no such user' box -u -1 -- /bin/true
	refused 'no such user' box -u 4294967295 -- /bin/true
	refused 'no such (user|group)' box -u 0:4294967295 -- /bin/true
	refused 'user: : no such user' box -u :0 -- /bin/true
	refused 'no such group' box -u root: -- /bin/true
}
@test "--user: what the box does not know" {
	inside no_such_user
}

no_passwd() {
	mkdir -p bare/bin
	cp "$ROOT/bin/busybox" bare/bin/busybox
	prints 0 0:0 "$INITBOX" run --rootfs bare -- /bin/busybox stat -Lc %u:%g /proc/self
	prints 0 5:6 "$INITBOX" run --rootfs bare -u 5:6 -- /bin/busybox stat -Lc %u:%g /proc/self
	refused 'user: alice: no such user' "$INITBOX" run --rootfs bare -u alice -- /bin/busybox true
	same bin "$(ls bare)" 'what is in the image'
}
@test "an image without passwd has root and numbers" {
	inside no_passwd
}

hostname_of_box() {
	prints 0 blue box --name blue -- /bin/hostname
	prints 0 green.example box --name blue --hostname green.example -- /bin/hostname
	expect 0 box -- /bin/hostname
	line '^box-[0-9]+$' out
	same host "$(hostname)" 'the host'
	expect 1 box -- /bin/hostname other
}
@test "--name and --hostname" {
	inside hostname_of_box
}

umask_of_box() {
	umask 077
	prints 0 0022 box -- /bin/sh -c umask
	prints 0 755 box -- /bin/stat -c %a /
	expect 0 box -u alice -- /bin/sh -c 'cat /etc/passwd /dev/null; echo >/dev/null; ls / /dev /proc /tmp /dev/shm'
}
@test "the caller's umask does not change the box" {
	inside umask_of_box
}

words() {
	expect 0 box -- /bin/sh -c 'for a; do echo "[$a]"; done' sh 'a b' '' '--name' '$HOME' "it's" $'tab\there' '*'
	printf '[%s]\n' 'a b' '' '--name' '$HOME' "it's" $'tab\there' '*' | diff - out
	# The first word that is no option begins the command, also without --.
	prints 0 '-w X=1' box /bin/echo -w X=1
}
@test "arguments arrive as they are" {
	inside words
}

debian() {
	prints 0 'hello 42' "$INITBOX" run --rootfs / -- bash -c 'echo hello $((6*7))'
	prints 0 '2 yes' "$INITBOX" run --rootfs / -- /usr/bin/perl -e 'print "$$ ", defined(fileno(STDIN)) ? "yes" : "no", "\n"'
}
@test "Debian's own root as an image" {
	inside debian
}
